package ecs_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func TestTargetGroupsOfInstancesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.group = w.provide(t, w.elb.Providers(), "AWS::ElasticLoadBalancingV2::TargetGroup", resource.Properties{
		"Name": "machines", "Port": 80.0, "Protocol": "HTTP", "VpcId": "vpc-1", // whose type is instance by default
	}).PhysicalID
	w.define(t, repository+":1", nil)
	err := w.create(t, 1)
	want := "The provided target group " + w.group + " has target type instance, which is incompatible with the awsvpc network mode " +
		"specified in the task definition."
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

func TestATargetsHealthMayBeThatOfAnotherContainer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.checkAt9000(t)
	container := func(name string, port float64, health string) any {
		return map[string]any{
			"Name": name, "Image": repository + ":1", "PortMappings": []any{map[string]any{"ContainerPort": port}},
			"Environment": []any{map[string]any{"Name": "HEALTH", "Value": health}},
		}
	}
	w.td = w.provide(t, w.Providers(), "AWS::ECS::TaskDefinition", resource.Properties{
		"Family": "web", "Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc", "RequiresCompatibilities": []any{"FARGATE"},
		"ExecutionRoleArn":     "arn:aws:iam::123456789012:role/x",
		"ContainerDefinitions": []any{container("web", 8000, "503"), container("admin", 9000, "200")},
	}).PhysicalID
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
}

func TestATargetsHealthMayBeThatOfAPortWithoutAMapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.checkAt9000(t)
	w.define(t, repository+":1", nil)
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
}

// checkAt9000 lets the target group check another port than that of its targets.
func (w *world) checkAt9000(t *testing.T) {
	t.Helper()
	change := "Action=ModifyTargetGroup&HealthCheckPort=9000&HealthCheckPath=/health&TargetGroupArn=" + w.group
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	call := &wire.Call{
		Service: "elasticloadbalancing", Account: here().Account, Region: here().Region, HTTP: request, Body: []byte(change + "&Version=2015-12-01"),
	}
	if err := w.elb.API().Route(call); err != nil {
		t.Fatal(err)
	}
	if answer := w.elb.API().Serve(t.Context(), call); answer.Status != http.StatusOK {
		t.Fatalf("%s", answer.Body)
	}
}

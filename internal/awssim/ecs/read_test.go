package ecs_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

func TestWhatIsDoneOutOfBandIsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		service := th.request(1)
		service.Properties["DesiredCount"] = "1" // numbers may be texts in templates
		service.Properties["DeploymentConfiguration"] = map[string]any{"MaximumPercent": "200", "MinimumHealthyPercent": 100}
		service.Properties["Tags"] = []any{map[string]any{"Key": "team", "Value": "items"}}
		service.Tags = map[string]string{"aws:cloudformation:stack-name": "stack", "stage": "test"}
		if _, err := th.Providers()["AWS::ECS::Service"].Create(t.Context(), service); err != nil {
			t.Fatal(err)
		}
		definition := resource.Request{Place: here(), PhysicalID: th.td, Properties: resource.Properties{"Family": "web"}}
		cluster := resource.Request{Place: here(), PhysicalID: "main", Properties: resource.Properties{
			"ClusterName": "main", "CapacityProviders": []any{"FARGATE"},
		}}
		read := func(kind string, r resource.Request) (resource.Properties, bool) {
			reader, ok := th.Providers()["AWS::ECS::"+kind].(resource.Reader)
			if !ok {
				t.Fatalf("nobody reads %s", kind)
			}
			return reader.Read(r)
		}
		properties, _ := read("Service", service)
		properties["DeploymentConfiguration"] = pick(properties["DeploymentConfiguration"], "MaximumPercent", "MinimumHealthyPercent")
		properties["CapacityProviderStrategy"] = service.Properties["CapacityProviderStrategy"] // has a base besides
		network := pick(properties["NetworkConfiguration"], "AwsvpcConfiguration")["AwsvpcConfiguration"]
		properties["NetworkConfiguration"] = map[string]any{"AwsvpcConfiguration": pick(network, "Subnets", "AssignPublicIp")}
		if diff := cmp.Diff(service.Properties, properties); diff != "" {
			t.Errorf("before all (-template +read):\n%s", diff)
		}
		if properties, ok := read("Cluster", cluster); !ok || cmp.Diff(cluster.Properties, properties) != "" {
			t.Errorf("the cluster is %v", properties)
		}
		for operation, body := range map[string]string{
			"UpdateService":               `{"cluster":"main","service":"web","desiredCount":3,"deploymentConfiguration":{"maximumPercent":150}}`,
			"TagResource":                 `{"resourceArn":"` + service.PhysicalID + `","tags":[{"key":"team","value":"others"}]}`,
			"DeregisterTaskDefinition":    `{"taskDefinition":"web:1"}`,
			"PutClusterCapacityProviders": `{"cluster":"main","capacityProviders":["FARGATE_SPOT","FARGATE"],"defaultCapacityProviderStrategy":[]}`,
		} {
			if _, problem := ask[struct{}](t, th.API(), operation, body); problem != "" {
				t.Fatal(operation, problem)
			}
		}
		properties, _ = read("Service", service)
		want := map[string]any{
			"DesiredCount": 3.0, "Tags": []any{map[string]any{"Key": "team", "Value": "others"}},
			"DeploymentConfiguration": map[string]any{"MaximumPercent": 150.0, "MinimumHealthyPercent": 100},
		}
		properties["DeploymentConfiguration"] = pick(properties["DeploymentConfiguration"], "MaximumPercent", "MinimumHealthyPercent")
		if diff := cmp.Diff(want, pick(properties, "DesiredCount", "Tags", "DeploymentConfiguration")); diff != "" {
			t.Errorf("after an update (-want +read):\n%s", diff)
		}
		if _, ok := read("TaskDefinition", definition); ok {
			t.Error("a definition that was deregistered is still there")
		}
		properties, _ = read("Cluster", cluster)
		if diff := cmp.Diff([]any{"FARGATE_SPOT", "FARGATE"}, properties["CapacityProviders"]); diff != "" {
			t.Errorf("the cluster has (-want +read):\n%s", diff)
		}
		_, problem := ask[struct{}](t, th.API(), "DeleteService", `{"cluster":"main","service":"web","force":true}`)
		if _, ok := read("Service", service); ok || strings.Contains(problem, "Exception") {
			t.Errorf("a service that was deleted is still there %s", problem)
		}
	})
}

// pick returns members of an object.
func pick(object any, names ...string) map[string]any {
	picked := make(map[string]any)
	members, _ := object.(map[string]any)
	for _, name := range names {
		picked[name] = members[name]
	}
	return picked
}

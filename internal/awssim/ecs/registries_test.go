package ecs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/servicediscovery"
)

// discovered are the instances of the service web in the namespace shop.
type discovered struct {
	Instances []struct {
		InstanceID   string `json:"InstanceId"`
		HealthStatus string
		Attributes   map[string]string
	}
}

func discover(t *testing.T, registries *servicediscovery.Service) discovered {
	t.Helper()
	out, problem := ask[discovered](t, registries.API(), "DiscoverInstances",
		`{"NamespaceName":"shop","ServiceName":"web","HealthStatus":"ALL"}`)
	if problem != "" {
		t.Fatal(problem)
	}
	return out
}

func TestTasksAreInTheirRegistry(t *testing.T) {
	t.Parallel()
	registries := servicediscovery.New(servicediscovery.Deps{Zones: route53.New(clock.Clock{})})
	w := newWorldOf(t, func(plain ecs.Containers) ecs.Containers { return plain },
		func(d *ecs.Deps) { d.Registries = registries })
	space := w.provide(t, registries.Providers(), "AWS::ServiceDiscovery::HttpNamespace", resource.Properties{"Name": "shop"})
	registry := w.provide(t, registries.Providers(), "AWS::ServiceDiscovery::Service", resource.Properties{
		"Name": "web", "NamespaceId": space.PhysicalID, "HealthCheckCustomConfig": map[string]any{"FailureThreshold": 1.0},
	}).Attributes["Arn"]
	w.define(t, repository+":1", map[string]string{"ROLE": "web"})
	request := w.serviceRequest(2)
	request.Properties["ServiceRegistries"] = []any{map[string]any{
		"RegistryArn": registry, "ContainerName": "web", "ContainerPort": 8000.0,
	}}
	made, err := w.Providers()[request.Type].Create(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	found := discover(t, registries).Instances
	running := w.tasks(t, "RUNNING")
	if len(found) != 2 || len(running) != 2 {
		t.Fatalf("there are %d tasks, and found %+v", len(running), found)
	}
	for _, each := range found {
		var address, zone string
		for _, task := range running {
			if strings.HasSuffix(task.TaskArn, "/"+each.InstanceID) {
				address = task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address
			}
		}
		if zone = "us-east-1a"; strings.HasPrefix(address, "10.0.11.") {
			zone = "us-east-1b"
		}
		if diff := cmp.Diff(map[string]string{
			"AWS_INSTANCE_IPV4": address, "AWS_INSTANCE_PORT": "8000", "AVAILABILITY_ZONE": zone, "REGION": "us-east-1",
			"ECS_SERVICE_NAME": "web", "ECS_CLUSTER_NAME": "main", "ECS_TASK_DEFINITION_FAMILY": "web",
			"AWS_INIT_HEALTH_STATUS": "HEALTHY",
		}, each.Attributes); diff != "" || each.HealthStatus != "HEALTHY" {
			t.Errorf("it is %s, %s", each.HealthStatus, diff)
		}
	}
	shown, _ := ask[struct {
		Services []struct{ ServiceRegistries []ecs.ServiceRegistry }
	}](t, w.API(), "DescribeServices", `{"cluster":"main","services":["web"]}`)
	if got := fmt.Sprint(shown.Services[0].ServiceRegistries); got != fmt.Sprintf("[{%s 0 web 8000}]", registry) {
		t.Errorf("the service says %s", got)
	}

	if _, problem := ask[struct{}](t, w.API(), "StopTask", `{"cluster":"main","task":"`+found[0].InstanceID+`"}`); problem != "" {
		t.Fatal(problem)
	}
	eventually(t, "another task takes its place", func() bool {
		now := discover(t, registries).Instances
		return len(now) == 2 && now[0].InstanceID != found[0].InstanceID && now[1].InstanceID != found[0].InstanceID
	})
	request.PhysicalID = made.PhysicalID
	if err := w.Providers()[request.Type].Delete(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if left := discover(t, registries).Instances; len(left) != 0 {
		t.Errorf("left behind: %+v", left)
	}
}

func TestRegistriesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	registries := servicediscovery.New(servicediscovery.Deps{Zones: route53.New(clock.Clock{})})
	w := newWorldOf(t, func(plain ecs.Containers) ecs.Containers { return plain },
		func(d *ecs.Deps) { d.Registries = registries })
	space := w.provide(t, registries.Providers(), "AWS::ServiceDiscovery::HttpNamespace", resource.Properties{"Name": "shop"})
	there := w.provide(t, registries.Providers(), "AWS::ServiceDiscovery::Service", resource.Properties{
		"Name": "web", "NamespaceId": space.PhysicalID,
	}).Attributes["Arn"]
	w.define(t, repository+":1", nil)
	for name, test := range map[string]struct {
		registry map[string]any
		want     string
	}{
		"a service that is not there":  {map[string]any{"RegistryArn": "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-x"}, "does not exist"},
		"a container that nobody has":  {map[string]any{"RegistryArn": there, "ContainerName": "x"}, "The container x does not exist"},
		"a port that nobody has":       {map[string]any{"RegistryArn": there, "ContainerName": "web", "ContainerPort": 1.0}, "did not have a container port 1"},
		"a port without its container": {map[string]any{"RegistryArn": there, "ContainerPort": 8000.0}, "containerName must be specified"},
		"two ports":                    {map[string]any{"RegistryArn": there, "ContainerName": "web", "ContainerPort": 8000.0, "Port": 1.0}, "Both port and containerPort"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := w.serviceRequest(1)
			request.Properties["ServiceRegistries"] = []any{test.registry}
			if _, err := w.Providers()[request.Type].Create(t.Context(), request); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

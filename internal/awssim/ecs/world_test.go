package ecs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecr"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/logs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/network"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process/testimage"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web"

func here() resource.Place { return resource.Place{Account: "123456789012", Region: "us-east-1"} }

func subnets(_, region, id string) (network.Subnet, bool) {
	cidr := map[string]string{"subnet-a": "10.0.10.0/24", "subnet-b": "10.0.11.0/24"}[id]
	return network.Subnet{ID: id, VpcID: "vpc-1", CIDR: cidr, AvailabilityZone: region + id[7:]}, cidr != ""
}

// world is the services around a web service of real processes.
type world struct {
	*ecs.Service

	logs     *logs.Service
	elb      *elb.Service
	group    string
	listener string
	url      string
	td       string // the last task definition
}

// newWorld has a cluster, a load balancer and the image web:1, and waits of AWS pass 300 times as fast.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, func(plain ecs.Containers) ecs.Containers { return plain })
}

func newWorldOf(t *testing.T, decorate func(ecs.Containers) ecs.Containers, changes ...func(*ecs.Deps)) *world {
	t.Helper()
	pace := clock.Clock{Speed: 300}
	images := ecr.New(here())
	w := &world{logs: logs.New(), elb: elb.New(pace, subnets)}
	deps := ecs.Deps{
		Clock: pace, Containers: decorate(ecs.NewContainers(images, process.NewRunner(t.TempDir()))),
		Logs: w.logs, Balancers: w.elb, Subnets: subnets,
	}
	for _, change := range changes {
		change(&deps)
	}
	w.Service = ecs.New(deps)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := w.elb.Close(); err != nil {
			t.Error(err)
		}
	})
	pushImage(t, images)
	w.provide(t, w.logs.Providers(), "AWS::Logs::LogGroup", resource.Properties{"LogGroupName": "/ecs/web"})
	w.provide(t, w.Providers(), "AWS::ECS::Cluster", resource.Properties{"ClusterName": "main", "CapacityProviders": []any{"FARGATE"}})
	balancer := w.provide(t, w.elb.Providers(), "AWS::ElasticLoadBalancingV2::LoadBalancer",
		resource.Properties{"Subnets": []any{"subnet-a", "subnet-b"}})
	w.url = fmt.Sprintf("http://%s", balancer.Attributes["DNSName"])
	w.group = w.provide(t, w.elb.Providers(), "AWS::ElasticLoadBalancingV2::TargetGroup", resource.Properties{
		"Port": 8000.0, "TargetType": "ip", "HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 10.0,
		"HealthyThresholdCount": 2.0, "UnhealthyThresholdCount": 2.0,
		"TargetGroupAttributes": []any{map[string]any{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}},
	}).PhysicalID
	w.listener = w.provide(t, w.elb.Providers(), "AWS::ElasticLoadBalancingV2::Listener", resource.Properties{
		"LoadBalancerArn": balancer.PhysicalID, "Port": 80.0, "Protocol": "HTTP",
		"DefaultActions": []any{map[string]any{"Type": "forward", "TargetGroupArn": w.group}},
	}).PhysicalID
	return w
}

func pushImage(t *testing.T, images *ecr.Service) {
	t.Helper()
	provider := images.Providers()["AWS::ECR::Repository"]
	if _, err := provider.Create(t.Context(), resource.Request{
		Place: here(), Properties: resource.Properties{"RepositoryName": "web"},
	}); err != nil {
		t.Fatal(err)
	}
	registry := httptest.NewServer(images)
	defer registry.Close()
	reference, err := name.ParseReference(strings.TrimPrefix(registry.URL, "http://") + "/web:1")
	if err != nil {
		t.Fatal(err)
	}
	image := testimage.Build(t, v1.Config{Entrypoint: []string{"/" + testimage.Program}, User: "65532"})
	if err := remote.Write(reference, image); err != nil {
		t.Fatal(err)
	}
}

func (w *world) provide(
	t *testing.T, providers map[string]resource.Provider, kind string, properties resource.Properties,
) resource.Result {
	t.Helper()
	made, err := providers[kind].Create(t.Context(), resource.Request{
		Place: here(), Type: kind, StackName: "stack", LogicalID: kind[strings.LastIndex(kind, ":")+1:], Properties: properties,
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// define registers a task definition whose container has the environment.
func (w *world) define(t *testing.T, image string, environment map[string]string) string {
	t.Helper()
	variables := []any{}
	for key, value := range environment {
		variables = append(variables, map[string]any{"Name": key, "Value": value})
	}
	w.td = w.provide(t, w.Providers(), "AWS::ECS::TaskDefinition", resource.Properties{
		"Family": "web", "Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc",
		"RequiresCompatibilities": []any{"FARGATE"}, "ExecutionRoleArn": "arn:aws:iam::123456789012:role/x",
		"ContainerDefinitions": []any{map[string]any{
			"Name": "web", "Image": image, "Environment": variables,
			"PortMappings": []any{map[string]any{"ContainerPort": 8000.0}},
			"LogConfiguration": map[string]any{"LogDriver": "awslogs", "Options": map[string]any{
				"awslogs-group": "/ecs/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web",
			}},
		}},
	}).PhysicalID
	return w.td
}

// serviceRequest asks for the service with the last task definition.
func (w *world) serviceRequest(desired int) resource.Request {
	return resource.Request{
		Place: here(), Type: "AWS::ECS::Service", StackName: "stack", LogicalID: "Service",
		PhysicalID: "arn:aws:ecs:us-east-1:123456789012:service/main/web",
		Properties: resource.Properties{
			"ServiceName": "web", "Cluster": "main", "TaskDefinition": w.td, "DesiredCount": float64(desired),
			"CapacityProviderStrategy": []any{map[string]any{"CapacityProvider": "FARGATE", "Weight": 1.0}},
			"NetworkConfiguration": map[string]any{"AwsvpcConfiguration": map[string]any{
				"Subnets": []any{"subnet-a", "subnet-b"}, "AssignPublicIp": "DISABLED",
			}},
			"LoadBalancers": []any{map[string]any{"ContainerName": "web", "ContainerPort": 8000.0, "TargetGroupArn": w.group}},
			"DeploymentConfiguration": map[string]any{
				"DeploymentCircuitBreaker": map[string]any{"Enable": true, "Rollback": true},
				"MaximumPercent":           200.0, "MinimumHealthyPercent": 100.0,
			},
		},
	}
}

func (w *world) create(t *testing.T, desired int) error {
	t.Helper()
	_, err := w.Providers()["AWS::ECS::Service"].Create(t.Context(), w.serviceRequest(desired))
	return err
}

func (w *world) update(t *testing.T, desired int) error {
	t.Helper()
	_, err := w.Providers()["AWS::ECS::Service"].Update(t.Context(), w.serviceRequest(desired))
	return err
}

// ask calls an ECS operation and decodes its answer.
func ask[T any](t *testing.T, service wire.Service, operation, body string) (T, string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	request.Header.Set("X-Amz-Target", service.TargetPrefix+"."+operation)
	answer := service.Serve(t.Context(), &wire.Call{
		Service: service.Name, Account: here().Account, Region: here().Region, HTTP: request, Body: []byte(body),
	})
	var decoded T
	if answer.Status != http.StatusOK {
		var problem struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal(answer.Body, &problem); err != nil {
			t.Fatal(err)
		}
		return decoded, problem.Type + ": " + problem.Message
	}
	if err := json.Unmarshal(answer.Body, &decoded); err != nil {
		t.Fatalf("%s answers %s: %v", operation, answer.Body, err)
	}
	return decoded, ""
}

type deployment struct {
	ID, Status, TaskDefinition, RolloutState, RolloutStateReason string
	DesiredCount, RunningCount, PendingCount, FailedTasks        int
}

type service struct {
	Status                                   string
	DesiredCount, RunningCount, PendingCount int
	Deployments                              []deployment
	Events                                   []struct{ Message string }
}

func (w *world) describe(t *testing.T) service {
	t.Helper()
	out, problem := ask[struct{ Services []service }](t, w.API(), "DescribeServices", `{"cluster":"main","services":["web"]}`)
	if problem != "" || len(out.Services) != 1 {
		t.Fatalf("got %v, %s", out, problem)
	}
	return out.Services[0]
}

type task struct {
	TaskArn, LastStatus, DesiredStatus, StopCode, StoppedReason, TaskDefinitionArn, HealthStatus, CapacityProviderName string
	Containers                                                                                                         []struct {
		Name, Reason, LastStatus, HealthStatus string
		ExitCode                               *int
		NetworkInterfaces                      []struct{ PrivateIpv4Address string }
	}
}

func (w *world) tasks(t *testing.T, desiredStatus string) []task {
	t.Helper()
	listed, problem := ask[struct{ TaskArns []string }](t, w.API(), "ListTasks",
		fmt.Sprintf(`{"cluster":"main","serviceName":"web","desiredStatus":%q}`, desiredStatus))
	if problem != "" {
		t.Fatal(problem)
	}
	if len(listed.TaskArns) == 0 {
		return nil
	}
	arns, err := json.Marshal(listed.TaskArns)
	if err != nil {
		t.Fatal(err)
	}
	described, problem := ask[struct{ Tasks []task }](t, w.API(), "DescribeTasks", fmt.Sprintf(`{"cluster":"main","tasks":%s}`, arns))
	if problem != "" {
		t.Fatal(problem)
	}
	return described.Tasks
}

func (w *world) get(t *testing.T, path string) (int, string) {
	t.Helper()
	response, err := send(t.Context(), http.MethodGet, w.url+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// send sends a request; the caller closes the answer's body.
func send(ctx context.Context, method, address string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader("x"))
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(request)
}

// eventually waits for a condition of real processes.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	stacks := make([]byte, 1<<20)
	t.Fatalf("%s: not within 30 s\n%s", what, stacks[:runtime.Stack(stacks, true)])
}

func hasEvent(s service, text string) bool {
	for _, event := range s.Events {
		if strings.Contains(event.Message, text) {
			return true
		}
	}
	return false
}

package ecs_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// vault keeps one secret.
type vault struct{}

func (vault) SecretValue(_ resource.Place, valueFrom string) (string, error) {
	if valueFrom != "/items/password" {
		return "", errors.New("ResourceInitializationError: there is no " + valueFrom)
	}
	return "hidden", nil
}

// overseen is a stage that tells with which environments its containers start.
type overseen struct {
	stage

	environments chan []ecs.KeyValue
}

func (o *overseen) Pull(ctx context.Context, reference string) (ecs.Image, error) {
	image, err := o.stage.Pull(ctx, reference)
	return overseenImage{image, o}, err
}

type overseenImage struct {
	ecs.Image

	of *overseen
}

func (i overseenImage) Start(spec *ecs.ContainerSpec, mounts []process.Mount, output func(string)) (ecs.Container, error) {
	i.of.environments <- spec.Environment
	return i.Image.Start(spec, mounts, output)
}

func newVaultTheatre(t *testing.T) (*theatre, *overseen) {
	t.Helper()
	played := &overseen{environments: make(chan []ecs.KeyValue, 1)}
	w := &world{Service: ecs.New(ecs.Deps{
		Clock: clock.Clock{Speed: 1}, Containers: played, Logs: nowhere{}, Balancers: nowhere{}, Subnets: subnets, Secrets: vault{},
	})}
	w.provide(t, w.Providers(), "AWS::ECS::Cluster", resource.Properties{"ClusterName": "main", "CapacityProviders": []any{"FARGATE"}})
	return &theatre{world: w, began: time.Now()}, played
}

// guard registers a task definition whose container has a secret.
func (th *theatre) guard(t *testing.T, valueFrom string) {
	t.Helper()
	th.td = th.provide(t, th.Providers(), "AWS::ECS::TaskDefinition", resource.Properties{
		"Family": "web", "Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc", "RequiresCompatibilities": []any{"FARGATE"},
		"ExecutionRoleArn": "arn:aws:iam::123456789012:role/x",
		"ContainerDefinitions": []any{map[string]any{
			"Name": "web", "Image": "good", "Environment": []any{map[string]any{"Name": "MODE", "Value": "test"}},
			"Secrets":               []any{map[string]any{"Name": "PASSWORD", "ValueFrom": valueFrom}},
			"RepositoryCredentials": map[string]any{"CredentialsParameter": "arn:aws:secretsmanager:us-east-1:123456789012:secret:registry"},
		}},
	}).PhysicalID
}

func TestSecretsReachTheEnvironmentOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th, played := newVaultTheatre(t)
		defer func() { _ = th.Close() }()
		th.guard(t, "/items/password")
		if err := th.open(t, 1); err != nil {
			t.Fatal(err)
		}
		want := []ecs.KeyValue{{Name: "MODE", Value: "test"}, {Name: "PASSWORD", Value: "hidden"}}
		if diff := cmp.Diff(want, <-played.environments); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		described, problem := ask[struct{ TaskDefinition ecs.TaskSpec }](t, th.API(), "DescribeTaskDefinition", `{"taskDefinition":"web"}`)
		container := described.TaskDefinition.ContainerDefinitions[0]
		if diff := cmp.Diff([]ecs.KeyValue{{Name: "MODE", Value: "test"}}, container.Environment); diff != "" || problem != "" {
			t.Errorf("%s the definition's environment (-want +got):\n%s", problem, diff)
		}
		if container.Secrets[0].ValueFrom != "/items/password" || container.RepositoryCredentials == nil {
			t.Errorf("the definition lacks its secrets: %v", container)
		}
	})
}

func TestTasksDoNotStartWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th, _ := newVaultTheatre(t)
		defer func() { _ = th.Close() }()
		th.guard(t, "/absent")
		if err := th.open(t, 1); err == nil {
			t.Fatal("the service came up")
		}
		for _, stopped := range th.tasks(t, "STOPPED") {
			if stopped.StoppedReason != "ResourceInitializationError: there is no /absent" || stopped.StopCode != "TaskFailedToStart" {
				t.Errorf("got %s %s", stopped.StopCode, stopped.StoppedReason)
			}
		}
	})
}

func TestDefinitionsWithSecretsAreChecked(t *testing.T) {
	t.Parallel()
	service := ecs.New(ecs.Deps{}).API()
	const before = `{"family":"x","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",`
	for body, want := range map[string]string{
		`"containerDefinitions":[{"name":"a","image":"b","secrets":[{"name":"A","valueFrom":"a"}]}]}`: "ClientException: " +
			"When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
		`"executionRoleArn":"arn:aws:iam::123456789012:role/x","containerDefinitions":[{"name":"a","image":"b",` +
			`"environment":[{"name":"A","value":"a"}],"secrets":[{"name":"A","valueFrom":"a"}]}]}`: "ClientException: The secret name " +
			"must be unique and not shared with any new or existing environment variables set on the container, such as 'A'.",
	} {
		if _, problem := ask[struct{}](t, service, "RegisterTaskDefinition", before+body); problem != want {
			t.Errorf("got %s", problem)
		}
	}
}

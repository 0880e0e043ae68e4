package conformance

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// startCluster returns a client of a cluster "main" whose service "web" runs a placeholder.
func startCluster(t *testing.T) (*awssimtest.Simulator, *ecs.Client) {
	t.Helper()
	sim := awssimtest.Start(t, awssimtest.PlaceholderImages())
	clusters := clientsOf(sim.URL()).ECS
	if _, err := clusters.CreateCluster(t.Context(), &ecs.CreateClusterInput{
		ClusterName: aws.String("main"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
	}); err != nil {
		t.Fatal(err)
	}
	register(t, clusters, "one")
	if _, err := clusters.CreateService(t.Context(), &ecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(2),
		LaunchType: types.LaunchTypeFargate, NetworkConfiguration: inSubnet(),
	}); err != nil {
		t.Fatal(err)
	}
	awaitStable(t, clusters)
	return sim, clusters
}

func register(t *testing.T, clusters *ecs.Client, version string) {
	t.Helper()
	if _, err := clusters.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("web"), Image: aws.String("nginx"),
			Environment: []types.KeyValuePair{{Name: aws.String("VERSION"), Value: aws.String(version)}},
		}},
	}); err != nil {
		t.Fatal(err)
	}
}

func inSubnet() *types.NetworkConfiguration {
	return &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}
}

func awaitStable(t *testing.T, clusters *ecs.Client) {
	t.Helper()
	waiter := ecs.NewServicesStableWaiter(clusters, func(o *ecs.ServicesStableWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, 50*time.Millisecond
	})
	if err := waiter.Wait(t.Context(), &ecs.DescribeServicesInput{
		Cluster: aws.String("main"), Services: []string{"web"},
	}, time.Minute); err != nil {
		t.Fatal(err)
	}
}

// newest returns the newest service deployment, in a status or at a pause if one is wanted.
func newest(t *testing.T, clusters *ecs.Client, reached func(types.ServiceDeployment) bool) types.ServiceDeployment {
	t.Helper()
	const patience = 30 * time.Second
	var last types.ServiceDeployment
	for started := time.Now(); time.Since(started) < patience; time.Sleep(10 * time.Millisecond) {
		listed, err := clusters.ListServiceDeployments(t.Context(), &ecs.ListServiceDeploymentsInput{
			Cluster: aws.String("main"), Service: aws.String("web"), MaxResults: aws.Int32(1),
		})
		if err != nil {
			t.Fatal(err)
		}
		described, err := clusters.DescribeServiceDeployments(t.Context(), &ecs.DescribeServiceDeploymentsInput{
			ServiceDeploymentArns: []string{*listed.ServiceDeployments[0].ServiceDeploymentArn},
		})
		if err != nil {
			t.Fatal(err)
		}
		if last = described.ServiceDeployments[0]; reached(last) {
			return last
		}
	}
	t.Fatalf("the deployment stays as it is: %+v", last)
	return last
}

func paused(d types.ServiceDeployment) bool {
	return len(d.LifecycleHookDetails) > 0 &&
		d.LifecycleHookDetails[len(d.LifecycleHookDetails)-1].Status == types.DeploymentLifecycleHookStatusAwaitingAction
}

// deployPaused begins a blue/green deployment that pauses before and after the new tasks start.
func deployPaused(t *testing.T, clusters *ecs.Client) types.ServiceDeployment {
	t.Helper()
	register(t, clusters, "two")
	if _, err := clusters.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: aws.String("main"), Service: aws.String("web"), TaskDefinition: aws.String("web"),
		DeploymentConfiguration: &types.DeploymentConfiguration{
			Strategy: types.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(5),
			LifecycleHooks: []types.DeploymentLifecycleHook{{
				TargetType:      types.DeploymentLifecycleHookTargetTypePause,
				LifecycleStages: []types.DeploymentLifecycleHookStage{"PRE_SCALE_UP", "POST_SCALE_UP"},
			}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	return newest(t, clusters, paused)
}

func TestADeploymentPausesAndContinues(t *testing.T) {
	t.Parallel()
	_, clusters := startCluster(t)
	deployPaused(t, clusters)
	stages := []types.ServiceDeploymentLifecycleStage{}
	for range 2 {
		held := newest(t, clusters, paused)
		stages = append(stages, held.LifecycleStage)
		if _, err := clusters.ContinueServiceDeployment(t.Context(), &ecs.ContinueServiceDeploymentInput{
			ServiceDeploymentArn: held.ServiceDeploymentArn,
			HookId:               held.LifecycleHookDetails[len(held.LifecycleHookDetails)-1].HookId,
		}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]types.ServiceDeploymentLifecycleStage{"PRE_SCALE_UP", "POST_SCALE_UP"}, stages); diff != "" {
		t.Error(diff)
	}
	done := newest(t, clusters, func(d types.ServiceDeployment) bool { return d.Status == types.ServiceDeploymentStatusSuccessful })
	if done.TargetServiceRevision.RunningTaskCount != 2 || done.FinishedAt == nil {
		t.Errorf("got %+v", done)
	}
	revisions, err := clusters.DescribeServiceRevisions(t.Context(), &ecs.DescribeServiceRevisionsInput{
		ServiceRevisionArns: []string{*done.TargetServiceRevision.Arn},
	})
	if err != nil || !strings.HasSuffix(*revisions.ServiceRevisions[0].TaskDefinition, "web:2") {
		t.Errorf("got %+v %v", revisions, err)
	}
	_, err = clusters.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: done.ServiceDeploymentArn})
	if _, ok := errors.AsType[*types.ConflictException](err); !ok {
		t.Errorf("stopping what has ended answers %v", err)
	}
}

func TestADeploymentIsStoppedAndRolledBack(t *testing.T) {
	t.Parallel()
	_, clusters := startCluster(t)
	held := deployPaused(t, clusters)
	if _, err := clusters.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{
		ServiceDeploymentArn: held.ServiceDeploymentArn, StopType: types.StopServiceDeploymentStopTypeRollback,
	}); err != nil {
		t.Fatal(err)
	}
	done := newest(t, clusters, func(d types.ServiceDeployment) bool {
		return d.Status == types.ServiceDeploymentStatusRollbackSuccessful
	})
	if done.Rollback == nil || *done.Rollback.ServiceRevisionArn != *done.SourceServiceRevisions[0].Arn {
		t.Errorf("got %+v", done.Rollback)
	}
	awaitStable(t, clusters)
	described, err := clusters.DescribeServices(t.Context(), &ecs.DescribeServicesInput{
		Cluster: aws.String("main"), Services: []string{"web"},
	})
	if err != nil || !strings.HasSuffix(*described.Services[0].TaskDefinition, "web:1") ||
		described.Services[0].Deployments[0].RolloutState != types.DeploymentRolloutStateCompleted {
		t.Errorf("got %+v %v", described, err)
	}
}

func TestTasksRunAloneAndErrorsHaveTheirTypes(t *testing.T) {
	t.Parallel()
	_, clusters := startCluster(t)
	ran, err := clusters.RunTask(t.Context(), &ecs.RunTaskInput{
		Cluster: aws.String("main"), TaskDefinition: aws.String("web"), NetworkConfiguration: inSubnet(), StartedBy: aws.String("me"),
		CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	alone := &ecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: []string{*ran.Tasks[0].TaskArn}}
	quickly := func(o *ecs.TasksRunningWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, 50*time.Millisecond
	}
	if err := ecs.NewTasksRunningWaiter(clusters, quickly).Wait(t.Context(), alone, time.Minute); err != nil {
		t.Fatal(err)
	}
	_, err = clusters.ExecuteCommand(t.Context(), &ecs.ExecuteCommandInput{
		Cluster: aws.String("main"), Task: ran.Tasks[0].TaskArn, Command: aws.String("sh"), Interactive: true,
	})
	if refused, ok := errors.AsType[*types.InvalidParameterException](err); !ok ||
		!strings.Contains(refused.ErrorMessage(), "execute command was not enabled when the task was run") {
		t.Errorf("ExecuteCommand answers %v", err)
	}
	_, err = clusters.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{
		ServiceDeploymentArn: aws.String("arn:aws:ecs:us-east-1:123456789012:service-deployment/main/web/none"),
	})
	if _, ok := errors.AsType[*types.ServiceDeploymentNotFoundException](err); !ok {
		t.Errorf("stopping what does not exist answers %v", err)
	}
	_, err = clusters.PutClusterCapacityProviders(t.Context(), &ecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("none"), CapacityProviders: []string{}, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{},
	})
	if _, ok := errors.AsType[*types.ClusterNotFoundException](err); !ok {
		t.Errorf("a cluster that does not exist answers %v", err)
	}
}

func TestTheCommandLineLooksAtServices(t *testing.T) {
	t.Parallel()
	sim, _ := startCluster(t)
	families := program(t, sim, "aws", "ecs", "list-task-definition-families", "--status", "ACTIVE", "--query", "families[0]", "--output", "text")
	if strings.TrimSpace(families) != "web" {
		t.Errorf("the families are %q", families)
	}
	program(t, sim, "aws", "ecs", "wait", "services-stable", "--cluster", "main", "--services", "web")
	status := program(t, sim, "aws", "ecs", "list-service-deployments", "--cluster", "main", "--service", "web",
		"--query", "serviceDeployments[0].status", "--output", "text")
	if strings.TrimSpace(status) != "SUCCESSFUL" {
		t.Errorf("the deployment is %q", status)
	}
	providers := program(t, sim, "aws", "ecs", "describe-capacity-providers", "--query", "capacityProviders[].name", "--output", "text")
	if strings.Join(strings.Fields(providers), " ") != "FARGATE FARGATE_SPOT" {
		t.Errorf("the capacity providers are %q", providers)
	}
}

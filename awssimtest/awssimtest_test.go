package awssimtest_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// web is a service behind a load balancer, whose image no registry of the simulator has.
const web = `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: !Select [0, !GetAZs '']}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: !Select [1, !GetAZs '']}}
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Scheme: internal, Subnets: [!Ref A, !Ref B]}}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Port: 80, Protocol: HTTP, TargetType: ip}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Group}]
  Cluster: {Type: AWS::ECS::Cluster}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      Cpu: '256'
      Memory: '512'
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions: [{Name: web, Image: 'registry.invalid/web:1', PortMappings: [{ContainerPort: 80}]}]
  Service:
    Type: AWS::ECS::Service
    DependsOn: Listener
    Properties:
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LaunchType: FARGATE
      DesiredCount: 1
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref A, !Ref B]}}
      LoadBalancers: [{ContainerName: web, ContainerPort: 80, TargetGroupArn: !Ref Group}]
Outputs:
  URL: {Value: !Sub 'http://${Balancer.DNSName}/any/path'}
`

func create(t *testing.T, sim *awssimtest.Simulator, template string) {
	t.Helper()
	_, err := client(sim).CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("shop"), TemplateBody: aws.String(template),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// await waits until the stack has a status.
func await(t *testing.T, sim *awssimtest.Simulator, wanted types.StackStatus) types.Stack {
	t.Helper()
	const patience = 20 * time.Second
	for started := time.Now(); ; time.Sleep(time.Millisecond) {
		out, err := client(sim).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("shop")})
		if err != nil {
			t.Fatal(err)
		}
		if out.Stacks[0].StackStatus == wanted {
			return out.Stacks[0]
		}
		if time.Since(started) > patience {
			t.Fatalf("the stack is in %s, not in %s", out.Stacks[0].StackStatus, wanted)
		}
	}
}

func TestAServiceAnswersThoughItsImageCannotBeReached(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t, awssimtest.PlaceholderImages())
	create(t, sim, web)
	created := await(t, sim, types.StackStatusCreateComplete)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, aws.ToString(created.Outputs[0].OutputValue), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), "registry.invalid/web:1") {
		t.Errorf("%d: %s", response.StatusCode, body)
	}
}

func TestTheEnvironmentPointsClientsAtTheSimulator(t *testing.T) { //nolint:paralleltest // it sets the environment
	sim := awssimtest.Start(t)
	for _, variable := range sim.Env() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	found, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made, err := cloudformation.NewFromConfig(found).CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("shop"), TemplateBody: aws.String(topics),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "arn:aws:cloudformation:" + awssimtest.Region + ":" + awssimtest.Account + ":stack/shop/"
	if got := aws.ToString(made.StackId); !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
	if sim.URL() != "http://"+sim.Registry() {
		t.Errorf("the registry is at %s", sim.Registry())
	}
}

func TestEachCallIsLoggedToTheTest(t *testing.T) {
	t.Parallel()

	output := &recorder{TB: t}
	sim := awssimtest.Start(t, awssimtest.Log(output))
	create(t, sim, topics)
	if !strings.Contains(output.text(), "cloudformation:CreateStack") {
		t.Errorf("the log is %q", output.text())
	}
}

func TestFaultsCarryAllThatTheySay(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	remove := sim.AddFault(t, awssimtest.Fault{
		Resource: &awssimtest.Resource{
			Stack: "shop", Type: "AWS::SNS::Topic", LogicalID: "Orders", Deed: awssimtest.Create,
		},
		Effect: awssimtest.Stuck, Count: 1,
	})
	sim.AddFault(t, awssimtest.Fault{
		Resource: &awssimtest.Resource{Rollback: true, Deed: awssimtest.Create}, Effect: awssimtest.Failure,
	})
	const message = "Slower, please."
	sim.AddFault(t, awssimtest.Fault{
		Call: &awssimtest.Call{Service: "cloudformation", Operation: "DeleteStack", Region: awssimtest.Region}, Effect: awssimtest.AccessDenied,
		Skip: 1, Message: message, Probability: 1, Seed: 1, Delay: time.Millisecond,
	})
	create(t, sim, topics)
	await(t, sim, types.StackStatusCreateInProgress)
	remove()
	await(t, sim, types.StackStatusCreateComplete)
	var messages []string
	for range 2 {
		_, err := client(sim).DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("unknown")})
		if refused, ok := errors.AsType[smithy.APIError](err); ok {
			messages = append(messages, refused.ErrorMessage())
		}
	}
	if diff := cmp.Diff([]string{message}, messages); diff != "" {
		t.Error(diff)
	}
	sim.ClearFaults()
	if _, err := client(sim).DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("shop")}); err != nil {
		t.Error(err)
	}
}

func TestCallsBeyondARateAreThrottled(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	sim.AddFault(t, awssimtest.Fault{
		Call: &awssimtest.Call{Operation: "DescribeStacks"}, Effect: awssimtest.Throttling, Rate: 0.001, Burst: 2,
	})
	var codes []string
	for range 3 {
		_, err := client(sim).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{},
			func(o *cloudformation.Options) { o.Retryer = aws.NopRetryer{} })
		if refused, ok := errors.AsType[smithy.APIError](err); ok {
			codes = append(codes, refused.ErrorCode())
		}
	}
	if diff := cmp.Diff([]string{"Throttling"}, codes); diff != "" {
		t.Error(diff)
	}
}

func TestAFaultThatMakesNoSenseFailsTheTest(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	told := &recorder{TB: t}
	sim.AddFault(told, awssimtest.Fault{Effect: awssimtest.Throttling})
	if len(told.failures) != 1 || !strings.Contains(told.failures[0], "exactly one") {
		t.Errorf("it said %q", told.failures)
	}
}

func TestResourcesAreEditedAndRemovedOutOfBand(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	create(t, sim, `Resources: {Orders: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/orders, TargetKeyId: one}}}`)
	await(t, sim, types.StackStatusCreateComplete)
	const kind, id = "AWS::KMS::Alias", "alias/orders"
	look := func() types.StackResourceDriftStatus {
		out, err := client(sim).DetectStackResourceDrift(t.Context(), &cloudformation.DetectStackResourceDriftInput{
			StackName: aws.String("shop"), LogicalResourceId: aws.String("Orders"),
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.StackResourceDrift.StackResourceDriftStatus
	}
	seen := []types.StackResourceDriftStatus{look()}
	sim.EditResource(t, kind, id, map[string]any{"TargetKeyId": "another"})
	seen = append(seen, look())
	sim.RemoveResource(t, kind, id)
	seen = append(seen, look())
	if diff := cmp.Diff([]types.StackResourceDriftStatus{"IN_SYNC", "MODIFIED", "DELETED"}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestAnInterruptedSpotTaskIsReplaced(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t, awssimtest.PlaceholderImages())
	create(t, sim, strings.NewReplacer(
		"LaunchType: FARGATE", "CapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Weight: 1}]",
		"{Type: AWS::ECS::Cluster}", "{Type: AWS::ECS::Cluster, Properties: {ClusterName: shop, CapacityProviders: [FARGATE_SPOT]}}",
	).Replace(web))
	await(t, sim, types.StackStatusCreateComplete)
	tasks := func() []string {
		out, err := clusters(sim).ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("shop")})
		if err != nil {
			t.Fatal(err)
		}
		return out.TaskArns
	}
	first := tasks()
	sim.InterruptSpot(t, first[0])
	const patience = 20 * time.Second
	for started := time.Now(); ; time.Sleep(time.Millisecond) {
		now := tasks()
		if len(now) == 1 && now[0] != first[0] {
			return
		}
		if time.Since(started) > patience {
			t.Fatalf("of %s became %s", first, now)
		}
	}
}

// clusters is ECS on a simulator.
func clusters(sim *awssimtest.Simulator) *ecs.Client {
	return ecs.New(ecs.Options{
		Region: awssimtest.Region, BaseEndpoint: aws.String(sim.URL()), Credentials: client(sim).Options().Credentials,
	})
}

func TestAServiceSurvivesTasksThatFail(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t, awssimtest.PlaceholderImages())
	const message = "pull image manifest has been retried 5 time(s): no route to host"
	sim.AddFault(t, awssimtest.Fault{
		Task: &awssimtest.Task{Image: "registry.invalid/web:1"}, Effect: awssimtest.PullFailure, Count: 1, Message: message,
	})
	sim.AddFault(t, awssimtest.Fault{Task: &awssimtest.Task{}, Effect: awssimtest.Crash, Count: 1})
	sim.AddFault(t, awssimtest.Fault{Task: &awssimtest.Task{Image: "another"}, Effect: awssimtest.Crash})
	create(t, sim, strings.ReplaceAll(web, "{Type: AWS::ECS::Cluster}", "{Type: AWS::ECS::Cluster, Properties: {ClusterName: shop}}"))
	await(t, sim, types.StackStatusCreateComplete)
	listed, err := clusters(sim).ListTasks(t.Context(), &ecs.ListTasksInput{
		Cluster: aws.String("shop"), DesiredStatus: ecstypes.DesiredStatusStopped,
	})
	if err != nil {
		t.Fatal(err)
	}
	described, err := clusters(sim).DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("shop"), Tasks: listed.TaskArns})
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, task := range described.Tasks {
		reasons = append(reasons, aws.ToString(task.StoppedReason))
	}
	slices.Sort(reasons)
	if diff := cmp.Diff([]string{"CannotPullContainerError: " + message, "Essential container in task exited"}, reasons); diff != "" {
		t.Error(diff)
	}
}

func TestCallsAreThrottledAsOnAWSWhereAsked(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t, awssimtest.RateLimits())
	const more = 100 // than pass, however slow the machine is
	for range more {
		_, err := client(sim).DescribeStacks(t.Context(), nil, func(o *cloudformation.Options) { o.Retryer = aws.NopRetryer{} })
		if err != nil {
			if !strings.Contains(err.Error(), "Throttling: Rate exceeded") {
				t.Error(err)
			}
			return
		}
	}
	t.Error("all calls pass")
}

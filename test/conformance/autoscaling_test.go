package conformance

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// scaled is a web service of one to three tasks, which should have twenty requests a minute each.
const scaled = `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  SubnetA: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}}
  SubnetB: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24, AvailabilityZone: us-east-1b}}
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterName: main}}
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      Cpu: "256"
      Memory: "512"
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions: [{Name: web, Image: nginx:1, PortMappings: [{ContainerPort: 80}]}]
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Name: web, Subnets: [!Ref SubnetA, !Ref SubnetB]}}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      Name: web
      Port: 80
      Protocol: HTTP
      VpcId: !Ref Vpc
      TargetType: ip
      HealthCheckIntervalSeconds: 5
      HealthCheckTimeoutSeconds: 2
      HealthyThresholdCount: 2
      TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, Value: "0"}]
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Group}]
  Service:
    Type: AWS::ECS::Service
    DependsOn: Listener
    Properties:
      ServiceName: web
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Definition
      LaunchType: FARGATE
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref SubnetA, !Ref SubnetB]}}
      LoadBalancers: [{ContainerName: web, ContainerPort: 80, TargetGroupArn: !Ref Group}]
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: ecs
      ScalableDimension: ecs:service:DesiredCount
      ResourceId: !Sub service/${Cluster}/${Service.Name}
      MinCapacity: 1
      MaxCapacity: 3
  Policy:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: requests
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 2
        ScaleOutCooldown: 60
        ScaleInCooldown: 60
        PredefinedMetricSpecification:
          PredefinedMetricType: ALBRequestCountPerTarget
          ResourceLabel: !Sub ${Balancer.LoadBalancerFullName}/${Group.TargetGroupFullName}
Outputs:
  Url: {Value: !Sub "http://${Balancer.DNSName}/"}
  Target: {Value: !Ref Target}
  Policy: {Value: !Ref Policy}
`

// desired waits until the service should have so many tasks.
func desired(t *testing.T, client clients, want int32) {
	t.Helper()
	var got int32
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		out, err := client.ECS.DescribeServices(t.Context(), &ecs.DescribeServicesInput{
			Cluster: aws.String("main"), Services: []string{"web"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got = out.Services[0].DesiredCount; got == want {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the service should have %d tasks, not %d", got, want)
}

// load sends requests until the context ends.
func load(ctx context.Context, url string) {
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			_ = answer.Body.Close()
		}
	}
}

func TestAServiceIsScaledByTheRequestsThatItGets(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t, awssimtest.Speed(300), awssimtest.PlaceholderImages())
	client := clientsOf(sim.URL())
	outputs := createStack(t, client, "scaled", scaled)
	if want := "service/main/web|ecs:service:DesiredCount|ecs"; outputs["Target"] != want {
		t.Errorf("the target is %s, not %s", outputs["Target"], want)
	}
	busy, rest := context.WithCancel(t.Context())
	t.Cleanup(rest)
	go load(busy, outputs["Url"])
	desired(t, client, 3)
	rest()
	desired(t, client, 1)
	activities, err := client.AutoScaling.DescribeScalingActivities(t.Context(), &applicationautoscaling.DescribeScalingActivitiesInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String("service/main/web"),
	})
	if err != nil {
		t.Fatal(err)
	}
	newest, oldest := activities.ScalingActivities[0], activities.ScalingActivities[len(activities.ScalingActivities)-1]
	if *newest.Description != "Setting desired count to 1." ||
		!strings.Contains(*newest.Cause, "monitor alarm TargetTracking-service/main/web-AlarmLow-") ||
		!strings.HasSuffix(*newest.Cause, " in state ALARM triggered policy requests") {
		t.Errorf("the last activity is %s: %s", *newest.Description, *newest.Cause)
	}
	if !strings.Contains(*oldest.Cause, "monitor alarm TargetTracking-service/main/web-AlarmHigh-") {
		t.Errorf("the first activity is %s: %s", *oldest.Description, *oldest.Cause)
	}
	sum := requestsOf(t, client)
	if sum == 0 {
		t.Error("CloudWatch knows of no request")
	}
}

// requestsOf returns how many requests load balancers had in the last hour.
func requestsOf(t *testing.T, client clients) float64 {
	t.Helper()
	listed, err := client.CloudWatch.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{
		Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("RequestCount"),
	})
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, metric := range listed.Metrics {
		out, err := client.CloudWatch.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{
			Namespace: metric.Namespace, MetricName: metric.MetricName, Dimensions: metric.Dimensions, Period: aws.Int32(60),
			StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Minute)),
			Statistics: []cwtypes.Statistic{cwtypes.StatisticSum},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, point := range out.Datapoints {
			total += *point.Sum
		}
	}
	return total
}

func TestScalingIsRefusedAsAWSDoes(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL()).AutoScaling
	_, err := client.RegisterScalableTarget(t.Context(), &applicationautoscaling.RegisterScalableTargetInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
		ResourceId: aws.String("service/main/none"), MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2),
	})
	if got := problem(err); got != "ValidationException: ECS service doesn't exist: service/main/none" {
		t.Error(got)
	}
	_, err = client.DeregisterScalableTarget(t.Context(), &applicationautoscaling.DeregisterScalableTargetInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
		ResourceId: aws.String("service/main/none"),
	})
	if got := problem(err); got != "ObjectNotFoundException: No scalable target found for service namespace: ecs, "+
		"resource ID: service/main/none, scalable dimension: ecs:service:DesiredCount" {
		t.Error(got)
	}
}

func TestTheCommandLineAndBoto3ReachScaling(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t, awssimtest.PlaceholderImages())
	createStack(t, clientsOf(sim.URL()), "scaled", scaled)
	target := []string{
		"--service-namespace", "ecs", "--scalable-dimension", "ecs:service:DesiredCount", "--resource-id", "service/main/web",
	}
	cli := func(operation string, arguments ...string) string {
		t.Helper()
		return program(t, sim, "aws", append(append([]string{"application-autoscaling", operation}, target...), arguments...)...)
	}
	cli("register-scalable-target", "--min-capacity", "2")
	if got := cli("describe-scaling-activities", "--query", "ScalingActivities[0].Cause", "--output", "text"); got != "minimum capacity was set to 2" {
		t.Errorf("the cause is %s", got)
	}
	cli("put-scheduled-action", "--scheduled-action-name", "night", "--schedule", "cron(0 20 * * ? *)", "--timezone", "Europe/Berlin",
		"--scalable-target-action", "MinCapacity=1,MaxCapacity=1")
	got := program(t, sim, "python3", "-c", `
import boto3
scaling = boto3.client("application-autoscaling")
policy = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"][0]
action = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"][0]
target = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
try:
    scaling.delete_scaling_policy(ServiceNamespace="ecs", ResourceId=target["ResourceId"], ScalableDimension=target["ScalableDimension"], PolicyName="none")
except scaling.exceptions.ObjectNotFoundException as missing:
    print(policy["PolicyName"], len(policy["Alarms"]), action["Timezone"], target["MinCapacity"], target["MaxCapacity"])
`)
	if got != "requests 2 Europe/Berlin 2 3" {
		t.Errorf("boto3 says %s", got)
	}
}

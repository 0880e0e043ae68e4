package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// alarmed is a service whose deployments look at an alarm.
const alarmed = `
Resources:
  Cluster: {Type: AWS::ECS::Cluster}
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: Shop, MetricName: Errors, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 5,
      ComparisonOperator: GreaterThanThreshold, TreatMissingData: notBreaching}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: '256'
      Memory: '512'
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions: [{Name: web, Image: nginx}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LaunchType: FARGATE
      DesiredCount: 1
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1]}}
      DeploymentConfiguration: {Alarms: {AlarmNames: [!Ref Errors], Enable: true, Rollback: true}}
`

func TestADeploymentWatchesItsAlarms(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t, awssimtest.PlaceholderImages())
	createStack(t, clientsOf(sim.URL()), "shop", alarmed)
}

const guarded = `
Resources:
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterName: main}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: '256'
      Memory: '512'
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions: [{Name: web, Image: nginx}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: web
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LaunchType: FARGATE
      DesiredCount: 1
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1]}}
      DeploymentConfiguration:
        Strategy: BLUE_GREEN
        BakeTimeInMinutes: 0
        DeploymentCircuitBreaker: {Enable: true, Rollback: true, ResetOnHealthyTask: false, ThresholdConfiguration: {Type: COUNT, Value: 5}}
        LifecycleHooks:
          - {TargetType: PAUSE, LifecycleStages: [POST_SCALE_UP], TimeoutConfiguration: {TimeoutInMinutes: 60, Action: ROLLBACK}}
`

func TestATemplatePausesItsDeployment(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.aws("cloudformation create-stack --stack-name web --template-body file://" + s.file("web.yaml", guarded))
	hook, deployment := "", ""
	for started := time.Now(); hook == "" && time.Since(started) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if listed, ok := s.run(strings.Fields("ecs list-service-deployments --cluster main --service web --output text " +
			"--query serviceDeployments[0].serviceDeploymentArn")...); ok && strings.HasPrefix(listed, "arn:") {
			deployment = listed
			if found := s.aws("ecs describe-service-deployments --output text --query serviceDeployments[0].lifecycleHookDetails[0].hookId " +
				"--service-deployment-arns " + deployment); found != "None" {
				hook = found
			}
		}
	}
	s.wantBreaker(false, types.ThresholdConfiguration{Type: types.ThresholdTypeCount, Value: 5})
	s.want("cloudformation describe-stacks --stack-name web", "Stacks[0].StackStatus", "CREATE_IN_PROGRESS")
	s.aws("ecs continue-service-deployment --service-deployment-arn " + deployment + " --hook-id " + hook + " --action CONTINUE")
	s.aws("cloudformation wait stack-create-complete --stack-name web")

	changed := strings.Replace(guarded, ", ResetOnHealthyTask: false, ThresholdConfiguration: {Type: COUNT, Value: 5}", "", 1)
	s.aws("cloudformation deploy --stack-name web --template-file " + s.file("changed.yaml", changed))
	s.wantBreaker(true, types.ThresholdConfiguration{Type: types.ThresholdTypeBoundedPercent, Value: 50})
}

// wantBreaker asks with the SDK for Go, which knows more of the circuit breaker than the command line.
func (s *shell) wantBreaker(reset bool, threshold types.ThresholdConfiguration) {
	s.Helper()
	found, err := clientsOf(s.sim.URL()).ECS.DescribeServices(s.Context(), &ecs.DescribeServicesInput{
		Cluster: aws.String("main"), Services: []string{"web"},
	})
	if err != nil {
		s.Fatal(err)
	}
	breaker := found.Services[0].DeploymentConfiguration.DeploymentCircuitBreaker
	if aws.ToBool(breaker.ResetOnHealthyTask) != reset || breaker.ThresholdConfiguration == nil || *breaker.ThresholdConfiguration != threshold {
		s.Errorf("the circuit breaker is %+v, with %+v", breaker, breaker.ThresholdConfiguration)
	}
}

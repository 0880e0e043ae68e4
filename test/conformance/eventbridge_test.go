package conformance

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// watched has a queue that learns of what happens to stacks whose name begins with "shop".
const watched = `
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern:
        source: [aws.cloudformation]
        detail-type: [CloudFormation Stack Status Change]
        detail: {stack-id: [{wildcard: "*:stack/shop/*"}]}
      Targets: [{Id: queue, Arn: !GetAtt Queue.Arn}]
  Rights:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Queue.Arn
            Condition: {ArnEquals: {aws:SourceArn: !GetAtt Rule.Arn}}
Outputs:
  Queue: {Value: !Ref Queue}
`

func TestStatusChangesArriveInAQueueThroughARuleOfATemplate(t *testing.T) {
	t.Parallel()
	aws := clientsOf(awssimtest.Start(t).URL())
	queue := createStack(t, aws, "watch", watched)["Queue"]
	createStack(t, aws, "shop", "Resources: {Bucket: {Type: AWS::S3::Bucket}}")
	var statuses []string
	for len(statuses) < 2 {
		got, err := aws.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: &queue, WaitTimeSeconds: 5, MaxNumberOfMessages: 10,
		})
		if err != nil || len(got.Messages) == 0 {
			t.Fatalf("after %v: %v, %v", statuses, got, err)
		}
		for _, message := range got.Messages {
			var event struct {
				Source string `json:"source"`
				Detail struct {
					StackID string `json:"stack-id"`
					Status  struct {
						Status string `json:"status"`
					} `json:"status-details"`
				} `json:"detail"`
			}
			if err := json.Unmarshal([]byte(*message.Body), &event); err != nil {
				t.Fatal(err)
			}
			if event.Source != "aws.cloudformation" || !strings.Contains(event.Detail.StackID, ":stack/shop/") {
				t.Errorf("got %s", *message.Body)
			}
			statuses = append(statuses, event.Detail.Status.Status)
		}
	}
	if diff := cmp.Diff([]string{"CREATE_IN_PROGRESS", "CREATE_COMPLETE"}, statuses); diff != "" {
		t.Error(diff)
	}
}

func TestRulesAreMadeListedAndTried(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL()).Events
	const pattern = `{"source":["shop"]}`
	if _, err := client.PutRule(t.Context(), &eventbridge.PutRuleInput{
		Name: aws.String("r"), EventPattern: aws.String(pattern), Tags: []events.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: []events.Target{{
		Id: aws.String("1"), Arn: aws.String("arn:aws:sqs:us-east-1:123456789012:q"),
		InputTransformer: &events.InputTransformer{
			InputPathsMap: map[string]string{"a": "$.detail.a"}, InputTemplate: aws.String(`"<a>"`),
		},
	}}}); err != nil {
		t.Fatal(err)
	}
	targets, err := client.ListTargetsByRule(t.Context(), &eventbridge.ListTargetsByRuleInput{Rule: aws.String("r")})
	if err != nil || len(targets.Targets) != 1 || targets.Targets[0].InputTransformer.InputPathsMap["a"] != "$.detail.a" {
		t.Errorf("%+v, %v", targets, err)
	}
	rule, err := client.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: aws.String("r")})
	if err != nil || aws.ToString(rule.EventPattern) != pattern || rule.State != events.RuleStateEnabled {
		t.Errorf("%+v, %v", rule, err)
	}
	tried, err := client.TestEventPattern(t.Context(), &eventbridge.TestEventPatternInput{
		EventPattern: aws.String(pattern),
		Event:        aws.String(`{"id":"1","account":"1","source":"shop","time":"x","region":"r","resources":[],"detail-type":"d","detail":{}}`),
	})
	if err != nil || !tried.Result {
		t.Errorf("%+v, %v", tried, err)
	}
}

const running = `
Resources:
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterName: main}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: work
      Cpu: '256'
      Memory: '512'
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions: [{Name: work, Image: nginx}]
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Name: orders
      EventPattern: {source: [shop]}
      Targets:
        - Id: work
          Arn: !GetAtt Cluster.Arn
          RoleArn: arn:aws:iam::123456789012:role/events
          Input: '{"containerOverrides": [{"name": "work", "environment": [{"name": "FROM", "value": "rule"}]}]}'
          EcsParameters:
            TaskDefinitionArn: !Ref Task
            TaskCount: 2
            LaunchType: FARGATE
            NetworkConfiguration: {AwsVpcConfiguration: {Subnets: [subnet-1]}}
`

func TestACommandLineRunsTasksByARule(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.aws("cloudformation deploy --stack-name jobs --template-file " + s.file("jobs.yaml", running))
	s.aws("events put-events --entries", `[{"Source":"shop","DetailType":"order","Detail":"{}"}]`)
	const tries = 100
	tasks := ""
	for try := 0; tasks == "" && try < tries; try++ {
		tasks = s.aws("ecs list-tasks --cluster main --started-by events-rule/orders --output text --query taskArns")
	}
	s.aws("ecs wait tasks-running --cluster main --tasks " + tasks)
	s.want("ecs describe-tasks --cluster main --tasks "+tasks,
		"tasks[].[group,overrides.containerOverrides[0].environment[0].value]", "family:work\trule\nfamily:work\trule")
}

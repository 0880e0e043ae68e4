package conformance

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// fannedOut is a topic whose messages a queue gets.
const fannedOut = `
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Queue: {Type: AWS::SQS::Queue}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, FilterPolicy: {kind: [order]}}
  Rights:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: "sqs:SendMessage", Resource: "*"}
Outputs:
  Topic: {Value: !Ref Topic}
  Queue: {Value: !Ref Queue}
`

func TestAPublishedMessageArrivesInAQueue(t *testing.T) {
	t.Parallel()
	on := clientsOf(awssimtest.Start(t).URL())
	made := createStack(t, on, "fan", fannedOut)
	for _, kind := range []string{"news", "order"} {
		if _, err := on.SNS.Publish(t.Context(), &sns.PublishInput{
			TopicArn: aws.String(made["Topic"]), Message: aws.String("a " + kind), Subject: aws.String("Hello"),
			MessageAttributes: map[string]types.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String(kind)}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	received, err := on.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(made["Queue"]), WaitTimeSeconds: 5, MaxNumberOfMessages: 10,
	})
	if err != nil || len(received.Messages) != 1 {
		t.Fatalf("%+v, %v", received, err)
	}
	var got struct{ Type, Message, Subject string }
	if err := json.Unmarshal([]byte(*received.Messages[0].Body), &got); err != nil { //nolint:musttag // AWS's names
		t.Fatal(err)
	}
	if got.Type != "Notification" || got.Message != "a order" || got.Subject != "Hello" {
		t.Errorf("got %+v", got)
	}
	listed, err := on.SNS.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(made["Topic"])})
	if err != nil || len(listed.Subscriptions) != 1 || aws.ToString(listed.Subscriptions[0].Protocol) != "sqs" {
		t.Errorf("%+v, %v", listed, err)
	}
	batch, err := on.SNS.PublishBatch(t.Context(), &sns.PublishBatchInput{
		TopicArn: aws.String(made["Topic"]), PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
			{Id: aws.String("1"), Message: aws.String("x")}, {Id: aws.String("2"), Message: aws.String("")},
		},
	})
	if err != nil || len(batch.Successful) != 1 || len(batch.Failed) != 1 {
		t.Errorf("%+v, %v", batch, err)
	}
}

func TestTopicsThatDoNotExistAreTold(t *testing.T) {
	t.Parallel()
	on := clientsOf(awssimtest.Start(t).URL())
	_, err := on.SNS.Publish(t.Context(), &sns.PublishInput{
		TopicArn: aws.String("arn:aws:sns:us-east-1:123456789012:none"), Message: aws.String("x"),
	})
	if missing, ok := errors.AsType[*types.NotFoundException](err); !ok || missing.ErrorMessage() != "Topic does not exist" {
		t.Errorf("got %v", err)
	}
}

func TestTheCommandLineAndBoto3ReachTopicsAndRules(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	topic := program(t, sim, "aws", "sns", "create-topic", "--name", "cli", "--query", "TopicArn", "--output", "text")
	got := program(t, sim, "python3", "-c", `
import boto3, sys
topics, rules = boto3.client("sns"), boto3.client("events")
topics.subscribe(TopicArn=sys.argv[1], Protocol="email", Endpoint="a@example.org")
print(topics.get_topic_attributes(TopicArn=sys.argv[1])["Attributes"]["SubscriptionsPending"])
rules.put_rule(Name="boto", ScheduleExpression="rate(1 day)")
rules.put_targets(Rule="boto", Targets=[{"Id": "1", "Arn": sys.argv[1]}])
try:
    rules.delete_rule(Name="boto")
except rules.exceptions.ClientError as e:
    print(e.response["Error"]["Message"])
`, topic)
	if got != "1\nRule can't be deleted since it has targets." {
		t.Errorf("got %s", got)
	}
}

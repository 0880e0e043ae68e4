package conformance

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

func TestTopicsAreToldWhatHappensToStacks(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	topic, err := client.SNS.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("news")})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := client.SQS.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("news"), Attributes: map[string]string{
		"Policy": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]}`,
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.SNS.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:123456789012:news"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CloudFormation.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("demo"), NotificationARNs: []string{*topic.TopicArn},
		TemplateBody: aws.String("Resources: {Topic: {Type: AWS::SNS::Topic}}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	awaitStack(t, client, "demo")
	told := make(map[string]bool)
	for range 10 {
		out, err := client.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range out.Messages {
			var envelope struct {
				Subject string `json:"Subject"`
				Message string `json:"Message"`
			}
			if err := json.Unmarshal([]byte(aws.ToString(each.Body)), &envelope); err != nil {
				t.Fatal(err)
			}
			if envelope.Subject != "AWS CloudFormation Notification" || !strings.Contains(envelope.Message, "StackName='demo'\n") {
				t.Errorf("%s: %s", envelope.Subject, envelope.Message)
			}
			for line := range strings.Lines(envelope.Message) {
				told[strings.TrimSpace(line)] = true
			}
		}
		if told["ResourceType='AWS::SNS::Topic'"] && told["ResourceStatus='CREATE_COMPLETE'"] {
			return
		}
	}
	t.Errorf("told: %v", told)
}

package awssim_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
)

// announced is a topic and a rule that send to one queue.
const announced = `
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: news, VisibilityTimeout: 7}}
  Rights: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "sqs:*", Resource: "*"}]}}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news, Subscription: [{Protocol: sqs, Endpoint: !GetAtt Queue.Arn}]}}
  Rule: {Type: AWS::Events::Rule, Properties: {Name: news, EventPattern: {source: [shop]}, Targets: [{Id: q, Arn: !GetAtt Queue.Arn}]}}
`

func TestQueuesTopicsAndRulesOutliveTheProgram(t *testing.T) {
	t.Parallel()
	bench := newBench(t)
	if _, err := bench.stacks.CreateStack(t.Context(), &cfn.CreateStackInput{
		StackName: aws.String("demo"), TemplateBody: aws.String(announced),
	}); err != nil {
		t.Fatal(err)
	}
	bench.await(types.StackStatusCreateComplete)
	var before, after bytes.Buffer
	if err := bench.simulator.Save(&before); err != nil {
		t.Fatal(err)
	}
	next := awssim.New(awssim.Options{})
	defer func() {
		if err := next.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := next.Restore(bytes.NewReader(before.Bytes())); err != nil {
		t.Fatal(err)
	}
	if err := next.Save(&after); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"VisibilityTimeout":"7"`, `"Protocol":"sqs"`, `"Targets":[{"Id":"q"`} {
		if !strings.Contains(before.String(), part) || !strings.Contains(after.String(), part) {
			t.Errorf("%s is lost", part)
		}
	}
}

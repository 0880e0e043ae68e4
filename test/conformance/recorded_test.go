package conformance

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// Queues and topics do not tell the tags that CloudFormation gives them (recorded: localstack's engine/test_references and
// test_template_engine).
func TestQueuesAndTopicsTellTheirOwnTagsAlone(t *testing.T) {
	t.Parallel()
	on := clientsOf(awssimtest.Start(t).URL())
	made := createStack(t, on, "tagged", `
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {Tags: [{Key: team, Value: red}]}}
  Queue: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: team, Value: blue}]}}
Outputs:
  Topic: {Value: !Ref Topic}
  Queue: {Value: !Ref Queue}
`)
	topic, err := on.SNS.ListTagsForResource(t.Context(), &sns.ListTagsForResourceInput{ResourceArn: aws.String(made["Topic"])})
	if err != nil || len(topic.Tags) != 1 || aws.ToString(topic.Tags[0].Value) != "red" {
		t.Errorf("topic: %+v, %v", topic, err)
	}
	queue, err := on.SQS.ListQueueTags(t.Context(), &sqs.ListQueueTagsInput{QueueUrl: aws.String(made["Queue"])})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"team": "blue"}, queue.Tags); diff != "" {
		t.Error(diff)
	}
}

func TestAStackIsMadeWithARoleThatTrustsCloudFormationAlone(t *testing.T) {
	t.Parallel()
	on := clientsOf(awssimtest.Start(t).URL())
	trusts := map[string]string{
		"deploys": `{"Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`,
		"runs":    `{"Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`,
	}
	for name, trust := range trusts {
		if _, err := on.IAM.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"deploys": true, "runs": false, "none": false} {
		role := "arn:aws:iam::123456789012:role/" + name
		_, err := on.CloudFormation.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: &name, RoleARN: &role, TemplateBody: aws.String(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`),
		})
		refused, isRefusal := errors.AsType[smithy.APIError](err)
		switch {
		case want && err != nil:
			t.Errorf("%s: %v", name, err)
		case !want && (!isRefusal || refused.ErrorMessage() != "Role "+role+" is invalid or cannot be assumed"):
			t.Errorf("%s: %v", name, err)
		}
	}
}

package conformance

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

const (
	faultyRoot = `
Parameters:
  Days: {Type: String, Default: '7'}
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://templates.s3.amazonaws.com/child.yaml
      Parameters: {Days: !Ref Days}
`
	faultyChild = `
Parameters:
  Days: {Type: String}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
`
)

// nestedStage is a simulator with a bucket of templates, and the stack shop on request.
type nestedStage struct {
	*testing.T

	sim    *awssimtest.Simulator
	client clients
}

func newNestedStage(t *testing.T) *nestedStage {
	t.Helper()
	sim := awssimtest.Start(t)
	s := &nestedStage{T: t, sim: sim, client: clientsOf(sim.URL())}
	if _, err := s.client.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("templates")}); err != nil {
		t.Fatal(err)
	}
	_, err := s.client.S3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("templates"), Key: aws.String("child.yaml"), Body: strings.NewReader(faultyChild),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *nestedStage) create() types.StackStatus {
	s.Helper()
	_, err := s.client.CloudFormation.CreateStack(s.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("shop"), TemplateBody: aws.String(faultyRoot),
	})
	if err != nil {
		s.Fatal(err)
	}
	return awaitStack(s.T, s.client, "shop").StackStatus
}

func (s *nestedStage) update() types.StackStatus {
	s.Helper()
	_, err := s.client.CloudFormation.UpdateStack(s.Context(), &cloudformation.UpdateStackInput{
		StackName: aws.String("shop"), UsePreviousTemplate: aws.Bool(true),
		Parameters: []types.Parameter{{ParameterKey: aws.String("Days"), ParameterValue: aws.String("14")}},
	})
	if err != nil {
		s.Fatal(err)
	}
	return awaitStack(s.T, s.client, "shop").StackStatus
}

// child returns the nested stack.
func (s *nestedStage) child() types.Stack {
	s.Helper()
	out, err := s.client.CloudFormation.DescribeStacks(s.Context(), &cloudformation.DescribeStacksInput{})
	if err != nil {
		s.Fatal(err)
	}
	for _, each := range out.Stacks {
		if each.ParentId != nil {
			return each
		}
	}
	s.Fatal("there is no nested stack")
	return types.Stack{}
}

// reason returns why something of a stack failed.
func (s *nestedStage) reason(stack, logicalID string) string {
	s.Helper()
	out, err := s.client.CloudFormation.DescribeStackEvents(s.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String(stack)})
	if err != nil {
		s.Fatal(err)
	}
	for _, each := range out.StackEvents {
		if *each.LogicalResourceId == logicalID && strings.HasSuffix(string(each.ResourceStatus), "FAILED") {
			return aws.ToString(each.ResourceStatusReason)
		}
	}
	return ""
}

func TestAFaultStrikesAResourceOfANestedStackBeforeTheStackHasAName(t *testing.T) {
	t.Parallel()
	s := newNestedStage(t)
	s.sim.AddFault(t, awssimtest.Fault{
		Resource: &awssimtest.Resource{LogicalID: "Logs", Deed: awssimtest.Create}, Effect: awssimtest.Failure, Message: "No room.",
	})
	if got := s.create(); got != types.StackStatusRollbackComplete {
		t.Errorf("the stack is %s", got)
	}
	if got := s.reason("shop", "Child"); !strings.Contains(got, "was not successfully created: The following resource(s) failed to create: [Logs].") {
		t.Errorf("the nested stack fails: %s", got)
	}
}

func TestAFaultStrikesAResourceOfANestedStackByItsName(t *testing.T) {
	t.Parallel()
	for _, effect := range []awssimtest.Effect{awssimtest.Failure, awssimtest.LateFailure} {
		t.Run(string(effect), func(t *testing.T) {
			t.Parallel()
			s := newNestedStage(t)
			if got := s.create(); got != types.StackStatusCreateComplete {
				t.Fatalf("the stack is %s", got)
			}
			name := aws.ToString(s.child().StackName)
			s.sim.AddFault(t, awssimtest.Fault{
				Resource: &awssimtest.Resource{Stack: name, LogicalID: "Logs", Deed: awssimtest.Update}, Effect: effect, Count: 1,
				Message: "No room.",
			})
			if got := s.update(); got != types.StackStatusUpdateRollbackComplete {
				t.Errorf("the stack is %s", got)
			}
			left := s.child()
			if left.StackStatus != types.StackStatusUpdateRollbackComplete || *left.Parameters[0].ParameterValue != "7" {
				t.Errorf("the nested stack is %s with %+v", left.StackStatus, left.Parameters)
			}
			if got := s.reason(name, "Logs"); !strings.Contains(got, "No room.") {
				t.Errorf("its resource fails: %s", got)
			}
			if got := s.update(); got != types.StackStatusUpdateComplete {
				t.Errorf("the next update leaves it %s", got)
			}
		})
	}
}

func TestAFaultStrikesANestedStackAsAResourceOfItsParent(t *testing.T) {
	t.Parallel()
	s := newNestedStage(t)
	if got := s.create(); got != types.StackStatusCreateComplete {
		t.Fatalf("the stack is %s", got)
	}
	s.sim.AddFault(t, awssimtest.Fault{
		Resource: &awssimtest.Resource{Stack: "shop", LogicalID: "Child", Deed: awssimtest.Update}, Effect: awssimtest.LateFailure, Count: 1,
	})
	if got := s.update(); got != types.StackStatusUpdateRollbackComplete {
		t.Errorf("the stack is %s", got)
	}
	if left := s.child(); left.StackStatus != types.StackStatusUpdateRollbackComplete || *left.Parameters[0].ParameterValue != "7" {
		t.Errorf("the nested stack is %s with %+v", left.StackStatus, left.Parameters)
	}
}

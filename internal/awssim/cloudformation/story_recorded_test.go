package cloudformation_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// What is told here is recorded: localstack's test_stacks, test_stack_policies, test_update_stack, engine/test_policies and
// test_dynamic_resolving, in other templates.

// with gives parameters values.
func with(pairs ...string) []types.Parameter {
	var given []types.Parameter
	for i := 0; i < len(pairs); i += 2 {
		given = append(given, types.Parameter{ParameterKey: aws.String(pairs[i]), ParameterValue: aws.String(pairs[i+1])})
	}
	return given
}

func TestParametersAndOutputsComeInTheOrderOfAHashMap(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		s.create(`
Parameters: {Colour: {Type: String}, Owner: {Type: String}, Size: {Type: String}}
Resources: {Topic: {Type: AWS::SNS::Topic}}
Outputs: {Address: {Value: a}, Count: {Value: c}, Port: {Value: p}}
`, func(in *cfn.CreateStackInput) { in.Parameters = with("Colour", "red", "Owner", "us", "Size", "1") })
		made := s.settle("demo")
		var got []string
		for _, each := range made.Parameters {
			got = append(got, aws.ToString(each.ParameterKey))
		}
		for _, each := range made.Outputs {
			got = append(got, aws.ToString(each.OutputKey))
		}
		if diff := cmp.Diff([]string{"Owner", "Size", "Colour", "Address", "Port", "Count"}, got); diff != "" {
			s.t.Error(diff)
		}
	})
}

func TestAnUpdateWithoutCapabilitiesGoesOnTellingThem(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		s.create(named("a", "one"))
		s.settle("demo")
		s.update(named("a", "two"), func(in *cfn.UpdateStackInput) { in.Capabilities = nil })
		if got := s.settle("demo").Capabilities; len(got) != 1 {
			s.t.Errorf("after an update: %v", got)
		}
		if err := s.execute(s.propose("next", named("a", "three")).ChangeSetId); err != nil {
			s.t.Fatal(err)
		}
		if got := s.settle("demo").Capabilities; len(got) != 0 {
			s.t.Errorf("after the execution of a change set: %v", got)
		}
	})
}

// noted has metadata that refer to a secret and to a resource.
const noted = `
Parameters: {Secret: {Type: String, NoEcho: true}}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Metadata: {Key: !Ref Secret, Other: !GetAtt Topic.TopicName}
    Properties: {BucketName: demo-bucket, AccelerateConfiguration: {AccelerationStatus: !Ref Secret}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: demo-topic}}
`

func TestMetadataAreToldAsTheyAreEvaluatedSecretsToo(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		id := s.create(noted, func(in *cfn.CreateStackInput) { in.Parameters = with("Secret", "Enabled") })
		s.settle("demo")
		s.restart()
		told, err := s.client.DescribeStackResource(s.t.Context(), &cfn.DescribeStackResourceInput{
			StackName: aws.String("demo"), LogicalResourceId: aws.String("Bucket"),
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if got, want := aws.ToString(told.StackResourceDetail.Metadata), `{"Key":"Enabled","Other":"demo-topic"}`; got != want {
			s.t.Errorf("metadata %s", got)
		}
		if story := s.story(id); strings.Index(story, "Topic CREATE_COMPLETE") > strings.Index(story, "Bucket CREATE_IN_PROGRESS") {
			s.t.Errorf("the bucket does not wait for what its metadata refer to: %s", story)
		}
		s.propose("next", noted, func(in *cfn.CreateChangeSetInput) { in.Parameters = with("Secret", "Suspended") })
		planned, err := s.client.DescribeChangeSet(s.t.Context(), &cfn.DescribeChangeSetInput{
			StackName: aws.String("demo"), ChangeSetName: aws.String("next"),
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if diff := cmp.Diff(`Modify Bucket False
  Properties AccelerateConfiguration Never Dynamic DirectModification   -> 
  Metadata  Never Dynamic DirectModification   -> 
  Properties AccelerateConfiguration Never Static ParameterReference Secret  -> 
  Metadata  Never Static ParameterReference Secret  -> 
`, strings.TrimPrefix(flags(planned), "\n")); diff != "" {
			s.t.Error(diff)
		}
		if got := planned.Changes[0].ResourceChange.Scope; len(got) != 2 || got[0] != "Metadata" {
			s.t.Errorf("scope %v", got)
		}
	})
}

func TestPoliciesOfResourcesMayCallFunctions(t *testing.T) {
	t.Parallel()
	const template = `
Parameters: {Name: {Type: String}, Stage: {Type: String, Default: test}, Policy: {Type: String, Default: Delete}}
Conditions: {Serious: !Equals [!Ref Stage, production]}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    DeletionPolicy: !If [Serious, Retain, Delete]
    UpdateReplacePolicy: !Ref Policy
    Properties: {TopicName: !Ref Name}
`
	cases := map[string]struct {
		given []string
		want  string
	}{
		"what they stand for by default": {nil, `
Topic UPDATE_COMPLETE
demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
Topic DELETE_IN_PROGRESS
Topic DELETE_COMPLETE
demo UPDATE_COMPLETE
demo DELETE_IN_PROGRESS | User Initiated
Topic DELETE_IN_PROGRESS
Topic DELETE_COMPLETE
demo DELETE_COMPLETE
`},
		"what parameters make of them": {[]string{"Stage", "production", "Policy", "Retain"}, `
Topic UPDATE_COMPLETE
demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
Topic DELETE_SKIPPED
demo UPDATE_COMPLETE
demo DELETE_IN_PROGRESS | User Initiated
Topic DELETE_SKIPPED
demo DELETE_COMPLETE
`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				id := s.create(template, func(in *cfn.CreateStackInput) { in.Parameters = with(append(test.given, "Name", "one")...) })
				s.settle("demo")
				s.restart()
				s.update(template, func(in *cfn.UpdateStackInput) { in.Parameters = with(append(test.given, "Name", "two")...) })
				s.settle("demo")
				s.delete()
				s.settle(id)
				_, got, _ := strings.Cut(s.story(id), "\nTopic UPDATE_COMPLETE")
				if diff := cmp.Diff(test.want, "\nTopic UPDATE_COMPLETE"+got); diff != "" {
					s.t.Error(diff)
				}
			})
		})
	}
}

func TestAStackPolicyOfAnUpdateCountsFromItsEnd(t *testing.T) {
	t.Parallel()
	const nothing = `{"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}`
	cases := map[string]struct {
		change       func(in *cfn.UpdateStackInput)
		during, then string
		want         types.StackStatus
	}{
		"the stack's": {
			func(in *cfn.UpdateStackInput) { in.StackPolicyBody = aws.String(nothing) }, "", nothing, types.StackStatusUpdateComplete,
		},
		"the update's": {
			func(in *cfn.UpdateStackInput) { in.StackPolicyDuringUpdateBody = aws.String(nothing) }, nothing, "", types.StackStatusUpdateRollbackComplete,
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				policy := func() string {
					out, err := s.client.GetStackPolicy(s.t.Context(), &cfn.GetStackPolicyInput{StackName: aws.String("demo")})
					if err != nil {
						s.t.Fatal(err)
					}
					return aws.ToString(out.StackPolicyBody)
				}
				s.create(`{"Resources": {"First": {"Type": "AWS::SNS::Topic"}, "Slow": {"Type": "AWS::S3::Bucket"}}}`)
				s.settle("demo")
				s.update(`
Resources:
  First: {Type: AWS::SNS::Topic, DependsOn: Slow, Properties: {DisplayName: two}}
  Slow: {Type: AWS::S3::Bucket}
  New: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
`, test.change)
				synctest.Wait()
				if got := policy(); s.describe("demo").StackStatus == types.StackStatusUpdateInProgress && got != test.during {
					s.t.Errorf("during the update: %q", got)
				}
				if got := s.settle("demo").StackStatus; got != test.want {
					s.t.Errorf("%s: %s", got, s.story("demo"))
				}
				if got := policy(); got != test.then {
					s.t.Errorf("after the update: %q", got)
				}
			})
		})
	}
}

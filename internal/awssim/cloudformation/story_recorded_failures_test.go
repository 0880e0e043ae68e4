package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation"
)

// trusting are the roles that CloudFormation may assume.
type trusting []string

func (r trusting) Trusts(arn, service string) bool {
	return service == "cloudformation.amazonaws.com" && arn == r[0]
}

func TestARoleMustTrustCloudFormation(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		const good, bad = "arn:aws:iam::123456789012:role/deploys", "arn:aws:iam::123456789012:role/other"
		roles := trusting{good}
		s.openWith(cloudformation.Config{Clock: clock.Clock{Speed: 1}, Providers: s.providers, Roles: roles})
		want := answer{"ValidationError", "Role " + bad + " is invalid or cannot be assumed"}
		_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{
			StackName: aws.String("demo"), TemplateBody: aws.String(oneTopic), RoleARN: aws.String(bad),
		})
		if diff := cmp.Diff(want, answerOf(err)); diff != "" {
			s.t.Error(diff)
		}
		s.create(oneTopic, func(in *cfn.CreateStackInput) { in.RoleARN = aws.String(good) })
		s.settle("demo")
		_, err = s.client.UpdateStack(s.t.Context(), &cfn.UpdateStackInput{
			StackName: aws.String("demo"), UsePreviousTemplate: aws.Bool(true), RoleARN: aws.String(bad),
		})
		if diff := cmp.Diff(want, answerOf(err)); diff != "" {
			s.t.Error(diff)
		}
		roles[0] = "nobody" // a stack remembers its role
		_, err = s.client.DeleteStack(s.t.Context(), &cfn.DeleteStackInput{StackName: aws.String("demo")})
		if diff := cmp.Diff(answer{"ValidationError", "Role " + good + " is invalid or cannot be assumed"}, answerOf(err)); diff != "" {
			s.t.Error(diff)
		}
	})
}

func TestAnInlinePolicyOfNobodyBlocksItsStack(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		id := s.create(`{"Resources": {"Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "PolicyDocument": {}}}}}`)
		s.settle("demo")
		s.delete()
		s.settle("demo")
		s.delete(func(in *cfn.DeleteStackInput) { in.RetainResources = []string{"Policy"} })
		s.settle(id)
		if diff := cmp.Diff(`
demo CREATE_IN_PROGRESS | User Initiated
Policy CREATE_IN_PROGRESS
Policy CREATE_IN_PROGRESS | Resource creation Initiated
Policy CREATE_FAILED | At least one of [Groups,Roles,Users] must be non-empty.
demo ROLLBACK_IN_PROGRESS | The following resource(s) failed to create: [Policy]. Rollback requested by user.
Policy DELETE_IN_PROGRESS
Policy DELETE_FAILED | At least one of [Groups,Roles,Users] must be non-empty.
demo ROLLBACK_FAILED | The following resource(s) failed to delete: [Policy]. 
demo DELETE_IN_PROGRESS | User Initiated
Policy DELETE_IN_PROGRESS
Policy DELETE_FAILED | At least one of [Groups,Roles,Users] must be non-empty.
demo DELETE_FAILED | The following resource(s) failed to delete: [Policy]. 
demo DELETE_IN_PROGRESS | User Initiated
Policy DELETE_SKIPPED
demo DELETE_COMPLETE
`, s.story(id)); diff != "" {
			s.t.Error(diff)
		}
	})
}

func TestProblemsOfSSMParametersHaveOlderWords(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		`{"Value": "v"}`: "Property validation failure: [The property {/Type} is required]",
		`{"Value": [1], "Colour": "red", "Type": "String"}`: "Property validation failure: [Encountered unsupported properties in {/}: [Colour], " +
			"Value of property {/Value} does not match type {String}]",
		`{"Value": "v", "Type": "Text"}`: "Properties validation failed for resource Parameter with message:",
	}
	for properties, want := range cases {
		t.Run(properties, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.providers["AWS::SSM::Parameter"] = s
				s.open()
				s.create(`{"Resources": {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": ` + properties + `}}}`)
				s.settle("demo")
				if diff := cmp.Diff([]string{"Parameter CREATE_FAILED | " + want}, matching(s.story("demo"), "CREATE_FAILED")); diff != "" {
					s.t.Error(diff)
				}
			})
		})
	}
}

func TestAStoredValueThatChangedIsADirectModification(t *testing.T) {
	t.Parallel()
	const template = `
Parameters: {Shown: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shown}}
Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Shown}}}
`
	play(t, func(s *stage) {
		s.keep("ssm", "/shown", "one")
		s.create(template)
		s.settle("demo")
		s.keep("ssm", "/shown", "two")
		if diff := cmp.Diff(`Modify Topic False
  Properties DisplayName Never Static DirectModification  one -> two
`, strings.TrimPrefix(flags(s.propose("next", template)), "\n")); diff != "" {
			s.t.Error(diff)
		}
	})
}

func TestTheSameTemplateIsAnUpdateIfItMayStandForMore(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"a transform": `{"Transform": "AWS::LanguageExtensions", "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`,
		"a reference": displays("{{resolve:ssm:/shown}}"),
	}
	for name, template := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.keep("ssm", "/shown", "one")
				id := s.create(template, func(in *cfn.CreateStackInput) {
					in.Capabilities = []types.Capability{types.CapabilityCapabilityAutoExpand}
				})
				s.settle("demo")
				s.update(template, func(in *cfn.UpdateStackInput) {
					in.Capabilities = []types.Capability{types.CapabilityCapabilityAutoExpand}
				})
				s.settle("demo")
				_, got, _ := strings.Cut(s.story(id), "demo CREATE_COMPLETE")
				if diff := cmp.Diff(`
demo UPDATE_IN_PROGRESS | User Initiated
demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
demo UPDATE_COMPLETE
`, got); diff != "" {
					s.t.Error(diff)
				}
			})
		})
	}
}

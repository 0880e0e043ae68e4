package cloudformation_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

const (
	allowAll = `{"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}`
	onlyIn   = `{"Statement": [` + allowAll + `]}`
)

func TestAStackPolicyIsEnforced(t *testing.T) {
	t.Parallel()
	deny := func(action, rest string) string {
		return `{"Statement": [` + allowAll + `, {"Effect": "Deny", "Principal": "*", "Action": "` + action + `"` + rest + `}]}`
	}
	cases := map[string]struct {
		policy, template string
		during           *string
		want             types.StackStatus
		reason           []string
	}{
		"all is allowed": {onlyIn, named("a", "two"), nil, types.StackStatusUpdateComplete, nil},
		"no statements":  {`{}`, named("a", "two"), nil, types.StackStatusUpdateComplete, nil},
		"a modification is denied": {
			deny("Update:Modify", `, "Resource": "LogicalResourceId/First"`), named("a", "two"), nil,
			types.StackStatusUpdateRollbackComplete,
			[]string{
				"First UPDATE_FAILED | Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource [LogicalResourceId/First];",
			},
		},
		"a replacement is not a modification": {
			deny("Update:Modify", `, "Resource": "LogicalResourceId/First"`), named("b", "one"), nil,
			types.StackStatusUpdateComplete, nil,
		},
		"a type is denied": {
			deny("Update:Replace", `, "Resource": "*", "Condition": {"StringLike": {"ResourceType": ["AWS::SNS::*"]}}`),
			named("b", "one"), nil, types.StackStatusUpdateRollbackComplete,
			[]string{
				"First UPDATE_FAILED | Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/First];",
			},
		},
		"a removal is denied": {
			deny("Update:Delete", `, "NotResource": "LogicalResourceId/Other"`), oneTopic, nil,
			types.StackStatusUpdateRollbackComplete,
			[]string{
				"First UPDATE_FAILED | Action denied by stack policy: Statement [#2] does not allow [Update:Delete] for resource [LogicalResourceId/First];",
				"Second UPDATE_FAILED | Action denied by stack policy: Statement [#2] does not allow [Update:Delete] for resource [LogicalResourceId/Second];",
			},
		},
		"what is not allowed is protected": {
			`{"Statement": [{"Effect": "Allow", "Principal": "*", "NotAction": "Update:*", "Resource": "*"}]}`,
			named("a", "two"), nil, types.StackStatusUpdateRollbackComplete,
			[]string{"First UPDATE_FAILED | Action not allowed by stack policy"},
		},
		"an update can bring its own": {
			deny("Update:*", `, "Resource": "*"`), named("a", "two"), aws.String(onlyIn),
			types.StackStatusUpdateComplete, nil,
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.create(named("a", "one"), func(in *cfn.CreateStackInput) { in.StackPolicyBody = aws.String(test.policy) })
				s.settle("demo")
				s.update(test.template, func(in *cfn.UpdateStackInput) { in.StackPolicyDuringUpdateBody = test.during })
				if got := s.settle("demo").StackStatus; got != test.want {
					s.t.Errorf("status %s", got)
				}
				if diff := cmp.Diff(test.reason, matching(s.story("demo"), "UPDATE_FAILED")); diff != "" {
					s.t.Error(diff)
				}
				got, err := s.client.GetStackPolicy(s.t.Context(), &cfn.GetStackPolicyInput{StackName: aws.String("demo")})
				if err != nil || aws.ToString(got.StackPolicyBody) != test.policy {
					s.t.Errorf("policy %q, %v", aws.ToString(got.StackPolicyBody), err)
				}
			})
		})
	}
}

// Recorded from AWS: localstack's test_stack_policies.
func TestWrongStackPoliciesAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"no JSON":           `none`,
		"another principal": `{"Statement": [{"Effect": "Allow", "Principal": "me", "Action": "Update:*", "Resource": "*"}]}`,
		"another action":    `{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "Delete:*", "Resource": "*"}]}`,
		"another member":    `{"Statements": []}`,
	}
	for name, policy := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.create(oneTopic)
				_, err := s.client.SetStackPolicy(s.t.Context(), &cfn.SetStackPolicyInput{
					StackName: aws.String("demo"), StackPolicyBody: aws.String(policy),
				})
				if diff := cmp.Diff(answer{"ValidationError", "Error validating stack policy: Invalid stack policy"}, answerOf(err)); diff != "" {
					s.t.Error(diff)
				}
			})
		})
	}
}

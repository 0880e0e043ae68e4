package cloudformation_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

func TestRulesAllowOrRefuseParameters(t *testing.T) {
	t.Parallel()
	const template = `
Parameters:
  Stage: {Type: String}
  Size: {Type: String, Default: small}
  Zones: {Type: CommaDelimitedList, Default: "a,b"}
Rules:
  Production:
    RuleCondition: !Equals [!Ref Stage, prod]
    Assertions:
      - Assert: !Contains [[large, huge], !Ref Size]
        AssertDescription: production is large
      - Assert: !EachMemberIn [!Ref Zones, [a, b, c]]
        AssertDescription: zones are a to c
  Stages:
    Assertions:
      - Assert: !And [!Not [!Contains [!RefAll String, wrong]], !Not [!EachMemberEquals [!Ref Zones, z]]]
Resources: {First: {Type: AWS::SNS::Topic}}
`
	cases := map[string]struct{ stage, size, zones, want string }{
		"another stage":         {"dev", "small", "x", ""},
		"all is well":           {"prod", "huge", "a,c", ""},
		"one assertion fails":   {"prod", "small", "a", "Template validation error: Rule Production failed: production is large"},
		"another one fails":     {"prod", "large", "a,x", "Template validation error: Rule Production failed: zones are a to c"},
		"a rule of all strings": {"dev", "wrong", "a", "Template validation error: Rule Stages failed"},
		"all members are equal": {"dev", "small", "z,z", "Template validation error: Rule Stages failed"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{
					StackName: aws.String("demo"), TemplateBody: aws.String(template), Parameters: []types.Parameter{
						{ParameterKey: aws.String("Stage"), ParameterValue: &test.stage},
						{ParameterKey: aws.String("Size"), ParameterValue: &test.size},
						{ParameterKey: aws.String("Zones"), ParameterValue: &test.zones},
					},
				})
				got := ""
				if err != nil {
					got = answerOf(err).Message
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					s.t.Error(diff)
				}
				if err == nil {
					s.settle("demo")
				}
			})
		})
	}
}

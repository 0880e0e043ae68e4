package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// displays is a template with a topic that displays a value.
func displays(value string) string {
	return "Resources: {First: {Type: AWS::SNS::Topic, Properties: {DisplayName: '" + value + "'}}}"
}

func TestDynamicReferencesAreResolvedForResourcesAlone(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.keep("secretsmanager", "db:SecretString:password", "hunter2")
		s.keep("ssm", "/colour:1", "red")
		s.create(displays("{{resolve:secretsmanager:db:SecretString:password}} is {{resolve:ssm:/colour:1}}"))
		if got := s.settle("demo"); got.StackStatus != types.StackStatusCreateComplete {
			t.Fatalf("%s\n%s", got.StackStatus, s.story("demo"))
		}
		if got := s.display(); got != "hunter2 is red" {
			t.Errorf("the topic is called %v", got)
		}
		planned := s.propose("next", displays("{{resolve:secretsmanager:db:SecretString:password}}!"))
		events, err := s.client.DescribeStackEvents(t.Context(), &cfn.DescribeStackEventsInput{StackName: aws.String("demo")})
		if err != nil {
			t.Fatal(err)
		}
		told := []string{flags(planned)}
		for _, e := range events.StackEvents {
			told = append(told, aws.ToString(e.ResourceProperties))
		}
		shown := strings.Join(told, "\n")
		if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "{{resolve:secretsmanager:db:SecretString:password}}") {
			t.Error(shown)
		}
		if _, err := s.client.UpdateStack(t.Context(), &cfn.UpdateStackInput{
			StackName: aws.String("demo"), UsePreviousTemplate: aws.Bool(true),
		}); answerOf(err).Message != "No updates are to be performed." {
			t.Error(err)
		}
	})
}

func TestSecretsThatCannotBeHadFailTheResource(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		s.create(displays("{{resolve:secretsmanager:db}}"))
		if got := s.settle("demo").StackStatus; got != types.StackStatusRollbackComplete {
			s.t.Errorf("status %s", got)
		}
		want := []string{"First CREATE_FAILED | Parameters: [secretsmanager:db] cannot be found."}
		if diff := cmp.Diff(want, matching(s.story("demo"), "First CREATE_FAILED")); diff != "" {
			s.t.Error(diff)
		}
	})
}

func TestReferencesAndStoredParametersAreRefusedInTheWordsOfAWS(t *testing.T) {
	t.Parallel()
	stored := func(kind, name string) string {
		return "Parameters: {Name: {Type: '" + kind + "', Default: " + name + "}}\n" + displays("x")
	}
	cases := map[string]struct{ template, want string }{
		"a parameter that is not there": {displays("{{resolve:ssm:/none}}"), "Parameters: [ssm:/none] cannot be found."},
		"a secure parameter in the open": {
			displays("{{resolve:ssm-secure:/secret}}"), "SSM Secure reference is not supported in: [AWS::SNS::Topic/Properties/DisplayName]",
		},
		"the value of no parameter":     {stored("AWS::SSM::Parameter::Value<String>", "/none"), "Unable to fetch parameters [/none] from parameter store for this account."},
		"the name of no parameter":      {stored("AWS::SSM::Parameter::Name", "/none"), "Unable to fetch parameters [/none] from parameter store for this account."},
		"the value of a secret":         {stored("AWS::SSM::Parameter::Value<String>", "/secret"), "Parameters [/secret] referenced by template have types not supported by CloudFormation."},
		"a type that parameters lack":   {stored("AWS::SSM::Parameter::Value<Number>", "/colour"), "Template format error: Unrecognized parameter type: AWS::SSM::Parameter::Value<Number>"},
		"a reference without a service": {displays("{{resolve:ssm:}}"), "Parameters: [ssm:] cannot be found."},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.keep("ssm-secure", "/secret", "hunter2")
				s.keep("ssm", "/colour", "red")
				_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{StackName: aws.String("demo"), TemplateBody: aws.String(test.template)})
				if diff := cmp.Diff(answer{Code: "ValidationError", Message: test.want}, answerOf(err)); diff != "" {
					s.t.Error(diff)
				}
			})
		})
	}
}

func TestStoredParametersGiveTheirValues(t *testing.T) {
	t.Parallel()
	const template = `
Parameters:
  Colour: {Type: AWS::SSM::Parameter::Value<String>, Default: /colour}
  Hosts: {Type: AWS::SSM::Parameter::Value<List<String>>, Default: /hosts}
  Key: {Type: AWS::SSM::Parameter::Name, Default: /colour}
Resources:
  First: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub ["${Colour} ${Host} ${Key}", {Host: !Select [1, !Ref Hosts]}]}}
`
	play(t, func(s *stage) {
		t := s.t
		s.keep("ssm", "/colour", "red")
		s.keep("ssm", "/hosts", "a, b")
		s.create(template)
		got := make(map[string]string)
		for _, each := range s.settle("demo").Parameters {
			got[aws.ToString(each.ParameterKey)] = aws.ToString(each.ParameterValue) + " = " + aws.ToString(each.ResolvedValue)
		}
		want := map[string]string{"Colour": "/colour = red", "Hosts": "/hosts = a, b", "Key": "/colour = "}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got := s.display(); got != "red b /colour" {
			t.Errorf("the topic is called %v", got)
		}
		s.keep("ssm", "/colour", "blue")
		s.update(template)
		s.settle("demo")
		if got := s.display(); got != "blue b /colour" {
			t.Errorf("the topic is called %v", got)
		}
	})
}

func TestWhatParametersNameHasToExist(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create("Resources: {Net: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}}\nOutputs: {Net: {Value: !Ref Net}}")
		network := aws.ToString(s.settle("demo").Outputs[0].OutputValue)
		template := "Parameters: {Net: {Type: AWS::EC2::VPC::Id}, Zones: {Type: 'List<AWS::EC2::AvailabilityZone::Name>', Default: 'us-east-1a,us-east-1b'}}\n" + displays("x")
		other := func(id string) func(*cfn.CreateStackInput) {
			return func(in *cfn.CreateStackInput) {
				in.StackName, in.Parameters = aws.String("other"), []types.Parameter{{ParameterKey: aws.String("Net"), ParameterValue: aws.String(id)}}
			}
		}
		s.create(template, other("vpc-none"))
		if got := s.settle("other").StackStatus; got != types.StackStatusRollbackComplete {
			t.Errorf("status %s", got)
		}
		want := []string{"other ROLLBACK_IN_PROGRESS | Parameter validation failed: parameter value vpc-none for parameter name Net does not exist. Rollback requested by user."}
		if diff := cmp.Diff(want, matching(s.story("other"), "other ROLLBACK_IN")); diff != "" {
			t.Error(diff)
		}
		id := s.create(template, other(network), func(in *cfn.CreateStackInput) { in.StackName = aws.String("right") })
		if got := s.settle(id).StackStatus; got != types.StackStatusCreateComplete {
			t.Errorf("status %s", got)
		}
	})
}

package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// values writes what a change set says about values: the paths of its details, and what resources were and will be.
func values(of *cfn.DescribeChangeSetOutput) string {
	var out strings.Builder
	for _, each := range of.Changes {
		change := each.ResourceChange
		out.WriteString(string(change.Action) + " " + aws.ToString(change.LogicalResourceId) + " " + string(change.PolicyAction) + "\n")
		for _, detail := range change.Details {
			target := detail.Target
			words := []string{
				" ", string(target.AttributeChangeType), string(target.Attribute), aws.ToString(target.Name), aws.ToString(target.Path),
				aws.ToString(target.BeforeValue), "->", aws.ToString(target.AfterValue), string(detail.Evaluation), string(detail.ChangeSource),
			}
			out.WriteString(strings.Join(words, " ") + "\n")
		}
		out.WriteString("  before " + aws.ToString(change.BeforeContext) + "\n  after " + aws.ToString(change.AfterContext) + "\n")
	}
	return "\n" + out.String()
}

// The forms are those of the user guide's "View property-level changes" and of localstack's test_change_set_values and
// test_change_set_fn_get_attr.
func TestAChangeSetTellsValuesByTheirPaths(t *testing.T) {
	t.Parallel()
	const before = `
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    DeletionPolicy: Retain
    Properties:
      GroupDescription: d
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8}]
      Tags: [{Key: team, Value: red}]
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: a, FifoTopic: false}}
  Other: {Type: AWS::SNS::Topic, Properties: {TopicName: b, DisplayName: !GetAtt Topic.TopicName}}
  Third:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: c, Tags: [{Key: name, Value: !Sub 'x-${Topic.TopicName}'}, {Key: plain, Value: y}]}
`
	cases := map[string]struct{ change, to, want string }{
		"in lists and tags": {"CidrIp: 10.0.0.0/8}]\n      Tags: [{Key: team, Value: red}]", "CidrIp: 10.1.0.0/16}, {IpProtocol: -1}]\n      Tags: [{Key: group, Value: blue}]", `
Modify Group 
  Modify Properties SecurityGroupIngress /Properties/SecurityGroupIngress/0/CidrIp 10.0.0.0/8 -> 10.1.0.0/16 Static DirectModification
  Modify Tags  /Properties/Tags/0/Key team -> group Static DirectModification
  Modify Tags  /Properties/Tags/0/Value red -> blue Static DirectModification
  Add Properties SecurityGroupIngress /Properties/SecurityGroupIngress/1  -> {"IpProtocol":"-1"} Static DirectModification
  before {"Properties":{"GroupDescription":"d","SecurityGroupIngress":[{"CidrIp":"10.0.0.0/8","IpProtocol":"tcp","FromPort":"80","ToPort":"80"}],"Tags":[{"Value":"red","Key":"team"}]},"DeletionPolicy":"Retain"}
  after {"Properties":{"GroupDescription":"d","SecurityGroupIngress":[{"CidrIp":"10.1.0.0/16","IpProtocol":"tcp","FromPort":"80","ToPort":"80"},{"IpProtocol":"-1"}],"Tags":[{"Value":"blue","Key":"group"}]},"DeletionPolicy":"Retain"}
`},
		"of what goes, what stays and what comes": {"TopicName: a, FifoTopic: false", "TopicName: c, DisplayName: x", `
Modify Other 
  Modify Properties DisplayName /Properties/DisplayName a -> {{changeSet:KNOWN_AFTER_APPLY}} Dynamic DirectModification
  Modify Properties DisplayName /Properties/DisplayName a -> {{changeSet:KNOWN_AFTER_APPLY}} Static ResourceAttribute
  before {"Properties":{"DisplayName":"a","TopicName":"b"}}
  after {"Properties":{"DisplayName":"{{changeSet:KNOWN_AFTER_APPLY}}","TopicName":"b"}}
Modify Third 
  Modify Tags  /Properties/Tags/0/Value x-a -> {{changeSet:KNOWN_AFTER_APPLY}} Dynamic DirectModification
  Modify Tags  /Properties/Tags/0/Value x-a -> {{changeSet:KNOWN_AFTER_APPLY}} Static ResourceAttribute
  before {"Properties":{"DisplayName":"c","Tags":[{"Value":"x-a","Key":"name"},{"Value":"y","Key":"plain"}]}}
  after {"Properties":{"DisplayName":"c","Tags":[{"Value":"{{changeSet:KNOWN_AFTER_APPLY}}","Key":"name"},{"Value":"y","Key":"plain"}]}}
Modify Topic ReplaceAndDelete
  Add Properties DisplayName /Properties/DisplayName  -> x Static DirectModification
  Modify Properties TopicName /Properties/TopicName a -> c Static DirectModification
  Remove Properties FifoTopic /Properties/FifoTopic false ->  Static DirectModification
  before {"Properties":{"FifoTopic":"false","TopicName":"a"}}
  after {"Properties":{"DisplayName":"x","TopicName":"c"}}
`},
		"of a resource that goes": {"  Other: {Type: AWS::SNS::Topic, Properties: {TopicName: b, DisplayName: !GetAtt Topic.TopicName}}\n", "", `
Remove Other Delete
  before {"Properties":{"DisplayName":"{{changeSet:KNOWN_AFTER_APPLY}}","TopicName":"b"}}
  after 
`},
		"of another one that goes": {"  Third:\n    Type: AWS::SNS::Topic\n    Properties: {DisplayName: c, Tags: [{Key: name, Value: !Sub 'x-${Topic.TopicName}'}, {Key: plain, Value: y}]}\n", "", `
Remove Third Delete
  before {"Properties":{"DisplayName":"c","Tags":[{"Value":"{{changeSet:KNOWN_AFTER_APPLY}}","Key":"name"},{"Value":"y","Key":"plain"}]}}
  after 
`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.create(before)
				s.settle("demo")
				got := values(s.propose("next", strings.Replace(before, test.change, test.to, 1)))
				if diff := cmp.Diff(test.want, got); diff != "" {
					s.t.Error(diff)
				}
			})
		})
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	const template = `
Parameters: {Word: {Type: String, NoEcho: true}}
Conditions: {Known: !Equals [!Ref Word, open]}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !Sub 'x-${Word}', TopicName: !If [Known, known, unknown]}
`
	word := func(value string) []types.Parameter {
		return []types.Parameter{{ParameterKey: aws.String("Word"), ParameterValue: aws.String(value)}}
	}
	play(t, func(s *stage) {
		s.create(template, func(in *cfn.CreateStackInput) { in.Parameters = word("open") })
		s.settle("demo")
		events, err := s.client.DescribeStackEvents(s.t.Context(), &cfn.DescribeStackEventsInput{StackName: aws.String("demo")})
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range events.StackEvents {
			got := aws.ToString(e.ResourceProperties)
			if aws.ToString(e.LogicalResourceId) == "Topic" && got != `{"DisplayName":"x-****","TopicName":"known"}` {
				s.t.Errorf("%s shows %s", e.ResourceStatus, got)
			}
		}
		planned := s.propose("next", template, func(in *cfn.CreateChangeSetInput) { in.Parameters = word("sesame") })
		if got := values(planned); strings.Contains(got, "sesame") || strings.Contains(got, "open") || !strings.Contains(got, "x-**** -> x-****") {
			s.t.Errorf("the change set tells %s", got)
		}
	})
}

func TestADeletedStackTellsOfNoChangeSet(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		planned := s.propose("first", oneTopic, creating)
		if err := s.execute(planned.ChangeSetId); err != nil {
			s.t.Fatal(err)
		}
		id := aws.ToString(s.settle("demo").StackId)
		s.delete()
		if got := s.settle(id); got.ChangeSetId != nil || got.LastUpdatedTime == nil {
			s.t.Errorf("change set %v, updated %v", got.ChangeSetId, got.LastUpdatedTime)
		}
		_, err := s.client.CreateChangeSet(s.t.Context(), &cfn.CreateChangeSetInput{
			StackName: aws.String(id), ChangeSetName: aws.String("again"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(oneTopic),
		})
		want := answer{"ValidationError", "Stack [ARN already exists and cannot be created again with the changeSet [again]."} // ARN ends at a blank
		if diff := cmp.Diff(want, answerOf(err)); diff != "" {
			s.t.Error(diff)
		}
	})
}

func TestAChangeSetWithoutChangesOfATransformedTemplateHasWordsOfItsOwn(t *testing.T) {
	t.Parallel()
	const template = `{"Transform": "AWS::LanguageExtensions", "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`
	expand := []types.Capability{types.CapabilityCapabilityAutoExpand}
	play(t, func(s *stage) {
		s.create(template, func(in *cfn.CreateStackInput) { in.Capabilities = expand })
		s.settle("demo")
		same := s.propose("same", template, func(in *cfn.CreateChangeSetInput) { in.Capabilities = expand })
		if got := aws.ToString(same.StatusReason); got != "No updates are to be performed." {
			s.t.Errorf("reason %q", got)
		}
	})
}

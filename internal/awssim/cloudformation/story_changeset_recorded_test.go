package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// plainly describes a change set without the values of properties.
func (s *stage) plainly(of *cfn.DescribeChangeSetOutput) *cfn.DescribeChangeSetOutput {
	s.t.Helper()
	out, err := s.client.DescribeChangeSet(s.t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: of.ChangeSetId})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// Recorded: localstack's test_dynamic_ssm_parameter_lookup.
func TestAStoredValueThatChangedIsNoChangeOfItsParameter(t *testing.T) {
	t.Parallel()
	const template = `
Parameters: {Colour: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /colour}}
Resources: {First: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Colour}}}
`
	play(t, func(s *stage) {
		s.keep("ssm", "/colour", "red")
		s.create(template)
		s.settle("demo")
		s.keep("ssm", "/colour", "blue")
		planned := s.propose("next", template)
		want := "\nModify First False\n  Properties DisplayName Never Static DirectModification  "
		if diff := cmp.Diff(want+"red -> blue\n", flags(planned)); diff != "" {
			s.t.Error(diff)
		}
		if diff := cmp.Diff(want+" -> \n", flags(s.plainly(planned))); diff != "" {
			s.t.Error(diff)
		}
	})
}

// Quoted: cloudformation-coverage-roadmap #1543 and ministack #1646, which measured it.
func TestPoliciesThatChangeAreAnUpdateWithoutAnUpdateOfTheResource(t *testing.T) {
	t.Parallel()
	const before = `Resources: {First: {Type: AWS::SNS::Topic}}`
	const after = `Resources: {First: {Type: AWS::SNS::Topic, DeletionPolicy: Retain, UpdateReplacePolicy: Retain}}`
	play(t, func(s *stage) {
		t := s.t
		s.create(before)
		s.settle("demo")
		planned := s.propose("next", after)
		want := `
Modify First False
  UpdateReplacePolicy   Static DirectModification   -> 
  DeletionPolicy   Static DirectModification   -> 
`
		if diff := cmp.Diff(want, flags(s.plainly(planned))); diff != "" {
			t.Error(diff)
		}
		scope := planned.Changes[0].ResourceChange.Scope
		if diff := cmp.Diff([]types.ResourceAttribute{"DeletionPolicy", "UpdateReplacePolicy"}, scope); diff != "" {
			t.Error(diff)
		}
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		id := aws.ToString(s.settle("demo").StackId)
		if got := matching(s.story("demo"), "First UPDATE"); len(got) > 0 {
			t.Errorf("the resource was updated: %s", got)
		}
		s.delete()
		s.settle(id)
		if got := matching(s.story(id), "First DELETE_SKIPPED"); len(got) != 1 {
			t.Errorf("the resource was not retained: %s", s.story(id))
		}
	})
}

// Recorded: localstack's test_describe_change_set_import_non_existent_export_then_create.
func TestAChangeSetMayImportWhatIsExportedLater(t *testing.T) {
	t.Parallel()
	const exporting = `
Resources: {Other: {Type: AWS::SNS::Topic}}
Outputs: {Word: {Value: sesame, Export: {Name: word}}}
`
	play(t, func(s *stage) {
		t := s.t
		planned := s.propose("first", "Resources: {First: {Type: AWS::SNS::Topic, Properties: {DisplayName: !ImportValue word}}}", creating)
		want := `{"Properties":{"DisplayName":"{{changeSet:KNOWN_AFTER_APPLY}}"}}`
		if diff := cmp.Diff(want, aws.ToString(planned.Changes[0].ResourceChange.AfterContext)); diff != "" {
			t.Error(diff)
		}
		const warning = "[WARN] --include-property-values option can return incomplete ChangeSet data because: " +
			"ChangeSet creation failed for resource [First] because: No export named word"
		if diff := cmp.Diff(warning, aws.ToString(planned.StatusReason)); diff != "" {
			t.Error(diff)
		}
		s.create(exporting, func(in *cfn.CreateStackInput) { in.StackName = aws.String("other") })
		s.settle("other")
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo").StackStatus; got != types.StackStatusCreateComplete {
			t.Errorf("%s\n%s", got, s.story("demo"))
		}
	})
}

// API reference: CAPABILITY_AUTO_EXPAND has no effect on change sets.
func TestAChangeSetNeedsNoCapabilityForTransforms(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		const template = `{"Transform": "AWS::LanguageExtensions", "Resources": {"First": {"Type": "AWS::SNS::Topic"}}}`
		planned := s.propose("first", template, creating)
		if planned.Status != types.ChangeSetStatusCreateComplete || len(planned.Capabilities) > 0 {
			s.t.Errorf("%s with %v: %s", planned.Status, planned.Capabilities, aws.ToString(planned.StatusReason))
		}
	})
}

// Quoted in public scripts: the change set of an auto scaling group whose load balancer is another one.
func TestARewrittenReferenceChangesByItselfToo(t *testing.T) {
	t.Parallel()
	const before = `Resources: {First: {Type: AWS::SNS::Topic, Properties: {DisplayName: one}}}`
	const after = `
Resources:
  First: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Second.TopicName}}
  Second: {Type: AWS::SNS::Topic}
`
	play(t, func(s *stage) {
		s.create(before)
		s.settle("demo")
		want := `
Modify First False
  Properties DisplayName Never Static ResourceAttribute Second.TopicName  -> 
  Properties DisplayName Never Dynamic DirectModification   -> 
Add Second 
`
		if diff := cmp.Diff(want, flags(s.plainly(s.propose("next", after)))); diff != "" {
			s.t.Error(diff)
		}
	})
}

// Recorded: localstack's test_fn_split_with_get_att.
func TestMistakesOfUnknownValuesAreAWarning(t *testing.T) {
	t.Parallel()
	const template = `
Resources:
  First: {Type: AWS::SNS::Topic}
  Second: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Join [_, !Split ['-', !GetAtt First.TopicName]]}}
`
	play(t, func(s *stage) {
		planned := s.propose("first", template, creating)
		const want = "[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet creation failed " +
			"for resource [Second] because: Template error: every Fn::Join object requires two parameters, (1) a string delimiter and " +
			"(2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
		if diff := cmp.Diff(want, aws.ToString(planned.StatusReason)); diff != "" {
			s.t.Error(diff)
		}
		if got := s.plainly(planned); got.StatusReason != nil || got.ExecutionStatus != types.ExecutionStatusAvailable {
			s.t.Errorf("without values: %s, %s", got.ExecutionStatus, aws.ToString(got.StatusReason))
		}
		if got := aws.ToString(planned.Changes[1].ResourceChange.AfterContext); got != `{"Properties":{"DisplayName":"{{changeSet:KNOWN_AFTER_APPLY}}"}}` {
			s.t.Error(got)
		}
	})
}

func TestLongValuesAreShownByTheirSums(t *testing.T) {
	t.Parallel()
	naming := func(name string) string {
		return "Resources: {First: {Type: AWS::SNS::Topic, Properties: {DisplayName: " + name + "}}}"
	}
	play(t, func(s *stage) {
		s.create(naming("short"))
		s.settle("demo")
		change := s.propose("next", naming(strings.Repeat("a", 5000))).Changes[0].ResourceChange // sha256sum of 5,000 a's
		const sum = "(Truncated-Signature):c526c6222044dab5674de9c4ac7f4566ebb5e4d8bf9d8ea34c9cc8a7cc3c869c"
		if diff := cmp.Diff(sum, aws.ToString(change.Details[0].Target.AfterValue)); diff != "" {
			s.t.Error(diff)
		}
		if diff := cmp.Diff(`{"Properties":{"DisplayName":"`+sum+`"}}`, aws.ToString(change.AfterContext)); diff != "" {
			s.t.Error(diff)
		}
	})
}

// Quoted: aws-cloudformation-github-deploy #122, landing-zone-accelerator-on-aws #442, stackit #38; that the execution
// status is named is what another simulator says.
func TestChangeSetsAreRefusedAsTheyStand(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		request := func(template, token string) *cfn.CreateChangeSetInput {
			in := &cfn.CreateChangeSetInput{
				StackName: aws.String("demo"), ChangeSetName: aws.String("c"), TemplateBody: aws.String(template),
				ChangeSetType: types.ChangeSetTypeCreate,
			}
			if token != "" {
				in.ClientToken = aws.String(token)
			}
			return in
		}
		planned := s.propose("c", oneTopic, creating)
		again, err := s.client.CreateChangeSet(t.Context(), request(oneTopic, ""))
		if err != nil || aws.ToString(again.Id) != aws.ToString(planned.ChangeSetId) {
			t.Errorf("the same request again: %v, %v", again, err)
		}
		previous := request(oneTopic, "")
		previous.TemplateBody, previous.UsePreviousTemplate = nil, aws.Bool(true)
		refused := map[string]*cfn.CreateChangeSetInput{
			"ChangeSet c cannot be created due to a mismatch with existing attribute Template":    request(named("a", "one"), ""),
			"ChangeSet c cannot be created due to a mismatch with existing attribute ClientToken": request(oneTopic, "other"),
			"Cannot specify usePreviousTemplate as true for a changeSetType CREATE":               previous,
		}
		for want, in := range refused {
			_, err := s.client.CreateChangeSet(t.Context(), in)
			if diff := cmp.Diff(want, answerOf(err).Message); diff != "" {
				t.Error(diff)
			}
		}
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		s.settle("demo")
		want := answer{"InvalidChangeSetStatus", "ChangeSet [" + changeSetARN + "] cannot be executed in its current execution status of [EXECUTE_COMPLETE]"}
		if diff := cmp.Diff(want, changeSetAnswer(s.execute(planned.ChangeSetId))); diff != "" {
			t.Error(diff)
		}
	})
}

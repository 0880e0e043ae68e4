package cloudformation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// propose makes a change set of the stack "demo", lets time pass, and describes it.
func (s *stage) propose(name, template string, change ...func(*cfn.CreateChangeSetInput)) *cfn.DescribeChangeSetOutput {
	s.t.Helper()
	in := &cfn.CreateChangeSetInput{StackName: aws.String("demo"), ChangeSetName: aws.String(name), TemplateBody: aws.String(template)}
	for _, each := range change {
		each(in)
	}
	out, err := s.client.CreateChangeSet(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	time.Sleep(time.Minute)
	return s.changeSet(aws.ToString(out.Id))
}

func (s *stage) changeSet(id string) *cfn.DescribeChangeSetOutput {
	s.t.Helper()
	out, err := s.client.DescribeChangeSet(s.t.Context(), &cfn.DescribeChangeSetInput{
		ChangeSetName: aws.String(id), IncludePropertyValues: aws.Bool(true),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *stage) execute(id *string) error {
	_, err := s.client.ExecuteChangeSet(s.t.Context(), &cfn.ExecuteChangeSetInput{ChangeSetName: id})
	return err
}

func creating(in *cfn.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeCreate }

// flags writes what a change set says about each resource.
func flags(of *cfn.DescribeChangeSetOutput) string {
	var out strings.Builder
	for _, each := range of.Changes {
		change := each.ResourceChange
		out.WriteString(string(change.Action) + " " + aws.ToString(change.LogicalResourceId) + " " + string(change.Replacement) + "\n")
		for _, detail := range change.Details {
			target := detail.Target
			words := []string{
				" ", string(target.Attribute), aws.ToString(target.Name), string(target.RequiresRecreation), string(detail.Evaluation),
				string(detail.ChangeSource), aws.ToString(detail.CausingEntity), aws.ToString(target.BeforeValue), "->", aws.ToString(target.AfterValue),
			}
			out.WriteString(strings.Join(words, " ") + "\n")
		}
	}
	return "\n" + out.String()
}

func TestAStackIsCreatedByAChangeSet(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		planned := s.propose("first", named("a", "one"), creating)
		if planned.Status != types.ChangeSetStatusCreateComplete || planned.ExecutionStatus != types.ExecutionStatusAvailable {
			t.Errorf("%s, %s", planned.Status, planned.ExecutionStatus)
		}
		if diff := cmp.Diff("\nAdd First \nAdd Second \n", flags(planned)); diff != "" {
			t.Error(diff)
		}
		if got := s.describe("demo").StackStatus; got != types.StackStatusReviewInProgress {
			t.Errorf("status %s", got)
		}
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo"); got.StackStatus != types.StackStatusCreateComplete || aws.ToString(got.ChangeSetId) != aws.ToString(planned.ChangeSetId) {
			t.Errorf("%s by %s", got.StackStatus, aws.ToString(got.ChangeSetId))
		}
		if got := s.changeSet(aws.ToString(planned.ChangeSetId)).ExecutionStatus; got != types.ExecutionStatusExecuteComplete {
			t.Errorf("execution %s", got)
		}
		want := []string{"demo REVIEW_IN_PROGRESS | User Initiated", "demo CREATE_IN_PROGRESS | User Initiated", "demo CREATE_COMPLETE"}
		if diff := cmp.Diff(want, matching(s.story("demo"), "demo ")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAChangeSetForetellsAnUpdate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ template, want string }{
		"in place": {named("a", "two"), `
Modify First False
  Properties DisplayName Never Static DirectModification  one -> two
`},
		"a replacement and what refers to it": {named("b", "one"), `
Modify First True
  Properties TopicName Always Static DirectModification  a -> b
Modify Second False
  Properties DisplayName Never Dynamic DirectModification  a -> {{changeSet:KNOWN_AFTER_APPLY}}
  Properties DisplayName Never Static ResourceAttribute First.TopicName a -> {{changeSet:KNOWN_AFTER_APPLY}}
`},
		"addition and removal": {`
Resources:
  First: {Type: AWS::SNS::Topic, Properties: {TopicName: a, DisplayName: one}}
  Third: {Type: AWS::SNS::Topic}
`, `
Remove Second 
Add Third 
`},
		"by a parameter": {`
Parameters: {Display: {Type: String, Default: two}}
` + strings.Replace(named("a", "!Ref Display"), "\nResources", "Resources", 1), `
Modify First False
  Properties DisplayName Never Static ParameterReference Display one -> two
  Properties DisplayName Never Dynamic DirectModification  one -> two
`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				t := s.t
				s.create(named("a", "one"))
				s.settle("demo")
				planned := s.propose("next", test.template)
				if diff := cmp.Diff(test.want, flags(planned)); diff != "" {
					t.Error(diff)
				}
				if err := s.execute(planned.ChangeSetId); err != nil {
					t.Fatal(err)
				}
				if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateComplete {
					t.Errorf("status %s", got)
				}
			})
		})
	}
}

// Recorded from AWS: localstack's test_change_set_fn_get_attr.
func TestWithoutValuesAChangeSetFollowsReferences(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ template, want string }{
		"to a resource that changes in place": {named("a", "two"), `
Modify First False
  Properties DisplayName Never Static DirectModification   -> 
Modify Second False
  Properties DisplayName Never Dynamic ResourceAttribute First.TopicName  -> 
`},
		"to a resource that is replaced": {named("b", "one"), `
Modify First True
  Properties TopicName Always Static DirectModification   -> 
Modify Second False
  Properties DisplayName Never Static ResourceAttribute First.TopicName  -> 
`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.create(named("a", "one"))
				s.settle("demo")
				planned := s.propose("next", test.template)
				plain, err := s.client.DescribeChangeSet(s.t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: planned.ChangeSetId})
				if err != nil {
					s.t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, flags(plain)); diff != "" {
					s.t.Error(diff)
				}
				for _, each := range plain.Changes {
					replaced := each.ResourceChange.Replacement == types.ReplacementTrue
					if replaced != (each.ResourceChange.PolicyAction == types.PolicyActionReplaceAndDelete) {
						s.t.Errorf("policy %q", each.ResourceChange.PolicyAction)
					}
				}
			})
		})
	}
}

func TestAChangeSetWithoutChangesFails(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(named("a", "one"))
		s.settle("demo")
		planned := s.propose("same", named("a", "one"))
		if planned.Status != types.ChangeSetStatusFailed || planned.ExecutionStatus != types.ExecutionStatusUnavailable ||
			aws.ToString(planned.StatusReason) != "The submitted information didn't contain changes. Submit different information to create a change set." {
			t.Errorf("%s, %s: %s", planned.Status, planned.ExecutionStatus, aws.ToString(planned.StatusReason))
		}
		want := answer{"InvalidChangeSetStatus", "ChangeSet [" + changeSetARN + "] cannot be executed in its current status of [FAILED]"}
		if diff := cmp.Diff(want, changeSetAnswer(s.execute(planned.ChangeSetId))); diff != "" {
			t.Error(diff)
		}
	})
}

const changeSetARN = "CHANGESET"

func changeSetAnswer(err error) answer {
	got := answerOf(err)
	if i := strings.Index(got.Message, "["); i >= 0 && strings.Contains(got.Message, "ARN") {
		got.Message = strings.Replace(got.Message, "ARN", changeSetARN+"]", 1)
	}
	return got
}

func TestChangeSetsAreRefusedInTheWordsOfAWS(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		call func(s *stage) error
		want answer
	}{
		"a new stack of a name that is taken": {func(s *stage) error {
			s.create(oneTopic)
			_, err := s.client.CreateChangeSet(s.t.Context(), &cfn.CreateChangeSetInput{
				StackName: aws.String("demo"), ChangeSetName: aws.String("c"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(oneTopic),
			})
			return err
		}, answer{"ValidationError", "Stack [demo] already exists and cannot be created again with the changeSet [c]."}},
		"an update of nothing": {func(s *stage) error {
			_, err := s.client.CreateChangeSet(s.t.Context(), &cfn.CreateChangeSetInput{
				StackName: aws.String("absent"), ChangeSetName: aws.String("c"), TemplateBody: aws.String(oneTopic),
			})
			return err
		}, answer{"ValidationError", "Stack [absent] does not exist"}},
		"no such change set": {func(s *stage) error {
			s.create(oneTopic)
			_, err := s.client.DescribeChangeSet(s.t.Context(), &cfn.DescribeChangeSetInput{StackName: aws.String("demo"), ChangeSetName: aws.String("c")})
			return err
		}, answer{"ChangeSetNotFound", "ChangeSet [c] does not exist"}},
		"no such stack": {func(s *stage) error {
			_, err := s.client.DescribeChangeSet(s.t.Context(), &cfn.DescribeChangeSetInput{StackName: aws.String("somestack"), ChangeSetName: aws.String("c")})
			return err
		}, answer{"ValidationError", "Stack [somestack] does not exist"}},
		"a name without a stack": {func(s *stage) error {
			_, err := s.client.DeleteChangeSet(s.t.Context(), &cfn.DeleteChangeSetInput{ChangeSetName: aws.String("c")})
			return err
		}, answer{"ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN."}},
		"a change set that another operation overtook": {func(s *stage) error {
			planned := s.propose("c", named("a", "one"), creating)
			s.create(named("a", "one"))
			s.settle("demo")
			if got := s.changeSet(aws.ToString(planned.ChangeSetId)).ExecutionStatus; got != types.ExecutionStatusObsolete {
				s.t.Errorf("execution %s", got)
			}
			_, err := s.client.DeleteChangeSet(s.t.Context(), &cfn.DeleteChangeSetInput{ChangeSetName: planned.ChangeSetId})
			return err
		}, answer{Message: "<nil>"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				if diff := cmp.Diff(test.want, answerOf(test.call(s))); diff != "" {
					s.t.Error(diff)
				}
			})
		})
	}
}

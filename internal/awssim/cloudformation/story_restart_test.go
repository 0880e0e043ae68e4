package cloudformation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// exporting is a stack with all that has to survive a restart.
const exporting = `
Parameters:
  Secret: {Type: String, NoEcho: true, Default: hush}
Resources:
  First: {Type: AWS::SNS::Topic, Properties: {TopicName: a, DisplayName: !Ref Secret, Tags: [{Key: k, Value: "1"}]}}
  Second: {Type: AWS::SNS::Topic, DependsOn: First, Metadata: {n: 1}, Properties: {DisplayName: !GetAtt First.TopicName}}
Outputs:
  Name: {Value: !GetAtt First.TopicName, Export: {Name: topic}}
`

func TestAStackAtRestSurvivesARestart(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		id := s.create(exporting, func(in *cfn.CreateStackInput) {
			in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}}
			in.StackPolicyBody = aws.String(`{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}`)
			in.EnableTerminationProtection = aws.Bool(true)
			in.ClientRequestToken = aws.String("once")
		})
		before, story := s.settle("demo"), s.story("demo")
		s.restart()
		unexported := cmpopts.IgnoreUnexported(types.Stack{}, types.Tag{}, types.Output{}, types.Parameter{}, types.OperationEntry{},
			types.StackDriftInformation{}, types.RollbackConfiguration{})
		if diff := cmp.Diff(before, s.describe(id), unexported); diff != "" {
			t.Errorf("the stack (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(story, s.story("demo")); diff != "" {
			t.Errorf("its events (-before +after):\n%s", diff)
		}
		_, err := s.client.UpdateStack(t.Context(), &cfn.UpdateStackInput{
			StackName: aws.String("demo"), TemplateBody: aws.String(exporting),
			Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}},
		})
		if err == nil || !strings.Contains(err.Error(), "No updates are to be performed.") {
			t.Errorf("an update without a change: %v", err)
		}
		if _, err := s.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: aws.String("demo")}); err == nil {
			t.Error("the protected stack can be deleted")
		}
		exports, err := s.client.ListExports(t.Context(), &cfn.ListExportsInput{})
		if err != nil || len(exports.Exports) != 1 || aws.ToString(exports.Exports[0].Value) != "a" {
			t.Errorf("exports: %v, %v", exports, err)
		}
	})
}

func TestAChangeSetCanBeExecutedAfterARestart(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(named("a", "one"))
		s.settle("demo")
		_, err := s.client.CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{
			StackName: aws.String("demo"), ChangeSetName: aws.String("next"), TemplateBody: aws.String(named("a", "two")),
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		planned := s.planned("next")
		s.restart()
		if diff := cmp.Diff(planned, s.planned("next")); diff != "" || len(planned) == 0 {
			t.Errorf("the changes (-before +after):\n%s", diff)
		}
		_, err = s.client.ExecuteChangeSet(t.Context(), &cfn.ExecuteChangeSetInput{
			StackName: aws.String("demo"), ChangeSetName: aws.String("next"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateComplete {
			t.Errorf("status %s", got)
		}
	})
}

// planned returns the changes of a change set.
func (s *stage) planned(name string) []string {
	s.t.Helper()
	described, err := s.client.DescribeChangeSet(s.t.Context(), &cfn.DescribeChangeSetInput{
		StackName: aws.String("demo"), ChangeSetName: aws.String(name),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	var changes []string
	for _, each := range described.Changes {
		change := each.ResourceChange
		changes = append(changes, fmt.Sprint(aws.ToString(change.LogicalResourceId), change.Action, change.Replacement, change.Scope))
	}
	return changes
}

func TestAnOperationThatARestartInterruptsIsLedBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		begin func(s *stage)
		want  types.StackStatus
	}{
		"a creation": {func(s *stage) { s.create(named("a", "one")) }, types.StackStatusRollbackComplete},
		"a creation that stays as it is": {func(s *stage) {
			s.create(named("a", "one"), func(in *cfn.CreateStackInput) { in.DisableRollback = aws.Bool(true) })
		}, types.StackStatusCreateFailed},
		"an update in place": {func(s *stage) {
			s.create(named("a", "one"))
			s.settle("demo")
			s.update(named("a", "two"))
		}, types.StackStatusUpdateRollbackComplete},
		"a replacement": {func(s *stage) {
			s.create(named("a", "one"))
			s.settle("demo")
			s.update(named("b", "one"))
		}, types.StackStatusUpdateRollbackComplete},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				test.begin(s)
				time.Sleep(time.Second) // in the middle of the first resource
				s.restart()
				rested := s.settle("demo")
				if rested.StackStatus != test.want {
					s.t.Errorf("status %s, want %s:\n%s", rested.StackStatus, test.want, s.story("demo"))
				}
				s.delete()
				id := aws.ToString(rested.StackId)
				if got := s.settle(id).StackStatus; got != types.StackStatusDeleteComplete {
					s.t.Errorf("after a deletion: %s:\n%s", got, s.story(id))
				}
				s.create(named("a", "one")) // nothing was left behind that has the name
				if got := s.settle("demo").StackStatus; got != types.StackStatusCreateComplete {
					s.t.Errorf("created again: %s:\n%s", got, s.story("demo"))
				}
			})
		})
	}
}

func TestADeletionThatARestartInterruptsGoesOn(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		id := s.create(named("a", "one"))
		s.settle("demo")
		s.delete()
		time.Sleep(time.Second)
		s.restart()
		if got := s.settle(id).StackStatus; got != types.StackStatusDeleteComplete {
			s.t.Errorf("status %s:\n%s", got, s.story(id))
		}
	})
}

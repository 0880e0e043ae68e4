package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

func reverting(in *cfn.CreateChangeSetInput) { in.DeploymentMode = types.DeploymentModeRevertDrift }

// edit changes a resource of the stack "demo" behind its back; nil changes remove it.
func (s *stage) edit(logicalID, resourceType string, changes resource.Properties) {
	s.t.Helper()
	plain, ok := s.inner.(*generic.Provider)
	if !ok {
		s.t.Fatal("this stage has no resources to edit")
	}
	place := resource.Place{Account: "123456789012", Region: "us-east-1"}
	id := s.physicalID(logicalID)
	err := plain.Edit(place, resourceType, id, changes)
	if changes == nil {
		err = plain.Remove(place, resourceType, id)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) physicalID(logicalID string) string {
	s.t.Helper()
	out, err := s.client.DescribeStackResource(s.t.Context(), &cfn.DescribeStackResourceInput{
		StackName: aws.String("demo"), LogicalResourceId: aws.String(logicalID),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return aws.ToString(out.StackResourceDetail.PhysicalResourceId)
}

// driftFlags writes what a drift-aware change set says of drift.
func driftFlags(of *cfn.DescribeChangeSetOutput) string {
	var out strings.Builder
	out.WriteString("\n" + string(of.DeploymentMode) + " " + string(of.StackDriftStatus) + "\n")
	for _, each := range of.Changes {
		change := each.ResourceChange
		out.WriteString(string(change.Action) + " " + aws.ToString(change.LogicalResourceId) + " " + string(change.ResourceDriftStatus) + "\n")
		for _, detail := range change.Details {
			target := detail.Target
			words := []string{
				" ", aws.ToString(target.Name), string(target.AttributeChangeType), string(detail.ChangeSource),
				string(target.BeforeValueFrom), aws.ToString(target.BeforeValue), "->", string(target.AfterValueFrom), aws.ToString(target.AfterValue),
			}
			if target.Drift != nil {
				words = append(words, "| was", aws.ToString(target.Drift.PreviousValue), "is", aws.ToString(target.Drift.ActualValue))
			}
			out.WriteString(strings.Join(words, " ") + "\n")
		}
	}
	return out.String()
}

const topic = "AWS::SNS::Topic"

func TestADriftAwareChangeSetComparesThreeStates(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edited   resource.Properties // of First; nil deletes it
		template string
		want     string
		events   []string
		display  string
	}{
		"it reverts what was edited": {
			resource.Properties{"DisplayName": "hacked"}, named("a", "one"), `
REVERT_DRIFT DRIFTED
Modify First MODIFIED
  DisplayName Modify DirectModification ACTUAL_STATE hacked -> TEMPLATE one | was one is hacked
`, []string{"First UPDATE_IN_PROGRESS", "First UPDATE_COMPLETE"}, "one",
		},
		"it overwrites an edit with a new value": {
			resource.Properties{"DisplayName": "hacked"}, named("a", "two"), `
REVERT_DRIFT DRIFTED
Modify First MODIFIED
  DisplayName Modify DirectModification ACTUAL_STATE hacked -> TEMPLATE two | was one is hacked
`, []string{"First UPDATE_IN_PROGRESS", "First UPDATE_COMPLETE"}, "two",
		},
		"it leaves alone what the new template wants as it is": {
			resource.Properties{"DisplayName": "fixed"}, named("a", "fixed"), `
REVERT_DRIFT DRIFTED
SyncWithActual First MODIFIED
  DisplayName SyncWithActual NoModification ACTUAL_STATE fixed -> TEMPLATE fixed | was one is fixed
`, nil, "fixed",
		},
		"it adds what was removed": {
			resource.Properties{"DisplayName": nil}, named("a", "one"), `
REVERT_DRIFT DRIFTED
Modify First MODIFIED
  DisplayName Add DirectModification ACTUAL_STATE  -> TEMPLATE one | was one is 
`, []string{"First UPDATE_IN_PROGRESS", "First UPDATE_COMPLETE"}, "one",
		},
		"it makes again what was deleted": {
			nil, named("a", "one"), `
REVERT_DRIFT DRIFTED
Add First DELETED
Modify Second IN_SYNC
  DisplayName Modify DirectModification ACTUAL_STATE a -> TEMPLATE {{changeSet:KNOWN_AFTER_APPLY}}
  DisplayName Modify ResourceAttribute ACTUAL_STATE a -> TEMPLATE {{changeSet:KNOWN_AFTER_APPLY}}
`, []string{"First CREATE_IN_PROGRESS", "First CREATE_IN_PROGRESS | Resource creation Initiated", "First CREATE_COMPLETE"}, "one",
		},
		"it also tells of changes without drift": {
			resource.Properties{"DisplayName": "one"}, named("a", "two"), `
REVERT_DRIFT IN_SYNC
Modify First IN_SYNC
  DisplayName Modify DirectModification ACTUAL_STATE one -> TEMPLATE two
`, []string{"First UPDATE_IN_PROGRESS", "First UPDATE_COMPLETE"}, "two",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				t := s.t
				s.create(named("a", "one"))
				s.settle("demo")
				s.edit("First", topic, test.edited)
				before := len(matching(s.story("demo"), "First "))
				planned := s.propose("revert", test.template, reverting)
				if diff := cmp.Diff(test.want, driftFlags(planned)); diff != "" {
					t.Error(diff)
				}
				if err := s.execute(planned.ChangeSetId); err != nil {
					t.Fatal(err)
				}
				if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateComplete {
					t.Errorf("status %s", got)
				}
				if diff := cmp.Diff(test.events, matching(s.story("demo"), "First ")[before:], cmpopts.EquateEmpty()); diff != "" {
					t.Error(diff)
				}
				if got := s.display(); got != test.display {
					t.Errorf("the topic is called %v", got)
				}
			})
		})
	}
}

// display returns the name that the topic First of the stack "demo" displays.
func (s *stage) display() any {
	s.t.Helper()
	properties, ok := s.Read(resource.Request{
		Place: resource.Place{Account: "123456789012", Region: "us-east-1"}, Type: topic, PhysicalID: s.physicalID("First"),
	})
	if !ok {
		s.t.Fatal("First is gone")
	}
	return properties["DisplayName"]
}

func TestWithoutDriftADriftAwareChangeSetHasNothingToDo(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(named("a", "one"))
		s.settle("demo")
		planned := s.propose("revert", named("a", "one"), reverting)
		if planned.Status != types.ChangeSetStatusFailed || !strings.Contains(aws.ToString(planned.StatusReason), "didn't contain changes") {
			t.Errorf("%s: %s", planned.Status, aws.ToString(planned.StatusReason))
		}
	})
}

func TestARollbackOfADriftAwareChangeSetRestoresWhatWas(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(named("a", "one"))
		s.settle("demo")
		s.edit("First", topic, resource.Properties{"DisplayName": "hacked"})
		planned := s.propose("revert", strings.Replace(named("a", "two"), "!GetAtt First.TopicName", "three", 1), reverting)
		s.failOnce("Update", "Second", "no")
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateRollbackComplete {
			t.Errorf("status %s\n%s", got, s.story("demo"))
		}
		if got := s.display(); got != "hacked" {
			t.Errorf("the topic is called %v", got)
		}
	})
}

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

// named is two topics, of which the first can be replaced by another name and changed in place by another
// display name.
func named(topic, display string) string {
	return `
Resources:
  First: {Type: AWS::SNS::Topic, Properties: {TopicName: ` + topic + `, DisplayName: ` + display + `}}
  Second: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt First.TopicName}}
Outputs:
  Name: {Value: !GetAtt First.TopicName}
`
}

// lastUpdate returns the part of the story that begins with the update.
func (s *stage) lastUpdate() string {
	s.t.Helper()
	const start = "demo UPDATE_IN_PROGRESS"
	_, after, found := strings.Cut(s.story("demo"), start)
	if !found {
		s.t.Fatal("no update")
	}
	return "\n" + start + after
}

func TestAnUpdateInPlaceKeepsThePhysicalResource(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(named("a", "one"))
		s.settle("demo")
		s.update(named("a", "two"))
		if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateComplete {
			t.Errorf("status %s", got)
		}
		if diff := cmp.Diff(`
demo UPDATE_IN_PROGRESS | User Initiated
First UPDATE_IN_PROGRESS
First UPDATE_COMPLETE
demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
demo UPDATE_COMPLETE
`, s.lastUpdate()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAReplacementIsMadeBeforeItsDependentsChangeAndTheOldOneGoes(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(named("a", "one"))
		s.settle("demo")
		s.update(named("b", "one"))
		updated := s.settle("demo")
		if got := aws.ToString(updated.Outputs[0].OutputValue); got != "b" {
			t.Errorf("output %q", got)
		}
		if diff := cmp.Diff(`
demo UPDATE_IN_PROGRESS | User Initiated
First UPDATE_IN_PROGRESS | Requested update requires the creation of a new physical resource; hence creating one.
First UPDATE_IN_PROGRESS | Resource creation Initiated
First UPDATE_COMPLETE
Second UPDATE_IN_PROGRESS
Second UPDATE_COMPLETE
demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
First DELETE_IN_PROGRESS
First DELETE_COMPLETE
demo UPDATE_COMPLETE
`, s.lastUpdate()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAFailedUpdateRestoresResourcesTemplateAndOutputs(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(named("a", "one"))
		s.settle("demo")
		s.failOnce("Update", "Second", "cannot")
		s.update(named("b", "one"))
		rolledBack := s.settle("demo")
		if rolledBack.StackStatus != types.StackStatusUpdateRollbackComplete || aws.ToString(rolledBack.Outputs[0].OutputValue) != "a" {
			t.Errorf("%s with %v", rolledBack.StackStatus, rolledBack.Outputs)
		}
		template, err := s.client.GetTemplate(t.Context(), &cfn.GetTemplateInput{StackName: aws.String("demo")})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(named("a", "one"), aws.ToString(template.TemplateBody)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(`
demo UPDATE_IN_PROGRESS | User Initiated
First UPDATE_IN_PROGRESS | Requested update requires the creation of a new physical resource; hence creating one.
First UPDATE_IN_PROGRESS | Resource creation Initiated
First UPDATE_COMPLETE
Second UPDATE_IN_PROGRESS
Second UPDATE_FAILED | Resource handler returned message: "cannot" (RequestToken: T, HandlerErrorCode: GeneralServiceException)
demo UPDATE_ROLLBACK_IN_PROGRESS | The following resource(s) failed to update: [Second]. 
First UPDATE_COMPLETE
Second UPDATE_IN_PROGRESS
Second UPDATE_COMPLETE
demo UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
First DELETE_IN_PROGRESS
First DELETE_COMPLETE
demo UPDATE_ROLLBACK_COMPLETE
`, s.lastUpdate()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnUpdateCanAddAndRemoveResources(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(`{"Resources": {"Keep": {"Type": "AWS::SNS::Topic"}, "Drop": {"Type": "AWS::SNS::Topic"},
			"Leave": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain"}}}`)
		s.settle("demo")
		s.update(`{"Resources": {"Keep": {"Type": "AWS::SNS::Topic"}, "Added": {"Type": "AWS::SNS::Topic"}}}`)
		s.settle("demo")
		want := `
demo UPDATE_IN_PROGRESS | User Initiated
Added CREATE_IN_PROGRESS
Added CREATE_IN_PROGRESS | Resource creation Initiated
Added CREATE_COMPLETE
demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
Drop DELETE_IN_PROGRESS
Leave DELETE_SKIPPED
Drop DELETE_COMPLETE
demo UPDATE_COMPLETE
`
		if diff := cmp.Diff(sorted(want), sorted(s.lastUpdate())); diff != "" {
			t.Error(diff)
		}
		resources, err := s.client.ListStackResources(t.Context(), &cfn.ListStackResourcesInput{StackName: aws.String("demo")})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, each := range resources.StackResourceSummaries {
			names = append(names, aws.ToString(each.LogicalResourceId))
		}
		if diff := cmp.Diff([]string{"Added", "Keep"}, names); diff != "" {
			t.Error(diff)
		}
	})
}

func TestACancelledUpdateRollsBack(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(named("a", "one"))
		s.settle("demo")
		s.update(named("b", "one"))
		time.Sleep(time.Second)
		if _, err := s.client.CancelUpdateStack(t.Context(), &cfn.CancelUpdateStackInput{StackName: aws.String("demo")}); err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateRollbackComplete {
			t.Errorf("status %s", got)
		}
		if diff := cmp.Diff(`
demo UPDATE_IN_PROGRESS | User Initiated
First UPDATE_IN_PROGRESS | Requested update requires the creation of a new physical resource; hence creating one.
First UPDATE_IN_PROGRESS | Resource creation Initiated
First UPDATE_FAILED | Resource update cancelled
demo UPDATE_ROLLBACK_IN_PROGRESS | User Initiated
First UPDATE_COMPLETE
demo UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
First DELETE_IN_PROGRESS
First DELETE_COMPLETE
demo UPDATE_ROLLBACK_COMPLETE
`, s.lastUpdate()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAFailedRollbackIsContinuedOrSkipped(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		repair bool
		skip   []string
		force  bool
		want   types.StackStatus
	}{
		"after the cause is gone":         {true, nil, false, types.StackStatusUpdateRollbackComplete},
		"while the cause is still there":  {false, nil, false, types.StackStatusUpdateRollbackFailed},
		"without the resource that fails": {false, []string{"First"}, false, types.StackStatusUpdateRollbackComplete},
		"by force":                        {false, nil, true, types.StackStatusUpdateRollbackComplete},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				t := s.t
				s.create(named("a", "one"))
				s.settle("demo")
				s.fail("Update", "First", "cannot")
				s.update(named("a", "two"))
				if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateRollbackFailed {
					t.Fatalf("status %s", got)
				}
				if test.repair {
					s.fail("Update", "First", "")
				}
				_, err := s.client.ContinueUpdateRollback(t.Context(), &cfn.ContinueUpdateRollbackInput{
					StackName: aws.String("demo"), ResourcesToSkip: test.skip, ForceRollback: aws.Bool(test.force),
				})
				if err != nil {
					t.Fatal(err)
				}
				settled := s.settle("demo")
				if got := settled.StackStatus; got != test.want {
					t.Errorf("status %s", got)
				}
				if diff := cmp.Diff([]types.OperationType{types.OperationTypeContinueRollback}, operationTypes(settled)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestAnUpdateWithoutRollbackStaysWhereItFailed(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		stay := func(in *cfn.UpdateStackInput) { in.DisableRollback = aws.Bool(true) }
		s.create(named("a", "one"))
		s.settle("demo")
		s.fail("Update", "Second", "cannot")
		s.update(named("b", "one"), stay)
		if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateFailed {
			t.Errorf("status %s", got)
		}
		s.fail("Update", "Second", "")
		s.update(named("b", "two"), stay)
		if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateComplete {
			t.Errorf("status %s", got)
		}
		if got := s.story("demo"); len(matching(got, "First DELETE_COMPLETE")) != 1 {
			t.Errorf("what the failed update replaced is deleted once: %s", got)
		}
	})
}

func TestDeletionsThatFailCanRetainOrBeForced(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*cfn.DeleteStackInput){
		"retain": func(in *cfn.DeleteStackInput) { in.RetainResources = []string{"First"} },
		"force":  func(in *cfn.DeleteStackInput) { in.DeletionMode = types.DeletionModeForceDeleteStack },
	}
	for name, second := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				t := s.t
				id := s.create(named("a", "one"))
				s.settle("demo")
				s.fail("Delete", "First", "in use")
				s.delete()
				failed := s.settle(id)
				if failed.StackStatus != types.StackStatusDeleteFailed ||
					aws.ToString(failed.StackStatusReason) != "The following resource(s) failed to delete: [First]. " {
					t.Errorf("%s: %q", failed.StackStatus, aws.ToString(failed.StackStatusReason))
				}
				s.delete(second)
				if got := s.settle(id).StackStatus; got != types.StackStatusDeleteComplete {
					t.Errorf("status %s", got)
				}
			})
		})
	}
}

func TestExportsInUseCanNeitherChangeNorGo(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		exporter := func(name string) string {
			return `
Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: ` + name + `}}}
Outputs: {Name: {Value: !GetAtt Topic.TopicName, Export: {Name: shared}}}
`
		}
		id := s.create(exporter("a"))
		s.settle("demo")
		s.create(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::ImportValue": "shared"}}}}}`,
			func(in *cfn.CreateStackInput) { in.StackName = aws.String("importer") })
		s.settle("importer")

		s.delete()
		if got := s.settle(id).StackStatus; got != types.StackStatusCreateComplete {
			t.Errorf("status %s", got)
		}
		s.update(exporter("b"))
		if got := s.settle(id).StackStatus; got != types.StackStatusUpdateRollbackComplete {
			t.Errorf("status %s", got)
		}
		want := []string{
			"demo CREATE_COMPLETE | Delete canceled. Cannot delete export shared as it is in use by importer.",
			"demo UPDATE_ROLLBACK_IN_PROGRESS | Export shared cannot be updated as it is in use by importer",
		}
		if diff := cmp.Diff(want, matching(s.story("demo"), "in use by")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDescriptionsTellTheLastOperationAndItsRollback(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(named("a", "one"))
		created := s.settle("demo")
		s.fail("Update", "Second", "cannot")
		s.update(named("b", "one"))
		undone := s.settle("demo")
		got := [][]types.OperationType{operationTypes(created), operationTypes(undone)}
		want := [][]types.OperationType{
			{types.OperationTypeCreateStack}, {types.OperationTypeRollback, types.OperationTypeUpdateStack},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		listed, err := s.client.ListStacks(t.Context(), &cfn.ListStacksInput{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(aws.ToString(undone.LastOperations[0].OperationId),
			aws.ToString(listed.StackSummaries[0].LastOperations[0].OperationId)); diff != "" {
			t.Error(diff)
		}
		told, err := s.client.DescribeEvents(t.Context(), &cfn.DescribeEventsInput{OperationId: undone.LastOperations[0].OperationId})
		if err != nil || len(told.OperationEvents) == 0 {
			t.Errorf("the operation has no events: %v, %v", told, err)
		}
	})
}

package cloudformation_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// twoTopics has a resource that waits for another one.
const twoTopics = `
Resources:
  First: {Type: AWS::SNS::Topic}
  Second:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !GetAtt First.TopicName}
Outputs:
  Arn: {Value: !Ref Second}
`

func TestAStackIsCreatedInTheOrderOfItsDependenciesAndDeletedInReverse(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		id := s.create(twoTopics)
		if got := s.describe("demo").StackStatus; got != types.StackStatusCreateInProgress {
			t.Errorf("right after CreateStack the status is %s", got)
		}
		created := s.settle("demo")
		if len(created.Outputs) != 1 || created.StackStatus != types.StackStatusCreateComplete {
			t.Errorf("%s with outputs %v", created.StackStatus, created.Outputs)
		}
		s.delete()
		deleted := s.settle(id)
		if deleted.DeletionTime == nil || len(deleted.Outputs) != 1 {
			t.Errorf("a deleted stack has a deletion time and tells its outputs: %v %v", deleted.DeletionTime, deleted.Outputs)
		}
		if diff := cmp.Diff(`
demo CREATE_IN_PROGRESS | User Initiated
First CREATE_IN_PROGRESS
First CREATE_IN_PROGRESS | Resource creation Initiated
First CREATE_COMPLETE
Second CREATE_IN_PROGRESS
Second CREATE_IN_PROGRESS | Resource creation Initiated
Second CREATE_COMPLETE
demo CREATE_COMPLETE
demo DELETE_IN_PROGRESS | User Initiated
Second DELETE_IN_PROGRESS
Second DELETE_COMPLETE
First DELETE_IN_PROGRESS
First DELETE_COMPLETE
demo DELETE_COMPLETE
`, s.story(id)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAFailedCreationCancelsItsSiblingsAndRollsBack(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.fail("Create", "Broken", "no more")
		s.create(`
Resources:
  Quick: {Type: AWS::SNS::Topic}
  Broken: {Type: AWS::SNS::Topic, DependsOn: Quick}
  Slow: {Type: AWS::S3::Bucket}
  Never: {Type: AWS::SNS::Topic, DependsOn: Broken}
`)
		rolledBack := s.settle("demo")
		if rolledBack.StackStatus != types.StackStatusRollbackComplete {
			t.Errorf("status %s", rolledBack.StackStatus)
		}
		want := `
demo CREATE_IN_PROGRESS | User Initiated
Quick CREATE_IN_PROGRESS
Quick CREATE_IN_PROGRESS | Resource creation Initiated
Slow CREATE_IN_PROGRESS
Slow CREATE_IN_PROGRESS | Eventual consistency check initiated
Slow CREATE_IN_PROGRESS | Resource creation Initiated
Quick CREATE_COMPLETE
Broken CREATE_IN_PROGRESS
Broken CREATE_FAILED | Resource handler returned message: "no more" (RequestToken: T, HandlerErrorCode: GeneralServiceException)
Slow CREATE_FAILED | Resource creation cancelled
demo ROLLBACK_IN_PROGRESS | The following resource(s) failed to create: [Broken, Slow]. Rollback requested by user.
Broken DELETE_COMPLETE
Slow DELETE_IN_PROGRESS
Slow DELETE_COMPLETE
Quick DELETE_IN_PROGRESS
Quick DELETE_COMPLETE
demo ROLLBACK_COMPLETE
`
		if diff := cmp.Diff(sorted(want), sorted(s.story("demo"))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOnFailureSaysWhatBecomesOfAFailedStack(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*cfn.CreateStackInput)
		want   types.StackStatus
		reason string
	}{
		"rollback":               {func(*cfn.CreateStackInput) {}, types.StackStatusRollbackComplete, ""},
		"delete":                 {func(in *cfn.CreateStackInput) { in.OnFailure = types.OnFailureDelete }, types.StackStatusDeleteComplete, ""},
		"nothing":                {func(in *cfn.CreateStackInput) { in.OnFailure = types.OnFailureDoNothing }, types.StackStatusCreateFailed, failedSecond},
		"nothing by older means": {func(in *cfn.CreateStackInput) { in.DisableRollback = aws.Bool(true) }, types.StackStatusCreateFailed, failedSecond},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				t := s.t
				s.fail("Create", "Second", "no")
				ended := s.settle(s.create(twoTopics, test.change))
				if ended.StackStatus != test.want || aws.ToString(ended.StackStatusReason) != test.reason {
					t.Errorf("%s: %q", ended.StackStatus, aws.ToString(ended.StackStatusReason))
				}
			})
		})
	}
}

const failedSecond = "The following resource(s) failed to create: [Second]. "

func TestACreationThatTakesTooLongIsRolledBack(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(`{"Resources": {"Zone": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcId": "vpc-1"}},
			"Other": {"Type": "AWS::SNS::Topic", "DependsOn": "Zone"}}}`,
			func(in *cfn.CreateStackInput) { in.TimeoutInMinutes = aws.Int32(1) })
		if got := s.settle("demo").StackStatus; got != types.StackStatusRollbackComplete {
			t.Errorf("status %s", got)
		}
		if diff := cmp.Diff([]string{"demo ROLLBACK_IN_PROGRESS | Stack creation time exceeded the specified timeout. Rollback requested by user."},
			matching(s.story("demo"), "ROLLBACK_IN_PROGRESS")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAStackCanBeDeletedWhileItIsCreated(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		id := s.create(twoTopics)
		time.Sleep(time.Second)
		s.delete()
		if got := s.settle(id).StackStatus; got != types.StackStatusDeleteComplete {
			t.Errorf("status %s", got)
		}
		if got := matching(s.story(id), "ROLLBACK"); len(got) != 0 {
			t.Errorf("the deletion takes over, nothing rolls back: %v", got)
		}
	})
}

func TestADeletedStackIsForgottenAfterNinetyDays(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		bury := func() string {
			id := s.create(oneTopic)
			s.settle(id)
			s.delete()
			s.settle(id)
			return id
		}
		const day = 24 * time.Hour
		first := bury()
		time.Sleep(50 * day)
		second := bury()
		s.restart()
		time.Sleep(41 * day)
		third := bury()
		var listed []string
		stacks, err := s.client.ListStacks(t.Context(), &cfn.ListStacksInput{})
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range stacks.StackSummaries {
			listed = append(listed, *each.StackId)
		}
		if diff := cmp.Diff([]string{third, second}, listed); diff != "" {
			t.Error(diff)
		}
		_, err = s.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: aws.String(first)})
		if want := "Stack with id " + first + " does not exist"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %q", err, want)
		}
	})
}

func TestInvalidPropertiesFailTheirResource(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Colour": "red"}}}}`)
		s.settle("demo")
		want := []string{
			"Topic CREATE_FAILED | Properties validation failed for resource Topic with message:",
			"#: extraneous key [Colour] is not permitted",
		}
		if diff := cmp.Diff(want, append(matching(s.story("demo"), "CREATE_FAILED"), matching(s.story("demo"), "extraneous")...)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheSameTokenDoesNothingTwice(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		token := func(in *cfn.CreateStackInput) { in.ClientRequestToken = aws.String("once") }
		first := s.create(twoTopics, token)
		if second := s.create(twoTopics, token); first != second {
			t.Errorf("a retry made %s beside %s", second, first)
		}
		s.settle("demo")
		if third := s.create(twoTopics, token); first != third {
			t.Errorf("a late retry made %s beside %s", third, first)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{"Create First", "Create Second"}, s.log); diff != "" {
			t.Error(diff)
		}
		events, err := s.client.DescribeStackEvents(t.Context(), &cfn.DescribeStackEventsInput{StackName: aws.String("demo")})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.StackEvents {
			if aws.ToString(e.ClientRequestToken) != "once" {
				t.Errorf("the token is copied to every event, but not to %s", aws.ToString(e.EventId))
			}
		}
	})
}

func TestEventsCanBeAskedForByOperationAndFailure(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.fail("Create", "Second", "no")
		made, err := s.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: aws.String("demo"), TemplateBody: aws.String(twoTopics)})
		if err != nil {
			t.Fatal(err)
		}
		s.settle("demo")
		lines := func(in *cfn.DescribeEventsInput) []string {
			out, err := s.client.DescribeEvents(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, e := range out.OperationEvents {
				found = append(found, string(e.OperationType)+" "+string(e.EventType)+" "+aws.ToString(e.LogicalResourceId)+" "+string(e.ResourceStatus))
			}
			return found
		}
		want := []string{
			"CREATE_STACK PROVISIONING_ERROR Second CREATE_FAILED", "CREATE_STACK STACK_EVENT Second CREATE_IN_PROGRESS",
			"CREATE_STACK STACK_EVENT First CREATE_COMPLETE", "CREATE_STACK STACK_EVENT First CREATE_IN_PROGRESS",
			"CREATE_STACK STACK_EVENT First CREATE_IN_PROGRESS", "CREATE_STACK STACK_EVENT demo CREATE_IN_PROGRESS",
		}
		if diff := cmp.Diff(want, lines(&cfn.DescribeEventsInput{OperationId: made.OperationId})); diff != "" {
			t.Error(diff)
		}
		failures := &cfn.DescribeEventsInput{StackName: aws.String("demo"), Filters: &types.EventFilter{FailedEvents: aws.Bool(true)}}
		if diff := cmp.Diff(want[:1], lines(failures)); diff != "" {
			t.Error(diff)
		}
		all := lines(&cfn.DescribeEventsInput{StackName: made.StackId})
		if diff := cmp.Diff("ROLLBACK STACK_EVENT demo ROLLBACK_COMPLETE", all[0]); diff != "" {
			t.Error(diff)
		}
	})
}

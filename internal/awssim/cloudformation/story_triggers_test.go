package cloudformation_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const errorsAlarm = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"

func guarded(minutes int32) *types.RollbackConfiguration {
	return &types.RollbackConfiguration{
		MonitoringTimeInMinutes: aws.Int32(minutes),
		RollbackTriggers:        []types.RollbackTrigger{{Arn: aws.String(errorsAlarm), Type: aws.String("AWS::CloudWatch::Alarm")}},
	}
}

func TestAnAlarmRollsACreationBack(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		before  string // state of the alarm when the creation begins
		ringsIn time.Duration
		status  types.StackStatus
		reason  string
		least   time.Duration
	}{
		"it rings while resources are made": {
			"OK", time.Second, types.StackStatusRollbackComplete,
			"The following rollback trigger(s) are in ALARM state: [" + errorsAlarm + "]. Rollback requested by user.", 0,
		},
		"it rings in the time of monitoring": {
			"OK", 5 * time.Minute, types.StackStatusRollbackComplete,
			"The following rollback trigger(s) are in ALARM state: [" + errorsAlarm + "]. Rollback requested by user.", 5 * time.Minute,
		},
		"it rings later":   {"INSUFFICIENT_DATA", 20 * time.Minute, types.StackStatusCreateComplete, "", 10 * time.Minute},
		"it rings already": {"ALARM", time.Hour, types.StackStatusRollbackComplete, "The following rollback trigger(s) are in ALARM state: [" + errorsAlarm + "]. Rollback requested by user.", 0},
		"there is none": {
			"", time.Hour, types.StackStatusRollbackComplete,
			"The following rollback trigger(s) do not exist: [" + errorsAlarm + "]. Rollback requested by user.", 0,
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				t := s.t
				if test.before != "" {
					s.ring(test.before)
				}
				time.AfterFunc(test.ringsIn, func() { s.ring("ALARM") })
				started := time.Now()
				s.create(named("a", "one"), func(in *cfn.CreateStackInput) { in.RollbackConfiguration = guarded(10) })
				got := s.settle("demo")
				if got.StackStatus != test.status || time.Since(started) < test.least {
					t.Errorf("%s after %s", got.StackStatus, time.Since(started))
				}
				lines := matching(s.story("demo"), "demo ROLLBACK_IN_PROGRESS")
				if test.reason != "" {
					if diff := cmp.Diff([]string{"demo ROLLBACK_IN_PROGRESS | " + test.reason}, lines); diff != "" {
						t.Error(diff)
					}
				}
				if diff := cmp.Diff(guarded(10), got.RollbackConfiguration, cmpopts.IgnoreUnexported(types.RollbackConfiguration{}, types.RollbackTrigger{})); diff != "" {
					t.Error(diff)
				}
				time.Sleep(test.ringsIn) // the timer belongs to this story
			})
		})
	}
}

func TestAnAlarmRollsAnUpdateBack(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.ring("OK")
		s.create(named("a", "one"))
		s.settle("demo")
		s.update(named("a", "two"), func(in *cfn.UpdateStackInput) { in.RollbackConfiguration = guarded(30) })
		time.Sleep(10 * time.Minute)
		if got := s.describe("demo").StackStatus; got != types.StackStatusUpdateInProgress {
			t.Errorf("status %s while it is monitored", got)
		}
		s.ring("ALARM")
		if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateRollbackComplete {
			t.Errorf("status %s", got)
		}
		if got := s.display(); got != "one" {
			t.Errorf("the topic is called %v", got)
		}
	})
}

func TestTriggersStayUntilTheyAreTakenAway(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.ring("OK")
		s.create(named("a", "one"), func(in *cfn.CreateStackInput) { in.RollbackConfiguration = guarded(0) })
		s.settle("demo")
		s.update(named("a", "two"))
		if got := s.settle("demo").RollbackConfiguration.RollbackTriggers; len(got) != 1 {
			t.Errorf("triggers %v", got)
		}
		s.update(named("a", "three"), func(in *cfn.UpdateStackInput) {
			in.RollbackConfiguration = &types.RollbackConfiguration{RollbackTriggers: []types.RollbackTrigger{}}
		})
		if got := s.settle("demo").RollbackConfiguration.RollbackTriggers; len(got) != 0 {
			t.Errorf("triggers %v", got)
		}
	})
}

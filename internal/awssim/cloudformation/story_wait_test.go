package cloudformation_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// waitingFor is a stack that waits for two signals.
const waitingFor = `
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Wait: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref Handle, Timeout: "600", Count: 2}}
Outputs:
  Data: {Value: !GetAtt Wait.Data}
`

// signal puts a body to the URL of a handle and returns the status.
func (s *stage) signal(address, body string) int {
	s.t.Helper()
	answer := httptest.NewRecorder()
	s.service.Signal(answer, httptest.NewRequestWithContext(s.t.Context(), http.MethodPut, address, strings.NewReader(body)))
	return answer.Code
}

func TestAWaitConditionWaitsForSignals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		signals []string
		status  types.StackStatus
		want    string // the output, or the reason of the condition
	}{
		"enough of them": {
			[]string{`{"Status":"SUCCESS","UniqueId":"a","Data":"one"}`, `{"Status":"SUCCESS","UniqueId":"b","Data":"two"}`},
			types.StackStatusCreateComplete, `{"a":"one","b":"two"}`,
		},
		"the same one twice": {
			[]string{`{"Status":"SUCCESS","UniqueId":"a"}`, `{"Status":"SUCCESS","UniqueId":"a"}`},
			types.StackStatusRollbackComplete, "WaitCondition timed out. Received 1 conditions when expecting 2",
		},
		"a failure": {
			[]string{`{"Status":"FAILURE","UniqueId":"a","Reason":"no disk"}`},
			types.StackStatusRollbackComplete, "WaitCondition received failed message: 'no disk' for uniqueId: a",
		},
		"what is none": {[]string{`ready`}, types.StackStatusRollbackComplete, "Unparsable WaitCondition data"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.create(waitingFor)
				time.Sleep(time.Minute)
				handle := s.idIn("demo", "Handle")
				for _, body := range test.signals {
					if code := s.signal(handle, body); code != http.StatusOK {
						s.t.Errorf("status %d", code)
					}
				}
				if code := s.signal(handle+"0", `{}`); code != http.StatusForbidden {
					s.t.Errorf("a wrong signature answers %d", code)
				}
				rested := s.settle("demo")
				if rested.StackStatus != test.status {
					s.t.Errorf("status %s", rested.StackStatus)
				}
				if test.status == types.StackStatusCreateComplete {
					if diff := cmp.Diff(test.want, aws.ToString(rested.Outputs[0].OutputValue)); diff != "" {
						s.t.Error(diff)
					}
					return
				}
				if story := s.story("demo"); !strings.Contains(story, "Wait CREATE_FAILED | "+test.want+"\n") {
					s.t.Error(story)
				}
			})
		})
	}
}

func TestAWaitConditionWaitsTwelveHoursAtMost(t *testing.T) {
	t.Parallel()
	for _, timeout := range []string{"43201", "99999999999999", "-1", "soon"} {
		play(t, func(s *stage) {
			s.create(strings.Replace(waitingFor, `"600"`, strconv.Quote(timeout), 1))
			s.settle("demo")
			if story := s.story("demo"); !strings.Contains(story, "Wait CREATE_FAILED | Timeout has to be a number of seconds, at most 43200\n") {
				s.t.Errorf("%s: %s", timeout, story)
			}
		})
	}
}

func TestAWaitConditionIsNotUpdated(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		s.create(waitingFor)
		time.Sleep(time.Minute)
		handle := s.idIn("demo", "Handle")
		s.signal(handle, `{"Status":"SUCCESS","UniqueId":"a"}`)
		s.restart() // which leads the creation back
		if got := s.settle("demo").StackStatus; got != types.StackStatusRollbackComplete {
			s.t.Fatalf("status %s", got)
		}
		if code := s.signal(handle, `{}`); code != http.StatusForbidden {
			s.t.Errorf("a deleted handle answers %d", code)
		}
		s.delete()
		time.Sleep(time.Minute)
		s.create(strings.Replace(waitingFor, "Count: 2", "Count: 0", 1))
		s.settle("demo")
		s.update(waitingFor)
		s.settle("demo")
		if story := s.lastUpdate(); !strings.Contains(story, "Wait UPDATE_FAILED | Update to resource type AWS::CloudFormation::WaitCondition is not supported.\n") {
			s.t.Error(story)
		}
	})
}

package aws_test

import (
	"strings"
	"testing"

	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// phases has every status of CloudFormation. A status that a new SDK brings is missing here and fails the test.
var phases = map[cfntypes.StackStatus]stack.Phase{ //nolint:gochecknoglobals // a table
	"CREATE_COMPLETE":                              stack.Steady,
	"CREATE_FAILED":                                stack.Broken,
	"CREATE_IN_PROGRESS":                           stack.Busy,
	"DELETE_COMPLETE":                              stack.Absent,
	"DELETE_FAILED":                                stack.DeleteFailed,
	"DELETE_IN_PROGRESS":                           stack.Busy,
	"IMPORT_COMPLETE":                              stack.Steady,
	"IMPORT_IN_PROGRESS":                           stack.Busy,
	"IMPORT_ROLLBACK_COMPLETE":                     stack.RolledBack,
	"IMPORT_ROLLBACK_FAILED":                       stack.RollbackFailed,
	"IMPORT_ROLLBACK_IN_PROGRESS":                  stack.Busy,
	"REVIEW_IN_PROGRESS":                           stack.Absent,
	"ROLLBACK_COMPLETE":                            stack.Broken,
	"ROLLBACK_FAILED":                              stack.Broken,
	"ROLLBACK_IN_PROGRESS":                         stack.Busy,
	"UPDATE_COMPLETE":                              stack.Steady,
	"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":          stack.Busy,
	"UPDATE_FAILED":                                stack.RollbackFailed,
	"UPDATE_IN_PROGRESS":                           stack.Busy,
	"UPDATE_ROLLBACK_COMPLETE":                     stack.RolledBack,
	"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": stack.Busy,
	"UPDATE_ROLLBACK_FAILED":                       stack.RollbackFailed,
	"UPDATE_ROLLBACK_IN_PROGRESS":                  stack.Busy,
}

func TestEveryStackStatusHasItsPhase(t *testing.T) {
	t.Parallel()
	statuses := cfntypes.StackStatus("").Values()
	if len(statuses) != len(phases) {
		t.Errorf("CloudFormation has %d statuses, this table %d", len(statuses), len(phases))
	}
	for _, status := range statuses {
		want, known := phases[status]
		if got := aws.PhaseOf(status); !known || got != want {
			t.Errorf("PhaseOf(%s) = %s, want %q", status, got, want)
		}
		if busy := strings.HasSuffix(string(status), "_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS"; busy != (aws.PhaseOf(status) == stack.Busy) {
			t.Errorf("%s: an operation under way must be Busy, and nothing else", status)
		}
	}
}

func TestAnUnknownStatusIsBusy(t *testing.T) {
	t.Parallel()
	if got := aws.PhaseOf("QUANTUM_IN_SUPERPOSITION"); got != stack.Busy {
		t.Errorf("PhaseOf of an unknown status = %s, want Busy: nothing may be written then", got)
	}
}

package aws

import (
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// PhaseOf folds a status of CloudFormation into a phase. An unknown status is Busy: nothing is written until
// CloudFormation reports one that this version of the operator knows.
func PhaseOf(status cfntypes.StackStatus) stack.Phase {
	switch status {
	case cfntypes.StackStatusDeleteComplete,
		cfntypes.StackStatusReviewInProgress: // a change set without a stack: CreateStack is accepted
		return stack.Absent
	case cfntypes.StackStatusCreateComplete, cfntypes.StackStatusUpdateComplete, cfntypes.StackStatusImportComplete:
		return stack.Steady
	case cfntypes.StackStatusUpdateRollbackComplete, cfntypes.StackStatusImportRollbackComplete:
		return stack.RolledBack
	case cfntypes.StackStatusCreateFailed, cfntypes.StackStatusRollbackComplete, cfntypes.StackStatusRollbackFailed:
		return stack.Broken
	case cfntypes.StackStatusUpdateFailed, cfntypes.StackStatusUpdateRollbackFailed,
		cfntypes.StackStatusImportRollbackFailed:
		return stack.RollbackFailed
	case cfntypes.StackStatusDeleteFailed:
		return stack.DeleteFailed
	case cfntypes.StackStatusCreateInProgress, cfntypes.StackStatusRollbackInProgress,
		cfntypes.StackStatusDeleteInProgress, cfntypes.StackStatusUpdateInProgress,
		cfntypes.StackStatusUpdateCompleteCleanupInProgress, cfntypes.StackStatusUpdateRollbackInProgress,
		cfntypes.StackStatusUpdateRollbackCompleteCleanupInProgress, cfntypes.StackStatusImportInProgress,
		cfntypes.StackStatusImportRollbackInProgress:
		return stack.Busy
	}
	return stack.Busy
}

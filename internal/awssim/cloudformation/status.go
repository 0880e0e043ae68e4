package cloudformation

// Statuses of stacks and resources. They share a vocabulary, so that one type serves both.
type status string

const (
	createInProgress status = "CREATE_IN_PROGRESS"
	createFailed     status = "CREATE_FAILED"
	createComplete   status = "CREATE_COMPLETE"

	rollbackInProgress status = "ROLLBACK_IN_PROGRESS"
	rollbackFailed     status = "ROLLBACK_FAILED"
	rollbackComplete   status = "ROLLBACK_COMPLETE"

	deleteInProgress status = "DELETE_IN_PROGRESS"
	deleteFailed     status = "DELETE_FAILED"
	deleteComplete   status = "DELETE_COMPLETE"
	deleteSkipped    status = "DELETE_SKIPPED" // resources only

	updateInProgress        status = "UPDATE_IN_PROGRESS"
	updateCompleteCleanup   status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
	updateComplete          status = "UPDATE_COMPLETE"
	updateFailed            status = "UPDATE_FAILED"
	updateRollback          status = "UPDATE_ROLLBACK_IN_PROGRESS"
	updateRollbackFailed    status = "UPDATE_ROLLBACK_FAILED"
	updateRollbackCleanup   status = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
	updateRollbackComplete  status = "UPDATE_ROLLBACK_COMPLETE"
	importComplete          status = "IMPORT_COMPLETE"
	importRollbackComplete  status = "IMPORT_ROLLBACK_COMPLETE"
	stackType                      = "AWS::CloudFormation::Stack"
	reasonUser                     = "User Initiated"
	reasonCreationInitiated        = "Resource creation Initiated"
	reasonCreationCancelled        = "Resource creation cancelled"
	reasonUpdateCancelled          = "Resource update cancelled"
	reasonReplacement              = "Requested update requires the creation of a new physical resource; hence creating one."
	reasonCleanupIncomplete        = "Update successful. One or more resources could not be deleted."
)

// updatable reports whether UpdateStack may start from the status.
func (s status) updatable() bool {
	switch s { //nolint:exhaustive // all others are false
	case createComplete, updateComplete, updateRollbackComplete, importComplete, importRollbackComplete:
		return true
	default:
		return false
	}
}

// deletable reports whether DeleteStack may start from the status: AWS refuses it while an update runs.
func (s status) deletable() bool {
	switch s { //nolint:exhaustive // all others are true
	case updateInProgress, updateCompleteCleanup, updateRollback, updateRollbackCleanup:
		return false
	default:
		return true
	}
}

// undoes reports whether a stack in the status is led back from an operation that failed.
func (s status) undoes() bool {
	switch s { //nolint:exhaustive // all others are false
	case rollbackInProgress, updateRollback, updateRollbackCleanup:
		return true
	default:
		return false
	}
}

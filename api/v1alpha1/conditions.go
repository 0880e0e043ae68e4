package v1alpha1

// Condition types. Ready, Reconciling and Stalled follow kstatus: Argo CD and Flux read them as they are.
const (
	// ConditionReady is True when the service runs as the spec says.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the operator or AWS is at work on the spec.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when nothing more will happen until somebody changes something.
	ConditionStalled = "Stalled"
	// ConditionImageResolved is True when the image is known to exist, pinned to its digest.
	ConditionImageResolved = "ImageResolved"
	// ConditionStackSynced is True when the stack was deployed from the current spec.
	ConditionStackSynced = "StackSynced"
	// ConditionRolloutHealthy is True when all desired tasks run.
	ConditionRolloutHealthy = "RolloutHealthy"
)

// Reasons of conditions and events.
const (
	// ReasonReady says that the service runs as the spec says.
	ReasonReady = "Ready"
	// ReasonSucceeded is the reason of a condition that holds.
	ReasonSucceeded = "Succeeded"
	// ReasonProgressing says that work goes on.
	ReasonProgressing = "Progressing"
	// ReasonPending says that something else has to happen first.
	ReasonPending = "Pending"
	// ReasonCreating says that the stack is being created.
	ReasonCreating = "Creating"
	// ReasonUpdating says that the stack is being updated.
	ReasonUpdating = "Updating"
	// ReasonDeleting says that the stack is being deleted.
	ReasonDeleting = "Deleting"
	// ReasonRollingBack says that a failed change is being undone.
	ReasonRollingBack = "RollingBack"
	// ReasonRepairing says that the operator repairs a failed stack.
	ReasonRepairing = "Repairing"
	// ReasonSuspended says that spec.suspend is true.
	ReasonSuspended = "Suspended"

	// ReasonStackRolledBack says that the last update failed and the version before it is in force.
	ReasonStackRolledBack = "StackRolledBack"
	// ReasonStackCreateFailed says that the stack could not be created.
	ReasonStackCreateFailed = "StackCreateFailed"
	// ReasonStackRollbackFailed says that a failed update could not be undone.
	ReasonStackRollbackFailed = "StackRollbackFailed"
	// ReasonStackDeleteFailed says that resources of the stack could not be deleted.
	ReasonStackDeleteFailed = "StackDeleteFailed"
	// ReasonStackForeign says that a stack of this name belongs to somebody else.
	ReasonStackForeign = "StackForeign"
	// ReasonTerminationProtected says that spec.stack.terminationProtection forbids the deletion.
	ReasonTerminationProtected = "TerminationProtected"
	// ReasonStackLost says that the stack can no longer be seen: the operator looks in another account.
	ReasonStackLost = "StackLost"

	// ReasonInvalidTemplate says that AWS, or the check before it, refused the rendered template.
	ReasonInvalidTemplate = "InvalidTemplate"
	// ReasonRefused says that AWS refused a request, other than to deploy a template.
	ReasonRefused = "Refused"
	// ReasonPermissionDenied says that the operator lacks an IAM permission.
	ReasonPermissionDenied = "PermissionDenied"
	// ReasonCredentialsInvalid says that the operator's AWS credentials are missing, expired or unknown.
	ReasonCredentialsInvalid = "CredentialsInvalid"
	// ReasonQuotaExceeded says that an AWS quota is used up.
	ReasonQuotaExceeded = "QuotaExceeded"
	// ReasonThrottled says that AWS asked to call less often.
	ReasonThrottled = "Throttled"
	// ReasonAWSUnavailable says that AWS could not be reached or failed.
	ReasonAWSUnavailable = "AWSUnavailable"

	// ReasonImageNotFound says that the repository or the tag does not exist.
	ReasonImageNotFound = "ImageNotFound"
	// ReasonImageUnpinned says that the registry is not ECR: the tag is deployed as it is.
	ReasonImageUnpinned = "Unpinned"

	// ReasonTasksFailing says that tasks of the newest deployment fail.
	ReasonTasksFailing = "TasksFailing"
	// ReasonTasksStarting says that not all desired tasks run yet.
	ReasonTasksStarting = "TasksStarting"
	// ReasonReplicasDiffer says that ECS was told another number of tasks by hand.
	ReasonReplicasDiffer = "ReplicasDiffer"
	// ReasonRetained says that a deleted EcsApp leaves its stack in place.
	ReasonRetained = "Retained"
	// ReasonDeleted says that the stack is gone.
	ReasonDeleted = "Deleted"
	// ReasonNoService says that there is no ECS service.
	ReasonNoService = "NoService"
)

const (
	// Finalizer keeps an EcsApp until its stack is gone.
	Finalizer = "ecsapp.dev/stack"
	// AnnotationReconcileAt starts afresh after a failure: every new value, such as the time, allows one more attempt.
	AnnotationReconcileAt = "ecsapp.dev/reconcile-at"
)

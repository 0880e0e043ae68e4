// Package stack decides: what is wanted of a CloudFormation stack and what is seen of it make one action.
// It knows nothing of AWS's API, of Kubernetes or of the time.
package stack

// Phase is what a stack's status means for what can be done with it. All 23 statuses of CloudFormation fold into these.
type Phase string

// The phases.
const (
	// Absent: there is no stack.
	Absent Phase = "Absent"
	// Busy: an operation is under way; CloudFormation refuses another.
	Busy Phase = "Busy"
	// Steady: the last operation succeeded.
	Steady Phase = "Steady"
	// RolledBack: the last update failed and what was before it is in force again. Can be updated.
	RolledBack Phase = "RolledBack"
	// Broken: the creation failed. Only deletion leads out.
	Broken Phase = "Broken"
	// RollbackFailed: the last update failed, and undoing it too. The rollback can be continued.
	RollbackFailed Phase = "RollbackFailed"
	// DeleteFailed: some resources could not be deleted. Only deletion leads out.
	DeleteFailed Phase = "DeleteFailed"
	// Foreign: a stack of this name has another owner, or none. It is never touched.
	Foreign Phase = "Foreign"
)

// Phases returns all phases.
func Phases() []Phase {
	return []Phase{Absent, Busy, Steady, RolledBack, Broken, RollbackFailed, DeleteFailed, Foreign}
}

// Action is one step. Each can be repeated without harm.
type Action string

// The actions. All but None, Wait, Release and Hold write to AWS.
const (
	// None: everything is as wanted.
	None Action = "None"
	// Wait: AWS is at work, or a repair is not yet due.
	Wait Action = "Wait"
	// Create the stack.
	Create Action = "Create"
	// Update the stack to the wanted template.
	Update Action = "Update"
	// ContinueRollback of a failed update.
	ContinueRollback Action = "ContinueRollback"
	// Delete the stack.
	Delete Action = "Delete"
	// Protect sets the stack's termination protection as wanted.
	Protect Action = "Protect"
	// Release lets the owner go; the stack is not touched.
	Release Action = "Release"
	// Hold: nothing happens until somebody changes something.
	Hold Action = "Hold"
)

// Writes says whether the action writes to AWS.
func (a Action) Writes() bool {
	switch a {
	case Create, Update, ContinueRollback, Delete, Protect:
		return true
	case None, Wait, Release, Hold:
	}
	return false
}

// Deploys says whether the action sends the wanted template.
func (a Action) Deploys() bool { return a == Create || a == Update }

// Repairs says whether the action, in a phase, mends what failed.
func (a Action) Repairs(phase Phase) bool {
	return a == ContinueRollback || (a == Delete && (phase == Broken || phase == DeleteFailed))
}

// RepairBudget is how many repairs are made for one goal before Hold.
const RepairBudget = 3

// Goal is what is wanted of a stack.
type Goal struct {
	// Digest of the wanted template; empty while it is not known.
	Digest string
	// Delete says that the owner is being deleted.
	Delete bool
	// Retain says that the stack outlives its owner.
	Retain bool
	// Suspended forbids every write.
	Suspended bool
	// Protected is the wanted termination protection; nil leaves it as it is.
	Protected *bool
	// Attempt is what is remembered of this goal; the zero Attempt for a new one.
	Attempt Attempt
}

// LetsGo says whether the owner goes and leaves the stack behind. The stack need not be looked at for that, nor AWS even
// be there.
func (g Goal) LetsGo() bool { return g.Delete && g.Retain }

// Attempt is what is remembered of the last try at a goal. If it is lost, one try more is made.
type Attempt struct {
	// Made says that the goal's template was sent. A repair alone is no try.
	Made bool
	// Refused says that AWS would not take it.
	Refused bool
	// Unchanged says that CloudFormation found nothing to update for the goal.
	Unchanged bool
	// TasksFailed says that tasks of the goal's template failed. They would fail again.
	TasksFailed bool
	// Repairs is how many were made.
	Repairs int
	// RepairDue says that the pause before the next repair is over.
	RepairDue bool
}

// Observation is what is seen of a stack.
type Observation struct {
	Phase Phase
	// ID is the stack's ARN; empty when Absent.
	ID string
	// Status and Reason in CloudFormation's words, without request ids.
	Status, Reason string
	// Revision changes with every operation on the stack.
	Revision string
	// Digest of the template in force; empty if it is not one of ours.
	Digest string
	// Protected is the termination protection.
	Protected bool
	// Deletable says that the stack can be deleted although it is Busy: its creation then ends.
	Deletable bool
	// Outputs of the stack by name.
	Outputs map[string]string
	// Failure says which resources failed in the last operation and why; empty if none did.
	Failure string
	// Rollout of the service; nil while there is none, or if it cannot be seen.
	Rollout *Rollout
	// RolloutUnknown says why the rollout cannot be seen; empty if it can.
	RolloutUnknown string
}

// Rollout is what is seen of an ECS service and its newest deployment.
type Rollout struct {
	// Desired, Running and Failed are numbers of tasks of the newest deployment.
	Desired, Running, Failed int32
	// Total is how many tasks of the service run, of whatever deployment.
	Total int32
	// Failing says that tasks of a deployment failed.
	Failing bool
	// Diagnosis says why tasks failed; empty if that is not known.
	Diagnosis string
}

// Struggles says whether tasks fail and not all that are desired run.
func (r *Rollout) Struggles() bool { return r != nil && r.Failing && !r.Healthy() }

// Healthy says whether all desired tasks of the newest deployment run.
func (r *Rollout) Healthy() bool { return r != nil && r.Running >= r.Desired }

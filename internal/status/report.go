// Package status tells: what was seen and done becomes conditions, outputs and events. It decides nothing.
package status

import (
	"fmt"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// Report is all that one pass learned.
type Report struct {
	StackName string
	Goal      stack.Goal
	// Replicas is how many tasks the spec wants.
	Replicas int32
	// Seen is nil if the stack could not be looked at.
	Seen *stack.Observation
	// Did is the action that was taken; empty if the pass failed before one.
	Did stack.Action
	// Image is the image of the spec, resolved if it could be.
	Image Image
	// Problem is what went wrong with AWS in this pass; nil if nothing did.
	Problem *Problem
	// NoTemplate says why there is nothing to deploy; nil if there is.
	NoTemplate *Problem
	// Refusal is what AWS said when it refused the template; empty if it did not.
	Refusal string
	// Links names the outputs that hold addresses.
	Links Links
	// Failure is what is remembered of the last attempt's failure.
	Failure string
}

// Image is what is known of the image.
type Image struct {
	// Reference with its digest, or as the spec names it.
	Reference string
	// Pinned says that it was resolved to a digest.
	Pinned bool
	// Problem is nil if the image can be deployed.
	Problem *Problem
}

// Links names the stack outputs that hold the addresses of a service.
type Links struct{ URL, Health, Docs string }

// Problem is an error in words for users. Message must be the same in every pass that meets the same problem.
type Problem struct {
	// Reason is one of the API's constants.
	Reason string
	// Message says what happened and what to do.
	Message string
	// Terminal says that trying again cannot help.
	Terminal bool
	// Blind says that something could not be looked at: what was known of it stands.
	Blind bool
}

// state is the one word that Ready, Reconciling and Stalled follow from.
type state int

const (
	stateReady state = iota + 1
	stateWorking
	stateStalled
	stateResting // suspended: neither at work nor at its end
)

// verdict is the pass in one word and one sentence.
type verdict struct {
	state   state
	reason  string
	message string
}

// judge folds a report into a verdict.
func judge(r Report) verdict {
	problem := r.Problem
	if problem == nil && r.Did == stack.Hold && !r.Goal.Delete && !r.Goal.Suspended && r.Seen.Phase != stack.Foreign {
		problem = r.NoTemplate
	}
	switch {
	case problem != nil && problem.Terminal:
		return verdict{stateStalled, problem.Reason, problem.Message}
	case problem != nil:
		return verdict{stateWorking, problem.Reason, problem.Message}
	case r.Seen == nil:
		return verdict{stateWorking, v1alpha1.ReasonProgressing, "The stack has not been looked at yet"}
	}
	switch r.Did {
	case stack.None:
		return judgeRollout(r)
	case stack.Hold:
		return judgeHold(r)
	case stack.Wait, stack.Create, stack.Update, stack.ContinueRollback, stack.Delete, stack.Protect, stack.Release:
		return judgeWork(r)
	}
	return verdict{stateWorking, v1alpha1.ReasonProgressing, "The next step is being decided"}
}

// judgeRollout is for a stack that is as wanted: the tasks have the last word.
func judgeRollout(r Report) verdict {
	rollout := r.Seen.Rollout
	switch {
	case r.Seen.RolloutUnknown != "":
		return verdict{stateWorking, v1alpha1.ReasonAWSUnavailable, r.Seen.RolloutUnknown}
	case rollout == nil:
		return verdict{
			stateStalled, v1alpha1.ReasonNoService, "The stack's ECS service is gone: it was deleted by hand, and CloudFormation " +
				"does not make it again. Delete the EcsApp and apply it again",
		}
	case rollout.Desired != r.Replicas:
		return verdict{stateStalled, v1alpha1.ReasonReplicasDiffer, fmt.Sprintf(
			"ECS was told by hand to run %d tasks, the spec wants %d: tell ECS so, or change spec.replicas", rollout.Desired, r.Replicas)}
	case rollout.Healthy():
		return verdict{stateReady, v1alpha1.ReasonReady, tasksRunning(rollout)}
	case rollout.Failing:
		return verdict{stateWorking, v1alpha1.ReasonTasksFailing, tasksSentence(rollout)}
	default:
		return verdict{stateWorking, v1alpha1.ReasonTasksStarting, tasksSentence(rollout)}
	}
}

// judgeHold says why nothing more happens, and what would change that.
func judgeHold(r Report) verdict {
	if r.Goal.Suspended {
		return judgeSuspended(r)
	}
	if r.Goal.Delete && r.Seen.Protected {
		return verdict{
			stateStalled, v1alpha1.ReasonTerminationProtected, "The stack is protected: " +
				"set spec.stack.terminationProtection to false to delete it, or spec.deletionPolicy to Retain to keep it",
		}
	}
	if r.Goal.Attempt.Refused {
		return verdict{stateStalled, v1alpha1.ReasonInvalidTemplate, sentence("AWS refused the template", r.Refusal)}
	}
	const restart = "Change the spec, or set annotation " + v1alpha1.AnnotationReconcileAt + " to a new value to try again"
	switch r.Seen.Phase {
	case stack.Foreign:
		return verdict{stateStalled, v1alpha1.ReasonStackForeign, sentence(
			fmt.Sprintf("Stack %s exists and does not belong to this EcsApp; it is not touched", r.StackName),
			"Delete that stack, or give the EcsApp another name; an existing stack cannot be adopted")}
	case stack.RolledBack:
		return verdict{
			stateStalled, v1alpha1.ReasonStackRolledBack,
			sentence("The update failed and was rolled back; the version before it is in force", why(r), restart),
		}
	case stack.Broken:
		return verdict{stateStalled, v1alpha1.ReasonStackCreateFailed, sentence("The stack could not be created", why(r), restart)}
	case stack.RollbackFailed:
		return verdict{
			stateStalled, v1alpha1.ReasonStackRollbackFailed,
			sentence("The update failed and could not be rolled back", why(r), restart),
		}
	case stack.DeleteFailed:
		return verdict{
			stateStalled, v1alpha1.ReasonStackDeleteFailed,
			sentence("The stack could not be deleted", why(r), "Remove what blocks it. "+restart),
		}
	case stack.Absent, stack.Busy, stack.Steady:
	}
	return verdict{stateStalled, v1alpha1.ReasonPending, restart}
}

func judgeSuspended(r Report) verdict {
	message := "Suspended: set spec.suspend to false to go on"
	if r.Goal.Delete {
		message = "Suspended: the deletion waits until spec.suspend is false"
	}
	if inSync(r) && r.Seen.Rollout.Healthy() {
		return verdict{stateReady, v1alpha1.ReasonSuspended, message}
	}
	return verdict{stateResting, v1alpha1.ReasonSuspended, message}
}

// judgeWork says what is being done, and what is known to have gone wrong on the way.
func judgeWork(r Report) verdict {
	reason, message := work(r)
	if startsAfresh(r) {
		return verdict{stateWorking, reason, sentence(message)}
	}
	return verdict{stateWorking, reason, sentence(message, why(r))}
}

// startsAfresh says whether what failed before is no longer of interest.
func startsAfresh(r Report) bool {
	return r.Did.Deploys() || (r.Did == stack.Delete && r.Goal.Delete && !r.Did.Repairs(r.Seen.Phase))
}

func work(r Report) (string, string) {
	switch r.Did {
	case stack.Create:
		return v1alpha1.ReasonCreating, "Creating the stack"
	case stack.Update, stack.Protect:
		return v1alpha1.ReasonUpdating, "Updating the stack"
	case stack.ContinueRollback:
		return v1alpha1.ReasonRepairing, "Continuing the rollback of the stack"
	case stack.Delete:
		if r.Goal.Delete {
			return v1alpha1.ReasonDeleting, "Deleting the stack"
		}
		return v1alpha1.ReasonRepairing, "Deleting the failed stack to create it again"
	case stack.Wait, stack.None, stack.Release, stack.Hold:
	}
	return workOfAWS(r)
}

// workOfAWS says what CloudFormation is doing, or that the next repair is not yet due.
func workOfAWS(r Report) (string, string) {
	doing := stackSentence(r.Seen)
	switch {
	case r.Goal.Delete && r.Seen.Phase == stack.Busy && r.Seen.Status != "DELETE_IN_PROGRESS":
		return v1alpha1.ReasonDeleting, doing + "; it can be deleted when that has ended"
	case r.Seen.Phase != stack.Busy:
		return v1alpha1.ReasonRepairing, fmt.Sprintf("%s; repair %d of %d follows after a pause",
			doing, r.Goal.Attempt.Repairs+1, stack.RepairBudget)
	case r.Seen.Rollout.Struggles():
		return v1alpha1.ReasonTasksFailing, doing
	case containsRollback(r.Seen.Status):
		return v1alpha1.ReasonRollingBack, doing
	case r.Seen.Status == "DELETE_IN_PROGRESS" && r.Goal.Delete:
		return v1alpha1.ReasonDeleting, doing
	case r.Seen.Status == "DELETE_IN_PROGRESS":
		return v1alpha1.ReasonRepairing, doing
	case r.Seen.Status == "CREATE_IN_PROGRESS":
		return v1alpha1.ReasonCreating, doing
	default:
		return v1alpha1.ReasonUpdating, doing
	}
}

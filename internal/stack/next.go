package stack

// Next decides what to do. It is total: every goal and observation have an answer, and following the answers
// leads to None, Release or Hold, never around in circles.
func Next(goal Goal, seen Observation) Action {
	switch {
	case goal.LetsGo(), goal.Delete && (seen.Phase == Foreign || seen.Phase == Absent):
		return Release
	case goal.Suspended, seen.Phase == Foreign:
		return Hold
	case seen.Phase == Busy && goal.Delete && seen.Deletable && !seen.Protected:
		return Delete
	case seen.Phase == Busy:
		return Wait
	case goal.Delete:
		return nextToDelete(goal, seen)
	case goal.Digest == "", goal.Attempt.Refused:
		return Hold
	}

	switch seen.Phase {
	case Absent:
		return Create
	case Steady:
		return nextToUpdate(goal, seen)
	case RolledBack:
		if seen.Digest != goal.Digest && goal.Attempt.Made && !goal.Attempt.Unchanged {
			return Hold
		}
		return nextToUpdate(goal, seen)
	case Broken:
		if goal.Attempt.TasksFailed {
			return Hold
		}
		return repair(goal, Delete)
	case DeleteFailed:
		return repair(goal, Delete)
	case RollbackFailed:
		return repair(goal, ContinueRollback)
	case Busy, Foreign:
		return Wait
	}
	return Hold
}

// nextToUpdate is for a stack that can be updated.
func nextToUpdate(goal Goal, seen Observation) Action {
	switch {
	case seen.Digest != goal.Digest && !goal.Attempt.Unchanged:
		return Update
	case goal.Protected != nil && seen.Protected != *goal.Protected:
		return Protect
	default:
		return None
	}
}

// nextToDelete is for a stack that is not Busy and whose owner goes.
func nextToDelete(goal Goal, seen Observation) Action {
	mayLift := goal.Protected != nil && !*goal.Protected
	switch {
	case seen.Protected && !mayLift:
		return Hold
	case seen.Protected:
		return Protect
	case seen.Phase == DeleteFailed:
		return repair(goal, Delete)
	default:
		return Delete
	}
}

// repair allows an action as often as the budget does, with pauses.
func repair(goal Goal, action Action) Action {
	switch {
	case goal.Attempt.Repairs >= RepairBudget:
		return Hold
	case goal.Attempt.Repairs > 0 && !goal.Attempt.RepairDue:
		return Wait
	default:
		return action
	}
}

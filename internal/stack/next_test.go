package stack_test

import (
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

const (
	current = "digest-of-the-spec"
	older   = "digest-of-an-older-spec"
)

func attempt(repairs int, due bool) stack.Attempt {
	return stack.Attempt{Made: true, Repairs: repairs, RepairDue: due}
}

func TestNext(t *testing.T) {
	t.Parallel()
	spent := attempt(stack.RepairBudget, true)
	tests := map[string]struct {
		goal stack.Goal
		seen stack.Observation
		want stack.Action
	}{
		"does not repeat what AWS refused":           {tried(stack.Attempt{Refused: true}), seen(stack.Steady, older), stack.Hold},
		"stays done after a rollback and no change":  {tried(stack.Attempt{Made: true, Unchanged: true}), seen(stack.RolledBack, older), stack.None},
		"deploys after it repaired for another spec": {tried(stack.Attempt{Repairs: 1, RepairDue: true}), seen(stack.RolledBack, older), stack.Update},
		"leaves a protection alone that is not its":  {stack.Goal{Digest: current}, protected(), stack.None},
		"does not lift a protection that is not its": {stack.Goal{Delete: true}, protected(), stack.Hold},
		"lets go of nothing even when suspended":     {stack.Goal{Delete: true, Suspended: true}, seen(stack.Absent, ""), stack.Release},
		"creates what is absent":                     {stack.Goal{Digest: current}, seen(stack.Absent, ""), stack.Create},
		"creates again what was deleted by hand":     {tried(stack.Attempt{Made: true}), seen(stack.Absent, ""), stack.Create},
		"waits while AWS is busy":                    {stack.Goal{Digest: current}, seen(stack.Busy, older), stack.Wait},
		"is done when the digest is in force":        {stack.Goal{Digest: current}, seen(stack.Steady, current), stack.None},
		"updates when the digest differs":            {stack.Goal{Digest: current}, seen(stack.Steady, older), stack.Update},
		"updates back what was changed by hand":      {tried(stack.Attempt{Made: true}), seen(stack.Steady, older), stack.Update},
		"believes AWS that nothing changes":          {tried(stack.Attempt{Made: true, Unchanged: true}), seen(stack.Steady, older), stack.None},
		"tries a new spec after a rollback":          {stack.Goal{Digest: current}, seen(stack.RolledBack, older), stack.Update},
		"does not repeat a spec that rolled back":    {tried(stack.Attempt{Made: true}), seen(stack.RolledBack, older), stack.Hold},
		"is done when the old spec is wanted again":  {stack.Goal{Digest: older}, seen(stack.RolledBack, older), stack.None},
		"deletes a failed creation to start again":   {tried(stack.Attempt{Made: true}), seen(stack.Broken, ""), stack.Delete},
		"deletes a failed creation for a new spec":   {stack.Goal{Digest: current}, seen(stack.Broken, ""), stack.Delete},
		"pauses before it repairs again":             {tried(attempt(1, false)), seen(stack.Broken, ""), stack.Wait},
		"repairs again after the pause":              {tried(attempt(1, true)), seen(stack.Broken, ""), stack.Delete},
		"stops when the budget is spent":             {tried(spent), seen(stack.Broken, ""), stack.Hold},
		"continues a rollback that failed":           {tried(stack.Attempt{Made: true}), seen(stack.RollbackFailed, older), stack.ContinueRollback},
		"stops continuing when the budget is spent":  {tried(spent), seen(stack.RollbackFailed, older), stack.Hold},
		"never touches a foreign stack":              {stack.Goal{Digest: current}, seen(stack.Foreign, ""), stack.Hold},
		"holds while the template is not known":      {stack.Goal{}, seen(stack.Absent, ""), stack.Hold},
		"waits for AWS even without a template":      {stack.Goal{}, seen(stack.Busy, ""), stack.Wait},
		"turns protection on once it is steady":      {stack.Goal{Digest: current, Protected: yes()}, seen(stack.Steady, current), stack.Protect},
		"holds when suspended":                       {stack.Goal{Digest: current, Suspended: true}, seen(stack.Steady, older), stack.Hold},
		"holds the deletion when suspended":          {stack.Goal{Delete: true, Suspended: true}, seen(stack.Steady, current), stack.Hold},
		"deletes the stack with its owner":           {stack.Goal{Delete: true}, seen(stack.Steady, current), stack.Delete},
		"deletes after a rollback":                   {stack.Goal{Delete: true}, seen(stack.RolledBack, older), stack.Delete},
		"deletes after a failed creation":            {stack.Goal{Delete: true}, seen(stack.Broken, ""), stack.Delete},
		"deletes after a failed rollback":            {stack.Goal{Delete: true}, seen(stack.RollbackFailed, ""), stack.Delete},
		"does not create again what crashes":         {tried(stack.Attempt{Made: true, TasksFailed: true, RepairDue: true}), seen(stack.Broken, ""), stack.Hold},
		"ends a creation to delete":                  {stack.Goal{Delete: true}, stack.Observation{Phase: stack.Busy, Deletable: true}, stack.Delete},
		"waits before it deletes what is busy":       {stack.Goal{Delete: true}, seen(stack.Busy, current), stack.Wait},
		"lets go when the stack is gone":             {stack.Goal{Delete: true}, seen(stack.Absent, ""), stack.Release},
		"lets go of a foreign stack":                 {stack.Goal{Delete: true}, seen(stack.Foreign, ""), stack.Release},
		"retains the stack":                          {stack.Goal{Delete: true, Retain: true}, seen(stack.Steady, current), stack.Release},
		"retains the stack even when suspended":      {stack.Goal{Delete: true, Retain: true, Suspended: true}, seen(stack.Busy, ""), stack.Release},
		"retries a deletion":                         {stack.Goal{Delete: true}, seen(stack.DeleteFailed, ""), stack.Delete},
		"stops retrying a deletion":                  {stack.Goal{Delete: true, Attempt: spent}, seen(stack.DeleteFailed, ""), stack.Hold},
		"does not delete what the spec protects":     {stack.Goal{Delete: true, Protected: yes()}, protected(), stack.Hold},
		"lifts a protection that the spec took back": {stack.Goal{Delete: true, Protected: new(bool)}, protected(), stack.Protect},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := stack.Next(test.goal, test.seen); got != test.want {
				t.Errorf("Next(%+v, %+v) = %s, want %s", test.goal, test.seen, got, test.want)
			}
		})
	}
}

func seen(phase stack.Phase, digest string) stack.Observation {
	return stack.Observation{Phase: phase, Digest: digest}
}

func protected() stack.Observation {
	return stack.Observation{Phase: stack.Steady, Digest: current, Protected: true}
}

func yes() *bool { return new(true) }

func tried(a stack.Attempt) stack.Goal { return stack.Goal{Digest: current, Attempt: a} }

// goals returns every combination of what can be wanted and remembered.
func goals() []stack.Goal {
	all := []stack.Goal{{}}
	vary := func(change func(*stack.Goal)) {
		for _, goal := range all {
			change(&goal)
			all = append(all, goal)
		}
	}
	vary(func(g *stack.Goal) { g.Digest = current })
	vary(func(g *stack.Goal) { g.Delete = true })
	vary(func(g *stack.Goal) { g.Retain = true })
	vary(func(g *stack.Goal) { g.Suspended = true })
	vary(func(g *stack.Goal) { g.Protected = new(bool) })
	vary(func(g *stack.Goal) { g.Protected = yes() })
	vary(func(g *stack.Goal) { g.Attempt.Made = true })
	vary(func(g *stack.Goal) { g.Attempt.Refused = true })
	vary(func(g *stack.Goal) { g.Attempt.Unchanged = true })
	vary(func(g *stack.Goal) { g.Attempt.TasksFailed = true })
	vary(func(g *stack.Goal) { g.Attempt.RepairDue = true })
	vary(func(g *stack.Goal) { g.Attempt.Repairs = 1 })
	vary(func(g *stack.Goal) { g.Attempt.Repairs = stack.RepairBudget })
	return all
}

func TestNextKeepsItsPromisesForEveryGoalAndPhase(t *testing.T) {
	t.Parallel()
	for _, goal := range goals() {
		for _, phase := range stack.Phases() {
			for _, digest := range []string{"", older, current} {
				for _, flag := range []bool{false, true} {
					seen := stack.Observation{Phase: phase, Digest: digest, Protected: flag, Deletable: flag}
					checkPromises(t, goal, seen, stack.Next(goal, seen))
				}
			}
		}
	}
}

func checkPromises(t *testing.T, goal stack.Goal, seen stack.Observation, next stack.Action) {
	t.Helper()
	promises := map[string]bool{
		"never writes while busy, but to end a creation": !next.Writes() || seen.Phase != stack.Busy ||
			(next == stack.Delete && seen.Deletable && goal.Delete),
		"never writes to a foreign stack":                !next.Writes() || seen.Phase != stack.Foreign,
		"never writes when suspended":                    !next.Writes() || !goal.Suspended,
		"lets go only of an owner that is being deleted": next != stack.Release || goal.Delete,
		"lets go only when nothing is orphaned": next != stack.Release || goal.Retain ||
			seen.Phase == stack.Absent || seen.Phase == stack.Foreign,
		"never deletes a steady stack unless its owner goes": next != stack.Delete || goal.Delete ||
			seen.Phase == stack.Broken || seen.Phase == stack.DeleteFailed,
		"never deletes what is protected": next != stack.Delete || !goal.Delete || !seen.Protected,
		"lifts a protection only where the spec says so": next != stack.Protect || (goal.Protected != nil &&
			*goal.Protected != seen.Protected),
		"creates only what is absent": next != stack.Create || seen.Phase == stack.Absent,
	}
	for promise, kept := range promises {
		if !kept {
			t.Errorf("Next %s, but Next(%+v, %+v) = %s", promise, goal, seen, next)
		}
	}
}

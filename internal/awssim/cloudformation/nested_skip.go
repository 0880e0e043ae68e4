package cloudformation

import (
	"maps"
	"slices"
	"strings"
)

// leaveOut tells every nested stack that failed to roll back what its next try leaves out, and returns what the stack itself
// does. The caller holds st.mu.
func (s *Service) leaveOut(st *stack, in *continueUpdateRollbackInput) ([]string, error) {
	family := s.family(st)
	for _, child := range family {
		child.mu.Lock()
		defer child.mu.Unlock()
	}
	skips := make(map[*stack][]string)
	for _, name := range in.ResourcesToSkip {
		owner, logicalID := st, name
		if stackName, below, isNested := strings.Cut(name, "."); isNested {
			if owner, logicalID = family[stackName], below; owner == nil {
				return nil, absent(stackName)
			}
		}
		if err := s.skippable(st, owner, logicalID); err != nil {
			return nil, err
		}
		skips[owner] = append(skips[owner], logicalID)
	}
	for _, each := range append(slices.Collect(maps.Values(family)), st) {
		if in.ForceRollback {
			skips[each] = s.failedUpdates(each)
		}
		if each.status == updateRollbackFailed && each != st {
			each.skip = append([]string{}, skips[each]...) // not nil: it is to try again
		}
	}
	return skips[st], nil
}

// skippable refuses resources that cannot be left out of a rollback. The caller holds the mu of both stacks.
func (s *Service) skippable(root, owner *stack, logicalID string) error {
	live := owner.records[logicalID]
	if live == nil {
		return invalid("Resource [%s] does not belong to stack %s", logicalID, owner.name) // the beginning is believed
	}
	if live.status != updateFailed {
		return invalid("Only the resources failed during UpdateRollback are allowed to be skipped")
	}
	if child, ok := s.childOf(live); ok && child != root && !child.isGoing() {
		return invalid("Nested stacks could not be skipped")
	}
	return nil
}

// isGoing reports whether a nested stack is one that a rollback may leave out. The caller holds mu.
func (st *stack) isGoing() bool {
	return st.status == deleteInProgress || st.status == deleteComplete || st.status == deleteFailed
}

// failedUpdates returns the resources in UPDATE_FAILED, sorted, but for nested stacks that can be tried again. The caller
// holds the mu of the stack and of what is nested in it.
func (s *Service) failedUpdates(st *stack) []string {
	return slices.DeleteFunc(sortedKeys(st.records), func(logicalID string) bool {
		live := st.records[logicalID]
		child, isNested := s.childOf(live)
		return live.status != updateFailed || (isNested && child.status == updateRollbackFailed)
	})
}

// family returns the stacks that are nested in a stack, at any depth, by name. The caller holds st.mu.
func (s *Service) family(st *stack) map[string]*stack {
	found := make(map[string]*stack)
	for _, r := range st.records {
		child, ok := s.childOf(r)
		if !ok || found[child.name] != nil {
			continue
		}
		found[child.name] = child
		child.mu.Lock()
		maps.Copy(found, s.family(child))
		child.mu.Unlock()
	}
	return found
}

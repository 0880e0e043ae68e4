package cloudformation

import (
	"context"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// CloudFormation does not clean up nested stacks before all of the hierarchy is updated or rolled back ("Nested stacks are
// stuck", user guide): until then they wait in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS or
// UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS, without an operation under way.

// waits reports whether a stack waits for its parent to clean up. The caller holds mu.
func (st *stack) waits() bool {
	return st.led && st.operation == nil && (st.status == updateCompleteCleanup || st.status == updateRollbackCleanup)
}

// cleanUpUnlessLed cleans up, or leaves that to the parent.
func (s *Service) cleanUpUnlessLed(st *stack, cleanUp func(*stack)) {
	st.mu.Lock()
	led := st.led
	st.mu.Unlock()
	if !led {
		cleanUp(st)
	}
}

// childOf returns the stack behind a resource of a stack, if it is one.
func (s *Service) childOf(r *record) (*stack, bool) {
	if r.resourceType != stackType {
		return nil, false
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	child, ok := s.store.byID[r.physicalID]
	return child, ok
}

// unsettled reports whether a nested stack has an update to be led back. The caller holds the parent's mu.
func (s *Service) unsettled(r *record) bool {
	child, ok := s.childOf(r)
	if !ok {
		return false
	}
	child.mu.Lock()
	defer child.mu.Unlock()
	return child.led && child.unfinished != nil
}

// takingPart returns the nested stacks that an update reached. The caller holds mu.
func (s *Service) takingPart(st *stack) []*record {
	var found []*record
	for _, logicalID := range st.unfinished.nested {
		if live, ok := st.records[logicalID]; ok {
			found = append(found, live)
		}
	}
	return found
}

// settle lets a nested stack clean up. Its last event in the parent comes without a first one (recorded).
func (s *Service) settle(st *stack, r *record) {
	child, ok := s.childOf(r)
	if !ok {
		return
	}
	child.mu.Lock()
	var done chan struct{}
	if child.waits() {
		cleanUp := s.cleanUp
		if child.status == updateRollbackCleanup {
			cleanUp = s.cleanUpRollback
		}
		s.proceed(child, func() { cleanUp(child) })
		done = child.operation.done
	}
	child.mu.Unlock()
	if done != nil {
		<-done
	}
	if s.ctx.Err() != nil {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.note(r, updateComplete, "", s.clock.Now())
}

// proceed goes on with the operation that a nested stack waited in. The caller holds mu.
func (s *Service) proceed(st *stack, run func()) {
	current := &operation{kind: "UpdateStack", what: operationUpdate}
	if len(st.lastOperations) > 0 {
		current.id, current.what = st.lastOperations[0].OperationID, st.lastOperations[0].OperationType
	}
	s.start(st, current, func(context.Context) { run() })
}

// release ends what a stack does with its nested stacks. The caller holds mu.
func (s *Service) release(st *stack) {
	for _, r := range st.records {
		if child, ok := s.childOf(r); ok {
			child.mu.Lock()
			child.led = false
			child.mu.Unlock()
		}
	}
}

// leadBack leads a nested stack back to what it was before the update of its parent.
func (s *Service) leadBack(ctx context.Context, child *stack) (resource.Result, error) {
	for {
		child.mu.Lock()
		current := child.operation
		if current == nil {
			current = s.turnBack(child) //nolint:contextcheck // it outlives the call
		}
		if current == nil {
			defer child.mu.Unlock()
			if child.status == updateRollbackFailed || child.status == deleteComplete {
				return resource.Result{}, child.notUpdated()
			}
			return child.result(), nil
		}
		child.mu.Unlock()
		select {
		case <-current.done:
		case <-ctx.Done():
			return resource.Result{}, ctx.Err()
		}
	}
}

// turnBack starts to roll a nested stack back, if it has to be and can be. The caller holds mu.
func (s *Service) turnBack(child *stack) *operation {
	skip := child.skip
	switch child.status { //nolint:exhaustive // the others rest
	case updateCompleteCleanup, updateFailed, updateInProgress:
		s.begin(child, "RollbackStack", "", func(context.Context) { s.runRollbackUpdate(child, nil) })
	case updateRollbackFailed:
		if skip == nil {
			return nil
		}
		child.skip = nil
		s.begin(child, "ContinueUpdateRollback", "", func(context.Context) { s.runRollbackUpdate(child, skip) })
	default:
		return nil
	}
	child.led = true
	child.enter(updateRollback, reasonUser, s.clock.Now())
	return child.operation
}

// protected reports whether the stack that a nested one belongs to is protected from its deletion.
func (s *Service) protectedRoot(st *stack) bool {
	if st.nesting.rootID == "" {
		return false
	}
	root, ok := s.store.find(st.Place, st.nesting.rootID)
	if !ok {
		return false
	}
	root.mu.Lock()
	defer root.mu.Unlock()
	return root.terminationProtection
}

// underWay reports whether an operation on a stack is not over. The caller holds mu.
func (st *stack) underWay() bool {
	return st.unfinished != nil || strings.HasSuffix(string(st.status), "_IN_PROGRESS") && st.status != reviewInProgress
}

// take remembers a nested stack that the update reaches.
func (u *update) take(logicalID string) {
	if !slices.Contains(u.nested, logicalID) {
		u.nested = append(u.nested, logicalID)
	}
}

package cloudformation

import (
	"context"
	"slices"
)

// commit lets go of what the new deployment does not have, and of what a rollback would have needed. The caller holds st.mu.
func (s *Service) commit(st *stack) {
	active, err := s.scope(st, st.deployed).Active()
	if err != nil { // it was asked for before
		return
	}
	for _, logicalID := range st.inUse() {
		if !slices.Contains(active, logicalID) {
			gone := st.records[logicalID]
			st.unfinished.discard(gone, retained(gone.definition.DeletionPolicy))
			delete(st.records, logicalID)
		}
	}
	for _, live := range st.records {
		live.touched, live.attempted, live.deletedFirst = false, nil, false
	}
}

// cleanUp deletes what the update left behind. A failure does not fail the stack.
func (s *Service) cleanUp(st *stack) {
	st.mu.Lock()
	s.commit(st)
	st.mu.Unlock()
	reason := ""
	if failed := s.removeGarbage(st); len(failed) > 0 {
		reason = reasonCleanupIncomplete
	}
	if s.ctx.Err() != nil {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.unfinished.policy != nil {
		st.policy = st.unfinished.policy
	}
	st.unfinished, st.policyDuringUpdate = nil, nil
	s.release(st)
	st.enter(updateComplete, reason, s.clock.Now())
}

// removeGarbage deletes what waits for the clean-up, and lets nested stacks do so, in one order: what is below may use what
// is above, and the other way around.
func (s *Service) removeGarbage(st *stack) []string {
	st.mu.Lock()
	nested := s.takingPart(st)
	retain := make(map[*record]bool)
	var doomed []*record
	for _, left := range st.unfinished.garbage {
		left.record.replaced = true
		doomed = append(doomed, left.record)
		retain[left.record] = left.retain
	}
	st.mu.Unlock()
	return s.sweep(s.ctx, slices.Concat(doomed, nested), func(ctx context.Context, r *record) error {
		if slices.Contains(nested, r) {
			s.settle(st, r) //nolint:contextcheck // like all clean-up it lasts as long as the service
			return nil
		}
		return s.removeUnless(ctx, st, r, retain[r])
	})
}

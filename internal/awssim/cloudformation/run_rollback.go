package cloudformation

import (
	"context"
	"slices"
)

// runRollbackUpdate leads a stack in UPDATE_ROLLBACK_IN_PROGRESS back to what it was before the update.
// Resources in skip are taken for rolled back. It runs for the life of the service: neither
// CancelUpdateStack nor DeleteStack can end it.
func (s *Service) runRollbackUpdate(st *stack, skip []string) {
	st.mu.Lock()
	u := st.unfinished
	st.deployed = u.before
	st.mu.Unlock()
	failed := walk{
		names:     sortedKeys(u.records),
		waitsFor:  func(logicalID string) []string { return u.records[logicalID].dependencies },
		keepGoing: true,
		work: func(ctx context.Context, logicalID string) error {
			return s.revert(ctx, st, u, logicalID, slices.Contains(skip, logicalID))
		},
	}.run(s.ctx)
	if s.ctx.Err() != nil {
		return
	}
	st.mu.Lock()
	if len(failed) > 0 {
		st.enter(updateRollbackFailed, failedTo("update", failed), s.clock.Now())
		st.mu.Unlock()
		return
	}
	s.discardNew(st, u)
	if st.led { // its outputs were published when it waited for its parent
		_ = s.publishOutputs(st) // they were right before
	}
	st.enter(updateRollbackCleanup, "", s.clock.Now())
	st.mu.Unlock()
	s.cleanUpUnlessLed(st, s.cleanUpRollback)
}

// cleanUpRollback deletes what a rollback left behind.
func (s *Service) cleanUpRollback(st *stack) {
	s.removeGarbage(st)
	if s.ctx.Err() != nil {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.unfinished, st.policyDuringUpdate = nil, nil
	s.release(st)
	st.enter(updateRollbackComplete, "", s.clock.Now())
}

// revert leads one resource back. A replaced one is simply taken back into use: its replacement becomes
// garbage.
func (s *Service) revert(ctx context.Context, st *stack, u *update, logicalID string, skip bool) error {
	st.mu.Lock()
	live, old := st.records[logicalID], u.records[logicalID]
	if live == nil {
		defer st.mu.Unlock()
		st.records[logicalID] = &old
		return nil
	}
	if !live.touched && s.unsettled(live) {
		live.touched, live.attempted = true, live.properties
		u.take(logicalID)
	}
	if !live.touched {
		defer st.mu.Unlock()
		*live = old
		return nil
	}
	if live.deletedFirst && !skip {
		st.mu.Unlock()
		return s.remake(ctx, st, live, old)
	}
	inPlace := live.attempted != nil && live.physicalID == old.physicalID && !skip
	if !inPlace {
		defer st.mu.Unlock()
		s.takeBack(st, u, live, old)
		live.skipped = live.skipped || skip
		return nil
	}
	attempted := live.attempted
	*live = old
	live.touched, live.attempted = true, attempted
	st.note(live, updateInProgress, "", s.clock.Now())
	wanted := desired{logicalID: logicalID, definition: old.definition, properties: old.properties, tags: old.tags}
	st.mu.Unlock()
	if err := s.change(ctx, st, live, wanted, attempted); err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	live.touched, live.attempted = false, nil
	return nil
}

// remake creates again what was deleted to make room for a replacement.
func (s *Service) remake(ctx context.Context, st *stack, live *record, old record) error {
	replacement := *live
	if err := s.makeRoom(ctx, st, &replacement); err != nil {
		st.mu.Lock()
		defer st.mu.Unlock()
		return s.failed(ctx, st, live, err, updateVerbs())
	}
	st.mu.Lock()
	*live = old
	live.physicalID, live.touched, live.deletedFirst = "", true, true
	st.note(live, updateInProgress, "", s.clock.Now())
	wanted := desired{logicalID: old.logicalID, definition: old.definition, properties: old.properties, tags: old.tags}
	st.mu.Unlock()
	if err := s.create(ctx, st, live, wanted, updateVerbs()); err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	live.touched, live.deletedFirst = false, false
	return nil
}

// takeBack puts the old physical resource back in its place. The caller holds st.mu.
func (s *Service) takeBack(st *stack, u *update, live *record, old record) {
	if live.physicalID != old.physicalID {
		replacement := *live
		u.discard(&replacement, live.definition.DeletionPolicy == "Retain")
	}
	u.garbage = slices.DeleteFunc(u.garbage, func(left leftover) bool { return left.record.key() == old.key() })
	*live = old
	st.note(live, updateComplete, "", s.clock.Now())
}

// discardNew makes garbage of the resources that the update added. The caller holds st.mu.
func (s *Service) discardNew(st *stack, u *update) {
	for _, logicalID := range st.inUse() {
		if _, known := u.records[logicalID]; known {
			continue
		}
		added := st.records[logicalID]
		u.discard(added, added.imported || (!u.retainExceptOnCreate && added.definition.DeletionPolicy == "Retain"))
		delete(st.records, logicalID)
	}
}

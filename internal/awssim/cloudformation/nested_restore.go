package cloudformation

import (
	"context"
	"maps"
	"slices"
)

// adopt puts right what a nested stack and its parent know of each other: they are kept one after the other, and the program
// may have been ended in between. The operations of neither have been taken up.
func (s *Service) adopt(child *stack) {
	if !child.led {
		return
	}
	parent, ok := s.store.find(child.Place, child.nesting.parentID)
	if !ok {
		s.orphan(child)
		return
	}
	parent.mu.Lock()
	defer parent.mu.Unlock()
	child.mu.Lock()
	defer child.mu.Unlock()
	switch {
	case !parent.claims(child):
		s.startDelete(child, &deleteStackInput{}, "")
	case !parent.underWay():
		s.standAlone(child)
	}
}

// orphan deletes a nested stack whose parent is not known.
func (s *Service) orphan(child *stack) {
	child.mu.Lock()
	defer child.mu.Unlock()
	s.startDelete(child, &deleteStackInput{}, "")
}

// claims reports whether a nested stack is one of a stack's resources. One whose creation the stack began, without having
// been told its id, becomes so. The caller holds the mu of both.
func (st *stack) claims(child *stack) bool {
	records := slices.Collect(maps.Values(st.records))
	if st.unfinished != nil {
		for _, left := range st.unfinished.garbage {
			records = append(records, left.record)
		}
	}
	if slices.ContainsFunc(records, func(r *record) bool { return r.physicalID == child.id }) {
		return true
	}
	live := st.records[child.nesting.logicalID]
	if live == nil || live.physicalID != "" || live.status != createInProgress {
		return false
	}
	live.physicalID = child.id
	return true
}

// standAlone leads a nested stack back that its parent, as it was kept, has not begun to update. The caller holds mu.
func (s *Service) standAlone(child *stack) {
	child.led = false
	if child.status == updateCompleteCleanup {
		s.begin(child, "RollbackStack", "", func(context.Context) { s.runRollbackUpdate(child, nil) })
		child.enter(updateRollback, reasonRestarted, s.clock.Now())
	}
}

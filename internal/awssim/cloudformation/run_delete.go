package cloudformation

import (
	"context"
	"slices"
	"time"
)

// deletion is how DeleteStack wants a stack deleted.
type deletion struct {
	retain []string // logical ids that stay
	force  bool     // what cannot be deleted stays
}

// runDelete deletes the resources of a stack that is in DELETE_IN_PROGRESS, then the stack.
func (s *Service) runDelete(ctx context.Context, st *stack, how deletion) {
	failed := s.remove(ctx, st, s.leftovers(st), func(r *record) bool {
		return slices.Contains(how.retain, r.logicalID) || retained(r.definition.DeletionPolicy)
	})
	st.mu.Lock()
	if s.abandoned(ctx) {
		st.mu.Unlock()
		return
	}
	if len(failed) > 0 && !how.force {
		defer st.mu.Unlock()
		st.enter(deleteFailed, failedTo("delete", failed), s.clock.Now())
		return
	}
	st.deleted = s.clock.Now()
	st.enter(deleteComplete, "", st.deleted)
	st.forget()
	st.mu.Unlock()
	s.store.bury(st)
	s.store.forget(s.clock.Now().Add(-s.memory()))
}

// memory is how long deleted stacks can be asked for by their ARN. Where nothing waits it is real time.
func (s *Service) memory() time.Duration {
	const days = 90 * 24 * time.Hour // API reference, DescribeStacks
	if scaled := s.clock.Scale(days); scaled > 0 {
		return scaled
	}
	return days
}

func retained(policy string) bool { return policy == "Retain" || policy == "RetainExceptOnCreate" }

// leftovers returns the resources that a deletion of the stack has to deal with: also what updates that
// were not finished left behind.
func (s *Service) leftovers(st *stack) []*record {
	st.mu.Lock()
	defer st.mu.Unlock()
	var found []*record
	for _, logicalID := range st.inUse() {
		found = append(found, st.records[logicalID])
	}
	if st.unfinished != nil {
		for _, old := range st.unfinished.garbage {
			if !slices.Contains(found, old.record) {
				found = append(found, old.record)
			}
		}
	}
	return found
}

// remove deletes resources as sweep does.
func (s *Service) remove(ctx context.Context, st *stack, doomed []*record, retain func(*record) bool) []string {
	return s.sweep(ctx, doomed, func(ctx context.Context, r *record) error { return s.removeUnless(ctx, st, r, retain(r)) })
}

func (s *Service) removeUnless(ctx context.Context, st *stack, r *record, retained bool) error {
	if !retained {
		return s.delete(ctx, st, r)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.note(r, deleteSkipped, "", s.clock.Now())
	return nil
}

// sweep goes through resources, those first that others were made from last, and returns the logical ids of those that
// failed. A resource that something depends on which failed is left alone.
func (s *Service) sweep(ctx context.Context, doomed []*record, deed func(context.Context, *record) error) []string {
	byKey := make(map[string]*record, len(doomed))
	for _, r := range doomed {
		byKey[r.key()] = r
	}
	keys := sortedKeys(byKey)
	after := reversed(keys, func(key string) []string { return dependencyKeys(byKey, byKey[key]) })
	failed := walk{
		names:     keys,
		waitsFor:  after,
		keepGoing: true,
		work:      func(ctx context.Context, key string) error { return deed(ctx, byKey[key]) },
	}.run(ctx)
	names := make([]string, len(failed))
	for i, key := range failed {
		names[i] = byKey[key].logicalID
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// key tells physical resources of one logical id apart.
func (r *record) key() string { return r.logicalID + " " + r.physicalID }

// dependencyKeys returns the keys of all physical resources that r may depend on.
func dependencyKeys(byKey map[string]*record, r *record) []string {
	var keys []string
	for key, other := range byKey {
		if other.logicalID != r.logicalID && slices.Contains(r.dependencies, other.logicalID) {
			keys = append(keys, key)
		}
	}
	return keys
}

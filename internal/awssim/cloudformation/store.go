package cloudformation

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// maxStacks is the quota of stacks per account and region.
const maxStacks = 2000

// store indexes all stacks. Its lock is never held while a stack's lock is waited for.
type store struct {
	mu      sync.RWMutex
	living  map[resource.Place]map[string]*stack // by name
	byID    map[string]*stack                    // deleted ones included
	ordered []*stack                             // in the order of their creation
	buried  []*stack                             // in the order of their deletion
	exports map[resource.Place]map[string]export
}

// export is a value that a stack offers to others.
type export struct{ stackID, name, value string }

func newStore() *store {
	return &store{
		living:  make(map[resource.Place]map[string]*stack),
		byID:    make(map[string]*stack),
		exports: make(map[resource.Place]map[string]export),
	}
}

// find returns a stack by name, if it lives, or by ARN.
func (s *store) find(place resource.Place, nameOrID string) (*stack, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if strings.HasPrefix(nameOrID, "arn:") {
		found, ok := s.byID[nameOrID]
		return found, ok
	}
	found, ok := s.living[place][nameOrID]
	return found, ok
}

// add makes a new stack findable. It returns the living stack of that name if there is one.
func (s *store) add(st *stack) (*stack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	living := s.living[st.Place]
	if other, ok := living[st.name]; ok {
		return other, nil
	}
	if len(living) >= maxStacks {
		return nil, fail("LimitExceededException", "Limit for stack has been exceeded")
	}
	if living == nil {
		living = make(map[string]*stack)
		s.living[st.Place] = living
	}
	living[st.name] = st
	s.byID[st.id] = st
	s.ordered = append(s.ordered, st)
	return nil, nil //nolint:nilnil // no other stack, no error
}

// bury frees the name and the exports of a deleted stack. Its ARN stays until forget.
func (s *store) bury(st *stack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buried = append(s.buried, st)
	if s.living[st.Place][st.name] == st {
		delete(s.living[st.Place], st.name)
	}
	for name, exported := range s.exports[st.Place] {
		if exported.stackID == st.id {
			delete(s.exports[st.Place], name)
		}
	}
}

// forget lets go of the stacks that were deleted before a time.
func (s *store) forget(before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := 0
	for ; old < len(s.buried) && s.buried[old].deleted.Before(before); old++ {
		delete(s.byID, s.buried[old].id)
	}
	if old == 0 {
		return
	}
	s.buried = slices.Delete(s.buried, 0, old)
	s.ordered = slices.DeleteFunc(s.ordered, func(st *stack) bool { return s.byID[st.id] == nil })
}

// all returns the stacks of a place, newest first.
func (s *store) all(place resource.Place) []*stack {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*stack
	for _, st := range slices.Backward(s.ordered) {
		if st.Place == place {
			found = append(found, st)
		}
	}
	return found
}

// imported returns the value of an export.
func (s *store) imported(place resource.Place, name string) (string, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	exported, ok := s.exports[place][name]
	return exported.value, ok
}

// exported returns the exports of one stack, or of all if id is empty, sorted by name.
func (s *store) exported(place resource.Place, id string) []export {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []export
	for _, name := range sortedKeys(s.exports[place]) {
		if entry := s.exports[place][name]; id == "" || entry.stackID == id {
			found = append(found, entry)
		}
	}
	return found
}

// publish replaces the exports of a stack. It refuses a name that another stack exports.
func (s *store) publish(st *stack, wanted map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	exports := s.exports[st.Place]
	for _, name := range sortedKeys(wanted) {
		if other, ok := exports[name]; ok && other.stackID != st.id {
			return alreadyExported(name, stackNameOf(other.stackID))
		}
	}
	if exports == nil {
		exports = make(map[string]export)
		s.exports[st.Place] = exports
	}
	for name, entry := range exports {
		if entry.stackID == st.id {
			delete(exports, name)
		}
	}
	for name, value := range wanted {
		exports[name] = export{stackID: st.id, name: name, value: value}
	}
	return nil
}

// importers returns the names of the stacks that import an export, sorted.
func (s *store) importers(place resource.Place, name string) []string {
	var names []string
	for _, st := range s.all(place) {
		st.mu.Lock()
		if st.imports[name] && st.status != deleteComplete {
			names = append(names, st.name)
		}
		st.mu.Unlock()
	}
	slices.Sort(names)
	return names
}

// stackNameOf returns the name in a stack's ARN: arn:...:stack/NAME/UUID.
func stackNameOf(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) < 2 {
		return id
	}
	return parts[1]
}

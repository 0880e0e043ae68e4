package cloudformation

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Whether a stack or a resource is as its template says.
const (
	driftNotChecked = "NOT_CHECKED"
	driftInSync     = "IN_SYNC"
	driftModified   = "MODIFIED" // resources only
	driftDeleted    = "DELETED"  // resources only
	driftDrifted    = "DRIFTED"  // stacks only
)

// Kinds of differences.
const (
	differenceAdd      = "ADD" // of items of lists
	differenceRemove   = "REMOVE"
	differenceNotEqual = "NOT_EQUAL"
)

// drift is how a resource was when it was looked at.
type drift struct {
	status           string
	checked          time.Time
	expected, actual resource.Properties
	shown            resource.Properties // expected, as it is shown
	ignored          []string            // names of properties that are never read back
	differences      []difference
}

type difference struct{ PropertyPath, ExpectedValue, ActualValue, DifferenceType string }

// look finds out how a resource really is. It returns nil for a type that cannot be asked, and for a
// resource that a rollback skipped. The caller holds st.mu.
func (s *Service) look(st *stack, r *record) *drift {
	reader, ok := s.providers[r.resourceType].(resource.Reader)
	if !ok || r.skipped {
		return nil
	}
	found := &drift{status: driftInSync, checked: s.clock.Now(), expected: r.properties, shown: r.shown}
	actual, exists := reader.Read(resource.Request{
		Place: st.Place, Type: r.resourceType, PhysicalID: r.physicalID, Properties: r.properties, Tags: r.tags,
	})
	if !exists {
		found.status = driftDeleted
		return found
	}
	found.actual = make(resource.Properties)
	for name := range r.properties { // only what the template says is compared (API reference, DetectStackDrift)
		if value, has := actual[name]; has {
			found.actual[name] = value
		}
	}
	s.unresolvedActual(st.Place, found, r.properties)
	compared := maps.Clone(r.properties)
	maps.DeleteFunc(compared, func(name string, _ any) bool { return slices.Contains(found.ignored, name) })
	for _, name := range neverRead(r.resourceType, r.properties) {
		if _, has := found.actual[name]; !has {
			found.ignored = append(found.ignored, name)
			delete(compared, name)
		}
	}
	found.differences = slices.DeleteFunc(compareMembers("", compared, found.actual), func(d difference) bool {
		return d.DifferenceType == differenceRemove && neverTold(r.resourceType, d.PropertyPath)
	})
	if len(found.differences) > 0 {
		found.status = driftModified
	}
	return found
}

// compare lists the differences of two values below a path. Members that only the actual value has are none.
func compare(path string, expected, actual any) []difference {
	if members, ok := expected.(map[string]any); ok {
		if others, ok := actual.(map[string]any); ok {
			return compareMembers(path, members, others)
		}
	}
	if items, ok := expected.([]any); ok {
		if others, ok := actual.([]any); ok {
			return compareItems(path, items, others)
		}
	}
	if reflect.DeepEqual(expected, actual) {
		return nil
	}
	return []difference{{path, driftValue(expected), driftValue(actual), differenceNotEqual}}
}

func compareMembers(path string, expected, actual map[string]any) []difference {
	var found []difference
	for _, name := range sortedKeys(expected) {
		value, has := actual[name]
		if !has {
			found = append(found, difference{path + "/" + name, driftValue(expected[name]), driftValue(nil), differenceRemove})
			continue
		}
		found = append(found, compare(path+"/"+name, expected[name], value)...)
	}
	return found
}

func compareItems(path string, expected, actual []any) []difference {
	var found []difference
	for i := range max(len(expected), len(actual)) {
		below := path + "/" + strconv.Itoa(i)
		switch {
		case i >= len(actual):
			found = append(found, difference{below, driftValue(expected[i]), driftValue(nil), differenceRemove})
		case i >= len(expected):
			found = append(found, difference{below, driftValue(nil), driftValue(actual[i]), differenceAdd})
		default:
			found = append(found, compare(below, expected[i], actual[i])...)
		}
	}
	return found
}

// driftValue writes a value as differences have it: texts as they are, the rest as JSON.
func driftValue(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(encoded)
}

type stackDrift struct {
	StackDriftStatus   string
	LastCheckTimestamp wire.Time
}

// driftInformation sums up what was found when the stack's resources were looked at. The caller holds st.mu.
func (st *stack) driftInformation() stackDrift {
	seen := stackDrift{StackDriftStatus: driftNotChecked}
	var last time.Time
	for _, r := range st.records {
		if r.drift == nil {
			continue
		}
		if r.drift.checked.After(last) {
			last = r.drift.checked
		}
		switch {
		case r.drift.status != driftInSync:
			seen.StackDriftStatus = driftDrifted
		case seen.StackDriftStatus == driftNotChecked:
			seen.StackDriftStatus = driftInSync
		}
	}
	seen.LastCheckTimestamp = wire.At(last)
	return seen
}

type resourceDrift struct {
	StackResourceDriftStatus string
	LastCheckTimestamp       wire.Time
}

func (r *record) driftInformation() resourceDrift {
	if r.drift == nil {
		return resourceDrift{StackResourceDriftStatus: driftNotChecked}
	}
	return resourceDrift{StackResourceDriftStatus: r.drift.status, LastCheckTimestamp: wire.At(r.drift.checked)}
}

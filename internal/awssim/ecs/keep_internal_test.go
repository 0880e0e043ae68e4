package ecs

import (
	"reflect"
	"slices"
	"testing"
)

// TestAllThatShouldRunIsKept fails for a field that somebody adds and nobody keeps.
func TestAllThatShouldRunIsKept(t *testing.T) {
	t.Parallel()
	running := []string{
		"owner", "cluster", "place", "lastDone", "current", "history", "served", "tasks", "notices", "told", "steady", "failures",
		"notBefore", "wake", "changed", "gone", "standalone", "offered",
	}
	// What each type has beyond its kept form: what is known from elsewhere, or runs.
	tests := map[reflect.Type]struct {
		kept reflect.Type
		left []string
	}{
		reflect.TypeFor[cluster]():    {reflect.TypeFor[keptCluster](), []string{"loose"}},
		reflect.TypeFor[definition](): {reflect.TypeFor[keptDefinition](), nil},
		reflect.TypeFor[fleet]():      {reflect.TypeFor[keptFleet](), running},
		reflect.TypeFor[settings]():   {reflect.TypeFor[keptSettings](), nil},
		reflect.TypeFor[revision]():   {reflect.TypeFor[keptRevision](), nil},
		reflect.TypeFor[event]():      {reflect.TypeFor[keptEvent](), nil},
	}
	for of, test := range tests {
		var fields []string
		for field := range of.Fields() {
			if !slices.Contains(test.left, field.Name) {
				fields = append(fields, field.Name)
			}
		}
		if len(fields) != test.kept.NumField() {
			t.Errorf("%s has %d fields that have to be kept, %q; %s has %d", of, len(fields), fields, test.kept, test.kept.NumField())
		}
	}
}

package cloudformation

import (
	"reflect"
	"slices"
	"testing"
)

// TestAllOfAStackIsKept fails for a field that somebody adds and nobody keeps.
func TestAllOfAStackIsKept(t *testing.T) {
	t.Parallel()
	// What each type has beyond its kept form, and why that is not kept.
	tests := map[reflect.Type]struct {
		kept int // fields of the kept form
		left []string
	}{
		reflect.TypeFor[stack]():          {25, []string{"bus", "topics", "mu", "operation", "detections", "express", "skip"}}, // runtime; drift is looked for anew
		reflect.TypeFor[deployment]():     {11, nil},
		reflect.TypeFor[lineage]():        {3, nil},
		reflect.TypeFor[parameterValue](): {5, nil},
		reflect.TypeFor[record]():         {20, []string{"drift"}},           // looked for anew
		reflect.TypeFor[event]():          {11, []string{"encoded"}},         // written anew
		reflect.TypeFor[changeSet]():      {15, []string{"changes", "live"}}, // worked out anew
		reflect.TypeFor[creation]():       {3, nil},
		reflect.TypeFor[update]():         {6, nil},
		reflect.TypeFor[nesting]():        {3, nil},
		reflect.TypeFor[waitHandle]():     {2, []string{"changed"}}, // runtime
		reflect.TypeFor[leftover]():       {2, nil},
		reflect.TypeFor[deletion]():       {2, nil},
		reflect.TypeFor[export]():         {3, nil},
	}
	for of, test := range tests {
		var fields []string
		for _, field := range reflect.VisibleFields(of) {
			if !slices.Contains(test.left, field.Name) && len(field.Index) == 1 {
				fields = append(fields, field.Name)
			}
		}
		if len(fields) != test.kept {
			t.Errorf("%s has %d fields that have to be kept, %q; keep.go and restore.go know %d", of, len(fields), fields, test.kept)
		}
	}
}

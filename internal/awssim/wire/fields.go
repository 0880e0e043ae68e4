package wire

import (
	"reflect"
	"sync"
)

// field is a member of a Query structure.
type field struct {
	name  string
	index []int
}

// fields are a structure's members in the order of their declaration, members of embedded structs included.
type fields struct {
	list   []field
	byName map[string][]int
}

func (f *fields) index(name string) ([]int, bool) {
	index, ok := f.byName[name]
	return index, ok
}

// planned remembers the fields of each type, for reflection's tags are slow to read. Types never change.
var planned sync.Map //nolint:gochecknoglobals // a cache of facts about types

func fieldsOf(structure reflect.Type) *fields {
	if known, ok := planned.Load(structure); ok {
		return known.(*fields) //nolint:forcetypeassert // the map holds nothing else
	}
	plan := &fields{byName: make(map[string][]int)}
	for _, member := range reflect.VisibleFields(structure) {
		if member.Anonymous || !member.IsExported() {
			continue
		}
		name := member.Name
		if tag, ok := member.Tag.Lookup("query"); ok {
			name = tag
		}
		plan.list = append(plan.list, field{name: name, index: member.Index})
		plan.byName[name] = member.Index
	}
	known, _ := planned.LoadOrStore(structure, plan)
	return known.(*fields) //nolint:forcetypeassert // the map holds nothing else
}

package wire

import (
	"reflect"
	"sync"
)

// field is a member of a Query structure.
type field struct {
	name  string
	index []int
	item  string // what the items of a list are called
}

// fields are a structure's members in the order of their declaration, members of embedded structs included.
type fields struct {
	list   []field
	byName map[string]field
}

func (f *fields) find(name string) (field, bool) {
	found, ok := f.byName[name]
	return found, ok
}

// usualItem is what the items of most lists are called.
const usualItem = "member"

// planned remembers the fields of each type, for reflection's tags are slow to read. Types never change.
var planned sync.Map //nolint:gochecknoglobals // a cache of facts about types

func fieldsOf(structure reflect.Type) *fields {
	if known, ok := planned.Load(structure); ok {
		return known.(*fields) //nolint:forcetypeassert // the map holds nothing else
	}
	plan := &fields{byName: make(map[string]field)}
	for _, member := range reflect.VisibleFields(structure) {
		if member.Anonymous || !member.IsExported() {
			continue
		}
		name := member.Name
		if tag, ok := member.Tag.Lookup("query"); ok {
			name = tag
		}
		item := usualItem
		if tag, ok := member.Tag.Lookup("item"); ok {
			item = tag
		}
		plan.byName[name] = field{name: name, index: member.Index, item: item}
		plan.list = append(plan.list, plan.byName[name])
	}
	known, _ := planned.LoadOrStore(structure, plan)
	return known.(*fields) //nolint:forcetypeassert // the map holds nothing else
}

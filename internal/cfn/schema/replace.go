package schema

import (
	"encoding/json"
	"fmt"
	"slices"
)

// RequiresReplacement returns the createOnly properties (dotted) in which the old and the new properties differ,
// sorted. If there are any, CloudFormation replaces the resource. Values that only differ in how a scalar is
// written ("80" and 80) are equal.
func (s *Schema) RequiresReplacement(old, new map[string]any) []string {
	return s.differing(s.CreateOnly, old, new)
}

// MayRequireReplacement returns the conditionalCreateOnly properties that differ: CloudFormation's change sets
// say "Conditional" for them.
func (s *Schema) MayRequireReplacement(old, new map[string]any) []string {
	return s.differing(s.ConditionalCreateOnly, old, new)
}

func (s *Schema) differing(pointers []Pointer, old, new map[string]any) []string {
	before, after := s.comparable(old), s.comparable(new)
	var names []string
	for _, pointer := range pointers {
		if !equal(lookUp(before, pointer), lookUp(after, pointer)) {
			names = append(names, pointer.String())
		}
	}
	slices.Sort(names)
	return names
}

// comparable returns the coerced properties, or the given ones if the schema does not compile: such a schema is
// reported by Validate, and comparing what was written is the best that is left.
func (s *Schema) comparable(props map[string]any) any {
	coerced, err := s.Coerce(props)
	if err != nil {
		return props
	}
	return coerced
}

// lookUp returns all values at a pointer: one, or one an item where it goes through a list.
func lookUp(value any, pointer Pointer) []any {
	if len(pointer) == 0 {
		return []any{value}
	}
	if list, ok := value.([]any); ok {
		if pointer[0] == "*" {
			pointer = pointer[1:]
		}
		var found []any
		for _, item := range list {
			found = append(found, lookUp(item, pointer)...)
		}
		return found
	}
	object, _ := value.(map[string]any)
	sub, ok := object[pointer[0]]
	if !ok {
		return nil
	}
	return lookUp(sub, pointer[1:])
}

// equal compares JSON values. Encoded they are equal whatever Go type carries a number.
func equal(a, b []any) bool { return encoded(a) == encoded(b) }

func encoded(values []any) string {
	content, err := json.Marshal(values)
	if err != nil {
		return fmt.Sprintf("%#v", values)
	}
	return string(content)
}

package intrinsic

import (
	"maps"
	"slices"
)

// CheckRules refuses parameters that a rule of the template does not allow. The words around the description are
// believed.
func (s *Scope) CheckRules() error {
	for _, name := range slices.Sorted(maps.Keys(s.Template.Rules)) {
		rule := s.Template.Rules[name]
		if rule.Condition != nil {
			applies, err := s.truth(rule.Condition)
			if err != nil {
				return err
			}
			if !applies {
				continue
			}
		}
		for _, assertion := range rule.Assertions {
			holds, err := s.truth(assertion.Assert)
			if err != nil {
				return err
			}
			if holds {
				continue
			}
			message := "Template validation error: Rule " + name + " failed"
			if assertion.Description != "" {
				message += ": " + assertion.Description
			}
			return &Error{Message: message}
		}
	}
	return nil
}

// membership evaluates the functions on lists that rules have.
func (s *Scope) membership(name string, list []any) (bool, error) {
	if len(list) != 2 {
		return false, refuse("every %s object requires a list of 2 parameters.", name)
	}
	first, err := s.texts(name, list[0])
	if err != nil {
		return false, err
	}
	second, err := s.texts(name, list[1])
	if err != nil {
		return false, err
	}
	switch name {
	case "Fn::Contains":
		return !slices.ContainsFunc(second, func(item string) bool { return !slices.Contains(first, item) }), nil
	case "Fn::EachMemberEquals":
		return !slices.ContainsFunc(first, func(item string) bool { return len(second) != 1 || item != second[0] }), nil
	default: // Fn::EachMemberIn
		return !slices.ContainsFunc(first, func(item string) bool { return !slices.Contains(second, item) }), nil
	}
}

// texts evaluates a list of strings; one string is a list of one.
func (s *Scope) texts(function string, expression any) ([]string, error) {
	value, err := s.evaluate(expression)
	if err != nil {
		return nil, err
	}
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	found := make([]string, len(items))
	for i, item := range items {
		if found[i], err = text(item); err != nil {
			return nil, refuse("%s takes strings and lists of strings", function)
		}
	}
	return found, nil
}

// refAll returns the values of all parameters of a type.
func (s *Scope) refAll(argument any) (any, error) {
	kind, ok := argument.(string)
	if !ok {
		return nil, refuse("every Fn::RefAll object requires a parameter type.")
	}
	values := []any{}
	for _, name := range slices.Sorted(maps.Keys(s.Template.Parameters)) {
		if s.Template.Parameters[name].Type == kind {
			values = append(values, s.Parameters[name])
		}
	}
	return values, nil
}

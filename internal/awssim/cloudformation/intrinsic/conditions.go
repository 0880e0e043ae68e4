package intrinsic

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// The number of conditions that Fn::And and Fn::Or take.
const minConditions, maxConditions = 2, 10

// Condition evaluates a condition by name; the empty name always holds.
func (s *Scope) Condition(name string) (bool, error) {
	if name == "" {
		return true, nil
	}
	if known, ok := s.conditions[name]; ok {
		return known, nil
	}
	expression, ok := s.Template.Conditions[name]
	if !ok {
		return false, refuse("unresolved condition %s", name)
	}
	if slices.Contains(s.evaluating, name) {
		return false, refuse("Found circular condition dependency between: %s", strings.Join(s.evaluating, " and "))
	}
	s.evaluating = append(s.evaluating, name)
	holds, err := s.truth(expression)
	s.evaluating = s.evaluating[:len(s.evaluating)-1]
	if err != nil {
		return false, err
	}
	if s.conditions == nil {
		s.conditions = make(map[string]bool)
	}
	s.conditions[name] = holds
	return holds, nil
}

func (s *Scope) choose(argument any) (any, error) {
	const elements = 3
	list, ok := argument.([]any)
	if !ok || len(list) == 0 {
		return nil, refuse("Fn::If requires a list argument with the first element being a condition")
	}
	name, ok := list[0].(string)
	if !ok {
		return nil, refuse("Fn::If requires a list argument with the first element being a condition")
	}
	if len(list) != elements {
		return nil, refuse("Fn::If requires a list argument with three elements")
	}
	holds, err := s.Condition(name)
	if err != nil {
		return nil, err
	}
	if holds {
		return s.evaluate(list[1])
	}
	return s.evaluate(list[2])
}

// truth evaluates a condition function, or {"Condition": name}.
func (s *Scope) truth(expression any) (bool, error) {
	members, ok := expression.(map[string]any)
	if !ok || len(members) != 1 {
		return false, refuse("every condition must be a single condition function")
	}
	for name, argument := range members {
		if condition, isText := argument.(string); isText && name == "Condition" {
			return s.Condition(condition)
		}
		return s.function(name, argument)
	}
	return false, nil
}

func (s *Scope) function(name string, argument any) (bool, error) {
	list, ok := argument.([]any)
	switch name {
	case "Fn::Equals":
		if !ok || len(list) != 2 {
			return false, refuse("every Fn::Equals object requires a list of 2 string parameters.")
		}
		return s.equals(list[0], list[1])
	case "Fn::Not":
		if !ok || len(list) != 1 {
			return false, refuse("every Fn::Not object requires one boolean parameter.")
		}
		holds, err := s.truth(list[0])
		return !holds, err
	case "Fn::And", "Fn::Or":
		if !ok || len(list) < minConditions || len(list) > maxConditions {
			return false, refuse("every %s object requires a list of at least 2 and at most 10 boolean parameters.", name)
		}
		return s.combine(list, name == "Fn::Or")
	case "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn":
		return s.membership(name, list)
	default:
		return false, refuse("%s cannot be a condition", name)
	}
}

// combine evaluates all operands, so that a mistake in one is found whatever the others are.
func (s *Scope) combine(operands []any, or bool) (bool, error) {
	result := !or
	for _, operand := range operands {
		holds, err := s.truth(operand)
		if err != nil {
			return false, err
		}
		if holds == or {
			result = or
		}
	}
	return result, nil
}

func (s *Scope) equals(left, right any) (bool, error) {
	first, err := s.evaluate(left)
	if err != nil {
		return false, err
	}
	second, err := s.evaluate(right)
	if err != nil {
		return false, err
	}
	one, oneErr := text(first)
	other, otherErr := text(second)
	if oneErr == nil && otherErr == nil {
		return one == other, nil
	}
	return reflect.DeepEqual(first, second), nil
}

// Outputs evaluates the outputs whose condition holds.
func (s *Scope) Outputs() (map[string]Output, error) {
	outputs := make(map[string]Output, len(s.Template.Outputs))
	for name, output := range s.Template.Outputs {
		holds, err := s.Condition(output.Condition)
		if err != nil {
			return nil, err
		}
		if !holds {
			continue
		}
		evaluated, err := s.output(name, output)
		if err != nil {
			return nil, err
		}
		outputs[name] = evaluated
	}
	return outputs, nil
}

// Output is an evaluated output.
type Output struct {
	Value, Description string
	Export             string // empty if not exported
}

func malformedExport(output string) *Error {
	return &Error{Message: "Template format error: Output " + output + " is malformed. The Name field of every Export member " +
		"must be specified and consist only of alphanumeric characters, colons, or hyphens."}
}

var exportName = regexp.MustCompile(`^[-:A-Za-z0-9]+$`)

func (s *Scope) output(name string, output document.Output) (Output, error) {
	value, err := s.evaluate(output.Value)
	if err != nil {
		return Output{}, err
	}
	evaluated := Output{Description: output.Description}
	if evaluated.Value, err = text(value); err != nil {
		return Output{}, &Error{Message: "Template format error: Output " + name +
			" is malformed. The Value field of every Outputs member must evaluate to a String."}
	}
	if output.Export != nil {
		exported, err := s.evaluate(output.Export)
		if err != nil {
			return Output{}, err
		}
		if evaluated.Export, err = text(exported); err != nil || !exportName.MatchString(evaluated.Export) {
			return Output{}, malformedExport(name)
		}
	}
	return evaluated, nil
}

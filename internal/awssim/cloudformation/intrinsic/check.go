package intrinsic

import (
	"errors"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// ErrUnknown is what Resource, Attribute and Import of a Scope return for a value that is not known yet.
// Check passes over expressions that need one.
var ErrUnknown = errors.New("not known yet")

// Check evaluates what can be evaluated of all conditions, resources and outputs, so that mistakes surface
// before any resource is touched.
func (s *Scope) Check() error {
	for name := range s.Template.Conditions {
		if _, err := s.Condition(name); err != nil {
			return err
		}
	}
	active, err := s.Active()
	if err != nil {
		return err
	}
	for _, name := range active {
		if err := s.checkValue([]any{s.Template.Resources[name].Properties, s.Template.Resources[name].Metadata}); err != nil {
			return err
		}
	}
	s.inOutputs = true
	defer func() { s.inOutputs = false }()
	for name, output := range s.Template.Outputs {
		holds, err := s.Condition(output.Condition)
		if err != nil {
			return err
		}
		if !holds {
			continue
		}
		if err := s.checkValue([]any{output.Value, output.Export}); err != nil {
			return err
		}
		if export, ok := output.Export.(string); ok && !exportName.MatchString(export) {
			return malformedExport(name)
		}
	}
	return nil
}

// Unresolved is the error for a reference to a resource that a condition leaves out. Recordings have the word of the
// format in the one block and lack it in the other.
func (s *Scope) Unresolved(logicalID string) error {
	prefix, block := "Template format error: ", "Resources"
	if s.inOutputs {
		prefix, block = "", "Outputs"
	}
	return &Error{
		Message: prefix + "Unresolved resource dependencies [" + logicalID + "] in the " + block + " block of the template",
	}
}

func (s *Scope) checkValue(expression any) error {
	switch typed := expression.(type) {
	case []any:
		for _, item := range typed {
			if err := s.checkValue(item); err != nil {
				return err
			}
		}
	case map[string]any:
		if name, argument, ok := document.Call(typed); ok {
			if _, err := s.call(name, argument); err != nil && !errors.Is(err, ErrUnknown) {
				return err
			}
			return nil
		}
		for _, member := range typed {
			if err := s.checkValue(member); err != nil {
				return err
			}
		}
	}
	return nil
}

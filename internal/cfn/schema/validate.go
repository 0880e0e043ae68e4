package schema

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Problem is one thing that is wrong with a resource's properties.
type Problem struct {
	// Path of the value as a JSON pointer from the properties, such as "/Listeners/0/Port"; empty for the properties themselves.
	Path string
	// Message in CloudFormation's own words, such as "expected type: Integer, found: String".
	Message string
	// Detail is what CloudFormation does not say, such as the allowed values; often empty.
	Detail string
}

// String writes the problem as CloudFormation does: "#/Port: expected type: Integer, found: String".
func (p Problem) String() string { return "#" + p.Path + ": " + p.Message }

// Explain writes the problem with its detail.
func (p Problem) Explain() string {
	if p.Detail == "" {
		return p.String()
	}
	return p.String() + " (" + p.Detail + ")"
}

// Validate checks properties whose intrinsic functions are all resolved. It returns the problems sorted by path,
// and none for valid properties. It tolerates what CloudFormation coerces (see Coerce). ReadOnly properties are
// refused.
func (s *Schema) Validate(props map[string]any) []Problem {
	return s.check(props, func([]string) bool { return false })
}

// ValidateTemplate checks properties as a template writes them: an intrinsic function ({"Ref": ...},
// {"Fn::...": ...}) is accepted wherever a value may stand. {"Ref": "AWS::NoValue"} counts as no value at all,
// but an Fn::If counts as a value even if one of its branches is none.
func (s *Schema) ValidateTemplate(props map[string]any) []Problem {
	pruned, _ := withoutNoValue(props).(map[string]any)
	return s.check(pruned, func(location []string) bool { return insideIntrinsic(pruned, location) })
}

func (s *Schema) check(props map[string]any, tolerated func(location []string) bool) []Problem {
	compiled, err := s.compiled()
	if err != nil {
		return []Problem{{Message: err.Error()}}
	}
	problems := s.readOnlyProblems(props)
	failure := compiled.Validate(coerce(compiled, props))
	if invalid := (*jsonschema.ValidationError)(nil); errors.As(failure, &invalid) {
		problems = append(problems, explain(invalid, tolerated)...)
	}
	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(problems)
}

// readOnlyProblems refuses values for properties that only AWS sets, as if they did not exist.
func (s *Schema) readOnlyProblems(props map[string]any) []Problem {
	var problems []Problem
	for _, pointer := range s.ReadOnly {
		if slices.Contains(pointer, "*") || len(lookUp(props, pointer)) == 0 {
			continue
		}
		last := len(pointer) - 1
		problems = append(problems, Problem{
			Path:    jsonPointer(pointer[:last]),
			Message: fmt.Sprintf("extraneous key [%s] is not permitted", pointer[last]),
			Detail:  "it is read-only: AWS sets it",
		})
	}
	return problems
}

// compile makes the validator of one schema.
func compile(typeName string, content []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", typeName, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020) // The schemas use dependentRequired and dependentSchemas.
	compiler.UseRegexpEngine(compilePattern)
	location := "urn:" + typeName
	if err := compiler.AddResource(location, doc); err != nil {
		return nil, fmt.Errorf("adding the schema of %s: %w", typeName, err)
	}
	compiled, err := compiler.Compile(location)
	if err != nil {
		return nil, fmt.Errorf("compiling the schema of %s: %w", typeName, err)
	}
	return compiled, nil
}

// isIntrinsic reports whether a template's value is a function call instead of a literal.
func isIntrinsic(value any) bool {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return false
	}
	for name := range object {
		return name == "Ref" || strings.HasPrefix(name, "Fn::")
	}
	return false
}

// insideIntrinsic reports whether the location is an intrinsic function or lies within one.
func insideIntrinsic(value any, location []string) bool {
	for _, token := range location {
		if isIntrinsic(value) {
			return true
		}
		switch container := value.(type) {
		case map[string]any:
			value = container[token]
		case []any:
			value = item(container, token)
		}
	}
	return isIntrinsic(value)
}

// withoutNoValue removes the properties and items that are {"Ref": "AWS::NoValue"}.
func withoutNoValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := maps.Clone(value)
		maps.DeleteFunc(kept, func(_ string, sub any) bool { return isNoValue(sub) })
		for name, sub := range kept {
			kept[name] = withoutNoValue(sub)
		}
		return kept
	case []any:
		kept := slices.DeleteFunc(slices.Clone(value), isNoValue)
		for i, sub := range kept {
			kept[i] = withoutNoValue(sub)
		}
		return kept
	default:
		return value
	}
}

func isNoValue(value any) bool {
	object, ok := value.(map[string]any)
	return ok && len(object) == 1 && object["Ref"] == "AWS::NoValue"
}

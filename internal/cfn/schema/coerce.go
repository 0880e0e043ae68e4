package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Coerce returns the properties with scalars in the types that the schema asks for: CloudFormation takes "80" for
// the integer 80, 80 for the string "80" and "true" for the boolean true. Numbers come as float64. What cannot be
// converted, and what the schema does not know, is left as it is. The argument is not modified.
func (s *Schema) Coerce(props map[string]any) (map[string]any, error) {
	compiled, err := s.compiled()
	if err != nil {
		return nil, err
	}
	coerced, _ := coerce(compiled, props).(map[string]any)
	return coerced, nil
}

func coerce(sch *jsonschema.Schema, value any) any {
	for sch.Ref != nil {
		sch = sch.Ref
	}
	switch value := value.(type) {
	case map[string]any:
		object := coerceObject(sch, value)
		for _, part := range slices.Concat(sch.AllOf, sch.AnyOf, sch.OneOf) {
			object = coerceObject(part, object)
		}
		return object
	case []any:
		return coerceList(sch, value)
	default:
		return coerceScalar(sch.Types, value)
	}
}

func coerceObject(sch *jsonschema.Schema, object map[string]any) map[string]any {
	result := make(map[string]any, len(object))
	for name, value := range object {
		if sub := propertySchema(sch, name); sub != nil {
			value = coerce(sub, value)
		}
		result[name] = value
	}
	return result
}

func coerceList(sch *jsonschema.Schema, list []any) []any {
	if sch.Items2020 == nil {
		return list
	}
	result := make([]any, len(list))
	for i, item := range list {
		result[i] = coerce(sch.Items2020, item)
	}
	return result
}

// propertySchema returns the schema of an object's property, or nil if the object's schema says nothing about it.
func propertySchema(sch *jsonschema.Schema, name string) *jsonschema.Schema {
	if sub, ok := sch.Properties[name]; ok {
		return sub
	}
	for expression, sub := range sch.PatternProperties {
		if expression.MatchString(name) {
			return sub
		}
	}
	sub, _ := sch.AdditionalProperties.(*jsonschema.Schema)
	return sub
}

// coerceScalar converts a scalar that is none of the wanted types to the first of them that can hold it.
func coerceScalar(wanted *jsonschema.Types, value any) any {
	if wanted == nil || value == nil {
		return value
	}
	types := wanted.ToStrings()
	if slices.ContainsFunc(types, func(name string) bool { return isA(name, value) }) {
		return value
	}
	for _, name := range types {
		if converted, ok := convert(name, value); ok {
			return converted
		}
	}
	return value
}

// isA reports whether the scalar is of a JSON Schema type. Every number passes for an integer here:
// if it has a fraction, the validator says so.
func isA(name string, value any) bool {
	switch value.(type) {
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	default:
		return name == "integer" || name == "number"
	}
}

func convert(name string, value any) (any, bool) {
	text, ok := scalarText(value)
	if !ok {
		return nil, false
	}
	switch name {
	case "string":
		return text, true
	case "boolean":
		switch strings.ToLower(text) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	case "integer":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return float64(n), true
		}
	case "number":
		// Go also reads "NaN", "inf" and "0x1p4", which are no numbers of JSON.
		if n, err := strconv.ParseFloat(text, 64); err == nil && json.Valid([]byte(text)) {
			return n, true
		}
	}
	return nil, false
}

// scalarText writes a scalar as CloudFormation does when it needs a string.
func scalarText(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		return value.String(), true
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), true
	case int, int32, int64:
		return fmt.Sprint(value), true
	default:
		return "", false
	}
}

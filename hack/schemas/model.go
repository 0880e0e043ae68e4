package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schemas"
)

// node is a schema, as far as it decides about Go types.
type node struct {
	Ref               string          `json:"$ref"`
	Type              oneOrMany       `json:"type"`
	Properties        map[string]node `json:"properties"`
	PatternProperties map[string]node `json:"patternProperties"`
	Items             *node           `json:"items"`
	AnyOf             []node          `json:"anyOf"`
	Required          []string        `json:"required"`
	Enum              []any           `json:"enum"`
	Definitions       map[string]node `json:"definitions"`
	CreateOnly        []string        `json:"createOnlyProperties"`
	ReadOnly          []string        `json:"readOnlyProperties"`
}

// oneOrMany is a JSON Schema type: one name or a list of them.
type oneOrMany []string

func (t *oneOrMany) UnmarshalJSON(text []byte) error {
	var one string
	if err := json.Unmarshal(text, &one); err == nil {
		*t = oneOrMany{one}
		return nil
	}
	if err := json.Unmarshal(text, (*[]string)(t)); err != nil {
		return fmt.Errorf("reading a type: %w", err)
	}
	return nil
}

// model is the Go view of one resource type.
type model struct {
	typeName string
	root     node
	taken    map[string]bool // The names of all resources in the package.
	structs  map[string]node // By Go name.
}

var (
	errUnknownForm = errors.New("no Go type is known for this form of schema")
	errNameTaken   = errors.New("two different structs would have this name")
)

func readModel(typeName string, taken map[string]bool) (*model, error) {
	content, ok := schemas.Read(typeName)
	if !ok {
		return nil, fmt.Errorf("no schema of %s is embedded; run import.py", typeName)
	}
	m := &model{typeName: typeName, taken: taken, structs: make(map[string]node)}
	if err := json.Unmarshal(content, &m.root); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	for _, pointer := range m.root.ReadOnly {
		if name, _ := strings.CutPrefix(pointer, "/properties/"); !strings.Contains(name, "/") {
			delete(m.root.Properties, name)
		}
	}
	return m, nil
}

// goType returns the Go type of a property. Objects on the way become structs of the model, named after the
// resource and the definition or property.
func (m *model) goType(name string, n node) (string, error) {
	switch {
	case n.Ref != "":
		name = strings.TrimPrefix(n.Ref, "#/definitions/")
		return m.goType(name, m.root.Definitions[name])
	case isTag(name, n):
		return "*cfn.Tag", nil
	case len(n.Properties) > 0:
		goName, err := m.addStruct(name, n)
		return "*" + goName, err
	case slices.Contains(n.Type, "object"):
		return m.openObject(name, n)
	case n.Items != nil:
		item, err := m.goType(name, *n.Items)
		return "[]" + strings.TrimPrefix(item, "*"), err
	case len(n.Type) > 0:
		return scalar(n.Type[0])
	case len(n.AnyOf) > 0:
		return m.goType(name, n.AnyOf[0]) // Alternatives differ in constraints, not in type.
	default:
		return "", fmt.Errorf("%s: %w", name, errUnknownForm)
	}
}

// openObject returns the type of an object without named properties: a map, or a free document.
func (m *model) openObject(name string, n node) (string, error) {
	for _, value := range n.PatternProperties {
		item, err := m.goType(name, value)
		return "map[string]" + item, err
	}
	return "cfn.JSON", nil
}

func scalar(name string) (string, error) {
	switch name {
	case "string":
		return "cfn.String", nil
	case "integer":
		return "cfn.Integer", nil
	case "number":
		return "cfn.Number", nil
	case "boolean":
		return "cfn.Boolean", nil
	default:
		return "", fmt.Errorf("type %q: %w", name, errUnknownForm)
	}
}

// addStruct returns the struct's name: the resource's and its own, joined without repetition.
func (m *model) addStruct(name string, n node) (string, error) {
	resource := shortName(m.typeName)
	goName := exported(name)
	if !strings.HasPrefix(goName, resource) {
		goName = resource + goName
	}
	if m.taken[goName] {
		goName += "Property"
	}
	if other, exists := m.structs[goName]; exists && !reflect.DeepEqual(other, n) {
		return "", fmt.Errorf("%s: %w", goName, errNameTaken)
	}
	m.structs[goName] = n
	return goName, nil
}

// isTag recognizes the tags that all services define alike.
func isTag(name string, n node) bool {
	return name == "Tag" && slices.Equal(slices.Sorted(maps.Keys(n.Properties)), []string{"Key", "Value"})
}

func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

package document

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	// maxDepth bounds nesting; CloudFormation's own limit is lower.
	maxDepth = 200
	tooDeep  = "the template is too deep."
)

// functions are the intrinsic functions that YAML writes as tags.
func isFunction(name string) bool {
	switch name {
	case "Contains", "EachMemberEquals", "EachMemberIn", "RefAll", // of rules
		"Base64", "Cidr", "FindInMap", "GetAtt", "GetAZs", "If", "ImportValue", "Join", "Select", "Split", "Sub",
		"Equals", "And", "Or", "Not", "ToJsonString", "Length", "Transform":
		return true
	default:
		return false
	}
}

func decodeYAML(body string, orders map[string]*names) (any, error) {
	var document, rest yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(body))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, notYAML(body, err)
	}
	switch err := decoder.Decode(&rest); {
	case err == nil: // a template is a single document
		return nil, malformed("YAML not well-formed. (line %d, column %d)", rest.Line, rest.Column)
	case !errors.Is(err, io.EOF):
		return nil, notYAML(body, err)
	case len(document.Content) == 0:
		return nil, malformed("YAML not well-formed.")
	}
	root, err := valueOf(document.Content[0], 0)
	if err == nil {
		orderYAML(document.Content[0], nil, orders)
	}
	return root, err
}

// valueOf turns a node of YAML into a JSON value. Aliases are refused in the words that people publish.
func valueOf(node *yaml.Node, depth int) (any, error) {
	if depth > maxDepth {
		return nil, malformed(tooDeep)
	}
	if node.Kind == yaml.AliasNode {
		return nil, refuse("Template error: YAML aliases are not allowed in CloudFormation templates")
	}
	plain, err := untagged(node, depth)
	if err != nil {
		return nil, err
	}
	return function(node, plain)
}

func untagged(node *yaml.Node, depth int) (any, error) {
	switch node.Kind {
	case yaml.MappingNode:
		return mapping(node, depth)
	case yaml.SequenceNode:
		list := make([]any, 0, len(node.Content))
		for _, child := range node.Content {
			item, err := valueOf(child, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		return list, nil
	case yaml.ScalarNode:
		return scalar(node), nil
	case yaml.DocumentNode, yaml.AliasNode:
		fallthrough // neither has a value of its own
	default:
		return nil, malformed("YAML not well-formed. (line %d, column %d)", node.Line, node.Column)
	}
}

func mapping(node *yaml.Node, depth int) (any, error) {
	result := make(map[string]any, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, malformed("YAML not well-formed. (line %d, column %d)", key.Line, key.Column)
		}
		if _, twice := result[key.Value]; twice {
			return nil, malformed("YAML not well-formed. (line %d, column %d)", key.Line, key.Column)
		}
		value, err := valueOf(node.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		result[key.Value] = value
	}
	return result, nil
}

// scalar returns a string, a number, a bool or nil. Dates stay the strings that they were written as.
func scalar(node *yaml.Node) any {
	switch node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(node.Value, "true")
	case "!!int", "!!float":
		return number(node.Value)
	default:
		return node.Value
	}
}

// number returns a float64, or the text if that would change how it reads: account ids with leading zeros
// and the like stay strings.
func number(text string) any {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || (len(text) > 1 && text[0] == '0' && text[1] != '.') {
		return text
	}
	return value
}

// function spells out a tag such as !Sub.
func function(node *yaml.Node, value any) (any, error) {
	if !strings.HasPrefix(node.Tag, "!") || strings.HasPrefix(node.Tag, "!!") {
		return value, nil
	}
	name := node.Tag[1:]
	switch {
	case name == "Ref" || name == "Condition":
		return map[string]any{name: tagged(node, value)}, nil
	case name == "GetAtt":
		return map[string]any{"Fn::GetAtt": splitAttribute(tagged(node, value))}, nil
	case isFunction(name):
		return map[string]any{"Fn::" + name: tagged(node, value)}, nil
	default:
		return nil, malformed("YAML not well-formed. (line %d, column %d)", node.Line, node.Column)
	}
}

// tagged returns a tagged scalar as the text that it is: !Ref 1 refers to "1".
func tagged(node *yaml.Node, value any) any {
	if node.Kind == yaml.ScalarNode {
		return node.Value
	}
	return value
}

// splitAttribute turns "Logical.Attribute.Path" into a list of two.
func splitAttribute(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	logical, attribute, found := strings.Cut(text, ".")
	if !found {
		return value
	}
	return []any{logical, attribute}
}

package document

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// LanguageExtensions is the only transform that the simulator knows: it allows Fn::Length and Fn::ToJsonString.
const LanguageExtensions = "AWS::LanguageExtensions"

var alphanumeric = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// build makes a Template of the sections, in the order in which CloudFormation checks them.
func build(sections map[string]any) (*Template, error) {
	if err := checkSections(sections); err != nil {
		return nil, err
	}
	template := &Template{Metadata: sections["Metadata"]}
	steps := []func(map[string]any) error{
		template.readDescription, template.readTransforms, template.readParameters, template.readMappings,
		template.readConditions, template.readRules, template.readResources, template.readOutputs,
	}
	for _, step := range steps {
		if err := step(sections); err != nil {
			return nil, err
		}
	}
	return template, nil
}

func checkSections(sections map[string]any) error {
	var unknown []string
	for _, name := range sortedKeys(sections) {
		switch name {
		case "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources",
			"Outputs", "Rules", "Transform":
		case "Hooks":
			return refuse("awssim does not implement the template section %s", name)
		default:
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return refuse("Invalid template property or properties [%s]", strings.Join(unknown, ", "))
	}
	if version, ok := sections["AWSTemplateFormatVersion"]; ok && version != "2010-09-09" {
		return malformed("unsupported value for AWSTemplateFormatVersion.")
	}
	return nil
}

func (t *Template) readDescription(sections map[string]any) error {
	value, ok := sections["Description"]
	if !ok {
		return nil
	}
	description, ok := value.(string)
	if !ok {
		return malformed("Every Description member must be a string.")
	}
	const maxDescription = 1024
	if len(description) > maxDescription {
		return malformed("'Description' length is greater than %d.", maxDescription)
	}
	t.Description = description
	return nil
}

func (t *Template) readTransforms(sections map[string]any) error {
	value, ok := sections["Transform"]
	if !ok {
		return nil
	}
	names, ok := stringList(value)
	if !ok {
		return malformed("Transform must be a string or a list of strings.")
	}
	for _, name := range names {
		if name != LanguageExtensions {
			return refuse("awssim does not implement the transform %s", name)
		}
	}
	t.Transforms = names
	return nil
}

// section returns a section's members; a section that is not there has none.
func section(sections map[string]any, name string) (map[string]any, error) {
	value, ok := sections[name]
	if !ok {
		return nil, nil //nolint:nilnil // no members, no error
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, malformed("Any %s member must be an object.", name)
	}
	return members, nil
}

func (t *Template) readMappings(sections map[string]any) error {
	mappings, err := section(sections, "Mappings")
	if err != nil {
		return err
	}
	t.Mappings = make(map[string]map[string]map[string]any, len(mappings))
	for _, name := range sortedKeys(mappings) {
		first, ok := mappings[name].(map[string]any)
		if !ok {
			return malformed("Every Mappings member %s must be a map", name)
		}
		t.Mappings[name] = make(map[string]map[string]any, len(first))
		for _, key := range sortedKeys(first) {
			if t.Mappings[name][key], err = readMapping(key, first[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

var elementName = regexp.MustCompile(`^[A-Za-z0-9.-]+$`)

// readMapping reads what a mapping has below one key.
func readMapping(key string, value any) (map[string]any, error) {
	attributes, ok := value.(map[string]any)
	switch {
	case !elementName.MatchString(key):
		return nil, malformed(
			"Mappings element name '%s' must be non-empty and can contain only alphanumerics, '-' or '.'", key)
	case !ok:
		return nil, malformed("Every Mappings member %s must be a map", key)
	}
	for _, name := range sortedKeys(attributes) {
		switch {
		case !alphanumeric.MatchString(name):
			return nil, malformed("Mappings attribute name '%s' must contain only alphanumeric characters.", name)
		case !isMappingValue(attributes[name]):
			return nil, malformed("Every Mappings attribute must be a String or a List.")
		}
	}
	return attributes, nil
}

func isMappingValue(value any) bool {
	if list, ok := value.([]any); ok {
		return !slices.ContainsFunc(list, func(item any) bool { return !isScalar(item) })
	}
	return isScalar(value)
}

func (t *Template) readConditions(sections map[string]any) error {
	conditions, err := section(sections, "Conditions")
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(conditions) {
		if _, ok := conditions[name].(map[string]any); !ok {
			return malformed("Every Conditions member must be an object.")
		}
	}
	t.Conditions = conditions
	return nil
}

func (t *Template) readOutputs(sections map[string]any) error {
	outputs, err := section(sections, "Outputs")
	if err != nil {
		return err
	}
	t.Outputs = make(map[string]Output, len(outputs))
	for _, name := range sortedKeys(outputs) {
		if !alphanumeric.MatchString(name) {
			return malformed("Outputs name '%s' is non alphanumeric.", name)
		}
		output, err := readOutput(name, outputs[name])
		if err != nil {
			return err
		}
		t.Outputs[name] = output
	}
	return nil
}

func readOutput(name string, value any) (Output, error) {
	members, ok := value.(map[string]any)
	if !ok || members["Value"] == nil {
		return Output{}, malformed("Every Outputs member must contain a Value object")
	}
	output := Output{Value: members["Value"]}
	for _, key := range sortedKeys(members) {
		switch key {
		case "Value":
			if _, list := members[key].([]any); list {
				return Output{}, malformed("Every Value member must be a string.")
			}
		case "Description":
			output.Description, ok = members[key].(string)
		case "Condition":
			output.Condition, ok = members[key].(string)
		case "Export":
			output.Export, ok = exportName(members[key])
		default:
			return Output{}, refuse("Invalid template outputs property '%s'", key)
		}
		if !ok {
			return Output{}, wrongType("/Outputs/"+name, key)
		}
	}
	return output, nil
}

func exportName(value any) (any, bool) {
	members, ok := value.(map[string]any)
	if !ok || len(members) != 1 {
		return nil, false
	}
	name, ok := members["Name"]
	return name, ok
}

func isScalar(value any) bool {
	switch value.(type) {
	case string, bool, float64:
		return true
	default:
		return false
	}
}

// stringList accepts a string or a list of strings.
func stringList(value any) ([]string, bool) {
	if text, ok := value.(string); ok {
		return []string{text}, true
	}
	list, ok := value.([]any)
	if !ok {
		return nil, false
	}
	texts := make([]string, 0, len(list))
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

func sortedKeys[V any](members map[string]V) []string { return slices.Sorted(maps.Keys(members)) }

func itoa(number int) string { return strconv.Itoa(number) }

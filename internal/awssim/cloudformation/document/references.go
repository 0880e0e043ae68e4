package document

import (
	"slices"
	"strings"
)

// Reference is a use of a parameter, pseudo parameter or resource by a value.
type Reference struct {
	Name      string
	Attribute string // empty for Ref
	InSub     bool   // by Fn::Sub
}

// References returns what a value refers to by Ref, Fn::GetAtt and Fn::Sub, in a fixed order, doubles included.
func References(value any) []Reference {
	switch typed := value.(type) {
	case []any:
		var found []Reference
		for _, item := range typed {
			found = append(found, References(item)...)
		}
		return found
	case map[string]any:
		if name, argument, ok := Call(typed); ok {
			return callReferences(name, argument)
		}
		var found []Reference
		for _, key := range sortedKeys(typed) {
			found = append(found, References(typed[key])...)
		}
		return found
	default:
		return nil
	}
}

// Call reports whether a value is a call of an intrinsic function: an object with the function's name as
// its only member.
func Call(members map[string]any) (string, any, bool) {
	if len(members) != 1 {
		return "", nil, false
	}
	for name, argument := range members {
		if name == "Ref" || strings.HasPrefix(name, "Fn::") {
			return name, argument, true
		}
	}
	return "", nil, false
}

func callReferences(name string, argument any) []Reference {
	switch name {
	case "Ref":
		if text, ok := argument.(string); ok {
			return []Reference{{Name: text}}
		}
		return nil
	case "Fn::GetAtt":
		return attributeReference(argument)
	case "Fn::Sub":
		return substitutionReferences(argument)
	default:
		return References(argument)
	}
}

func attributeReference(argument any) []Reference {
	if text, ok := argument.(string); ok {
		argument = splitAttribute(text)
	}
	list, ok := argument.([]any)
	if !ok || len(list) < 2 {
		return nil
	}
	logical, ok := list[0].(string)
	if !ok {
		return nil
	}
	found := []Reference{{Name: logical, Attribute: Text(list[1])}}
	return append(found, References(list[1])...)
}

func substitutionReferences(argument any) []Reference {
	text, own, ok := Substitution(argument)
	if !ok {
		return nil
	}
	var found []Reference
	for _, name := range Variables(text) {
		if _, given := own[name]; given {
			continue
		}
		logical, attribute, _ := strings.Cut(name, ".")
		found = append(found, Reference{Name: logical, Attribute: attribute, InSub: true})
	}
	return append(found, References(own)...)
}

// Substitution takes the argument of Fn::Sub apart: a string, or a string and a map of variables.
func Substitution(argument any) (string, map[string]any, bool) {
	if text, ok := argument.(string); ok {
		return text, nil, true
	}
	list, ok := argument.([]any)
	if !ok || len(list) != 2 {
		return "", nil, false
	}
	text, isText := list[0].(string)
	own, isMap := list[1].(map[string]any)
	return text, own, isText && isMap
}

// Variables returns the names in ${...} of a Fn::Sub string; ${!name} is literal and left out, and spaces around a name
// are no part of it (believed: cfn-lint takes them, and templates that are in use have them).
func Variables(text string) []string {
	var names []string
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return names
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			return names
		}
		if !strings.HasPrefix(name, "!") {
			names = append(names, strings.TrimSpace(name))
		}
		text = rest
	}
}

// resolveDependencies finds out what each resource waits for.
func (t *Template) resolveDependencies() {
	for _, resource := range t.Resources {
		names := slices.Clone(resource.DependsOn)
		for _, reference := range References(resource.expressions()) {
			if _, ok := t.Resources[reference.Name]; ok {
				names = append(names, reference.Name)
			}
		}
		slices.Sort(names)
		resource.Dependencies = slices.Compact(names)
	}
}

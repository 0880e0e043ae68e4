package document

import (
	"slices"
	"strings"
)

// checkReferences refuses names that nothing in the template defines, and cycles.
func (t *Template) checkReferences() error {
	steps := []func() error{t.checkConditions, t.checkRules, t.checkFunctions, t.checkResources, t.checkOutputs, t.checkCycles}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (t *Template) checkConditions() error {
	unresolved := t.unresolved(t.Conditions, nobody)
	for _, reference := range References(t.Conditions) {
		if reference.Attribute != "" {
			unresolved = append(unresolved, reference.Name)
		}
	}
	if len(unresolved) > 0 {
		return malformed("Unresolved dependencies [%s]. Cannot reference resources in the Conditions block of the template",
			strings.Join(unresolved, ", "))
	}
	for _, name := range sortedKeys(t.Conditions) {
		if missing, ok := t.undefinedCondition(t.Conditions[name]); ok {
			return malformed("Unresolved condition dependency %s in the Conditions block of the template", missing)
		}
	}
	return nil
}

func (t *Template) checkResources() error {
	var unresolved []string
	for _, name := range sortedKeys(t.Resources) {
		resource := t.Resources[name]
		unresolved = append(unresolved, t.unresolved(resource.expressions(), t.hasResource)...)
		for _, dependency := range resource.DependsOn {
			if !t.hasResource(dependency) {
				unresolved = append(unresolved, dependency)
			}
		}
	}
	if len(unresolved) > 0 {
		return malformed("Unresolved resource dependencies [%s] in the Resources block of the template", joined(unresolved))
	}
	for _, name := range sortedKeys(t.Resources) {
		resource := t.Resources[name]
		if _, ok := t.Conditions[resource.Condition]; resource.Condition != "" && !ok {
			return malformed("Unresolved condition dependency %s in the Resources block of the template", resource.Condition)
		}
		if err := t.checkNames(resource.expressions()); err != nil {
			return err
		}
	}
	return nil
}

func (t *Template) checkOutputs() error {
	var unresolved []string
	for _, name := range sortedKeys(t.Outputs) {
		output := t.Outputs[name]
		unresolved = append(unresolved, t.unresolved([]any{output.Value, output.Export}, t.hasResource)...)
	}
	if len(unresolved) > 0 {
		return malformed("Unresolved resource dependencies [%s] in the Outputs block of the template", joined(unresolved))
	}
	for _, name := range sortedKeys(t.Outputs) {
		output := t.Outputs[name]
		if _, ok := t.Conditions[output.Condition]; output.Condition != "" && !ok {
			return malformed("Unresolved condition dependency %s in the Outputs block of the template", output.Condition)
		}
		if err := t.checkNames([]any{output.Value, output.Export}); err != nil {
			return err
		}
	}
	return nil
}

// checkNames refuses attributes of resources and conditions that a value names and the template lacks.
func (t *Template) checkNames(value any) error {
	for _, reference := range References(value) {
		switch {
		case reference.Attribute == "" || t.hasResource(reference.Name):
		case reference.InSub:
			return refuse("Template error: instance of Fn::Sub references invalid resource attribute %s.%s",
				reference.Name, reference.Attribute)
		default:
			return refuse("Template error: instance of Fn::GetAtt references undefined resource %s", reference.Name)
		}
	}
	if missing, ok := t.undefinedCondition(value); ok {
		return refuse("Template error: unresolved condition dependency %s in Fn::If", missing)
	}
	return nil
}

func (t *Template) hasResource(name string) bool {
	_, ok := t.Resources[name]
	return ok
}

func nobody(string) bool { return false }

// unresolved returns the names that value refers to as a whole and that are no parameter, pseudo parameter or allowed resource.
func (t *Template) unresolved(value any, allowed func(string) bool) []string {
	var names []string
	for _, reference := range References(value) {
		_, isParameter := t.Parameters[reference.Name]
		if reference.Attribute == "" && !isParameter && !isPseudo(reference.Name) && !allowed(reference.Name) {
			names = append(names, reference.Name)
		}
	}
	return names
}

// undefinedCondition finds the first condition that value names and the template lacks.
func (t *Template) undefinedCondition(value any) (string, bool) {
	for _, name := range conditionNames(value) {
		if _, ok := t.Conditions[name]; !ok {
			return name, true
		}
	}
	return "", false
}

// conditionNames returns the conditions that Fn::If, Fn::And, Fn::Or and Fn::Not of a value name.
func conditionNames(value any) []string {
	var names []string
	switch typed := value.(type) {
	case []any:
		for _, item := range typed {
			names = append(names, conditionNames(item)...)
		}
	case map[string]any:
		for _, key := range sortedKeys(typed) {
			names = append(names, namedCondition(key, typed[key])...)
			names = append(names, conditionNames(typed[key])...)
		}
	}
	return names
}

func namedCondition(function string, argument any) []string {
	list, ok := argument.([]any)
	if !ok || len(list) == 0 {
		return nil
	}
	switch function {
	case "Fn::If":
		if name, ok := list[0].(string); ok {
			return []string{name}
		}
	case "Fn::And", "Fn::Or", "Fn::Not":
		var names []string
		for _, item := range list {
			if members, ok := item.(map[string]any); ok {
				if name, ok := members["Condition"].(string); ok {
					names = append(names, name)
				}
			}
		}
		return names
	}
	return nil
}

// checkCycles refuses resources that wait for each other.
func (t *Template) checkCycles() error {
	waiting := make(map[string][]string, len(t.Resources))
	for name, resource := range t.Resources {
		waiting[name] = resource.Dependencies
	}
	for removed := true; removed; {
		removed = false
		for name, dependencies := range waiting {
			free := !slices.ContainsFunc(dependencies, func(other string) bool { _, ok := waiting[other]; return ok })
			if free {
				delete(waiting, name)
				removed = true
			}
		}
	}
	if len(waiting) > 0 {
		return refuse("Circular dependency between resources: [%s]", strings.Join(sortedKeys(waiting), ", "))
	}
	return nil
}

func isPseudo(name string) bool {
	switch name {
	case "AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId",
		"AWS::StackName", "AWS::URLSuffix":
		return true
	default:
		return false
	}
}

func joined(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

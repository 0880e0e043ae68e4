package document

import "slices"

// Rule is a member of the Rules section: what has to hold of the parameters before anything is done.
type Rule struct {
	Condition  any // nil if it always applies
	Assertions []Assertion
}

// Assertion is what a rule asserts.
type Assertion struct {
	Assert      any
	Description string
}

// RuleFunctions are those that rules may call. Source: "Rule-specific intrinsic functions", user guide.
func RuleFunctions() []string {
	return []string{
		"Fn::And", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::Equals", "Fn::Not", "Fn::Or", "Fn::RefAll",
	}
}

func (t *Template) readRules(sections map[string]any) error {
	rules, err := section(sections, "Rules")
	if err != nil {
		return err
	}
	t.Rules = make(map[string]Rule, len(rules))
	for _, name := range sortedKeys(rules) {
		if !alphanumeric.MatchString(name) {
			return malformed("Rule name {%s} is non alphanumeric.", name)
		}
		members, ok := rules[name].(map[string]any)
		if !ok {
			return malformed("Any Rules member must be an object.")
		}
		rule, err := readRule(name, members)
		if err != nil {
			return err
		}
		t.Rules[name] = rule
	}
	return nil
}

func readRule(name string, members map[string]any) (Rule, error) {
	list, ok := members["Assertions"].([]any)
	if !ok || len(list) == 0 {
		return Rule{}, malformed("[/Rules/%s] Every Rules object must contain an Assertions list.", name)
	}
	rule := Rule{Condition: members["RuleCondition"]}
	for _, key := range sortedKeys(members) {
		if key != "Assertions" && key != "RuleCondition" {
			return Rule{}, refuse("Invalid template rule property '%s'", key)
		}
	}
	for _, item := range list {
		given, ok := item.(map[string]any)
		if !ok || given["Assert"] == nil {
			return Rule{}, malformed("[/Rules/%s/Assertions] Every assertion must contain an Assert function.", name)
		}
		description, _ := given["AssertDescription"].(string)
		rule.Assertions = append(rule.Assertions, Assertion{Assert: given["Assert"], Description: description})
	}
	return rule, nil
}

// checkRules refuses what rules may not refer to or call.
func (t *Template) checkRules() error {
	for _, name := range sortedKeys(t.Rules) {
		rule := t.Rules[name]
		parts := []any{rule.Condition}
		for _, assertion := range rule.Assertions {
			parts = append(parts, assertion.Assert)
		}
		if unresolved := t.unresolved(parts, func(string) bool { return false }); len(unresolved) > 0 {
			return malformed("Unresolved dependencies [%s]. Cannot reference resources in the Rules block of the template",
				joined(unresolved))
		}
		if err := checkCalls(parts, slices.Concat(RuleFunctions(), []string{"Ref"})); err != nil {
			return err
		}
	}
	return nil
}

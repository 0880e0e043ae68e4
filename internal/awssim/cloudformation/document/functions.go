package document

import (
	"regexp"
	"slices"
	"strings"
)

// listed are the names that CloudFormation tells whoever calls what it does not know; some of them work in Rules only.
const listed = "Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, " +
	"Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, " +
	"Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr"

var variableName = regexp.MustCompile(`^[A-Za-z0-9_:.]+$`)

// supported are the functions that a template without transforms may call.
func supported() []string {
	return []string{
		"Fn::Base64", "Fn::GetAtt", "Fn::GetAZs", "Fn::ImportValue", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::FindInMap",
		"Fn::If", "Fn::Not", "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Cidr", "Fn::Sub",
	}
}

// checkFunctions refuses calls of functions that do not exist, or that want a transform.
func (t *Template) checkFunctions() error {
	allowed := supported()
	if slices.Contains(t.Transforms, LanguageExtensions) {
		allowed = append(allowed, "Fn::Length", "Fn::ToJsonString")
	}
	for _, name := range sortedKeys(t.Resources) {
		if err := checkCalls(t.Resources[name].expressions(), allowed); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(t.Outputs) {
		if err := checkCalls([]any{t.Outputs[name].Value, t.Outputs[name].Export}, allowed); err != nil {
			return err
		}
	}
	return checkCalls(t.Conditions, allowed)
}

// checkVariables refuses names in Fn::Sub that nothing can have.
func checkVariables(function string, argument any) error {
	text, _, ok := Substitution(argument)
	if function != "Fn::Sub" || !ok {
		return nil
	}
	if slices.ContainsFunc(Variables(text), func(name string) bool { return !variableName.MatchString(name) }) {
		return refuse("Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, " +
			"periods, and colons")
	}
	return nil
}

func checkCalls(value any, allowed []string) error {
	switch typed := value.(type) {
	case []any:
		for _, item := range typed {
			if err := checkCalls(item, allowed); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range sortedKeys(typed) {
			if strings.HasPrefix(strings.ToLower(key), "fn::") && !slices.Contains(allowed, key) {
				return refuse("Template Error: Encountered unsupported function: %s Supported functions are: [%s]", key, listed)
			}
			if err := checkVariables(key, typed[key]); err != nil {
				return err
			}
			if err := checkCalls(typed[key], allowed); err != nil {
				return err
			}
		}
	}
	return nil
}

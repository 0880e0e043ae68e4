package document

import (
	"slices"
	"strings"
)

// supported are the functions that a template without transforms may call, as AWS lists them.
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
		if err := checkCalls(t.Resources[name].Properties, allowed); err != nil {
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
			if strings.HasPrefix(key, "Fn::") && !slices.Contains(allowed, key) {
				return refuse("Template error: Encountered unsupported function: %s Supported functions are: [%s]",
					key, strings.Join(allowed, ", "))
			}
			if err := checkCalls(typed[key], allowed); err != nil {
				return err
			}
		}
	}
	return nil
}

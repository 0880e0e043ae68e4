package cloudformation

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// parameterValue is the value of a template's parameter.
type parameterValue struct {
	value  string
	isList bool
	noEcho bool
}

// resolved is what Ref answers.
func (v parameterValue) resolved() any {
	if !v.isList {
		return v.value
	}
	var items []any
	for item := range strings.SplitSeq(v.value, ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items
}

// shown is what descriptions show.
func (v parameterValue) shown() string {
	if v.noEcho {
		return "****"
	}
	return v.value
}

// parameter is a parameter as clients give it.
type parameter struct {
	ParameterKey     string
	ParameterValue   *string
	UsePreviousValue bool
}

// assign gives every parameter of the template its value: the client's, the previous one or the default.
func assign(
	template *document.Template, given []parameter, previous map[string]parameterValue,
) (map[string]parameterValue, error) {
	byKey, err := keyed(template, given)
	if err != nil {
		return nil, err
	}
	values := make(map[string]parameterValue, len(template.Parameters))
	var missing []string
	for _, name := range sortedKeys(template.Parameters) {
		declared := template.Parameters[name]
		text, ok, err := choose(name, declared, byKey, previous)
		if err != nil {
			return nil, err
		}
		if !ok {
			missing = append(missing, name)
			continue
		}
		if err := conform(name, declared, text); err != nil {
			return nil, err
		}
		values[name] = parameterValue{value: text, isList: declared.IsList(), noEcho: declared.NoEcho}
	}
	if len(missing) > 0 {
		return nil, invalid("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	return values, nil
}

func keyed(template *document.Template, given []parameter) (map[string]parameter, error) {
	byKey := make(map[string]parameter, len(given))
	var unknown []string
	for _, p := range given {
		if _, ok := template.Parameters[p.ParameterKey]; !ok {
			unknown = append(unknown, p.ParameterKey)
		}
		if _, twice := byKey[p.ParameterKey]; twice {
			return nil, invalid("Duplicate input parameter key %s specified.", p.ParameterKey)
		}
		byKey[p.ParameterKey] = p
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, invalid("Parameters: [%s] do not exist in the template", strings.Join(unknown, ", "))
	}
	return byKey, nil
}

func choose(
	name string, declared *document.Parameter, given map[string]parameter, previous map[string]parameterValue,
) (string, bool, error) {
	p, isGiven := given[name]
	switch {
	case isGiven && p.UsePreviousValue && p.ParameterValue != nil:
		return "", false, invalid("Invalid input for parameter key %s. Cannot specify usePreviousValue as true with a value.", name)
	case isGiven && p.UsePreviousValue:
		old, ok := previous[name]
		if !ok {
			return "", false, invalid(
				"Invalid input for parameter key %s. "+
					"Cannot specify usePreviousValue as true for a parameter key not in the previous template",
				name)
		}
		return old.value, true, nil
	case isGiven && p.ParameterValue != nil:
		return *p.ParameterValue, true, nil
	case declared.Default != nil:
		return *declared.Default, true, nil
	default:
		return "", false, nil
	}
}

// conform checks a value against its declaration. Texts as moto's tests and public issues quote them.
func conform(name string, declared *document.Parameter, text string) error {
	items := []string{text}
	if declared.IsList() {
		items = strings.Split(text, ",")
	}
	for _, item := range items {
		item = strings.TrimSpace(item)
		if problem := violation(declared, item); problem != "" {
			if declared.ConstraintDescription != "" {
				problem = "failed to satisfy constraint: " + declared.ConstraintDescription
			}
			return invalid("Parameter '%s' %s", name, problem)
		}
		if declared.IsNumeric() && !isNumber(item) {
			return invalid("Parameter '%s' must be a number.", name)
		}
	}
	return nil
}

func violation(declared *document.Parameter, text string) string {
	length := utf8.RuneCountInString(text)
	switch {
	case len(declared.AllowedValues) > 0 && !slices.Contains(declared.AllowedValues, text):
		return "must be one of AllowedValues"
	case declared.AllowedPattern != nil && !declared.AllowedPattern.MatchString(text):
		return "must match pattern " + inner(declared.AllowedPattern.String())
	case declared.MinLength != nil && length < *declared.MinLength:
		return "must contain at least " + strconv.Itoa(*declared.MinLength) + " characters"
	case declared.MaxLength != nil && length > *declared.MaxLength:
		return "must contain at most " + strconv.Itoa(*declared.MaxLength) + " characters"
	case declared.MinValue != nil && isNumber(text) && number(text) < *declared.MinValue:
		return "must be a number not less than " + document.Text(*declared.MinValue)
	case declared.MaxValue != nil && isNumber(text) && number(text) > *declared.MaxValue:
		return "must be a number not greater than " + document.Text(*declared.MaxValue)
	default:
		return ""
	}
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

func number(text string) float64 {
	value, _ := strconv.ParseFloat(text, 64) // isNumber was asked first
	return value
}

// inner is a pattern as the template has it, without the anchors that Parse put around it.
func inner(pattern string) string {
	return strings.TrimSuffix(strings.TrimPrefix(pattern, "^(?:"), ")$")
}

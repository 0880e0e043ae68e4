package cloudformation

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// parameterValue is the value of a template's parameter.
type parameterValue struct {
	value  string
	isList bool
	noEcho bool
	// isStored is set if value names an SSM parameter, whose own value stored is.
	isStored bool
	stored   string
}

// given is the value without what is stored under its name: a change set does not count a stored value that changed
// as a change of the parameter (recorded).
func (v parameterValue) given() parameterValue {
	v.stored = ""
	return v
}

// text is the value itself, wherever it is kept.
func (v parameterValue) text() string {
	if v.isStored {
		return v.stored
	}
	return v.value
}

// resolved is what Ref answers.
func (v parameterValue) resolved() any {
	if !v.isList {
		return v.text()
	}
	var items []any
	for item := range strings.SplitSeq(v.text(), ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items
}

// shown is what descriptions show.
func (v parameterValue) shown() string {
	if v.noEcho {
		return mask
	}
	return v.value
}

// shownStored is what descriptions show of a value that is kept in an SSM parameter; nil for others.
func (v parameterValue) shownStored() *string {
	switch {
	case !v.isStored:
		return nil
	case v.noEcho:
		hidden := v.shown()
		return &hidden
	default:
		return &v.stored
	}
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

// fetch looks up the values that are kept in SSM parameters. Its errors are quoted in public issues.
func (s *Service) fetch(call *wire.Call, template *document.Template, values map[string]parameterValue) error {
	var absent, secret []string
	for _, name := range sortedKeys(values) {
		declared := template.Parameters[name]
		if !declared.NamesStored() {
			continue
		}
		if s.references == nil {
			return wire.Unsupported(call, "parameters of the type "+declared.Type)
		}
		given := values[name]
		value, kind, ok := s.references.Parameter(call.Place(), given.value)
		switch {
		case !ok:
			absent = append(absent, given.value)
		case !declared.IsStored():
		case kind == "SecureString":
			secret = append(secret, given.value)
		default:
			given.isStored, given.stored = true, value
			values[name] = given
		}
	}
	switch {
	case len(absent) > 0:
		return invalid("Unable to fetch parameters %s from parameter store for this account.", list(absent))
	case len(secret) > 0:
		return invalid("Parameters %s referenced by template have types not supported by CloudFormation.", list(secret))
	default:
		return nil
	}
}

// list writes "[a,b]".
func list(names []string) string { return "[" + strings.Join(names, ",") + "]" }

// checkExistence stops an operation if what the values of AWS-specific types name does not exist. Types that the
// simulator has no resources of are not checked.
func (s *Service) checkExistence(st *stack, deployed *deployment) error {
	for _, name := range sortedKeys(deployed.parameters) {
		value, declared := deployed.parameters[name], deployed.template.Parameters[name]
		for _, item := range items(value) {
			if !s.exists(st.Place, declared.Kind(), item) {
				return refusal("Parameter validation failed: parameter value %s for parameter name %s does not exist", item, name)
			}
		}
	}
	return nil
}

func items(value parameterValue) []string {
	if !value.isList {
		return []string{value.text()}
	}
	parts := strings.Split(value.text(), ",")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return parts
}

func (s *Service) exists(place resource.Place, kind, id string) bool {
	if kind == "AWS::EC2::AvailabilityZone::Name" {
		return slices.Contains(intrinsic.Zones(place.Region), id)
	}
	resourceType, ok := map[string]string{
		"AWS::EC2::VPC::Id": "AWS::EC2::VPC", "AWS::EC2::Subnet::Id": "AWS::EC2::Subnet",
		"AWS::EC2::SecurityGroup::Id":  "AWS::EC2::SecurityGroup",
		"AWS::Route53::HostedZone::Id": "AWS::Route53::HostedZone",
	}[kind]
	if !ok {
		return true
	}
	reader, ok := s.providers[resourceType].(resource.Reader)
	if !ok {
		return true
	}
	_, exists := reader.Read(resource.Request{Place: place, Type: resourceType, PhysicalID: id})
	return exists
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
	case isGiven && p.UsePreviousValue && p.ParameterValue != nil && *p.ParameterValue != "":
		return "", false, invalid(
			"Invalid input for parameter key %s. Cannot specify usePreviousValue as true and non empty value for a parameter", name)
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
	parts := []string{text}
	if declared.IsList() && !declared.IsStored() {
		parts = strings.Split(text, ",")
	}
	for _, item := range parts {
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

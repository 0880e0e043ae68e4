package document

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Parameter is a member of the Parameters section.
type Parameter struct {
	Type                  string
	Description           string
	Default               *string // nil if a value must be given
	NoEcho                bool
	AllowedValues         []string
	AllowedPattern        *regexp.Regexp
	MinLength, MaxLength  *int
	MinValue, MaxValue    *float64
	ConstraintDescription string
}

// ssmPrefix starts the types whose value names an SSM parameter.
const ssmPrefix = "AWS::SSM::Parameter::Value<"

// IsList reports whether the parameter's value is a list of strings, written with commas between them.
func (p *Parameter) IsList() bool {
	inner := strings.TrimPrefix(p.Type, ssmPrefix)
	return strings.HasPrefix(inner, "CommaDelimitedList") || strings.HasPrefix(inner, "List<")
}

// NamesStored reports whether the value is the name of an SSM parameter, which has to exist.
func (p *Parameter) NamesStored() bool { return p.IsStored() || p.Type == "AWS::SSM::Parameter::Name" }

// IsStored reports whether Ref answers the value of the SSM parameter that the value names.
func (p *Parameter) IsStored() bool { return strings.HasPrefix(p.Type, ssmPrefix) }

// Kind returns the AWS-specific type of each value, such as AWS::EC2::VPC::Id, without what is around it.
func (p *Parameter) Kind() string {
	inner := strings.TrimPrefix(p.Type, ssmPrefix)
	return strings.TrimRight(strings.TrimPrefix(inner, "List<"), ">")
}

// IsNumeric reports whether each value must be a number.
func (p *Parameter) IsNumeric() bool { return p.Type == "Number" || p.Type == "List<Number>" }

func (t *Template) readParameters(sections map[string]any) error {
	parameters, err := section(sections, "Parameters")
	if err != nil {
		return err
	}
	const maxParameters = 200
	if len(parameters) > maxParameters {
		return malformed("Number of parameters, %d, is greater than maximum allowed, %d", len(parameters), maxParameters)
	}
	t.Parameters = make(map[string]*Parameter, len(parameters))
	for _, name := range sortedKeys(parameters) {
		if !alphanumeric.MatchString(name) {
			return malformed("Parameter name %s is non alphanumeric.", name)
		}
		members, ok := parameters[name].(map[string]any)
		if !ok {
			return malformed("Any Parameters member must be an object.")
		}
		parameter, err := readParameter(name, members)
		if err != nil {
			return err
		}
		t.Parameters[name] = &parameter
	}
	return nil
}

func readParameter(name string, members map[string]any) (Parameter, error) {
	parameter := Parameter{}
	for _, key := range sortedKeys(members) {
		if err := parameter.read(name, key, members[key]); err != nil {
			return Parameter{}, err
		}
	}
	switch {
	case parameter.Type == "":
		return Parameter{}, malformed("[/Parameters/%s] Every Parameters object must contain a Type member.", name)
	case !isParameterType(parameter.Type):
		return Parameter{}, malformed("Unrecognized parameter type: %s", parameter.Type)
	}
	return parameter, nil
}

func (p *Parameter) read(name, key string, value any) error {
	var ok bool
	switch key {
	case "Type":
		p.Type, ok = value.(string)
	case "Description":
		p.Description, ok = value.(string)
	case "ConstraintDescription":
		p.ConstraintDescription, ok = value.(string)
	case "Default":
		ok = isScalar(value)
		text := Text(value)
		p.Default = &text
	case "NoEcho":
		p.NoEcho, ok = Text(value) == "true", isScalar(value)
	case "AllowedValues":
		p.AllowedValues, ok = scalarList(value)
	case "AllowedPattern":
		p.AllowedPattern, ok = wholePattern(value)
	case "MinLength":
		ok = readNumber(&p.MinLength, value, strconv.Atoi)
	case "MaxLength":
		ok = readNumber(&p.MaxLength, value, strconv.Atoi)
	case "MinValue":
		ok = readNumber(&p.MinValue, value, parseFloat)
	case "MaxValue":
		ok = readNumber(&p.MaxValue, value, parseFloat)
	default:
		return refuse("Invalid template parameter property '%s'", key)
	}
	if !ok {
		return wrongType("/Parameters/"+name, key)
	}
	return nil
}

func readNumber[T any](into **T, value any, parse func(string) (T, error)) bool {
	number, err := parse(Text(value))
	*into = &number
	return err == nil
}

func parseFloat(text string) (float64, error) {
	return strconv.ParseFloat(text, 64) //nolint:wrapcheck // the caller says which member it is
}

func wholePattern(value any) (*regexp.Regexp, bool) {
	text, ok := value.(string)
	if !ok {
		return nil, false
	}
	pattern, err := regexp.Compile("^(?:" + text + ")$")
	return pattern, err == nil
}

func scalarList(value any) ([]string, bool) {
	list, ok := value.([]any)
	if !ok || slices.ContainsFunc(list, func(item any) bool { return !isScalar(item) }) {
		return nil, false
	}
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = Text(item)
	}
	return texts, true
}

// isParameterType knows the types of the user guide.
func isParameterType(name string) bool {
	switch name {
	case "String", "Number", "CommaDelimitedList", "List<Number>", "List<String>", "AWS::SSM::Parameter::Name":
		return true
	}
	name, stored := strings.CutPrefix(name, ssmPrefix)
	if stored && name == "CommaDelimitedList>" {
		return true
	}
	name = strings.TrimPrefix(name, "List<")
	switch strings.TrimRight(name, ">") {
	case "AWS::EC2::AvailabilityZone::Name", "AWS::EC2::Image::Id", "AWS::EC2::Instance::Id", "AWS::EC2::KeyPair::KeyName",
		"AWS::EC2::SecurityGroup::GroupName", "AWS::EC2::SecurityGroup::Id", "AWS::EC2::Subnet::Id", "AWS::EC2::Volume::Id",
		"AWS::EC2::VPC::Id", "AWS::Route53::HostedZone::Id", "String":
		return true
	default:
		return false
	}
}

// Text returns how CloudFormation writes a scalar where a string is wanted; "" for anything else.
func Text(value any) string {
	switch typed := value.(type) {
	case string:
		return typed
	case bool:
		return strconv.FormatBool(typed)
	case float64:
		return strconv.FormatFloat(typed, 'f', -1, 64)
	default:
		return ""
	}
}

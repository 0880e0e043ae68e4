package cfn

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// CloudFormation's limits.
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	// MaxBodyBytes is the size of a template that a request can carry itself.
	MaxBodyBytes        = 51200
	maxResources        = 500
	maxOutputs          = 200
	maxDescriptionBytes = 1024
)

// InvalidError says what is wrong with a template.
type InvalidError struct {
	// Problems are sentences such as "resource Service: #/DesiredCount: expected type: Integer, found: JSONArray",
	// sorted.
	Problems []string
}

// Error lists all problems.
func (e *InvalidError) Error() string {
	return "the template is invalid: " + strings.Join(e.Problems, "; ")
}

// parsed is a rendered template, as far as Document writes templates: no parameters, mappings or conditions.
type parsed struct {
	Description string                    `json:"Description"`
	Outputs     map[string]parsedOutput   `json:"Outputs"`
	Resources   map[string]parsedResource `json:"Resources"`
}

type parsedOutput struct {
	Value any `json:"Value"`
}

type parsedResource struct {
	Type       string         `json:"Type"`
	Properties map[string]any `json:"Properties"`
	DependsOn  []string       `json:"DependsOn"`
}

// Validate checks a template that a Document has rendered: the properties of every resource against the schema of
// its type, every reference, and CloudFormation's limits. It returns nil or an *InvalidError.
func Validate(body []byte) error {
	var t parsed
	if err := json.Unmarshal(body, &t); err != nil {
		return &InvalidError{Problems: []string{"not a template: " + err.Error()}}
	}
	problems := t.limits(len(body))
	for id, resource := range t.Resources {
		problems = append(problems, t.resourceProblems(id, resource)...)
	}
	for name, output := range t.Outputs {
		problems = append(problems, t.within("output "+name, t.references(output.Value))...)
	}
	if len(problems) == 0 {
		return nil
	}
	slices.Sort(problems)
	return &InvalidError{Problems: problems}
}

func (t *parsed) limits(size int) []string {
	var problems []string
	for _, limit := range []struct {
		what         string
		got, maximum int
	}{
		{"bytes", size, MaxBodyBytes},
		{"resources", len(t.Resources), maxResources},
		{"outputs", len(t.Outputs), maxOutputs},
		{"bytes of description", len(t.Description), maxDescriptionBytes},
	} {
		if limit.got > limit.maximum {
			problems = append(problems, fmt.Sprintf("it has %d %s; CloudFormation takes %d", limit.got, limit.what, limit.maximum))
		}
	}
	if len(t.Resources) == 0 {
		problems = append(problems, "it has no resources; CloudFormation wants at least one")
	}
	return problems
}

func (t *parsed) resourceProblems(id string, resource parsedResource) []string {
	known, ok := schema.For(resource.Type)
	if !ok {
		return []string{fmt.Sprintf("resource %s: the type %q is unknown", id, resource.Type)}
	}
	var problems []string
	for _, problem := range known.ValidateTemplate(resource.Properties) {
		problems = append(problems, problem.Explain())
	}
	for _, other := range resource.DependsOn {
		if _, ok := t.Resources[other]; !ok {
			problems = append(problems, fmt.Sprintf("DependsOn %s: there is no such resource", other))
		}
	}
	problems = append(problems, t.references(resource.Properties)...)
	return t.within("resource "+id, problems)
}

func (*parsed) within(where string, problems []string) []string {
	for i, problem := range problems {
		problems[i] = where + ": " + problem
	}
	return problems
}

// references returns what is wrong with the references within a value.
func (t *parsed) references(value any) []string {
	var problems []string
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			problems = append(problems, t.references(item)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			problems = append(problems, t.call(name, value[name])...)
		}
	}
	return problems
}

// call checks one member of an object: an intrinsic function that refers to something, or a value to look into.
func (t *parsed) call(name string, argument any) []string {
	switch name {
	case "Ref":
		id, _ := argument.(string)
		return t.ref(id)
	case "Fn::GetAtt":
		path, _ := argument.([]any)
		if len(path) != len(GetAtt{}.Path) {
			return []string{fmt.Sprintf("Fn::GetAtt %v: want a logical id and an attribute", argument)}
		}
		return t.getAtt(fmt.Sprint(path[0]), fmt.Sprint(path[1]))
	case "Fn::Sub":
		text, _ := argument.(string)
		return t.sub(text)
	default:
		return t.references(argument)
	}
}

func (t *parsed) ref(id string) []string {
	if _, ok := t.Resources[id]; ok || isPseudoParameter(id) {
		return nil
	}
	return []string{fmt.Sprintf("Ref %s: there is no such resource or pseudo parameter", id)}
}

func (t *parsed) getAtt(id, attribute string) []string {
	target, ok := t.Resources[id]
	if !ok {
		return []string{fmt.Sprintf("Fn::GetAtt %s.%s: there is no such resource", id, attribute)}
	}
	if known, ok := schema.For(target.Type); ok && !known.HasAttribute(attribute) {
		return []string{fmt.Sprintf("Fn::GetAtt %s.%s: %s has no such attribute", id, attribute, target.Type)}
	}
	return nil
}

func (t *parsed) sub(text string) []string {
	names, err := substitutions(text)
	if err != nil {
		return []string{fmt.Sprintf("Fn::Sub %q: %v", text, err)}
	}
	var problems []string
	for _, name := range names {
		if id, attribute, found := strings.Cut(name, "."); found {
			problems = append(problems, t.getAtt(id, attribute)...)
		} else {
			problems = append(problems, t.ref(name)...)
		}
	}
	return problems
}

func isPseudoParameter(name string) bool {
	switch name {
	case "AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region",
		"AWS::StackId", "AWS::StackName", "AWS::URLSuffix":
		return true
	default:
		return false
	}
}

// Package intrinsic evaluates CloudFormation's intrinsic functions and conditions. It is pure: what it needs
// of the world it asks its Scope.
//
// Source: the "Intrinsic function reference" of the CloudFormation user guide; error texts as quoted in
// public issues and recordings.
package intrinsic

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// Scope is everything that an expression can refer to.
type Scope struct {
	Template *document.Template
	// Parameters are the values by name: a string, or []any of strings for lists.
	Parameters map[string]any
	// Pseudo are the pseudo parameters by name, AWS::NoValue excepted.
	Pseudo map[string]any
	// Resource returns what Ref answers for a resource.
	Resource func(logicalID string) (string, error)
	// Attribute returns what Fn::GetAtt answers.
	Attribute func(logicalID, attribute string) (any, error)
	// Import returns the value that another stack exports.
	Import func(export string) (string, error)
	// Zones returns the availability zones of a region; nil stands for the package's own table.
	Zones func(region string) ([]string, error)
	// Unknown is what Resource, Attribute and Import answer for a value that nobody knows yet; "" if they never do. What is
	// made of such a value is unknown as a whole.
	Unknown string
	// Doubt is the first mistake that came of an unknown value; evaluations set it if it is nil.
	Doubt error

	conditions map[string]bool
	evaluating []string // conditions under evaluation, to find cycles
	inOutputs  bool     // Check is at the outputs
	touched    bool     // an unknown value was used
}

// Error is an expression that CloudFormation refuses with this text.
type Error struct{ Message string }

// Error returns the text of AWS.
func (e *Error) Error() string { return e.Message }

func refuse(format string, args ...any) *Error {
	return &Error{Message: "Template error: " + fmt.Sprintf(format, args...)}
}

// noValue is what AWS::NoValue evaluates to until its place in a map or list is removed.
type noValue struct{}

// Value evaluates an expression to JSON values. The answer to AWS::NoValue itself is nil.
func (s *Scope) Value(expression any) (any, error) {
	value, err := s.evaluate(expression)
	if err != nil {
		return nil, err
	}
	if _, none := value.(noValue); none {
		return nil, nil //nolint:nilnil // no value, no error
	}
	return value, nil
}

// Properties evaluates a resource's properties; the answer is never nil.
func (s *Scope) Properties(properties map[string]any) (map[string]any, error) {
	evaluated := make(map[string]any, len(properties))
	for name, expression := range properties {
		value, err := s.evaluate(expression)
		if err != nil {
			return nil, err
		}
		if _, none := value.(noValue); !none {
			evaluated[name] = value
		}
	}
	return evaluated, nil
}

// Text evaluates an expression that must give a string, number or bool.
func (s *Scope) Text(expression any) (string, error) {
	value, err := s.evaluate(expression)
	if err != nil {
		return "", err
	}
	return text(value)
}

var errNoText = errors.New("not a string")

func text(value any) (string, error) {
	switch value.(type) {
	case string, bool, float64:
		return document.Text(value), nil
	default:
		return "", errNoText
	}
}

func (s *Scope) evaluate(expression any) (any, error) {
	switch typed := expression.(type) {
	case []any:
		return s.list(typed)
	case map[string]any:
		if name, argument, ok := document.Call(typed); ok && s.Unknown != "" {
			return s.callWithUnknown(name, argument)
		} else if ok {
			return s.call(name, argument)
		}
		return s.Properties(typed)
	default:
		return expression, nil
	}
}

func (s *Scope) list(expressions []any) (any, error) {
	values := make([]any, 0, len(expressions))
	for _, expression := range expressions {
		value, err := s.evaluate(expression)
		if err != nil {
			return nil, err
		}
		if _, none := value.(noValue); !none {
			values = append(values, value)
		}
	}
	return values, nil
}

// callWithUnknown is call where values may be unknown.
func (s *Scope) callWithUnknown(name string, argument any) (any, error) {
	before := s.touched
	s.touched = false
	value, err := s.call(name, argument)
	switch name {
	case "Ref", "Fn::GetAtt":
		s.touched = value == s.Unknown
	case "Fn::If":
	case "Fn::Select":
		s.touched = s.touched && (err != nil || value == s.Unknown)
		fallthrough
	default:
		if s.touched {
			if s.Doubt == nil {
				s.Doubt = err
			}
			value, err = s.Unknown, nil
		}
	}
	s.touched = s.touched || before
	return value, err
}

func (s *Scope) call(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		return s.ref(argument)
	case "Fn::GetAtt":
		return s.getAtt(argument)
	case "Fn::Sub":
		return s.sub(argument)
	case "Fn::Join":
		return s.join(argument)
	case "Fn::Select":
		return s.selectOne(argument)
	case "Fn::Split":
		return s.split(argument)
	case "Fn::FindInMap":
		return s.findInMap(argument)
	case "Fn::If":
		return s.choose(argument)
	case "Fn::Base64":
		return s.base64(argument)
	case "Fn::Cidr":
		return s.cidr(argument)
	case "Fn::GetAZs":
		return s.zones(argument)
	case "Fn::ImportValue":
		return s.importValue(argument)
	case "Fn::ToJsonString":
		return s.toJSONString(argument)
	case "Fn::Length":
		return s.length(argument)
	case "Fn::RefAll":
		return s.refAll(argument)
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not":
		return nil, refuse("%s is only supported in the Conditions block", name)
	default:
		return nil, refuse("Encountered unsupported function: %s", name)
	}
}

func (s *Scope) ref(argument any) (any, error) {
	name, ok := argument.(string)
	if !ok {
		return nil, refuse("every Ref object must have a single String value.")
	}
	if name == "AWS::NoValue" {
		return noValue{}, nil
	}
	if value, ok := s.Pseudo[name]; ok {
		return value, nil
	}
	if value, ok := s.Parameters[name]; ok {
		return value, nil
	}
	if s.Template.Resources[name] == nil || s.Resource == nil {
		return nil, refuse("Unresolved resource dependencies [%s] in the Resources block of the template", name)
	}
	return s.Resource(name)
}

func (s *Scope) getAtt(argument any) (any, error) {
	list, ok := argument.([]any)
	if dotted, isText := argument.(string); isText {
		list, ok = splitDotted(dotted)
	}
	if !ok || len(list) != 2 {
		return nil, refuse("every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute")
	}
	logical, isText := list[0].(string)
	attribute, err := s.Text(list[1])
	if !isText || err != nil || attribute == "" {
		return nil, refuse("every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute")
	}
	if s.Template.Resources[logical] == nil || s.Attribute == nil {
		return nil, refuse("instance of Fn::GetAtt references undefined resource %s", logical)
	}
	return s.Attribute(logical, attribute)
}

// Active returns the logical ids of the resources whose condition holds, sorted.
func (s *Scope) Active() ([]string, error) {
	var names []string
	for name, resource := range s.Template.Resources {
		holds, err := s.Condition(resource.Condition)
		if err != nil {
			return nil, err
		}
		if holds {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

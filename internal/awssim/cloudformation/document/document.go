// Package document reads CloudFormation templates, JSON and YAML, and checks their form as CloudFormation
// does before it looks at any resource. It is pure.
//
// Error texts are those of AWS where public recordings of real answers show them (the snapshot files of
// localstack's AWS-validated tests, moto's tests, issues that quote them).
package document

import "fmt"

// Template is a template whose form was found to be right. It is never changed after Parse: stacks share it.
type Template struct {
	Body        string // as it was given
	Description string
	Transforms  []string
	Metadata    any
	Parameters  map[string]*Parameter
	Mappings    map[string]map[string]map[string]any
	Conditions  map[string]any
	Rules       map[string]Rule
	Resources   map[string]*Resource
	Outputs     map[string]Output
}

// Resource is a member of the Resources section. Its values may hold intrinsic functions.
type Resource struct {
	Type                string
	Properties          map[string]any
	Condition           string // empty if unconditional
	DependsOn           []string
	DeletionPolicy      string // empty if not given
	UpdateReplacePolicy string // empty if not given
	// Policies are those of these two that are calls of functions, by their names; Settled gives them their values.
	Policies map[string]any
	Metadata any
	// Order are the names of members anywhere within the resource, as its text first names them.
	Order []string
	// Dependencies are the logical ids that the resource waits for, sorted: DependsOn and all that it refers to.
	Dependencies []string
}

// Output is a member of the Outputs section.
type Output struct {
	Description string
	Value       any
	Export      any // nil, or the name under which other stacks import the value
	Condition   string
}

// Error is a template that CloudFormation refuses with a ValidationError of this text.
type Error struct{ Message string }

// Error returns the text of AWS.
func (e *Error) Error() string { return e.Message }

func refuse(format string, args ...any) *Error { return &Error{Message: fmt.Sprintf(format, args...)} }

// malformed is a refusal of the template's form.
func malformed(format string, args ...any) *Error {
	return refuse("Template format error: "+format, args...)
}

// wrongType refuses a member that has the wrong type. Only the words about strings are quoted from CloudFormation.
func wrongType(path, member string) *Error {
	switch member {
	case "Type", "Description", "Default", "ConstraintDescription", "AllowedPattern", "Condition":
		return malformed("Every %s member must be a string.", member)
	default:
		return malformed("[%s/%s] has a wrong type.", path, member)
	}
}

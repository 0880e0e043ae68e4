// Package schema answers questions about CloudFormation resource types from AWS's registry schemas: are these
// properties valid, which attributes are there, does this change replace the resource.
//
// All functions are safe for concurrent use. Schemas are parsed when first asked for and then kept.
package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schemas"
)

// Schema is what AWS's registry says about one resource type.
type Schema struct {
	// TypeName such as "AWS::ECS::Service".
	TypeName string
	// CreateOnly properties cannot change in place: a change replaces the resource.
	CreateOnly []Pointer
	// ConditionalCreateOnly properties replace the resource under some conditions only.
	ConditionalCreateOnly []Pointer
	// ReadOnly properties are set by AWS and refused in a template.
	ReadOnly []Pointer
	// WriteOnly properties are never read back, so that drift in them cannot be seen.
	WriteOnly []Pointer
	// PrimaryIdentifier names the property or properties that identify a resource. For most types Ref answers it.
	PrimaryIdentifier []Pointer
	// Required are the top-level properties that a template must give.
	Required []string
	// Tagging says where and when tags go.
	Tagging Tagging
	// DeleteFirst is true for a resource whose replacement can only be created when the old one is gone.
	DeleteFirst bool

	attributes []string
	compiled   func() (*jsonschema.Schema, error)
}

// Tagging says how a resource type takes tags.
type Tagging struct {
	// Property is the property that holds the tags ("Tags" for most types); empty if the type takes none.
	Property string
	// SystemTags is true if CloudFormation puts its own tags (aws:cloudformation:*) on the resource.
	SystemTags bool
	// Updatable is false if changed tags replace the resource.
	Updatable bool
}

// Pointer names a property: its names from the top, such as ["Endpoint", "Address"]. "*" stands for every item of a list.
type Pointer []string

// String joins the names with dots, as Fn::GetAtt writes them.
func (p Pointer) String() string { return strings.Join(p, ".") }

// UnmarshalText reads the registry's form "/properties/Endpoint/Address".
func (p *Pointer) UnmarshalText(text []byte) error {
	rest, ok := strings.CutPrefix(string(text), "/properties/")
	if !ok {
		return fmt.Errorf("pointer %q does not begin with /properties/", text)
	}
	*p = strings.Split(rest, "/")
	return nil
}

// registry holds one lazy schema per type.
//
//nolint:gochecknoglobals // A cache of embedded, immutable data.
var registry = sync.OnceValue(func() map[string]func() *Schema {
	all := make(map[string]func() *Schema)
	for _, typeName := range schemas.Types() {
		all[typeName] = sync.OnceValue(func() *Schema { return parse(typeName) })
	}
	return all
})

// For returns the schema of a resource type, and false for a type that the project does not know.
func For(typeName string) (*Schema, bool) {
	lazy, ok := registry()[typeName]
	if !ok {
		return nil, false
	}
	return lazy(), true
}

// Types returns the names of all known resource types, sorted.
func Types() []string { return schemas.Types() }

// Attributes returns the names that Fn::GetAtt can read, sorted; nested ones with dots. "Outputs.*" stands for all names
// that begin so.
func (s *Schema) Attributes() []string { return slices.Clone(s.attributes) }

// HasAttribute reports whether Fn::GetAtt can read the name.
func (s *Schema) HasAttribute(name string) bool {
	if _, found := slices.BinarySearch(s.attributes, name); found {
		return true
	}
	return slices.ContainsFunc(s.attributes, func(attribute string) bool {
		prefix, open := strings.CutSuffix(attribute, "*")
		return open && len(name) > len(prefix) && strings.HasPrefix(name, prefix)
	})
}

// document is the part of a registry schema that is not JSON Schema.
type document struct {
	TypeName              string    `json:"typeName"`
	CreateOnly            []Pointer `json:"createOnlyProperties"`
	ConditionalCreateOnly []Pointer `json:"conditionalCreateOnlyProperties"`
	ReadOnly              []Pointer `json:"readOnlyProperties"`
	WriteOnly             []Pointer `json:"writeOnlyProperties"`
	PrimaryIdentifier     []Pointer `json:"primaryIdentifier"`
	Required              []string  `json:"required"`
	ReplacementStrategy   string    `json:"replacementStrategy"`
	Attributes            []string  `json:"attributes"`
	Tagging               *struct {
		Taggable                 bool    `json:"taggable"`
		TagUpdatable             bool    `json:"tagUpdatable"`
		CloudFormationSystemTags bool    `json:"cloudFormationSystemTags"`
		TagProperty              Pointer `json:"tagProperty"`
	} `json:"tagging"`
}

// parse reads an embedded schema. One that cannot be read is a broken build: a test reads them all.
func parse(typeName string) *Schema {
	content, _ := schemas.Read(typeName)
	var doc document
	if err := json.Unmarshal(content, &doc); err != nil {
		panic(fmt.Sprintf("reading the embedded schema of %s: %v", typeName, err))
	}
	slices.Sort(doc.Attributes)
	return &Schema{
		TypeName:              doc.TypeName,
		CreateOnly:            doc.CreateOnly,
		ConditionalCreateOnly: doc.ConditionalCreateOnly,
		ReadOnly:              doc.ReadOnly,
		WriteOnly:             doc.WriteOnly,
		PrimaryIdentifier:     doc.PrimaryIdentifier,
		Required:              doc.Required,
		Tagging:               doc.tagging(),
		DeleteFirst:           doc.ReplacementStrategy == "delete_then_create",
		attributes:            doc.Attributes,
		compiled: sync.OnceValues(func() (*jsonschema.Schema, error) {
			return compile(typeName, content)
		}),
	}
}

func (d *document) tagging() Tagging {
	if d.Tagging == nil || !d.Tagging.Taggable {
		return Tagging{}
	}
	property := d.Tagging.TagProperty.String()
	if property == "" {
		property = "Tags" // The registry's default.
	}
	return Tagging{
		Property:   property,
		SystemTags: d.Tagging.CloudFormationSystemTags,
		Updatable:  d.Tagging.TagUpdatable,
	}
}

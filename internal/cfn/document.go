// Package cfn writes CloudFormation templates from typed resources.
//
// A Document is filled with resources of the packages ec2, ecs, elbv2, iam and logs, whose types are generated from
// AWS's registry schemas, and rendered to canonical JSON: equal content gives equal bytes. References between
// resources are values (Handle.Ref, Handle.Attr), never texts. Validate checks rendered bytes against the schemas.
package cfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

//go:generate go run ../../hack/schemas

// Resource is a resource with its properties: a struct of one of the generated packages.
type Resource interface {
	// ResourceType returns the type's name, such as "AWS::EC2::VPC".
	ResourceType() string
}

// Document is a CloudFormation template in the making. What is wrong with it is reported by JSON, all at once.
type Document struct {
	description string
	resources   map[string]entry
	outputs     map[string]output
	errs        []error
}

// entry is a resource as the template writes it; its fields are in alphabetical order.
type entry struct {
	DeletionPolicy      Policy   `json:"DeletionPolicy,omitempty"`
	DependsOn           []string `json:"DependsOn,omitempty"`
	Properties          Resource `json:"Properties"`
	Type                string   `json:"Type"`
	UpdateReplacePolicy Policy   `json:"UpdateReplacePolicy,omitempty"`
}

type output struct {
	Description string `json:"Description,omitempty"`
	Value       String `json:"Value"`
}

// formatVersion is the only one there is.
const formatVersion = "2010-09-09"

// New returns an empty document.
func New(description string) *Document {
	return &Document{
		description: description,
		resources:   make(map[string]entry),
		outputs:     make(map[string]output),
	}
}

// Handle stands for a resource of a document.
type Handle struct {
	document  *Document
	logicalID string
	typeName  string
}

// Ref returns what {"Ref": ...} gives: for most types the physical id.
func (h Handle) Ref() Ref { return Ref{Name: h.logicalID} }

// Attr returns an attribute such as "DNSName" or "Endpoint.Address". One that the type does not have is an error of
// the document.
func (h Handle) Attr(name string) GetAtt {
	if known, ok := schema.For(h.typeName); ok && !known.HasAttribute(name) {
		h.document.failf("resource %s: %s has no attribute %q", h.logicalID, h.typeName, name)
	}
	return GetAtt{Path: [2]string{h.logicalID, name}}
}

// Policy says what happens to the real resource when the template does not need it any more.
type Policy string

// The policies.
const (
	Delete Policy = "Delete"
	Retain Policy = "Retain"
)

// Option is about a resource, but none of its properties.
type Option func(*entry)

// DependsOn makes CloudFormation create the resource after the others and delete it before them. What a resource
// refers to need not be named.
func DependsOn(others ...Handle) Option {
	return func(e *entry) {
		for _, other := range others {
			e.DependsOn = append(e.DependsOn, other.logicalID)
		}
		slices.Sort(e.DependsOn)
		e.DependsOn = slices.Compact(e.DependsOn)
	}
}

// OnDelete sets the DeletionPolicy: what happens when the resource leaves the template or the stack is deleted.
func OnDelete(policy Policy) Option { return func(e *entry) { e.DeletionPolicy = policy } }

// OnReplace sets the UpdateReplacePolicy: what happens to the old resource when an update replaces it.
func OnReplace(policy Policy) Option { return func(e *entry) { e.UpdateReplacePolicy = policy } }

// Add puts a resource into the document. The logical id is its identity over all versions of the template: another
// one is another resource.
func (d *Document) Add(logicalID string, resource Resource, options ...Option) Handle {
	d.checkID("resource", logicalID)
	if _, taken := d.resources[logicalID]; taken {
		d.failf("resource %s: the logical id is already taken", logicalID)
	}
	added := entry{Type: resource.ResourceType(), Properties: resource}
	for _, option := range options {
		option(&added)
	}
	if _, known := schema.For(added.Type); !known {
		d.failf("resource %s: the type %s is unknown", logicalID, added.Type)
	}
	d.resources[logicalID] = added
	return Handle{document: d, logicalID: logicalID, typeName: added.Type}
}

// Output adds a value that DescribeStacks shows.
func (d *Document) Output(name, description string, value String) {
	d.checkID("output", name)
	if _, taken := d.outputs[name]; taken {
		d.failf("output %s: the name is already taken", name)
	}
	d.outputs[name] = output{Description: description, Value: value}
}

// JSON returns the template: compact, keys sorted, no HTML escapes. The error lists everything that was wrong with
// the document.
func (d *Document) JSON() ([]byte, error) {
	if err := errors.Join(d.errs...); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		AWSTemplateFormatVersion string            `json:"AWSTemplateFormatVersion"`
		Description              string            `json:"Description,omitempty"`
		Outputs                  map[string]output `json:"Outputs,omitempty"`
		Resources                map[string]entry  `json:"Resources"`
	}{formatVersion, d.description, d.outputs, d.resources})
	if err != nil {
		return nil, fmt.Errorf("encoding the template: %w", err)
	}
	return bytes.TrimSuffix(body.Bytes(), []byte("\n")), nil
}

func (d *Document) failf(format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf(format, args...))
}

// alphanumeric is the form of logical ids and output names.
var alphanumeric = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)

func (d *Document) checkID(kind, id string) {
	if !alphanumeric.MatchString(id) {
		d.failf("%s %q: a logical id consists of 1 to 255 letters and digits", kind, id)
	}
}

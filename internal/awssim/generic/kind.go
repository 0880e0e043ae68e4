package generic

import (
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// kind is what a schema does not say about a type.
type kind struct {
	// identify returns the physical id, which Ref answers, and the attributes that AWS makes up.
	identify func(r resource.Request) (string, map[string]any)
	// check refuses properties that contradict resources that exist; nil checks nothing.
	check func(p *Provider, r resource.Request) error
	// flaw says what is wrong with properties that AWS only looks at once it has given the resource an id: neither can such a
	// resource be made, nor what was begun be deleted (recorded). Empty if nothing is; nil finds nothing.
	flaw func(properties resource.Properties) string
	// How long AWS takes, as seen in public event logs; rounded.
	create, update, remove time.Duration
	// blockers are the types, and their property, that refer to a resource and so block its deletion.
	blockers map[string]string
	// blocked is the message of a blocked deletion; %s is the physical id.
	blocked string
	// reference names the attribute by which blockers refer to the resource; empty for the physical id.
	reference string
}

// Durations of types that have none of their own.
const (
	usualCreate = 2 * time.Second
	usualUpdate = 2 * time.Second
	usualRemove = 2 * time.Second
)

// kindOf returns a type's kind, with what follows from the schema alone where nothing is said.
func (p *Provider) kindOf(resourceType string) kind {
	found := p.kinds[resourceType]
	if found.identify == nil {
		found.identify = identifyBySchema
	}
	if found.create == 0 {
		found.create = usualCreate
	}
	if found.update == 0 {
		found.update = usualUpdate
	}
	if found.remove == 0 {
		found.remove = usualRemove
	}
	return found
}

// referredBy returns the value by which blockers refer to the resource. The caller holds p.mu.
func (k kind) referredBy(r resource.Request, p *Provider) string {
	if k.reference == "" {
		return r.PhysicalID
	}
	found := p.instances[key{Place: r.Place, resourceType: r.Type, id: r.PhysicalID}]
	if found == nil {
		return r.PhysicalID
	}
	return text(found.generated[k.reference])
}

// identifyBySchema makes ids of the primary identifier: the values that the template gives, generated names
// for those it does not, joined by "|" as CloudFormation does.
func identifyBySchema(r resource.Request) (string, map[string]any) {
	known, ok := schema.For(r.Type)
	if !ok {
		return name(r, usualNameLength), map[string]any{}
	}
	generated := make(map[string]any)
	var parts []string
	for _, pointer := range known.PrimaryIdentifier {
		property := pointer.String()
		value, _ := at(r.Properties, property)
		part := text(value)
		if part == "" {
			part = generate(r, property)
			generated[property] = part
		}
		parts = append(parts, part)
	}
	id := strings.Join(parts, "|")
	for _, attribute := range known.Attributes() {
		if attribute == "Arn" && generated["Arn"] == nil {
			generated["Arn"] = arn(r, id)
		}
	}
	return id, generated
}

func generate(r resource.Request, property string) string {
	if strings.HasSuffix(property, "Arn") {
		return arn(r, name(r, usualNameLength))
	}
	return name(r, usualNameLength)
}

// arn is an ARN of the usual form; services that differ have a kind of their own.
func arn(r resource.Request, id string) string {
	service := "unknown"
	if _, after, ok := strings.Cut(r.Type, "::"); ok {
		service, _, _ = strings.Cut(strings.ToLower(after), "::")
	}
	return "arn:aws:" + service + ":" + r.Region + ":" + r.Account + ":" + id
}

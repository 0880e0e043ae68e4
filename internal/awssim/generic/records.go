package generic

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Record is a resource as the APIs of its service describe it. Its maps must not be changed.
type Record struct {
	resource.Place

	Type, ID   string
	Properties resource.Properties
	// Attributes are what Fn::GetAtt answers.
	Attributes map[string]any
	// Tags are those of the stack and those of the properties.
	Tags map[string]string
}

// Text returns a property, or else an attribute, that is a text.
func (r *Record) Text(name string) string {
	if given := text(r.Properties[name]); given != "" {
		return given
	}
	return text(r.Attributes[name])
}

// Records returns the resources of a type, by id.
func (p *Provider) Records(place resource.Place, resourceType string) []Record {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var found []Record
	for at, each := range p.instances {
		if at.Place == place && at.resourceType == resourceType {
			found = append(found, record(at, each))
		}
	}
	slices.SortFunc(found, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// Record returns one resource.
func (p *Provider) Record(place resource.Place, resourceType, id string) (Record, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	at := key{Place: place, resourceType: resourceType, id: id}
	found := p.instances[at]
	if found == nil {
		return Record{}, false
	}
	return record(at, found), true
}

func record(at key, of *instance) Record {
	tags := maps.Clone(of.tags)
	if tags == nil {
		tags = make(map[string]string)
	}
	list, _ := of.properties["Tags"].([]any)
	for _, each := range list {
		if tag, ok := each.(map[string]any); ok {
			tags[text(tag["Key"])] = text(tag["Value"])
		}
	}
	return Record{
		Place: at.Place, Type: at.resourceType, ID: at.id, Properties: of.properties, Attributes: attributes(at.resourceType, of),
		Tags: tags,
	}
}

// Make makes a resource as an API does, which answers before it is there.
func (p *Provider) Make(r resource.Request) (Record, error) {
	made, id, err := p.make(p.kindOf(r.Type), r)
	if err != nil {
		return Record{}, err
	}
	return record(key{Place: r.Place, resourceType: r.Type, id: id}, made), nil
}

// Drop deletes a resource as an API does. It refuses one that others depend on.
func (p *Provider) Drop(r resource.Request) error { return p.drop(p.kindOf(r.Type), r) }

// Everywhere returns the resources of a type in all regions of an account, by id: those of global services.
func (p *Provider) Everywhere(account, resourceType string) []Record {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var found []Record
	for at, each := range p.instances {
		if at.Account == account && at.resourceType == resourceType {
			found = append(found, record(at, each))
		}
	}
	slices.SortFunc(found, func(a, b Record) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Region, b.Region)) })
	return found
}

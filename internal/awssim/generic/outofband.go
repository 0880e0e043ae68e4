package generic

import (
	"errors"
	"fmt"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// ErrNoResource is returned for a resource that does not exist, or that another package makes move.
var ErrNoResource = errors.New("no such resource")

var _ resource.Reader = (*Provider)(nil)

// Read returns the properties that a resource has, whoever gave them to it.
func (p *Provider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	found := p.instances[key{Place: r.Place, resourceType: r.Type, id: r.PhysicalID}]
	if found == nil {
		return nil, false
	}
	return found.properties, true
}

// Edit changes properties of a resource behind CloudFormation's back; a nil value removes one.
func (p *Provider) Edit(place resource.Place, resourceType, id string, changes resource.Properties) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := key{Place: place, resourceType: resourceType, id: id}
	found := p.instances[at]
	if found == nil {
		return fmt.Errorf("editing %s %s: %w", resourceType, id, ErrNoResource)
	}
	properties := make(resource.Properties, len(found.properties))
	maps.Copy(properties, found.properties)
	maps.Copy(properties, changes)
	maps.DeleteFunc(properties, func(_ string, value any) bool { return value == nil })
	p.put(at, &instance{properties: properties, generated: found.generated, tags: found.tags})
	return nil
}

// Remove deletes a resource behind CloudFormation's back, whatever depends on it.
func (p *Provider) Remove(place resource.Place, resourceType, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := key{Place: place, resourceType: resourceType, id: id}
	if p.instances[at] == nil {
		return fmt.Errorf("removing %s %s: %w", resourceType, id, ErrNoResource)
	}
	p.put(at, nil)
	return nil
}

package generic

import "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"

// List returns the properties of all resources of a type by their physical ids.
func (p *Provider) List(place resource.Place, resourceType string) map[string]resource.Properties {
	p.mu.RLock()
	defer p.mu.RUnlock()
	found := make(map[string]resource.Properties)
	for at, each := range p.instances {
		if at.Place == place && at.resourceType == resourceType {
			found[at.id] = each.properties
		}
	}
	return found
}

package generic

import (
	"encoding/json"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Provider)(nil)

// keptRecord is a resource as a state file has it.
type keptRecord struct {
	resource.Place

	Type, ID   string
	Properties resource.Properties
	Generated  map[string]any
	Tags       map[string]string
}

// Keep returns all records.
func (p *Provider) Keep() ([]byte, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	kept := make([]keptRecord, 0, len(p.instances))
	for at, each := range p.instances {
		kept = append(kept, keptRecord{at.Place, at.resourceType, at.id, each.properties, each.generated, each.tags})
	}
	return state.Write(kept)
}

// Restore takes up the records that Keep returned.
func (p *Provider) Restore(content json.RawMessage) error {
	var kept []keptRecord
	if err := state.Read(content, &kept); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, each := range kept {
		p.put(key{Place: each.Place, resourceType: each.Type, id: each.ID},
			&instance{properties: each.Properties, generated: each.Generated, tags: each.Tags})
	}
	return nil
}

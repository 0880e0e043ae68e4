package ssm

import (
	"encoding/json"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// keptParameter is a parameter as a state file has it: in plain text, as everything there.
type keptParameter struct {
	resource.Place

	Name     string
	Tags     map[string]string
	Versions []keptVersion
	Declared props.Declared
}

type keptVersion struct {
	Number                                                          int
	Value, Kind, Description, KeyID, AllowedPattern, Tier, DataType string
	Labels                                                          []string
	Modified                                                        time.Time
}

// Keep returns all parameters.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]keptParameter, 0, len(s.parameters))
	for key, from := range s.parameters {
		kept := keptParameter{Place: key.Place, Name: key.name, Tags: from.tags, Declared: from.declared}
		for _, v := range from.versions {
			kept.Versions = append(kept.Versions, keptVersion{
				v.number, v.value, v.kind, v.description, v.keyID, v.allowedPattern, v.tier, v.dataType, v.labels, v.modified,
			})
		}
		all = append(all, kept)
	}
	return state.Write(all)
}

// Restore takes up the parameters that Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	var all []keptParameter
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, from := range all {
		made := &parameter{key: parameterKey{from.Place, from.Name}, tags: from.Tags, declared: from.Declared}
		for _, v := range from.Versions {
			made.versions = append(made.versions, &version{
				number: v.Number, value: v.Value, kind: v.Kind, description: v.Description, keyID: v.KeyID,
				allowedPattern: v.AllowedPattern, tier: v.Tier, dataType: v.DataType, labels: v.Labels, modified: v.Modified,
			})
		}
		if len(made.versions) > 0 {
			s.parameters[made.key] = made
		}
	}
	return nil
}

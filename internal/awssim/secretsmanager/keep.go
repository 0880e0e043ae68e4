package secretsmanager

import (
	"encoding/json"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// keptSecret is a secret as a state file has it: in plain text, as everything there.
type keptSecret struct {
	resource.Place

	Name, Suffix, Description, KmsKeyID, Owner, Policy string
	Tags                                               map[string]string
	Versions                                           []keptVersion
	Declared                                           props.Declared
	Created, Changed, Accessed, Deletion, Gone         time.Time
}

type keptVersion struct {
	ID                string
	Text              *string
	Binary            []byte
	Stages            []string
	Created, Accessed time.Time
}

// Keep returns all secrets.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]keptSecret, 0, len(s.secrets))
	for key, from := range s.secrets {
		kept := keptSecret{
			Place: key.Place, Name: key.name, Suffix: from.suffix, Description: from.description, KmsKeyID: from.kmsKeyID,
			Owner: from.owner, Policy: from.policy, Tags: from.tags, Declared: from.declared, Created: from.created,
			Changed: from.changed, Accessed: from.accessed, Deletion: from.deletion, Gone: from.gone,
		}
		for _, each := range from.versions {
			kept.Versions = append(kept.Versions,
				keptVersion{each.id, each.text, each.binary, each.stages, each.created, each.accessed})
		}
		all = append(all, kept)
	}
	return state.Write(all)
}

// Restore takes up the secrets that Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	var all []keptSecret
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, from := range all {
		made := &secret{
			key: secretKey{from.Place, from.Name}, suffix: from.Suffix, description: from.Description, kmsKeyID: from.KmsKeyID,
			owner: from.Owner, policy: from.Policy, tags: from.Tags, declared: from.Declared, created: from.Created,
			changed: from.Changed, accessed: from.Accessed, deletion: from.Deletion, gone: from.Gone,
		}
		if made.tags == nil {
			made.tags = make(map[string]string)
		}
		for _, each := range from.Versions {
			made.versions = append(made.versions, &version{
				value: value{text: each.Text, binary: each.Binary}, id: each.ID, stages: each.Stages,
				created: each.Created, accessed: each.Accessed,
			})
		}
		s.secrets[made.key] = made
	}
	return nil
}

package route53

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// kept is the service as a state file has it.
type kept struct {
	Zones   []keptZone
	Changes map[string]time.Time
}

type keptZone struct {
	ID, Account, Name, Reference, Comment string
	Networks                              []network
	Servers                               []string
	Records                               []record
	Tags                                  map[string]string
}

// Keep returns all hosted zones with their records.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := kept{Changes: s.changes}
	for _, z := range s.zones {
		all.Zones = append(all.Zones, keptZone{
			z.id, z.account, z.name, z.reference, z.comment, z.networks, z.servers, z.records, z.tags,
		})
	}
	return state.Write(all)
}

// Restore takes up the hosted zones that Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	var all kept
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, z := range all.Zones {
		s.zones[z.ID] = &zone{
			id: z.ID, account: z.Account, name: z.Name, reference: z.Reference, comment: z.Comment,
			networks: z.Networks, servers: z.Servers, records: z.Records, tags: z.Tags,
		}
	}
	maps.Copy(s.changes, all.Changes)
	return nil
}

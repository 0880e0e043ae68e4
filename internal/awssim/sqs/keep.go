package sqs

import (
	"encoding/json"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// keptQueue is a queue as a state file has it: without its messages.
type keptQueue struct {
	resource.Place

	Name, URL         string
	Attributes, Tags  map[string]string
	Created, Modified time.Time
}

type kept struct {
	Queues   []keptQueue
	Policies map[string]policyProperties
}

// Keep returns all queues.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := kept{Policies: s.policies}
	for _, each := range s.queues {
		all.Queues = append(all.Queues, keptQueue{
			each.Place, each.name, each.url, each.attributes, each.tags, each.created, each.modified,
		})
	}
	return state.Write(all)
}

// Restore takes up the queues that Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	all := kept{Policies: make(map[string]policyProperties)}
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies = all.Policies
	for _, each := range all.Queues {
		at := key{each.Place, each.Name}
		s.queues[at] = &queue{
			key: at, url: each.URL, attributes: each.Attributes, tags: each.Tags, created: each.Created, modified: each.Modified,
			sent: make(map[string]*message), changed: make(chan struct{}),
		}
	}
	return nil
}

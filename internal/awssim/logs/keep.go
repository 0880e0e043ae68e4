package logs

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// kept is the service as a state file has it.
type kept struct {
	Last   int64
	Groups []keptGroup
}

type keptGroup struct {
	resource.Place

	Name      string
	Created   time.Time
	Retention int
	Class     string
	KmsKeyID  string
	Declared  props.Declared
	Tags      map[string]string
	Streams   []keptStream
	Filters   []keptFilter
}

type keptFilter struct {
	Name, Pattern string
	Into          transformation
	Created       time.Time
}

type keptStream struct {
	Name              string
	Created, Ingested time.Time
	Bytes             int64
	Events            []keptEvent
}

type keptEvent struct {
	ID, At, Ingested int64
	Message          string
}

// Keep returns all groups with their events.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := kept{Last: s.last}
	for _, found := range s.groups {
		group := keptGroup{
			Place: found.key.Place, Name: found.key.name, Created: found.created, Retention: found.retention, Class: found.class,
			Tags: found.tags, KmsKeyID: found.kmsKeyID, Declared: found.declared,
		}
		for _, from := range found.streams {
			stream := keptStream{Name: from.name, Created: from.created, Ingested: from.ingested, Bytes: from.bytes}
			for _, line := range from.events {
				stream.Events = append(stream.Events, keptEvent{line.id, line.at, line.ingested, line.message})
			}
			group.Streams = append(group.Streams, stream)
		}
		for _, from := range found.filters {
			group.Filters = append(group.Filters, keptFilter{from.name, from.text, from.into, from.created})
		}
		all.Groups = append(all.Groups, group)
	}
	return state.Write(all)
}

// Restore takes up the groups that Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	var all kept
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = all.Last
	for _, from := range all.Groups {
		key := groupKey{from.Place, from.Name}
		made := &group{
			key: key, created: from.Created, retention: from.Retention, class: from.Class, tags: from.Tags,
			kmsKeyID: from.KmsKeyID, declared: from.Declared,
			streams: make(map[string]*stream, len(from.Streams)),
		}
		for _, each := range from.Streams {
			restored := &stream{name: each.Name, created: each.Created, ingested: each.Ingested, bytes: each.Bytes}
			for _, line := range each.Events {
				restored.events = append(restored.events, event{
					id: line.ID, stream: each.Name, at: line.At, ingested: line.Ingested, message: line.Message,
				})
			}
			made.streams[each.Name] = restored
		}
		for _, each := range from.Filters {
			restored, err := newFilter(each.Name, each.Pattern, []transformation{each.Into}, each.Created)
			if err != nil {
				return fmt.Errorf("the metric filter %s of %s: %w", each.Name, from.Name, err)
			}
			if err := made.put(restored); err != nil {
				return fmt.Errorf("the metric filter %s of %s: %w", each.Name, from.Name, err)
			}
		}
		s.groups[key] = made
	}
	return nil
}

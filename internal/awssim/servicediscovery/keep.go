package servicediscovery

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// kept is the service as a state file has it. Operations pass by.
type kept struct {
	Namespaces []keptNamespace
	Services   []keptService
}

type keptNamespace struct {
	resource.Place

	ID, Name, HTTPName, Kind, Description, Creator, VPC, Zone string
	Created                                                   time.Time
	SOA                                                       int64
	Tags                                                      map[string]string
}

type keptService struct {
	ID, Name, Description, Creator, Namespace string
	Created                                   time.Time
	DNS                                       *DNSConfig
	Custom                                    *CustomHealth
	Tags                                      map[string]string
	Instances                                 []keptInstance
	Revision                                  int64
	Owner                                     string
}

type keptInstance struct {
	ID, Creator, Health string
	Attributes          map[string]string
	OfTask              bool
}

// Keep returns namespaces, services and the instances that clients registered.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all kept
	for _, n := range s.namespaces {
		all.Namespaces = append(all.Namespaces, keptNamespace{
			n.place, n.id, n.name, n.httpName, n.kind, n.description, n.creator, n.vpc, n.zone, n.created, n.soa, n.tags,
		})
	}
	for _, from := range s.services {
		made := keptService{
			from.id, from.name, from.description, from.creator, from.namespace.id, from.created, from.dns, from.custom, from.tags,
			nil, from.revision, from.owner,
		}
		for _, i := range from.instances {
			made.Instances = append(made.Instances, keptInstance{i.id, i.creator, i.health, i.attributes, i.ofTask})
		}
		all.Services = append(all.Services, made)
	}
	return state.Write(all)
}

// Restore takes up what Keep returned. What the tasks of ECS had registered went with them, and its records too.
func (s *Service) Restore(content json.RawMessage) error {
	var all kept
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range all.Namespaces {
		s.namespaces[n.ID] = &namespace{
			id: n.ID, name: n.Name, httpName: n.HTTPName, kind: n.Kind, description: n.Description, creator: n.Creator,
			place: n.Place, created: n.Created, vpc: n.VPC, zone: n.Zone, soa: n.SOA, tags: n.Tags,
		}
	}
	for _, from := range all.Services {
		into := s.namespaces[from.Namespace]
		if into == nil {
			return fmt.Errorf("the service %s has no namespace %s", from.ID, from.Namespace)
		}
		made := &service{
			id: from.ID, name: from.Name, description: from.Description, creator: from.Creator, namespace: into,
			created: from.Created, dns: from.DNS, custom: from.Custom, tags: from.Tags, revision: from.Revision, owner: from.Owner,
			instances: make(map[string]*instance, len(from.Instances)),
		}
		s.services[made.id] = made
		for _, i := range from.Instances {
			one := &instance{id: i.ID, creator: i.Creator, attributes: i.Attributes, health: i.Health}
			if i.OfTask { // it starts anew, and registers again
				s.withdraw(made, one)
				continue
			}
			made.instances[one.id] = one
		}
	}
	return nil
}

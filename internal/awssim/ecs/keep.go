package ecs

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// kept is the service as a state file has it: what should run, not what runs.
type kept struct {
	Clusters    []keptCluster
	Definitions []keptDefinition
	Revisions   []keptRevisions
}

type keptCluster struct {
	clusterSettings
	resource.Place

	ARN, Name, Status string
	Tags              map[string]string
	Fleets            []keptFleet
}

type keptDefinition struct {
	TaskSpec
	resource.Place

	ARN, Status         string
	Revision            int
	Registered, Retired time.Time
	Tags                map[string]string
}

// keptRevisions is how many revisions a family has had.
type keptRevisions struct {
	resource.Place

	Family string
	Last   int
}

type keptFleet struct {
	ARN, Name, Status string
	Created           time.Time
	Tags              map[string]string
	Settings          keptSettings
	Revision          *keptRevision // nil if it is deleted
	Events            []keptEvent
}

type keptSettings struct {
	Desired     int
	Config      DeploymentConfig
	Grace       time.Duration
	Propagate   string
	ManagedTags bool
	Execute     bool
	Rebalancing string
}

type keptRevision struct {
	Definition string // its ARN
	Network    vpcConfiguration
	Balancers  []LoadBalancer
	Registries []ServiceRegistry
	Connect    *connectConfig
	Strategy   []StrategyItem
	LaunchType string
}

type keptEvent struct {
	ID      string
	At      time.Time
	Message string
}

// Keep returns clusters, services and task definitions.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all kept
	for _, d := range s.definitions {
		all.Definitions = append(all.Definitions, keptDefinition{
			d.TaskSpec, d.place, d.arn, d.status, d.revision, d.registered, d.retired, d.tags,
		})
	}
	for family, last := range s.revisions {
		all.Revisions = append(all.Revisions, keptRevisions{family.Place, family.family, last})
	}
	for _, c := range s.clusters {
		cluster := keptCluster{
			clusterSettings: c.clusterSettings, Place: c.place, ARN: c.arn, Name: c.name, Status: c.status, Tags: c.tags,
		}
		for _, f := range c.fleets {
			cluster.Fleets = append(cluster.Fleets, f.keep())
		}
		all.Clusters = append(all.Clusters, cluster)
	}
	return state.Write(all)
}

func (f *fleet) keep() keptFleet {
	fleet := keptFleet{
		ARN: f.arn, Name: f.name, Status: f.status, Created: f.created, Tags: f.tags,
		Settings: keptSettings{f.desired, f.config, f.grace, f.propagate, f.managedTags, f.execute, f.rebalancing},
	}
	if len(f.deployments) > 0 {
		r := f.deployments[0].revision
		fleet.Revision = &keptRevision{r.definition.arn, r.network, r.balancers, r.registries, r.connect, r.strategy, r.launchType}
	}
	for _, e := range f.events {
		fleet.Events = append(fleet.Events, keptEvent{e.id, e.at, e.message})
	}
	return fleet
}

// Restore takes up what Keep returned. Each service deploys the revision that it moved to last, as if it were new.
func (s *Service) Restore(content json.RawMessage) error {
	var all kept
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, from := range all.Definitions {
		s.definitions[from.ARN] = &definition{
			TaskSpec: from.TaskSpec, arn: from.ARN, place: from.Place, revision: from.Revision, status: from.Status,
			registered: from.Registered, retired: from.Retired, tags: from.Tags,
		}
	}
	for _, from := range all.Revisions {
		s.revisions[familyKey{from.Place, from.Family}] = from.Last
	}
	for _, from := range all.Clusters {
		made := &cluster{
			clusterSettings: from.clusterSettings, arn: from.ARN, name: from.Name, place: from.Place, status: from.Status,
			tags: from.Tags, fleets: make(map[string]*fleet, len(from.Fleets)),
		}
		s.clusters[made.arn] = made
		for _, each := range from.Fleets {
			if err := s.restoreFleet(made, each); err != nil {
				return err
			}
		}
	}
	return nil
}

// restoreFleet makes a service of its kept form. One that was being deleted has no tasks left, and is.
func (s *Service) restoreFleet(in *cluster, from keptFleet) error {
	settled := from.Settings
	made := &fleet{
		owner: s, cluster: in, arn: from.ARN, name: from.Name, place: in.place, created: from.Created, status: from.Status,
		tags: from.Tags, wake: make(chan struct{}, 1), changed: make(chan struct{}),
		settings: settings{
			desired: settled.Desired, config: settled.Config, grace: settled.Grace, propagate: settled.Propagate,
			managedTags: settled.ManagedTags, execute: settled.Execute, rebalancing: settled.Rebalancing,
		},
	}
	for _, e := range from.Events {
		made.events = append(made.events, event{e.ID, e.At, e.Message})
	}
	in.fleets[made.name] = made
	if made.status != active {
		made.status, made.gone = inactive, true
		return nil
	}
	definition := s.definitions[from.Revision.Definition]
	if definition == nil {
		return fmt.Errorf("the service %s has no task definition %s", made.name, from.Revision.Definition)
	}
	offered, err := s.offer(made.arn, made.place, from.Revision.Connect)
	if err != nil {
		return err
	}
	made.offered = offered
	made.tell() // makes the notices
	made.deploy(revision{
		definition: definition, network: from.Revision.Network, balancers: slices.Clone(from.Revision.Balancers),
		registries: from.Revision.Registries, connect: from.Revision.Connect,
		strategy: from.Revision.Strategy, launchType: from.Revision.LaunchType,
	}, false)
	s.work.Go(func() { s.schedule(made) })
	return nil
}

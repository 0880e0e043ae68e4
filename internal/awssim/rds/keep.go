package rds

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// kept is the service as a state file has it. The databases lie in the service's folder.
type kept struct {
	Instances []keptInstance
	Clusters  []keptCluster
	Snapshots []keptSnapshot
}

type keptCluster struct {
	keptInstance

	Scaling *scaling
	Members []keptInstance // in the order in which they joined
}

type keptInstance struct {
	resource.Place

	ID, ResourceID, SecretARN, Folder, Secret, Host string
	Settings                                        settings
	Port                                            int
	SecurityGroups, Exports                         []string
	Tags                                            map[string]string
	Declared                                        props.Declared
	Created, Restorable                             time.Time
	Stopped                                         bool
	Kind                                            string
}

type keptSnapshot struct {
	ID, Folder, Secret, Kind string
	Of                       keptInstance
	Created                  time.Time
	Tags                     map[string]string
}

// kept is an instance as a state file has it; that of a member has no server.
func (i *instance) kept() keptInstance {
	one := keptInstance{
		Place: i.key.Place, ID: i.key.id, ResourceID: i.resourceID, SecretARN: i.secretARN, Kind: i.kind, Settings: i.settings,
		Port: i.port, SecurityGroups: i.securityGroups, Exports: i.exports, Tags: i.tags, Declared: i.declared, Created: i.created,
		Restorable: i.restorable, Stopped: i.status == stopped,
	}
	if i.server != nil {
		one.Folder, one.Secret, one.Host = i.server.folder, i.server.secret, i.server.endpoint.Host()
	}
	return one
}

func (k *keptInstance) instance() *instance {
	made := &instance{
		settings: k.Settings, key: key{k.Place, k.ID}, resourceID: k.ResourceID, kind: k.Kind, port: k.Port,
		securityGroups: k.SecurityGroups, exports: k.Exports,
		tags: k.Tags, declared: k.Declared, created: k.Created, restorable: k.Restorable, secretARN: k.SecretARN,
		status: stopped, ready: true,
	}
	if made.tags == nil {
		made.tags = make(map[string]string)
	}
	return made
}

// Keep returns the instances that were available once, and the snapshots that are complete. A service without a folder
// of its own keeps nothing: its databases go with it.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := kept{}
	if s.Folder == "" {
		return state.Write(all)
	}
	for _, each := range s.instances {
		if each.ready && each.server != nil && each.status != deleting {
			all.Instances = append(all.Instances, each.kept())
		}
	}
	for _, each := range s.clusters {
		if each.ready && each.server != nil && each.status != deleting {
			all.Clusters = append(all.Clusters, each.kept())
		}
	}
	for _, kind := range []string{"", clusterKind} {
		for _, each := range s.copies(kind) {
			if each.status == available && each.of.server != nil {
				all.Snapshots = append(all.Snapshots, keptSnapshot{
					ID: each.key.id, Folder: each.folder, Secret: each.secret, Kind: each.kind, Of: each.of.kept(),
					Created: each.created, Tags: each.tags,
				})
			}
		}
	}
	return state.Write(all)
}

// Restore takes up what Keep returned and starts the servers, on the addresses that they had where those are free.
func (s *Service) Restore(content json.RawMessage) error {
	var all kept
	if err := state.Read(content, &all); err != nil {
		return err
	}
	for _, from := range all.Instances {
		made, err := s.revive(from)
		if err != nil {
			return err
		}
		if made != nil {
			s.mu.Lock()
			s.instances[made.key] = made
			s.mu.Unlock()
		}
	}
	for _, from := range all.Clusters {
		made, err := s.revive(from.keptInstance)
		if err != nil {
			return err
		}
		if made != nil {
			s.gather(&cluster{instance: made, scaling: from.Scaling, settled: closed()}, from.Members)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, from := range all.Snapshots {
		of := from.Of.instance()
		of.server = &server{folder: from.Of.Folder, secret: from.Of.Secret}
		made := &snapshot{
			key: key{of.key.Place, from.ID}, of: of, folder: from.Folder, secret: from.Secret, status: available, kind: from.Kind,
			created: from.Created, tags: from.Tags,
		}
		s.copies(made.of.kind)[made.key] = made
	}
	return nil
}

// revive starts the server of an instance. It returns nil if the file came without the database's folder.
func (s *Service) revive(from keptInstance) (*instance, error) {
	if _, err := os.Stat(filepath.Join(from.Folder, "data")); err != nil {
		return nil, nil //nolint:nilerr,nilnil // there is nothing to revive
	}
	installed, err := s.Find()
	if err != nil {
		return nil, errInstall(err)
	}
	endpoint, err := process.ReserveAt(from.Host, from.Port)
	if err != nil {
		return nil, err
	}
	made := from.instance()
	made.server = &server{
		installed: installed, runner: s.Runner, folder: from.Folder, secret: from.Secret, endpoint: endpoint,
		security: s.securityOf(made),
	}
	s.publish(made)
	if !from.Stopped {
		made.status = starting
		s.work.Go(func() {
			made.working.Lock()
			defer made.working.Unlock()
			_ = s.resume(s.life, made) // its status tells
		})
	}
	return made, nil
}

func (c *cluster) kept() keptCluster {
	one := keptCluster{keptInstance: c.instance.kept(), Scaling: c.scaling}
	for _, member := range c.members {
		if member.ready && member.status != deleting {
			one.Members = append(one.Members, member.kept())
		}
	}
	return one
}

// gather makes a revived cluster known, with its members.
func (s *Service) gather(made *cluster, members []keptInstance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clusters[made.key] = made
	for i := range members {
		member := members[i].instance()
		member.cluster, member.status = made, available
		made.members = append(made.members, member)
		s.instances[member.key] = member
	}
}

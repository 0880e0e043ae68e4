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
	Snapshots []keptSnapshot
}

type keptInstance struct {
	resource.Place

	ID, ResourceID, SecretARN, Folder, Secret, Host string
	Settings                                        settings
	Port                                            int
	SecurityGroups                                  []string
	Tags                                            map[string]string
	Declared                                        props.Declared
	Created, Restorable                             time.Time
	Stopped                                         bool
}

type keptSnapshot struct {
	ID, Folder, Secret, Kind string
	Of                       keptInstance
	Created                  time.Time
	Tags                     map[string]string
}

func (i *instance) kept() keptInstance {
	return keptInstance{
		Place: i.key.Place, ID: i.key.id, ResourceID: i.resourceID, SecretARN: i.secretARN, Folder: i.server.folder,
		Secret: i.server.secret, Host: i.server.endpoint.Host(), Settings: i.settings, Port: i.port,
		SecurityGroups: i.securityGroups, Tags: i.tags, Declared: i.declared, Created: i.created, Restorable: i.restorable,
		Stopped: i.status == stopped,
	}
}

func (k *keptInstance) instance() *instance {
	made := &instance{
		settings: k.Settings, key: key{k.Place, k.ID}, resourceID: k.ResourceID, port: k.Port, securityGroups: k.SecurityGroups,
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
	for _, each := range s.snapshots {
		if each.status == available && each.of.server != nil {
			all.Snapshots = append(all.Snapshots, keptSnapshot{
				ID: each.key.id, Folder: each.folder, Secret: each.secret, Kind: each.kind, Of: each.of.kept(),
				Created: each.created, Tags: each.tags,
			})
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
	installed, err := s.Find()
	if err != nil && len(all.Instances) > 0 {
		return errInstall(err)
	}
	for _, from := range all.Instances {
		if _, err := os.Stat(filepath.Join(from.Folder, "data")); err != nil {
			continue // the file came without its folder
		}
		endpoint, err := process.ReserveAt(from.Host, from.Port)
		if err != nil {
			return err
		}
		made := from.instance()
		made.server = &server{
			installed: installed, runner: s.Runner, folder: from.Folder, secret: from.Secret, endpoint: endpoint,
			security: s.securityOf(made),
		}
		if !from.Stopped {
			made.status = starting
			s.work.Go(func() {
				made.working.Lock()
				defer made.working.Unlock()
				_ = s.resume(s.life, made) // its status tells
			})
		}
		s.mu.Lock()
		s.instances[made.key] = made
		s.mu.Unlock()
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
		s.snapshots[made.key] = made
	}
	return nil
}

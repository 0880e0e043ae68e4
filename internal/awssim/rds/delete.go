package rds

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

// doom checks that an instance may be deleted, and marks it. Call it before destroy.
func (s *Service) doom(place resource.Place, id, finalSnapshot string) (*instance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.instance(place, id)
	if err != nil {
		return nil, err
	}
	switch {
	case isSet(found.DeletionProtection):
		return nil, errCombination("Cannot delete protected DB Instance, please disable deletion protection and try again.")
	case found.status == deleting:
		return nil, errState("Instance %s is already being deleted.", found.key.id)
	case finalSnapshot != "" && found.cluster != nil:
		return nil, errCombination("A final snapshot cannot be taken of a member of a cluster.") // believed
	case finalSnapshot != "" && s.copies("")[keyOf(place, finalSnapshot)] != nil:
		return nil, errSnapshotExists(finalSnapshot)
	}
	found.status = deleting
	return found, nil
}

// destroy deletes what doom marked. Its files become the final snapshot, if there is to be one.
func (s *Service) destroy(ctx context.Context, doomed *instance, finalSnapshot string) error {
	doomed.working.Lock()
	defer doomed.working.Unlock()
	if err := s.Clock.Sleep(ctx, deleteTime); err != nil {
		return fmt.Errorf("deleting %s: %w", doomed.key.id, err)
	}
	if doomed.server != nil {
		doomed.server.close()
		if finalSnapshot != "" {
			s.keep(doomed, finalSnapshot, nil, doomed.server.folder)
		} else if err := os.RemoveAll(doomed.server.folder); err != nil {
			return fmt.Errorf("removing the files of %s: %w", doomed.key.id, err)
		}
	}
	if doomed.secretARN != "" {
		s.Secrets.Remove(doomed.key.Place, doomed.secretARN)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	doomed.leaveCluster()
	if doomed.kind == clusterKind {
		delete(s.clusters, doomed.key)
		return nil
	}
	delete(s.instances, doomed.key)
	return nil
}

func errSnapshotExists(id string) *wire.Error {
	return wire.Errorf("DBSnapshotAlreadyExists",
		"Cannot create the snapshot because a snapshot with the identifier %s already exists.", id)
}

// keep notes a snapshot whose files are in a folder.
func (s *Service) keep(of *instance, id string, tags map[string]string, folder string) *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := &snapshot{
		key: keyOf(of.key.Place, id), of: of, folder: folder, secret: of.server.secret, status: available, kind: "manual",
		created: s.Clock.Now(), tags: tags,
	}
	s.copies(made.of.kind)[made.key] = made
	return made
}

// announce makes a snapshot known before its files are there. Call it before take.
func (s *Service) announce(place resource.Place, instanceID, id string, tags map[string]string) (*snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.instance(place, instanceID)
	if err != nil {
		return nil, err
	}
	key := keyOf(place, id)
	switch {
	case !instanceName.MatchString(id):
		return nil, errValue("The parameter DBSnapshotIdentifier is not a valid identifier: %s", id)
	case s.copies("")[key] != nil:
		return nil, errSnapshotExists(id)
	case from.cluster != nil:
		return nil, errValue("The specified instance is a member of a cluster and a snapshot cannot be created directly. " + // believed
			"Please use the CreateDBClusterSnapshot API instead.")
	case from.status != available:
		return nil, errState("Instance %s is not in available state.", from.key.id)
	}
	made := &snapshot{key: key, of: from, status: creating, kind: "manual", created: s.Clock.Now(), tags: tags}
	s.copies("")[key] = made
	return made, nil
}

// fill copies the files of a running instance into the snapshot that announce made.
func (s *Service) fill(ctx context.Context, made *snapshot) error {
	of := made.of
	of.working.Lock()
	defer of.working.Unlock()
	root, err := s.root()
	if err != nil {
		return err
	}
	folder, err := postgresql.NewFolder(root, "snapshot-"+made.key.id+"-")
	if err != nil {
		return err
	}
	if err := of.server.backUp(ctx, filepath.Join(folder, "data")); err != nil {
		return err
	}
	if err := s.Clock.Sleep(ctx, snapshotTime); err != nil {
		return fmt.Errorf("making the snapshot %s: %w", made.key.id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made.folder, made.secret, made.status = folder, of.server.secret, available
	return nil
}

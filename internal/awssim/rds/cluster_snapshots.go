package rds

import (
	"context"
	"fmt"
	"os"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// describedClusterSnapshot is a snapshot of a cluster as the API describes it.
type describedClusterSnapshot struct {
	DBClusterSnapshotIdentifier, DBClusterIdentifier, Engine, Status  string
	SnapshotCreateTime, ClusterCreateTime                             wire.Time
	AllocatedStorage, Port, PercentProgress                           int
	MasterUsername, EngineVersion, SnapshotType, DBClusterSnapshotArn string
	StorageEncrypted                                                  bool
}

func (s *snapshot) describeOfCluster() describedClusterSnapshot {
	const whole = 100
	return describedClusterSnapshot{
		DBClusterSnapshotIdentifier: s.key.id, DBClusterIdentifier: s.of.key.id, Engine: s.of.Engine, Status: s.status,
		SnapshotCreateTime: wire.At(s.created), ClusterCreateTime: wire.At(s.of.created), AllocatedStorage: 1, Port: s.of.port,
		PercentProgress: whole, MasterUsername: s.of.MasterUsername, EngineVersion: s.of.EngineVersion, SnapshotType: s.kind,
		DBClusterSnapshotArn: s.arn(), StorageEncrypted: isSet(s.of.StorageEncrypted),
	}
}

func errNoClusterSnapshot(id string) *wire.Error {
	return &wire.Error{
		Code: "DBClusterSnapshotNotFoundFault", Message: "DBClusterSnapshot not found: " + id, Status: statusNotFound,
	}
}

func errClusterSnapshotExists(id string) *wire.Error {
	return wire.Errorf("DBClusterSnapshotAlreadyExistsFault",
		"Cannot create the cluster snapshot because one with the identifier %s already exists.", id)
}

type describeDBClusterSnapshotsInput struct {
	pageInput

	DBClusterIdentifier, DBClusterSnapshotIdentifier, SnapshotType string
}

type describeDBClusterSnapshotsOutput struct {
	DBClusterSnapshots []describedClusterSnapshot `item:"DBClusterSnapshot"`
	Marker             string
}

func (s *Service) describeDBClusterSnapshots(
	_ context.Context, call *wire.Call, in *describeDBClusterSnapshotsInput,
) (*describeDBClusterSnapshotsOutput, error) {
	if len(in.Filters) > 0 {
		return nil, wire.Unsupported(call, "Filters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id := in.DBClusterSnapshotIdentifier; id != "" && s.copies(clusterKind)[keyOf(call.Place(), idOf(id))] == nil {
		return nil, errNoClusterSnapshot(id)
	}
	found := []describedClusterSnapshot{}
	for key, each := range s.copies(clusterKind) {
		if key.Place == call.Place() &&
			(in.DBClusterSnapshotIdentifier == "" || keyOf(key.Place, idOf(in.DBClusterSnapshotIdentifier)) == key) &&
			(in.DBClusterIdentifier == "" || keyOf(key.Place, idOf(in.DBClusterIdentifier)).id == each.of.key.id) &&
			(in.SnapshotType == "" || in.SnapshotType == each.kind) {
			found = append(found, each.describeOfCluster())
		}
	}
	page, next, err := pageOf(found, in.pageInput, func(d describedClusterSnapshot) string { return d.DBClusterSnapshotIdentifier })
	return &describeDBClusterSnapshotsOutput{DBClusterSnapshots: page, Marker: next}, err
}

type clusterSnapshotInput struct{ DBClusterSnapshotIdentifier string }

type clusterSnapshotOutput struct{ DBClusterSnapshot describedClusterSnapshot }

func (s *Service) deleteDBClusterSnapshot(
	_ context.Context, call *wire.Call, in *clusterSnapshotInput,
) (*clusterSnapshotOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.copies(clusterKind)[keyOf(call.Place(), in.DBClusterSnapshotIdentifier)]
	if found == nil {
		return nil, errNoClusterSnapshot(in.DBClusterSnapshotIdentifier)
	}
	if err := os.RemoveAll(found.folder); err != nil {
		return nil, fmt.Errorf("removing the snapshot: %w", err)
	}
	delete(s.copies(clusterKind), found.key)
	out := &clusterSnapshotOutput{DBClusterSnapshot: found.describeOfCluster()}
	out.DBClusterSnapshot.Status = "deleted"
	return out, nil
}

package rds

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	aurora          = "aurora-postgresql"
	serverlessClass = "db.serverless"
	clusterKind     = "cluster" // as in ARNs
)

// clusterSettings are what the API and AWS::RDS::DBCluster say of a cluster in the same words.
type clusterSettings struct {
	DBClusterIdentifier, Engine, EngineVersion, EngineMode, DatabaseName string
	MasterUsername, MasterUserPassword                                   string
	DBSubnetGroupName, DBClusterParameterGroupName                       string
	PreferredBackupWindow, PreferredMaintenanceWindow                    string
	NetworkType, StorageType, EngineLifecycleSupport                     string
	KmsKeyID                                                             string `query:"KmsKeyId"`
	ManageMasterUserPassword, StorageEncrypted, DeletionProtection       *bool
	CopyTagsToSnapshot, EnableIAMDatabaseAuthentication                  *bool
	BackupRetentionPeriod                                                *int
	ServerlessV2ScalingConfiguration                                     *scaling
}

// scaling is between how many capacity units a cluster's serverless instances are. It is told, and makes no difference.
type scaling struct {
	MinCapacity, MaxCapacity float64
	SecondsUntilAutoPause    *int
}

// cluster is a cluster of Aurora. Its one server is that of the embedded instance, which the API does not show: the
// instances that it shows are doors to it, of which the first writes and the others read.
type cluster struct {
	*instance

	scaling *scaling
	members []*instance
	settled chan struct{} // closed when it was made, or failed to be
}

// settings are those of the cluster's server.
func (c *clusterSettings) settings() settings {
	return settings{
		Engine: c.Engine, EngineVersion: c.EngineVersion, DBName: c.DatabaseName, MasterUsername: c.MasterUsername,
		MasterUserPassword: c.MasterUserPassword, DBSubnetGroupName: c.DBSubnetGroupName,
		DBParameterGroupName: c.DBClusterParameterGroupName, PreferredBackupWindow: c.PreferredBackupWindow,
		PreferredMaintenanceWindow: c.PreferredMaintenanceWindow, NetworkType: c.NetworkType, StorageType: c.StorageType,
		EngineLifecycleSupport: c.EngineLifecycleSupport, KmsKeyID: c.KmsKeyID,
		ManageMasterUserPassword: c.ManageMasterUserPassword, StorageEncrypted: c.StorageEncrypted,
		DeletionProtection: c.DeletionProtection, CopyTagsToSnapshot: c.CopyTagsToSnapshot,
		EnableIAMDatabaseAuthentication: c.EnableIAMDatabaseAuthentication, BackupRetentionPeriod: c.BackupRetentionPeriod,
	}
}

func errNoCluster(id string) *wire.Error {
	return &wire.Error{Code: "DBClusterNotFoundFault", Message: fmt.Sprintf("DBCluster %s not found.", id), Status: statusNotFound}
}

func errClusterState(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidDBClusterStateFault", format, args...)
}

// clusterOf returns the cluster of an identifier. Call it locked.
func (s *Service) clusterOf(place resource.Place, id string) (*cluster, error) {
	found, ok := s.clusters[keyOf(place, id)]
	if !ok {
		return nil, errNoCluster(id)
	}
	return found, nil
}

// checkCluster refuses what RDS refuses of a new cluster, and what cannot be run here.
func (s *Service) checkCluster(place resource.Place, wanted *clusterSettings, fromSnapshot bool) error {
	if wanted.Engine != aurora {
		return errValue("awssim does not implement clusters of the engine %s: its clusters are PostgreSQL servers (Engine: %s)",
			wanted.Engine, aurora)
	}
	if wanted.EngineMode != "" && wanted.EngineMode != "provisioned" {
		return errValue("awssim does not implement the EngineMode %s", wanted.EngineMode)
	}
	if _, err := s.Find(); err != nil {
		return errInstall(err)
	}
	if !instanceName.MatchString(wanted.DBClusterIdentifier) {
		return errValue("The parameter DBClusterIdentifier is not a valid identifier. Identifiers must begin with a letter; " +
			"must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two " +
			"consecutive hyphens.")
	}
	of := wanted.settings()
	if of.DBName != "" && !databaseName.MatchString(of.DBName) {
		return errDatabaseName("DatabaseName")
	}
	if !fromSnapshot {
		if err := of.checkMaster(); err != nil {
			return err
		}
	}
	if err := wanted.ServerlessV2ScalingConfiguration.check(); err != nil {
		return err
	}
	if err := of.checkValues(); err != nil {
		return err
	}
	return s.checkClusterGroups(place, &of)
}

func (s *scaling) check() error {
	const largest = 256
	if s != nil && (s.MinCapacity < 0 || s.MaxCapacity < 1 || s.MaxCapacity > largest || s.MinCapacity > s.MaxCapacity) {
		return errValue("Serverless v2 capacity %g is not valid, the minimum and maximum must be between 0 and %d", // believed
			s.MaxCapacity, largest)
	}
	return nil
}

func (s *Service) checkClusterGroups(place resource.Place, wanted *settings) error {
	if !s.hasGroup(place, clusterParameterGroupType, wanted.DBParameterGroupName) {
		return &wire.Error{
			Code: "DBClusterParameterGroupNotFound", Message: "DBClusterParameterGroup not found: " + wanted.DBParameterGroupName,
			Status: statusNotFound,
		}
	}
	return s.checkGroups(place, &settings{DBSubnetGroupName: wanted.DBSubnetGroupName})
}

// clusterRequest is what a new cluster is to be.
type clusterRequest struct {
	clusterSettings

	port           *int
	securityGroups []string
	exports        []string // types of logs to publish
	tags           map[string]string
	declared       props.Declared
	snapshot       string // to restore; empty for a new database
}

// registerCluster checks a request and makes the cluster known, in the status creating.
func (s *Service) registerCluster(place resource.Place, wanted clusterRequest) (*cluster, error) {
	if err := s.checkCluster(place, &wanted.clusterSettings, wanted.snapshot != ""); err != nil {
		return nil, err
	}
	if err := checkPort(wanted.port); err != nil {
		return nil, err
	}
	if err := checkExports(aurora, wanted.exports); err != nil {
		return nil, err
	}
	of := wanted.settings()
	of.AllocatedStorage = new(1)
	if wanted.snapshot == "" {
		version, err := s.version(s.life)
		if err != nil {
			return nil, err
		}
		of.settle(version)
	}
	if of.StorageType == "" {
		of.StorageType = "aurora"
	}
	made := &cluster{scaling: wanted.ServerlessV2ScalingConfiguration, settled: make(chan struct{}), instance: &instance{
		settings: of, kind: clusterKind, key: keyOf(place, wanted.DBClusterIdentifier), port: number(wanted.port),
		securityGroups: wanted.securityGroups, exports: wanted.exports, tags: maps.Clone(wanted.tags), declared: wanted.declared,
		resourceID: "cluster-" + strings.ToUpper(props.RandomID(resourceIDLength)), created: s.Clock.Now(), status: creating,
	}}
	if made.tags == nil {
		made.tags = make(map[string]string)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.clusters[made.key]; exists {
		return nil, wire.Errorf("DBClusterAlreadyExistsFault", "DB Cluster already exists")
	}
	if wanted.snapshot != "" {
		from, ok := s.copies(clusterKind)[keyOf(place, idOf(wanted.snapshot))]
		if !ok {
			return nil, errNoClusterSnapshot(wanted.snapshot)
		}
		made.inherit(from.of)
	}
	if err := made.complete(); err != nil {
		return nil, err
	}
	s.clusters[made.key] = made
	return made, nil
}

// provisionCluster makes the server of a registered cluster and returns when it is available.
func (s *Service) provisionCluster(ctx context.Context, made *cluster, fromSnapshot string) error {
	defer close(made.settled)
	return s.provision(ctx, made.instance, fromSnapshot)
}

// closed is of what is settled already.
func closed() chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// doomCluster checks that a cluster may be deleted, and marks it. Call it before destroy.
func (s *Service) doomCluster(place resource.Place, id, finalSnapshot string) (*cluster, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.clusterOf(place, id)
	if err != nil {
		return nil, err
	}
	alive := slices.ContainsFunc(found.members, func(member *instance) bool { return member.status != deleting })
	switch {
	case isSet(found.DeletionProtection):
		return nil, errCombination("Cannot delete protected Cluster, please disable deletion protection and try again.")
	case alive:
		return nil, errClusterState("Cluster cannot be deleted, it still contains DB instances in non-deleting state.")
	case found.status == deleting:
		return nil, errClusterState("Cluster %s is already being deleted.", found.key.id) // believed
	case finalSnapshot != "" && s.copies(clusterKind)[keyOf(place, finalSnapshot)] != nil:
		return nil, errClusterSnapshotExists(finalSnapshot)
	}
	found.status = deleting
	return found, nil
}

// beginCluster checks a change against a cluster and marks it as being modified. Call it before apply.
func (s *Service) beginCluster(place resource.Place, id string, wanted *change, size *scaling) (*cluster, error) {
	if wanted.MasterUserPassword != "" {
		if err := checkPassword(wanted.MasterUserPassword); err != nil {
			return nil, err
		}
	}
	if err := wanted.checkValues(); err != nil {
		return nil, err
	}
	if err := size.check(); err != nil {
		return nil, err
	}
	if err := checkPort(wanted.port); err != nil {
		return nil, err
	}
	if err := s.checkClusterGroups(place, &wanted.settings); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.clusterOf(place, id)
	if err != nil {
		return nil, err
	}
	if found.status != available {
		return nil, errClusterState("DBCluster is not in available state.") // believed
	}
	if err := found.checkChange(wanted); err != nil {
		return nil, err
	}
	found.status = modifying
	if wanted.MasterUserPassword != "" {
		found.status = resetting
	}
	if size != nil {
		found.scaling = size
	}
	return found, nil
}

package rds

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type createDBClusterInput struct {
	clusterSettings

	Port                *int
	VpcSecurityGroupIDs []string `item:"VpcSecurityGroupId" query:"VpcSecurityGroupIds"`
	Tags                []tag    `item:"Tag"`

	EnableCloudwatchLogsExports []string
}

type clusterMember struct {
	DBInstanceIdentifier          string
	IsClusterWriter               bool
	DBClusterParameterGroupStatus string
	PromotionTier                 int
}

// describedCluster is a cluster as the API describes it.
type describedCluster struct {
	AllocatedStorage                                  int
	AvailabilityZones                                 []string `item:"AvailabilityZone"`
	BackupRetentionPeriod                             int
	DatabaseName, DBClusterIdentifier                 string
	DBClusterParameterGroup, DBSubnetGroup, Status    string
	Endpoint, ReaderEndpoint, Engine, EngineVersion   string
	Port                                              int
	MasterUsername                                    string
	PreferredBackupWindow, PreferredMaintenanceWindow string
	MultiAZ                                           bool
	DBClusterMembers                                  []clusterMember   `item:"DBClusterMember"`
	VpcSecurityGroups                                 []groupMembership `item:"VpcSecurityGroupMembership"`
	HostedZoneID                                      string            `query:"HostedZoneId"`
	StorageEncrypted                                  bool
	KmsKeyID                                          string `query:"KmsKeyId"`
	DBClusterResourceID                               string `query:"DbClusterResourceId"`
	DBClusterArn                                      string
	IAMDatabaseAuthenticationEnabled                  bool
	ClusterCreateTime                                 wire.Time
	EngineMode                                        string
	StorageType                                       string
	AutoMinorVersionUpgrade, DeletionProtection       bool
	HTTPEndpointEnabled                               bool `query:"HttpEndpointEnabled"`
	CopyTagsToSnapshot                                bool
	TagList                                           []tag `item:"Tag"`
	NetworkType, EngineLifecycleSupport               string
	ServerlessV2ScalingConfiguration                  *scaling
	MasterUserSecret                                  *masterSecret
	CertificateDetails                                *certificateDetails
	EnabledCloudwatchLogsExports                      []string
}

// describe returns what the API answers of a cluster. Call it locked.
func (c *cluster) describe() describedCluster {
	described := describedCluster{
		AllocatedStorage: 1, BackupRetentionPeriod: number(c.BackupRetentionPeriod), DatabaseName: c.DBName,
		DBClusterIdentifier: c.key.id, DBClusterParameterGroup: c.DBParameterGroupName, DBSubnetGroup: c.DBSubnetGroupName,
		Status: c.status, Engine: c.Engine, EngineVersion: c.EngineVersion, Port: c.port, MasterUsername: c.MasterUsername,
		PreferredBackupWindow: c.PreferredBackupWindow, PreferredMaintenanceWindow: c.PreferredMaintenanceWindow,
		MultiAZ: len(c.members) > 1, HostedZoneID: hostedZone, StorageEncrypted: isSet(c.StorageEncrypted), KmsKeyID: c.KmsKeyID,
		DBClusterResourceID: c.resourceID, DBClusterArn: c.arn(), ClusterCreateTime: wire.At(c.created), EngineMode: "provisioned",
		StorageType: c.StorageType, AutoMinorVersionUpgrade: isSet(c.AutoMinorVersionUpgrade),
		DeletionProtection: isSet(c.DeletionProtection), CopyTagsToSnapshot: isSet(c.CopyTagsToSnapshot), NetworkType: c.NetworkType,
		EngineLifecycleSupport: c.EngineLifecycleSupport, ServerlessV2ScalingConfiguration: c.scaling,
		CertificateDetails: c.server.certificate(c.CACertificateIdentifier), DBClusterMembers: []clusterMember{},
		VpcSecurityGroups: []groupMembership{}, TagList: []tag{}, AvailabilityZones: []string{},
		EnabledCloudwatchLogsExports: c.exports,
	}
	for _, letter := range []string{"a", "b", "c"} {
		described.AvailabilityZones = append(described.AvailabilityZones, c.key.Region+letter)
	}
	if c.server != nil && c.ready {
		described.Endpoint, described.ReaderEndpoint = c.server.endpoint.Host(), c.server.endpoint.Host()
		described.Port = c.server.endpoint.Port()
	}
	for i, member := range c.members {
		described.DBClusterMembers = append(described.DBClusterMembers, clusterMember{member.key.id, i == 0, "in-sync", member.tier()})
	}
	for _, id := range c.securityGroups {
		described.VpcSecurityGroups = append(described.VpcSecurityGroups, groupMembership{id, "active"})
	}
	for _, sorted := range props.SortedTags(c.tags) {
		described.TagList = append(described.TagList, tag(sorted))
	}
	if c.secretARN != "" {
		described.MasterUserSecret = &masterSecret{c.secretARN, "active", defaultKey(c.key.Place, "secretsmanager")}
		if !c.ready {
			described.MasterUserSecret.SecretStatus = creating
		}
	}
	return described
}

type clusterOutput struct{ DBCluster describedCluster }

func (s *Service) answerCluster(found *cluster) *clusterOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &clusterOutput{DBCluster: found.describe()}
}

func (s *Service) createDBCluster(_ context.Context, call *wire.Call, in *createDBClusterInput) (*clusterOutput, error) {
	made, err := s.registerCluster(call.Place(), clusterRequest{
		clusterSettings: in.clusterSettings, port: in.Port, securityGroups: in.VpcSecurityGroupIDs, tags: tagMap(in.Tags),
		exports: in.EnableCloudwatchLogsExports,
	})
	if err != nil {
		return nil, err
	}
	if _, err := s.masterPassword(made.instance); err != nil { // the secret is told at once
		s.set(made.instance, failed)
		close(made.settled)
		return nil, err
	}
	out := s.answerCluster(made)
	s.work.Go(func() { _ = s.provisionCluster(s.life, made, "") }) // its status tells
	return out, nil
}

type modifyDBClusterInput struct {
	createDBClusterInput

	AllowMajorVersionUpgrade, RotateMasterUserPassword bool
	// CloudwatchLogsExportConfiguration turns logs on and off.
	CloudwatchLogsExportConfiguration *exportChange
	// ApplyImmediately makes no difference: there are no maintenance windows, changes are always made at once.
	ApplyImmediately bool
}

func (s *Service) modifyDBCluster(_ context.Context, call *wire.Call, in *modifyDBClusterInput) (*clusterOutput, error) {
	if in.Engine != "" || in.DatabaseName != "" || in.MasterUsername != "" || len(in.Tags) > 0 ||
		len(in.EnableCloudwatchLogsExports) > 0 {
		return nil, wire.Unsupported(call, "Engine, DatabaseName, MasterUsername, EnableCloudwatchLogsExports or Tags")
	}
	wanted := &change{
		settings: in.settings(), port: in.Port, securityGroups: in.VpcSecurityGroupIDs,
		majorUpgrade: in.AllowMajorVersionUpgrade, rotate: in.RotateMasterUserPassword,
		exports: in.CloudwatchLogsExportConfiguration,
	}
	found, err := s.beginCluster(call.Place(), in.DBClusterIdentifier, wanted, in.ServerlessV2ScalingConfiguration)
	if err != nil {
		return nil, err
	}
	out := s.answerCluster(found)
	s.work.Go(func() { _ = s.apply(s.life, found.instance, wanted) }) // its status tells
	return out, nil
}

type deleteDBClusterInput struct {
	DBClusterIdentifier, FinalDBSnapshotIdentifier string
	SkipFinalSnapshot                              bool
	// DeleteAutomatedBackups makes no difference: there are none.
	DeleteAutomatedBackups *bool
}

func (s *Service) deleteDBCluster(_ context.Context, call *wire.Call, in *deleteDBClusterInput) (*clusterOutput, error) {
	switch {
	case !in.SkipFinalSnapshot && in.FinalDBSnapshotIdentifier == "":
		return nil, errCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
	case in.SkipFinalSnapshot && in.FinalDBSnapshotIdentifier != "":
		return nil, errCombination("FinalDBSnapshotIdentifier can not be specified when deleting a cluster with SkipFinalSnapshot.")
	}
	doomed, err := s.doomCluster(call.Place(), in.DBClusterIdentifier, in.FinalDBSnapshotIdentifier)
	if err != nil {
		return nil, err
	}
	out := s.answerCluster(doomed)
	s.work.Go(func() { _ = s.destroy(s.life, doomed.instance, in.FinalDBSnapshotIdentifier) }) // it is gone or stays
	return out, nil
}

type describeDBClustersInput struct {
	pageInput

	DBClusterIdentifier string
}

type describeDBClustersOutput struct {
	DBClusters []describedCluster `item:"DBCluster"`
	Marker     string
}

func (s *Service) describeDBClusters(
	_ context.Context, call *wire.Call, in *describeDBClustersInput,
) (*describeDBClustersOutput, error) {
	for _, each := range in.Filters {
		if each.Name != "db-cluster-id" && each.Name != "engine" {
			return nil, wire.Unsupported(call, "the filter "+each.Name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []*cluster{}
	if in.DBClusterIdentifier != "" {
		named, err := s.clusterOf(call.Place(), idOf(in.DBClusterIdentifier))
		if err != nil {
			return nil, err
		}
		found = append(found, named)
	} else {
		for key, each := range s.clusters {
			if key.Place == call.Place() {
				found = append(found, each)
			}
		}
	}
	for _, each := range in.Filters {
		found = slices.DeleteFunc(found, func(c *cluster) bool {
			value := c.key.id
			if each.Name == "engine" {
				value = c.Engine
			}
			return !slices.ContainsFunc(each.Values, func(wanted string) bool { return idOf(wanted) == value })
		})
	}
	page, next, err := pageOf(found, in.pageInput, func(c *cluster) string { return c.key.id })
	if err != nil {
		return nil, err
	}
	out := &describeDBClustersOutput{DBClusters: []describedCluster{}, Marker: next}
	for _, each := range page {
		out.DBClusters = append(out.DBClusters, each.describe())
	}
	return out, nil
}

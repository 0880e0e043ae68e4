package rds

import (
	"context"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

type clusterProvider struct{ *Service }

var _ resource.Reader = (*clusterProvider)(nil)

// clusterProperties are the properties of AWS::RDS::DBCluster that are acted on.
type clusterProperties struct {
	clusterSettings

	Port                *int
	VpcSecurityGroupIDs []string
	Tags                []props.Tag
	// EnableCloudwatchLogsExports are all types of logs to publish.
	EnableCloudwatchLogsExports []string
	SnapshotIdentifier          string
	// DeleteAutomatedBackups makes no difference: there are none.
	DeleteAutomatedBackups bool
}

func readCluster(r resource.Request) (*clusterProperties, error) {
	wanted := &clusterProperties{}
	err := props.Decode(r.Properties, wanted)
	return wanted, err
}

// Create makes a cluster and returns when it is available.
func (p *clusterProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readCluster(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.DBClusterIdentifier == "" {
		wanted.DBClusterIdentifier = instanceID(r)
	}
	made, err := p.registerCluster(r.Place, clusterRequest{
		clusterSettings: wanted.clusterSettings, port: wanted.Port, securityGroups: wanted.VpcSecurityGroupIDs,
		tags: props.MergeTags(r.Tags, wanted.Tags), declared: props.DeclaredBy(r), exports: wanted.EnableCloudwatchLogsExports,
		snapshot: wanted.SnapshotIdentifier,
	})
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	if r.Initiated != nil {
		r.Initiated(made.key.id)
	}
	if err := p.provisionCluster(ctx, made, idOf(wanted.SnapshotIdentifier)); err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	return p.result(made), nil
}

func (p *clusterProvider) result(of *cluster) resource.Result {
	described := p.answerCluster(of).DBCluster
	attributes := map[string]any{
		"DBClusterArn": described.DBClusterArn, "DBClusterResourceId": described.DBClusterResourceID,
		"DBClusterIdentifier": described.DBClusterIdentifier, "Endpoint.Address": described.Endpoint,
		"Endpoint.Port": strconv.Itoa(described.Port), "ReadEndpoint.Address": described.ReaderEndpoint,
		"Port": strconv.Itoa(described.Port), "EngineVersion": described.EngineVersion,
	}
	if described.MasterUserSecret != nil {
		attributes["MasterUserSecret.SecretArn"] = described.MasterUserSecret.SecretArn
		attributes["MasterUserSecret.KmsKeyId"] = described.MasterUserSecret.KmsKeyID
	}
	return resource.Result{PhysicalID: described.DBClusterIdentifier, Attributes: attributes}
}

// Update changes a cluster in place.
func (p *clusterProvider) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readCluster(r)
	if err != nil {
		return resource.Result{}, err
	}
	next := &change{
		settings: wanted.settings(), port: wanted.Port, securityGroups: wanted.VpcSecurityGroupIDs,
		exports: allOf(wanted.EnableCloudwatchLogsExports), majorUpgrade: true,
	}
	next.comparePasswords(r)
	found, err := p.beginCluster(r.Place, r.PhysicalID, next, wanted.ServerlessV2ScalingConfiguration)
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	if err := p.apply(ctx, found.instance, next); err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	p.declare(found.instance, r, wanted.Tags, wanted.DeletionProtection)
	return p.result(found), nil
}

// Delete removes a cluster, with a final snapshot if its template asks for one and it ever had data.
func (p *clusterProvider) Delete(ctx context.Context, r resource.Request) error {
	p.mu.Lock()
	found, err := p.clusterOf(r.Place, r.PhysicalID)
	ready := err == nil && found.ready
	p.mu.Unlock()
	if err != nil {
		return nil //nolint:nilerr // it is gone
	}
	final := ""
	if r.Snapshot && ready {
		final = snapshotID(r)
	}
	if _, err := p.doomCluster(r.Place, r.PhysicalID, final); err != nil {
		return handlerFailure(err)
	}
	return p.destroy(ctx, found.instance, final)
}

// Read returns a cluster as it is.
func (p *clusterProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.clusterOf(r.Place, r.PhysicalID)
	if err != nil {
		return nil, false
	}
	now := resource.Properties{
		"BackupRetentionPeriod": number(found.BackupRetentionPeriod), "DeletionProtection": isSet(found.DeletionProtection),
		"EngineVersion": found.EngineVersion, "Port": found.port, "PreferredBackupWindow": found.PreferredBackupWindow,
		"PreferredMaintenanceWindow": found.PreferredMaintenanceWindow,
	}
	now["EnableCloudwatchLogsExports"] = listOf(found.exports)
	now["VpcSecurityGroupIds"] = listOf(found.securityGroups)
	return found.declared.Read(now, found.tags), true
}

package rds

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Providers makes databases of stacks real, and what connects secrets with them.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		"AWS::RDS::DBInstance":                        &instanceProvider{s},
		"AWS::RDS::DBCluster":                         &clusterProvider{s},
		"AWS::SecretsManager::SecretTargetAttachment": &attachmentProvider{s},
	}
}

type instanceProvider struct{ *Service }

var _ resource.Reader = (*instanceProvider)(nil)

// instanceProperties are the properties of AWS::RDS::DBInstance that are acted on.
type instanceProperties struct {
	settings

	Port              *int
	VPCSecurityGroups []string
	Tags              []props.Tag
	// EnableCloudwatchLogsExports are all types of logs to publish.
	EnableCloudwatchLogsExports []string
	DBSnapshotIdentifier        string
	AllowMajorVersionUpgrade    bool
	// ApplyImmediately and DeleteAutomatedBackups make no difference: changes are always made at once, and there are no
	// automated backups.
	ApplyImmediately, DeleteAutomatedBackups bool
}

func readInstance(r resource.Request) (*instanceProperties, error) {
	wanted := &instanceProperties{}
	err := props.Decode(r.Properties, wanted)
	return wanted, err
}

// Create makes an instance and returns when it is available.
func (p *instanceProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readInstance(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.DBInstanceIdentifier == "" {
		wanted.DBInstanceIdentifier = instanceID(r)
	}
	made, err := p.register(r.Place, request{
		settings: wanted.settings, port: wanted.Port, securityGroups: wanted.VPCSecurityGroups,
		tags: props.MergeTags(r.Tags, wanted.Tags), declared: props.DeclaredBy(r), exports: wanted.EnableCloudwatchLogsExports,
		snapshot: wanted.DBSnapshotIdentifier,
	})
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	if r.Initiated != nil {
		r.Initiated(made.key.id)
	}
	if err := p.provision(ctx, made, wanted.DBSnapshotIdentifier); err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	return p.result(made), nil
}

// instanceID is the name that CloudFormation gives to an instance without one.
func instanceID(r resource.Request) string {
	const longest = 63
	id := strings.ToLower(props.GeneratedName(r.StackName, r.LogicalID))
	return id[max(0, len(id)-longest):]
}

func (p *instanceProvider) result(of *instance) resource.Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	described := p.describe(of)
	attributes := map[string]any{
		"DBInstanceArn": of.arn(), "DbiResourceId": of.resourceID, "DBInstanceIdentifier": of.key.id, "DBName": of.DBName,
		"DBInstanceStatus": of.status, "Engine": of.Engine, "EngineVersion": of.EngineVersion, "MasterUsername": of.MasterUsername,
		"AvailabilityZone": of.AvailabilityZone, "DBInstanceClass": of.DBInstanceClass,
		"AllocatedStorage": strconv.Itoa(number(of.AllocatedStorage)), "Port": strconv.Itoa(of.port),
		"MultiAZ": isSet(of.MultiAZ), "StorageEncrypted": isSet(of.StorageEncrypted), "DBSubnetGroupName": of.DBSubnetGroupName,
		"DBParameterGroupName": of.DBParameterGroupName, "StorageType": of.StorageType,
	}
	if described.Endpoint != nil {
		attributes["Endpoint.Address"] = described.Endpoint.Address
		attributes["Endpoint.Port"] = strconv.Itoa(described.Endpoint.Port)
		attributes["Endpoint.HostedZoneId"] = described.Endpoint.HostedZoneID
	}
	attributes["CertificateDetails.CAIdentifier"] = described.CertificateDetails.CAIdentifier
	if until := of.doors().certifiedUntil(); !until.IsZero() {
		attributes["CertificateDetails.ValidTill"] = until.UTC().Format(time.RFC3339)
	}
	if described.MasterUserSecret != nil {
		attributes["MasterUserSecret.SecretArn"] = described.MasterUserSecret.SecretArn
		attributes["MasterUserSecret.KmsKeyId"] = described.MasterUserSecret.KmsKeyID
	}
	return resource.Result{PhysicalID: of.key.id, Attributes: attributes}
}

// Update changes an instance in place.
func (p *instanceProvider) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readInstance(r)
	if err != nil {
		return resource.Result{}, err
	}
	next := &change{
		settings: wanted.settings, port: wanted.Port, securityGroups: wanted.VPCSecurityGroups,
		exports:      allOf(wanted.EnableCloudwatchLogsExports),
		majorUpgrade: wanted.AllowMajorVersionUpgrade,
	}
	next.comparePasswords(r)
	found, err := p.begin(r.Place, r.PhysicalID, next)
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	if err := p.apply(ctx, found, next); err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	p.declare(found, r, wanted.Tags, wanted.DeletionProtection)
	return p.result(found), nil
}

// comparePasswords leaves a password alone that the template has not changed, and takes back from RDS one that it no longer
// manages.
func (c *change) comparePasswords(r resource.Request) {
	if r.Previous["MasterUserPassword"] == r.Properties["MasterUserPassword"] && r.Previous["ManageMasterUserPassword"] == nil {
		c.MasterUserPassword = "" // it is as it was
	}
	if c.ManageMasterUserPassword == nil && r.Previous["ManageMasterUserPassword"] != nil {
		c.ManageMasterUserPassword = new(false)
	}
}

// declare notes what the template says now and apply leaves alone: tags, and that nothing is said of protection.
func (s *Service) declare(of *instance, r resource.Request, tags []props.Tag, protection *bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of.tags, of.declared = props.MergeTags(r.Tags, tags), props.DeclaredBy(r)
	if protection == nil {
		of.DeletionProtection = nil
	}
}

// Delete removes an instance, with a final snapshot if its template asks for one and it ever had data.
func (p *instanceProvider) Delete(ctx context.Context, r resource.Request) error {
	p.mu.Lock()
	found, err := p.instance(r.Place, r.PhysicalID)
	ready := err == nil && found.ready
	p.mu.Unlock()
	if err != nil {
		return nil //nolint:nilerr // it is gone
	}
	final := ""
	if r.Snapshot && ready && found.cluster == nil {
		final = snapshotID(r)
	}
	if _, err := p.doom(r.Place, r.PhysicalID, final); err != nil {
		return handlerFailure(err)
	}
	return p.destroy(ctx, found, final)
}

// snapshotID is the name that CloudFormation gives to a final snapshot: stack-snapshot-resource-random.
func snapshotID(r resource.Request) string {
	const random = 12
	return strings.ToLower(r.StackName + "-snapshot-" + r.LogicalID + "-" + props.RandomID(random))
}

// Read returns an instance as it is.
func (p *instanceProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.instance(r.Place, r.PhysicalID)
	if err != nil {
		return nil, false
	}
	now := resource.Properties{
		"DBInstanceClass": found.DBInstanceClass, "AllocatedStorage": number(found.AllocatedStorage),
		"BackupRetentionPeriod": number(found.BackupRetentionPeriod), "MultiAZ": isSet(found.MultiAZ),
		"DeletionProtection": isSet(found.DeletionProtection), "EngineVersion": found.EngineVersion, "Port": found.port,
		"StorageType": found.StorageType, "PubliclyAccessible": isSet(found.PubliclyAccessible),
		"PreferredBackupWindow":      found.PreferredBackupWindow,
		"PreferredMaintenanceWindow": found.PreferredMaintenanceWindow,
	}
	now["EnableCloudwatchLogsExports"] = listOf(found.exports)
	now["VPCSecurityGroups"] = listOf(found.securityGroups)
	return found.declared.Read(now, found.tags), true
}

// handlerFailure words an API error as the resource's handler does.
func handlerFailure(err error) error {
	return props.Refusal(err, map[string]string{
		"DBInstanceNotFound": "NotFound", "DBSnapshotNotFound": "NotFound", "DBSubnetGroupNotFoundFault": "NotFound",
		"DBParameterGroupNotFound": "NotFound", "CertificateNotFound": "NotFound",
		"DBClusterNotFoundFault": "NotFound", "DBClusterSnapshotNotFoundFault": "NotFound",
		"DBClusterParameterGroupNotFound": "NotFound", "DBClusterAlreadyExistsFault": "AlreadyExists",
		"InvalidDBClusterStateFault": "ResourceConflict", "DBInstanceAlreadyExists": "AlreadyExists",
		"DBSnapshotAlreadyExists": "AlreadyExists", "InvalidDBInstanceState": "ResourceConflict",
	})
}

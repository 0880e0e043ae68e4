package rds

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type endpoint struct {
	Address      string
	Port         int
	HostedZoneID string `query:"HostedZoneId"`
}

type groupMembership struct {
	VpcSecurityGroupID string `query:"VpcSecurityGroupId"`
	Status             string
}

type parameterGroupStatus struct{ DBParameterGroupName, ParameterApplyStatus string }

type masterSecret struct {
	SecretArn, SecretStatus string
	KmsKeyID                string `query:"KmsKeyId"`
}

// describedInstance is an instance as the API describes it.
type describedInstance struct {
	DBInstanceIdentifier, DBInstanceClass, Engine, DBInstanceStatus, MasterUsername, DBName string
	DBClusterIdentifier                                                                     string

	Endpoint                   *endpoint
	AllocatedStorage           int
	InstanceCreateTime         wire.Time
	PreferredBackupWindow      string
	BackupRetentionPeriod      int
	VpcSecurityGroups          []groupMembership      `item:"VpcSecurityGroupMembership"`
	DBParameterGroups          []parameterGroupStatus `item:"DBParameterGroup"`
	AvailabilityZone           string
	DBSubnetGroup              *subnetGroup
	PreferredMaintenanceWindow string
	PendingModifiedValues      struct{}
	LatestRestorableTime       wire.Time
	MultiAZ                    bool
	EngineVersion              string
	AutoMinorVersionUpgrade    bool
	LicenseModel               string
	Iops, StorageThroughput    *int
	PubliclyAccessible         bool
	StorageType                string
	DBInstancePort             int `query:"DbInstancePort"`
	StorageEncrypted           bool
	KmsKeyID                   string `query:"KmsKeyId"`
	DbiResourceID              string `query:"DbiResourceId"`
	CACertificateIdentifier    string
	CertificateDetails         *certificateDetails
	CopyTagsToSnapshot         bool
	MonitoringInterval         int
	DBInstanceArn              string

	IAMDatabaseAuthenticationEnabled bool
	PerformanceInsightsEnabled       bool
	DeletionProtection               bool
	MaxAllocatedStorage              *int
	PromotionTier                    *int
	TagList                          []tag `item:"Tag"`
	NetworkType                      string
	MasterUserSecret                 *masterSecret
	EngineLifecycleSupport           string
	EnabledCloudwatchLogsExports     []string

	// What PostgreSQL of RDS has and no instance here differs in.
	OptionGroupMemberships []optionGroupMembership `item:"OptionGroupMembership"`

	DBSecurityGroups, DomainMemberships, AssociatedRoles, ReadReplicaDBInstanceIdentifiers []string
	CustomerOwnedIPEnabled                                                                 bool `query:"CustomerOwnedIpEnabled"`
	DedicatedLogVolume                                                                     bool
	BackupTarget, DatabaseInsightsMode, UpgradeRolloutOrder                                string
}

type optionGroupMembership struct{ OptionGroupName, Status string }

// describe returns what the API answers of an instance. Call it locked.
func (s *Service) describe(i *instance) describedInstance {
	described := describedInstance{
		DBInstanceIdentifier: i.key.id, DBInstanceClass: i.DBInstanceClass, Engine: i.Engine, DBInstanceStatus: i.status,
		MasterUsername: i.MasterUsername, DBName: i.DBName, AllocatedStorage: number(i.AllocatedStorage),
		InstanceCreateTime: wire.At(i.created), PreferredBackupWindow: i.PreferredBackupWindow,
		BackupRetentionPeriod: number(i.BackupRetentionPeriod), AvailabilityZone: i.AvailabilityZone,
		DBParameterGroups:          []parameterGroupStatus{{i.DBParameterGroupName, "in-sync"}},
		PreferredMaintenanceWindow: i.PreferredMaintenanceWindow, LatestRestorableTime: wire.At(i.restorable),
		MultiAZ: isSet(i.MultiAZ), EngineVersion: i.EngineVersion, AutoMinorVersionUpgrade: isSet(i.AutoMinorVersionUpgrade),
		LicenseModel: i.LicenseModel, Iops: i.Iops, StorageThroughput: i.StorageThroughput,
		PubliclyAccessible: isSet(i.PubliclyAccessible), StorageType: i.StorageType, StorageEncrypted: isSet(i.StorageEncrypted),
		KmsKeyID: i.KmsKeyID, DbiResourceID: i.resourceID, CACertificateIdentifier: i.CACertificateIdentifier,
		CertificateDetails: i.doors().certificate(i.CACertificateIdentifier),
		CopyTagsToSnapshot: isSet(i.CopyTagsToSnapshot), DBInstanceArn: i.arn(),
		PerformanceInsightsEnabled: isSet(i.EnablePerformanceInsights), DeletionProtection: isSet(i.DeletionProtection),
		MaxAllocatedStorage: i.MaxAllocatedStorage, NetworkType: i.NetworkType, EngineLifecycleSupport: i.EngineLifecycleSupport,
		VpcSecurityGroups: []groupMembership{}, TagList: []tag{}, OptionGroupMemberships: []optionGroupMembership{},
		DBSecurityGroups: []string{}, DomainMemberships: []string{}, AssociatedRoles: []string{},
		ReadReplicaDBInstanceIdentifiers: []string{},
		BackupTarget:                     "region", DatabaseInsightsMode: "standard", UpgradeRolloutOrder: "second",
	}
	if major, _, _ := strings.Cut(i.EngineVersion, "."); major != "" {
		described.OptionGroupMemberships = []optionGroupMembership{{"default:" + i.Engine + "-" + major, "in-sync"}}
	}
	if i.status == creating {
		described.InstanceCreateTime = wire.Time{}
	}
	if isSet(i.StorageEncrypted) && i.KmsKeyID == "" {
		described.KmsKeyID = defaultKey(i.key.Place, "rds")
	}
	if i.StorageType == "gp3" {
		described.Iops, described.StorageThroughput = i.baseline()
	}
	if i.cluster != nil {
		described.PromotionTier = new(i.tier())
		described.DBClusterIdentifier = i.cluster.key.id
	}
	if behind := i.doors(); behind != nil && i.ready {
		described.Endpoint = &endpoint{Address: behind.endpoint.Host(), Port: behind.endpoint.Port(), HostedZoneID: hostedZone}
	}
	for _, id := range i.securityGroups {
		described.VpcSecurityGroups = append(described.VpcSecurityGroups, groupMembership{id, "active"})
	}
	for _, sorted := range props.SortedTags(i.tags) {
		described.TagList = append(described.TagList, tag(sorted))
	}
	if i.secretARN != "" {
		described.MasterUserSecret = &masterSecret{i.secretARN, "active", defaultKey(i.key.Place, "secretsmanager")}
		if !i.ready {
			described.MasterUserSecret.SecretStatus = creating
		}
	}
	described.EnabledCloudwatchLogsExports = i.exports
	described.DBSubnetGroup = s.subnetGroup(i.key.Place, i.DBSubnetGroupName)
	described.DBSubnetGroup.DBSubnetGroupArn = "" // told by DescribeDBSubnetGroups only
	return described
}

// defaultKey is the ARN of the key that AWS makes for a service; its id is made up, and stays the same.
func defaultKey(place resource.Place, service string) string {
	id := uuid.NewSHA1(uuid.NameSpaceDNS, []byte(service+place.Region+place.Account))
	return fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", place.Region, place.Account, id)
}

// What gp3 has without a word of the user ("Amazon RDS DB instance storage", user guide): more from 400 GiB on, where
// volumes are striped.
const (
	striped                            = 400
	baselineIOPS, stripedIOPS          = 3000, 12000
	baselineThroughput, stripedThrough = 125, 500
)

// baseline returns the operations and MiB a second of a gp3 volume.
func (i *instance) baseline() (*int, *int) {
	iops, throughput := new(baselineIOPS), new(baselineThroughput)
	if number(i.AllocatedStorage) >= striped {
		iops, throughput = new(stripedIOPS), new(stripedThrough)
	}
	if i.Iops != nil {
		iops = i.Iops
	}
	if i.StorageThroughput != nil {
		throughput = i.StorageThroughput
	}
	return iops, throughput
}

// hostedZone is that of RDS in us-east-1.
const hostedZone = "Z2R2ITUGPM61AM"

type subnet struct {
	SubnetIdentifier       string
	SubnetAvailabilityZone struct{ Name string }
	SubnetOutpost          struct{}
	SubnetStatus           string
}

type subnetGroup struct {
	DBSubnetGroupName, DBSubnetGroupDescription string
	VpcID                                       string `query:"VpcId"`
	SubnetGroupStatus                           string
	Subnets                                     []subnet `item:"Subnet"`
	DBSubnetGroupArn                            string
}

// subnetGroup describes the group of a stack. The default one has no subnets.
func (s *Service) subnetGroup(place resource.Place, name string) *subnetGroup {
	name = strings.ToLower(name)
	described := &subnetGroup{
		DBSubnetGroupName: name, DBSubnetGroupDescription: name, SubnetGroupStatus: "Complete", Subnets: []subnet{},
		DBSubnetGroupArn: arn(place, "subgrp", name),
	}
	properties, ok := s.Records.Read(resource.Request{Place: place, Type: subnetGroupType, PhysicalID: name})
	if !ok {
		return described
	}
	if text, ok := properties["DBSubnetGroupDescription"].(string); ok {
		described.DBSubnetGroupDescription = text
	}
	ids, _ := properties["SubnetIds"].([]any)
	for _, id := range ids {
		text, _ := id.(string)
		found, _ := s.Subnets(place.Account, place.Region, text)
		member := subnet{SubnetIdentifier: text, SubnetStatus: "Active"}
		member.SubnetAvailabilityZone.Name = found.AvailabilityZone
		described.VpcID = found.VpcID
		described.Subnets = append(described.Subnets, member)
	}
	return described
}

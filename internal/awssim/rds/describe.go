package rds

import (
	"strings"

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
	TagList                          []tag `item:"Tag"`
	NetworkType                      string
	MasterUserSecret                 *masterSecret
	EngineLifecycleSupport           string
}

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
		CertificateDetails: i.server.certificate(i.CACertificateIdentifier),
		CopyTagsToSnapshot: isSet(i.CopyTagsToSnapshot), DBInstanceArn: i.arn(),
		PerformanceInsightsEnabled: isSet(i.EnablePerformanceInsights), DeletionProtection: isSet(i.DeletionProtection),
		MaxAllocatedStorage: i.MaxAllocatedStorage, NetworkType: i.NetworkType, EngineLifecycleSupport: i.EngineLifecycleSupport,
		VpcSecurityGroups: []groupMembership{}, TagList: []tag{},
	}
	if i.server != nil && i.ready {
		described.Endpoint = &endpoint{Address: i.server.endpoint.Host(), Port: i.server.endpoint.Port(), HostedZoneID: hostedZone}
	}
	for _, id := range i.securityGroups {
		described.VpcSecurityGroups = append(described.VpcSecurityGroups, groupMembership{id, "active"})
	}
	for _, sorted := range props.SortedTags(i.tags) {
		described.TagList = append(described.TagList, tag(sorted))
	}
	if i.secretARN != "" {
		described.MasterUserSecret = &masterSecret{SecretArn: i.secretARN, SecretStatus: "active", KmsKeyID: "alias/aws/secretsmanager"}
	}
	described.DBSubnetGroup = s.subnetGroup(i.key.Place, i.DBSubnetGroupName)
	return described
}

// hostedZone is that of RDS in us-east-1.
const hostedZone = "Z2R2ITUGPM61AM"

type subnet struct {
	SubnetIdentifier       string
	SubnetAvailabilityZone struct{ Name string }
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

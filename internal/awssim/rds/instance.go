package rds

import (
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Statuses of instances ("Viewing Amazon RDS DB instance status", user guide).
const (
	creating  = "creating"
	backingUp = "backing-up"
	available = "available"
	modifying = "modifying"
	resetting = "resetting-master-credentials"
	rebooting = "rebooting"
	stopping  = "stopping"
	stopped   = "stopped"
	starting  = "starting"
	deleting  = "deleting"
	failed    = "failed"
)

// How long RDS takes, rounded from event logs that people publish.
const (
	createTime   = 4 * time.Minute
	standbyTime  = 3 * time.Minute // more for a standby in another zone
	backupTime   = time.Minute
	modifyTime   = time.Minute
	rebootTime   = 30 * time.Second
	deleteTime   = 2 * time.Minute
	snapshotTime = time.Minute
)

// settings are what the API and AWS::RDS::DBInstance say of an instance in the same words. Pointers that are nil and
// empty texts were not given.
type settings struct {
	DBInstanceIdentifier, DBInstanceClass, Engine, EngineVersion, DBName          string
	DBClusterIdentifier                                                           string
	MasterUsername, MasterUserPassword, AvailabilityZone                          string
	DBSubnetGroupName, DBParameterGroupName, StorageType, LicenseModel            string
	PreferredBackupWindow, PreferredMaintenanceWindow                             string
	CACertificateIdentifier, NetworkType, EngineLifecycleSupport                  string
	KmsKeyID                                                                      string `query:"KmsKeyId"`
	ManageMasterUserPassword, StorageEncrypted, MultiAZ, PubliclyAccessible       *bool
	AutoMinorVersionUpgrade, CopyTagsToSnapshot, DeletionProtection               *bool
	EnableIAMDatabaseAuthentication, EnablePerformanceInsights                    *bool
	AllocatedStorage, MaxAllocatedStorage, Iops, StorageThroughput                *int
	BackupRetentionPeriod, MonitoringInterval, PerformanceInsightsRetentionPeriod *int
	PromotionTier                                                                 *int // of a member of a cluster; is told
}

// instance is a database instance. Its settings have all defaults filled in.
type instance struct {
	settings

	key            key
	kind           string   // clusterKind of what a cluster has its data in; else empty
	cluster        *cluster // of a member; else nil
	resourceID     string   // db-...
	port           int      // as it was asked for
	securityGroups []string
	exports        []string // the types of logs that are published
	tags           map[string]string
	declared       props.Declared
	created        time.Time
	status         string
	ready          bool // it was available once
	restorable     time.Time
	secretARN      string // of a password that RDS manages
	generated      string // the first such password

	// working is held while something is done to the server.
	working sync.Mutex
	server  *server // nil until it is made
}

func (i *instance) arn() string {
	if i.kind != "" {
		return arn(i.key.Place, i.kind, i.key.id)
	}
	return arn(i.key.Place, "db", i.key.id)
}

// doors is the server behind an instance: its own, or that of its cluster. It is nil until that is made.
func (i *instance) doors() *server {
	if i.cluster != nil {
		return i.cluster.server
	}
	return i.server
}

// snapshot is a copy of an instance's files.
type snapshot struct {
	key     key
	of      *instance // as it was
	folder  string    // with the copy in data
	secret  string    // the password of admin in the copy
	status  string
	kind    string // manual
	created time.Time
	tags    map[string]string
}

func (s *snapshot) arn() string {
	if s.of.kind != "" {
		return arn(s.key.Place, s.of.kind+"-snapshot", s.key.id)
	}
	return arn(s.key.Place, "snapshot", s.key.id)
}

// copies are the snapshots of a kind. Call it locked.
func (s *Service) copies(kind string) map[key]*snapshot { return s.snapshots[kind] }

func isSet(flag *bool) bool { return flag != nil && *flag }

func number(value *int) int {
	if value == nil {
		return 0
	}
	return *value
}

func keyOf(place resource.Place, id string) key { return key{place, strings.ToLower(id)} }

// instance returns the instance of an identifier. Call it locked.
func (s *Service) instance(place resource.Place, id string) (*instance, error) {
	found, ok := s.instances[keyOf(place, id)]
	if !ok {
		return nil, errNoInstance(id)
	}
	return found, nil
}

// set moves an instance to a status.
func (s *Service) set(of *instance, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of.status = status
	if status == available {
		of.ready = true
	}
}

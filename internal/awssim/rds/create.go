package rds

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/secretsmanager"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

// request is what a new instance is to be.
type request struct {
	settings

	port           *int
	securityGroups []string
	exports        []string // types of logs to publish
	tags           map[string]string
	declared       props.Declared
	snapshot       string // to restore; empty for a new database
}

// Lengths of what is made up.
const (
	resourceIDLength = 26
	managedLength    = 28 // of passwords that RDS makes
	secretLength     = 32
)

// register checks a request and makes the instance known, in the status creating.
func (s *Service) register(place resource.Place, wanted request) (*instance, error) {
	if err := s.check(place, &wanted.settings, wanted.snapshot != ""); err != nil {
		return nil, err
	}
	if err := checkPort(wanted.port); err != nil {
		return nil, err
	}
	if err := checkExports(wanted.Engine, wanted.exports); err != nil {
		return nil, err
	}
	if wanted.DBClusterIdentifier != "" && len(wanted.exports) > 0 {
		return nil, errOfCluster("log types")
	}
	if wanted.DBClusterIdentifier != "" && len(wanted.securityGroups) > 0 {
		return nil, errOfCluster("vpc security group")
	}
	if wanted.DBClusterIdentifier != "" && wanted.port != nil {
		return nil, errOfCluster("database endpoint port")
	}
	if wanted.snapshot == "" && wanted.DBClusterIdentifier == "" {
		version, err := s.version(s.life)
		if err != nil {
			return nil, err
		}
		wanted.settle(version)
	}
	made := &instance{
		settings: wanted.settings, key: keyOf(place, wanted.DBInstanceIdentifier), port: number(wanted.port),
		securityGroups: wanted.securityGroups, exports: wanted.exports, tags: maps.Clone(wanted.tags), declared: wanted.declared,
		resourceID: "db-" + strings.ToUpper(props.RandomID(resourceIDLength)), created: s.Clock.Now(), status: creating,
	}
	if made.tags == nil {
		made.tags = make(map[string]string)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.instances[made.key]; exists {
		return nil, wire.Errorf("DBInstanceAlreadyExists", "DB instance already exists")
	}
	if made.DBClusterIdentifier != "" {
		if err := s.join(made); err != nil {
			return nil, err
		}
	}
	if wanted.snapshot != "" {
		from, ok := s.copies("")[keyOf(place, wanted.snapshot)]
		if !ok {
			return nil, errNoSnapshot(wanted.snapshot)
		}
		made.inherit(from.of)
	}
	if err := made.complete(); err != nil {
		return nil, err
	}
	s.instances[made.key] = made
	return made, nil
}

// inherit takes what a snapshot decides, and what was not asked otherwise.
func (i *instance) inherit(from *instance) {
	i.MasterUsername, i.DBName, i.StorageEncrypted = from.MasterUsername, from.DBName, from.StorageEncrypted
	if i.EngineVersion == "" {
		i.EngineVersion = from.EngineVersion
	}
	if i.AllocatedStorage == nil {
		i.AllocatedStorage = from.AllocatedStorage
	}
	if i.port == 0 {
		i.port = from.port
	}
}

// complete fills in the defaults (CreateDBInstance, API reference).
func (i *instance) complete() error {
	for _, pair := range []struct{ to, otherwise *string }{
		{&i.Engine, new(postgres)},
		{&i.StorageType, new("gp2")},
		{&i.LicenseModel, new("postgresql-license")},
		{&i.DBSubnetGroupName, new("default")},
		{&i.PreferredBackupWindow, new("03:00-03:30")},
		{&i.PreferredMaintenanceWindow, new("sun:05:00-sun:05:30")},
		{&i.CACertificateIdentifier, new(authorities()[0])},
		{&i.NetworkType, new("IPV4")},
		{&i.EngineLifecycleSupport, new("open-source-rds-extended-support")},
	} {
		if *pair.to == "" {
			*pair.to = *pair.otherwise
		}
	}
	if i.AllocatedStorage == nil {
		return errValue("The parameter AllocatedStorage must be provided and must not be blank.") // believed
	}
	if i.BackupRetentionPeriod == nil {
		i.BackupRetentionPeriod = new(1)
	}
	if i.AutoMinorVersionUpgrade == nil {
		i.AutoMinorVersionUpgrade = new(true)
	}
	if i.port == 0 {
		i.port = defaultPort
	}
	return nil
}

// provision makes the server of a registered instance and returns when it is available.
func (s *Service) provision(ctx context.Context, made *instance, fromSnapshot string) error {
	if made.cluster != nil {
		return s.provisionMember(ctx, made)
	}
	made.working.Lock()
	defer made.working.Unlock()
	if err := s.bringUp(ctx, made, fromSnapshot); err != nil {
		s.set(made, failed)
		if ctx.Err() != nil { // PostgreSQL's programs end with it, and complain
			return fmt.Errorf("creating %s: %w", made.key.id, ctx.Err())
		}
		return err
	}
	wait := createTime
	if isSet(made.MultiAZ) {
		wait += standbyTime
	}
	if err := s.Clock.Sleep(ctx, wait); err != nil {
		return fmt.Errorf("creating %s: %w", made.key.id, err)
	}
	s.mu.Lock()
	made.created = s.Clock.Now()
	if made.AvailabilityZone == "" {
		made.AvailabilityZone = made.key.Region + "a"
	}
	s.mu.Unlock()
	if number(made.BackupRetentionPeriod) > 0 {
		s.set(made, backingUp)
		if err := s.Clock.Sleep(ctx, backupTime); err != nil {
			return fmt.Errorf("backing %s up: %w", made.key.id, err)
		}
		s.mu.Lock()
		made.restorable = s.Clock.Now()
		s.mu.Unlock()
	}
	s.set(made, available)
	return nil
}

// bringUp starts the instance's server, with a new database or with that of a snapshot.
func (s *Service) bringUp(ctx context.Context, made *instance, fromSnapshot string) error {
	password, err := s.masterPassword(made)
	if err != nil {
		return err
	}
	running, err := s.newServer(ctx, made)
	if err != nil {
		return err
	}
	s.mu.Lock()
	made.server = running
	from := s.copies(made.kind)[keyOf(made.key.Place, fromSnapshot)]
	s.mu.Unlock()
	s.publish(made)
	if from == nil {
		if err := running.initialize(ctx); err != nil {
			return err
		}
		if err := running.start(ctx); err != nil {
			return err
		}
		return running.grant(ctx, made.MasterUsername, password, made.DBName)
	}
	running.secret = from.secret
	if err := running.copyFrom(ctx, filepath.Join(from.folder, "data")); err != nil {
		return err
	}
	if err := running.start(ctx); err != nil || password == "" {
		return err
	}
	return running.setPassword(ctx, made.MasterUsername, password)
}

// newServer returns a server without files, and settles the version that it has.
func (s *Service) newServer(ctx context.Context, made *instance) (*server, error) {
	installed, err := s.Find()
	if err != nil {
		return nil, errInstall(err)
	}
	version, err := s.version(ctx)
	if err != nil {
		return nil, err
	}
	root, err := s.root()
	if err != nil {
		return nil, err
	}
	folder, err := postgresql.NewFolder(root, made.key.id+"-")
	if err != nil {
		return nil, err
	}
	secret, err := secretsmanager.RandomPassword(secretLength, unsafe)
	if err != nil {
		return nil, err
	}
	endpoint, err := process.Reserve(made.port)
	if err != nil {
		return nil, fmt.Errorf("finding an address: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made.settle(version)
	return &server{
		installed: installed, runner: s.Runner, folder: folder, secret: secret, endpoint: endpoint, security: s.securityOf(made),
	}, nil
}

// version returns the version of PostgreSQL that is installed.
func (s *Service) version(ctx context.Context) (string, error) {
	installed, err := s.Find()
	if err != nil {
		return "", errInstall(err)
	}
	version, err := installed.Version(ctx)
	if err != nil {
		return "", fmt.Errorf("asking PostgreSQL for its version: %w", err)
	}
	return version, nil
}

// settle fills in the version, and the parameters that go with it.
func (w *settings) settle(version string) {
	if w.EngineVersion == "" {
		w.EngineVersion = version
	}
	if w.DBParameterGroupName == "" {
		major, _, _ := strings.Cut(w.EngineVersion, ".")
		family := postgres
		if w.Engine == aurora {
			family = aurora
		}
		w.DBParameterGroupName = "default." + family + major
	}
}

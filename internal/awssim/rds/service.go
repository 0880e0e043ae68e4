// Package rds is the Relational Database Service for PostgreSQL: each instance is a real server, a process of the
// PostgreSQL that is installed on this machine. Where none is, instances are refused.
//
// A master user is what it is on RDS: no superuser, but one that may create roles and databases. Waits of AWS are
// scaled by the clock; what PostgreSQL itself takes is not. Texts of errors are those that public issues quote.
package rds

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/acm"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/network"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

// Secrets is where passwords are kept that RDS manages: [secretsmanager.Service].
type Secrets interface {
	CreateFor(owner string, place resource.Place, name, text string, tags map[string]string) (string, error)
	Edit(place resource.Place, id string, change func(members map[string]any)) error
	Remove(place resource.Place, id string)
}

// Records are the subnet groups and parameter groups of stacks: [generic.Provider].
type Records interface {
	Read(r resource.Request) (resource.Properties, bool)
	List(place resource.Place, resourceType string) map[string]resource.Properties
}

// Deps are what the service works with.
type Deps struct {
	Clock   clock.Clock
	Secrets Secrets
	Records Records
	Subnets network.Lookup
	Runner  *process.Runner // closed by Service.Close
	Logs    Logs            // where servers tell what they do; nil is nowhere
	// Certify makes the certificate of the server at a host; without it servers do not speak TLS.
	Certify func(host string) (acm.ServerCertificate, error)
	// Find returns the PostgreSQL to run; nil finds the one that is installed.
	Find func() (postgresql.Installation, error)
	// Folder is where databases are kept that are to survive the simulator; empty is a temporary one.
	Folder string
}

// Service is the databases of all accounts and regions.
type Service struct {
	Deps

	life context.Context //nolint:containedctx // ends with Close, not with a request
	end  context.CancelFunc
	work sync.WaitGroup

	mu        sync.Mutex
	instances map[key]*instance
	clusters  map[key]*cluster
	snapshots map[string]map[key]*snapshot // by what they are copies of
	temporary string                       // the folder of all databases, made at first use, if it goes with the service
}

// key finds an instance or a snapshot.
type key struct {
	resource.Place

	id string // in lower case
}

// New returns a service without databases.
func New(deps Deps) *Service {
	if deps.Find == nil {
		deps.Find = postgresql.Find
	}
	life, end := context.WithCancel(context.Background())
	return &Service{
		Deps: deps, life: life, end: end, instances: make(map[key]*instance), clusters: make(map[key]*cluster),
		snapshots: map[string]map[key]*snapshot{"": make(map[key]*snapshot), clusterKind: make(map[key]*snapshot)},
	}
}

// Close ends all servers. The databases of a service without a folder of its own go with it.
func (s *Service) Close() error {
	s.end()
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var stopping sync.WaitGroup
	for _, each := range s.instances {
		if each.server != nil {
			stopping.Go(each.server.close)
		}
	}
	for _, each := range s.clusters {
		if each.server != nil {
			stopping.Go(each.server.close)
		}
	}
	stopping.Wait()
	err := s.Runner.Close()
	if s.temporary != "" {
		err = errors.Join(err, os.RemoveAll(s.temporary))
	}
	if err != nil {
		return fmt.Errorf("ending the databases: %w", err)
	}
	return nil
}

// root returns the folder of all databases.
func (s *Service) root() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Folder != "" {
		folder := filepath.Join(s.Folder, "databases")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return "", fmt.Errorf("making a folder for databases: %w", err)
		}
		return folder, postgresql.Own(folder)
	}
	if s.temporary == "" {
		folder, err := postgresql.NewFolder("", "awssim-databases-")
		if err != nil {
			return "", err
		}
		s.temporary = folder
	}
	return s.temporary, nil
}

// API returns the operations of RDS.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "rds", Protocol: wire.Query, Version: "2014-10-31", Namespace: "http://rds.amazonaws.com/doc/2014-10-31/",
		Operations: map[string]wire.Handler{
			"CreateDBInstance":                wire.Op(s.createDBInstance),
			"RestoreDBInstanceFromDBSnapshot": wire.Op(s.restoreDBInstance),
			"ModifyDBInstance":                wire.Op(s.modifyDBInstance),
			"DeleteDBInstance":                wire.Op(s.deleteDBInstance),
			"RebootDBInstance":                wire.Op(s.rebootDBInstance),
			"StopDBInstance":                  wire.Op(s.stopDBInstance),
			"StartDBInstance":                 wire.Op(s.startDBInstance),
			"DescribeDBInstances":             wire.Op(s.describeDBInstances),
			"DescribeDBSubnetGroups":          wire.Op(s.describeDBSubnetGroups),
			"DescribeDBEngineVersions":        wire.Op(s.describeDBEngineVersions),
			"DescribeCertificates":            wire.Op(s.describeCertificates),
			"CreateDBCluster":                 wire.Op(s.createDBCluster),
			"ModifyDBCluster":                 wire.Op(s.modifyDBCluster),
			"DeleteDBCluster":                 wire.Op(s.deleteDBCluster),
			"DescribeDBClusters":              wire.Op(s.describeDBClusters),
			"DescribeDBClusterSnapshots":      wire.Op(s.describeDBClusterSnapshots),
			"DeleteDBClusterSnapshot":         wire.Op(s.deleteDBClusterSnapshot),
			"CreateDBSnapshot":                wire.Op(s.createDBSnapshot),
			"DescribeDBSnapshots":             wire.Op(s.describeDBSnapshots),
			"DeleteDBSnapshot":                wire.Op(s.deleteDBSnapshot),
			"ListTagsForResource":             wire.Op(s.listTagsForResource),
			"AddTagsToResource":               wire.Op(s.addTagsToResource),
			"RemoveTagsFromResource":          wire.Op(s.removeTagsFromResource),
		},
	}
}

func arn(place resource.Place, kind, id string) string {
	return fmt.Sprintf("arn:aws:rds:%s:%s:%s:%s", place.Region, place.Account, kind, id)
}

// statusNotFound is the HTTP status of what RDS does not find.
const statusNotFound = 404

func errNoInstance(id string) *wire.Error {
	return &wire.Error{Code: "DBInstanceNotFound", Message: fmt.Sprintf("DBInstance %s not found.", id), Status: statusNotFound}
}

func errNoSnapshot(id string) *wire.Error {
	return &wire.Error{Code: "DBSnapshotNotFound", Message: fmt.Sprintf("DBSnapshot %s not found.", id), Status: statusNotFound}
}

func errValue(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidParameterValue", format, args...)
}

func errCombination(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidParameterCombination", format, args...)
}

func errState(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidDBInstanceState", format, args...)
}

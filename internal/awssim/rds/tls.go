package rds

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/acm"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

// security is how a server speaks TLS. It is looked at when the server starts.
type security struct {
	certify func(host string) (acm.ServerCertificate, error) // nil is not at all
	forced  func() bool                                      // whether all clients have to
}

// forceTLS is the parameter that lets nobody in without TLS. It is 1 by default since PostgreSQL 15 ("Requiring an SSL
// connection to a PostgreSQL DB instance", user guide).
const (
	forceTLS          = "rds.force_ssl"
	forcedSince       = 15
	auroraForcedSince = 17 // "Requiring an SSL/TLS connection to an Aurora PostgreSQL DB cluster"
)

// hba lets everybody in who comes over the loopback interface and knows a password: the simulator itself in any way.
const hba = `host all,replication ` + admin + ` 127.0.0.0/8 scram-sha-256
%[1]s all,replication all 127.0.0.0/8 scram-sha-256
`

// secure writes who may connect and how, and a certificate for where the server listens. It returns what to tell
// PostgreSQL.
func (d *server) secure() ([]string, error) {
	kind, forced := "host", d.security.certify != nil && d.security.forced()
	if forced {
		kind = "hostssl"
	}
	if err := d.write(filepath.Join("data", "pg_hba.conf"), fmt.Appendf(nil, hba, kind)); err != nil {
		return nil, err
	}
	if d.security.certify == nil {
		return nil, nil
	}
	issued, err := d.security.certify(d.endpoint.Host())
	if err != nil {
		return nil, fmt.Errorf("certifying the database: %w", err)
	}
	if err := d.write("server.crt", issued.Chain); err != nil {
		return nil, err
	}
	if err := d.write("server.key", issued.Key); err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.until = issued.Until
	d.mu.Unlock()
	return []string{
		"-c", "ssl=on", "-c", "ssl_cert_file=" + filepath.Join(d.folder, "server.crt"),
		"-c", "ssl_key_file=" + filepath.Join(d.folder, "server.key"), "-c", forceTLS + "=" + parameter(forced),
	}, nil
}

func (d *server) write(name string, content []byte) error {
	path := filepath.Join(d.folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("saying who may connect: %w", err)
	}
	return postgresql.Own(path)
}

// parameter writes a switch as parameter groups do.
func parameter(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// certifiedUntil is when the server's certificate ends; zero if it has none.
func (d *server) certifiedUntil() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.until
}

func (s *Service) securityOf(of *instance) security {
	return security{certify: s.Certify, forced: func() bool {
		s.mu.Lock()
		version, group := of.EngineVersion, of.DBParameterGroupName
		s.mu.Unlock()
		if of.kind == clusterKind {
			return s.forcesTLS(of.key.Place, clusterParameterGroupType, group, version, auroraForcedSince)
		}
		return s.forcesTLS(of.key.Place, parameterGroupType, group, version, forcedSince)
	}}
}

// forcesTLS says whether servers of a version let nobody in without TLS, as their parameter group says or leaves open.
func (s *Service) forcesTLS(place resource.Place, groupType, group, version string, since int) bool {
	found, _ := s.Records.Read(resource.Request{Place: place, Type: groupType, PhysicalID: strings.ToLower(group)})
	parameters, _ := found["Parameters"].(map[string]any)
	if set, ok := parameters[forceTLS]; ok {
		return fmt.Sprint(set) == parameter(true)
	}
	text, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(text)
	return err == nil && major >= since
}

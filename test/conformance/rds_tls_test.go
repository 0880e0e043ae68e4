package conformance

import (
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/jackc/pgx/v5"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// dial connects once, and returns what the server says of the connection's encryption.
func dial(ctx context.Context, host, port, mode string) (string, error) {
	connection, err := pgx.Connect(ctx, "postgres://items:password1@"+net.JoinHostPort(host, port)+"/postgres?"+mode)
	if err != nil {
		return "", err
	}
	defer func() { _ = connection.Close(ctx) }()
	var version string
	err = connection.QueryRow(ctx, "SELECT coalesce(version, 'none') FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&version)
	return version, err
}

func TestDatabasesSpeakTLSAndMayDemandIt(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	sim := awssimtest.Start(t)
	client := clientsOf(sim.URL())
	outputs := createStack(t, client, "parameters", `
Resources:
  Open: {Type: AWS::RDS::DBParameterGroup, Properties: {Family: postgres15, Description: open, Parameters: {rds.force_ssl: '0'}}}
Outputs: {Open: {Value: !Ref Open}}
`)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	_, pem := get(t, sim.HTTPClient(), sim.URL()+"/_awssim/ca.pem")
	if err := os.WriteFile(authority, []byte(pem), 0o600); err != nil {
		t.Fatal(err)
	}
	launch := func(id, version string, group *string) (string, string) {
		t.Helper()
		_, err := client.RDS.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
			DBInstanceIdentifier: aws.String(id), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"),
			EngineVersion: aws.String(version), AllocatedStorage: aws.Int32(20), DBParameterGroupName: group,
			MasterUsername: aws.String("items"), MasterUserPassword: aws.String("password1"),
		})
		if err != nil {
			t.Fatal(err)
		}
		made := awaitInstance(t, client.RDS, id, "available")
		if made.CertificateDetails == nil || aws.ToString(made.CertificateDetails.CAIdentifier) != "rds-ca-rsa2048-g1" {
			t.Errorf("%s is certified by %+v", id, made.CertificateDetails)
		}
		return *made.Endpoint.Address, strconv.Itoa(int(*made.Endpoint.Port))
	}
	strict := "sslmode=verify-full&sslrootcert=" + url.QueryEscape(authority)
	host, port := launch("new", "15.8", nil)
	for _, mode := range []string{strict, "sslmode=require", ""} {
		if version, err := dial(t.Context(), host, port, mode); err != nil || version != "TLSv1.3" {
			t.Errorf("with %q: %s, %v", mode, version, err)
		}
	}
	if _, err := dial(t.Context(), host, port, "sslmode=disable"); err == nil || !strings.Contains(err.Error(), "no encryption") {
		t.Errorf("without TLS: %v", err)
	}
	for id, made := range map[string]struct {
		version string
		group   *string
	}{"old": {"14.12", nil}, "open": {"16.4", aws.String(outputs["Open"])}} {
		host, port := launch(id, made.version, made.group)
		if version, err := dial(t.Context(), host, port, "sslmode=disable"); err != nil || version != "none" {
			t.Errorf("%s without TLS: %s, %v", id, version, err)
		}
		if version, err := dial(t.Context(), host, port, strict); err != nil || version != "TLSv1.3" {
			t.Errorf("%s with TLS: %s, %v", id, version, err)
		}
	}
}

func TestTheAuthoritiesOfDatabasesAreListed(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL()).RDS
	out, err := client.DescribeCertificates(t.Context(), &rds.DescribeCertificatesInput{})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(out.DefaultCertificateForNewLaunches) != "rds-ca-rsa2048-g1" || len(out.Certificates) != 3 {
		t.Errorf("got %+v", out)
	}
	_, err = client.DescribeCertificates(t.Context(), &rds.DescribeCertificatesInput{CertificateIdentifier: aws.String("rds-ca-2015")})
	if got := words(err); !strings.HasPrefix(got, "CertificateNotFound: Certificate rds-ca-2015 not found.") {
		t.Error(got)
	}
}

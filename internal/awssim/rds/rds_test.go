package rds_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/rds"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/secretsmanager"
	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

// bare is a service on a machine without PostgreSQL.
func bare(t *testing.T) *rds.Service {
	t.Helper()
	plain := generic.New(clock.Clock{})
	service := rds.New(rds.Deps{
		Secrets: secretsmanager.New(clock.Clock{}), Records: plain, Subnets: plain.Subnet, Runner: process.NewRunner(t.TempDir()),
		Find: func() (postgresql.Installation, error) { return postgresql.Installation{}, postgresql.ErrNotInstalled },
	})
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	return service
}

func TestStacksAreToldWhatToInstallOrToLeaveOut(t *testing.T) {
	t.Parallel()
	provider := bare(t).Providers()["AWS::RDS::DBInstance"]
	base := resource.Properties{
		"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": "20", "MasterUsername": "items",
		"MasterUserPassword": "password1",
	}
	tests := map[string]struct {
		name  string
		value any
		want  string
	}{
		"PostgreSQL": {"Engine", "postgres", "awssim runs real PostgreSQL servers, and PostgreSQL is not installed: there is no initdb " +
			"in PATH or below /usr/lib/postgresql. Install it: the package postgresql of Debian and Ubuntu, postgresql-server of " +
			"Fedora, or brew install postgresql; then try again."},
		"another engine": {
			"Engine", "mariadb",
			"awssim does not implement the engine mariadb: its databases are PostgreSQL servers (Engine: postgres)",
		},
		"an instance of a cluster of another engine": {
			"DBClusterIdentifier", "aurora",
			"The engine name requested for your DB instance (postgres) doesn't match the engine name of your DB cluster (aurora-postgresql).",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			properties := resource.Properties{test.name: test.value}
			for key, value := range base {
				if key != test.name {
					properties[key] = value
				}
			}
			_, err := provider.Create(t.Context(), resource.Request{
				Place: resource.Place{Account: "123456789012", Region: "us-east-1"}, Type: "AWS::RDS::DBInstance",
				StackName: "shop", LogicalID: "Database", Properties: properties,
			})
			refused, ok := errors.AsType[*resource.Failure](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(test.want, refused.Message); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

package conformance

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

func newCluster(name string, change ...func(*rds.CreateDBClusterInput)) *rds.CreateDBClusterInput {
	in := &rds.CreateDBClusterInput{
		DBClusterIdentifier: aws.String(name), Engine: aws.String("aurora-postgresql"), MasterUsername: aws.String("items"),
		MasterUserPassword: aws.String("password1"),
	}
	for _, each := range change {
		each(in)
	}
	return in
}

func TestNamesAndVersionsOfClustersAreRefusedInTheirOwnWords(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	client := clientsOf(awssimtest.Start(t).URL()).RDS
	cases := map[string]struct {
		change func(*rds.CreateDBClusterInput)
		want   string
	}{
		"a name of a database that begins with a digit": {
			func(in *rds.CreateDBClusterInput) { in.DatabaseName = aws.String("1bad") },
			"InvalidParameterValue: DatabaseName must begin with a letter and contain only alphanumeric characters.",
		},
		"a name of a database with a hyphen": {
			func(in *rds.CreateDBClusterInput) { in.DatabaseName = aws.String("my-items") },
			"InvalidParameterValue: DatabaseName must begin with a letter and contain only alphanumeric characters.",
		},
		"a version that never was": {
			func(in *rds.CreateDBClusterInput) { in.EngineVersion = aws.String("9.9") },
			"InvalidParameterCombination: Cannot find version 9.9 for aurora-postgresql",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client.CreateDBCluster(t.Context(), newCluster("data", test.change))
			if got := words(err); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	_, err := client.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("one"), Engine: aws.String("postgres"), DBInstanceClass: aws.String("db.t4g.micro"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("items"), MasterUserPassword: aws.String("password1"),
		DBName: aws.String("my-items"),
	})
	if got := words(err); !strings.HasPrefix(got, "InvalidParameterValue: DBName must begin with a letter") {
		t.Errorf("an instance: %s", got)
	}
}

func TestMembersBecomeServerlessAndBack(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	client := clientsOf(awssimtest.Start(t).URL()).RDS
	if _, err := client.CreateDBCluster(t.Context(), newCluster("data")); err != nil {
		t.Fatal(err)
	}
	awaitCluster(t, client)
	_, err := client.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("one"), DBClusterIdentifier: aws.String("data"), Engine: aws.String("aurora-postgresql"),
		DBInstanceClass: aws.String("db.r6g.large"),
	})
	if err != nil {
		t.Fatal(err)
	}
	awaitInstance(t, client, "one", "available")
	become := func(class string) error {
		_, err := client.ModifyDBInstance(t.Context(), &rds.ModifyDBInstanceInput{
			DBInstanceIdentifier: aws.String("one"), DBInstanceClass: aws.String(class), ApplyImmediately: aws.Bool(true),
		})
		return err
	}
	if got := words(become("db.serverless")); !strings.HasPrefix(got, "InvalidDBClusterStateFault: Set the Serverless v2 scaling") {
		t.Errorf("in a cluster that does not scale: %s", got)
	}
	if got := words(become("db.bogus")); !strings.HasPrefix(got, "InvalidParameterValue: Invalid DB Instance class: db.bogus") {
		t.Errorf("a class that is none: %s", got)
	}
	_, err = client.ModifyDBCluster(t.Context(), &rds.ModifyDBClusterInput{
		DBClusterIdentifier:              aws.String("data"),
		ServerlessV2ScalingConfiguration: &types.ServerlessV2ScalingConfiguration{MinCapacity: aws.Float64(1), MaxCapacity: aws.Float64(2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	awaitCluster(t, client)
	for _, class := range []string{"db.serverless", "db.r6g.large"} {
		if err := become(class); err != nil {
			t.Fatalf("%s: %v", class, err)
		}
		awaitInstance(t, client, "one", "available")
		out, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String("one")})
		if err != nil || *out.DBInstances[0].DBInstanceClass != class {
			t.Errorf("wanted %s: %+v, %v", class, out, err)
		}
	}
}

// A program that is killed leaves a server that ends a little later: the next program, which may start before, waits for it.
func TestARestartWaitsForTheServerOfAProgramThatWasKilled(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	folder, err := postgresql.NewFolder("", "awssim-killed-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	first := awssim.New(awssim.Options{Folder: folder})
	front := httptest.NewServer(first)
	client := clientsOf(front.URL).RDS
	if _, err := client.CreateDBCluster(t.Context(), newCluster("data")); err != nil {
		t.Fatal(err)
	}
	awaitCluster(t, client)
	var file bytes.Buffer
	if err := first.Save(&file); err != nil {
		t.Fatal(err)
	}
	front.Close()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	leftBehind(t, folder)

	second := awssim.New(awssim.Options{Folder: folder})
	t.Cleanup(func() { _ = second.Close() })
	if err := second.Restore(&file); err != nil {
		t.Fatal(err)
	}
	front = httptest.NewServer(second)
	t.Cleanup(front.Close)
	awaitCluster(t, clientsOf(front.URL).RDS)
}

// leftBehind makes a database look as if its server ran for another second.
func leftBehind(t *testing.T, folder string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "databases", "*", "data"))
	if err != nil || len(found) != 1 {
		t.Fatalf("databases: %v, %v", found, err)
	}
	old := exec.CommandContext(t.Context(), "sleep", "1")
	old.SysProcAttr = postgresql.Unprivileged()
	if err := old.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- old.Wait() }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	lock := filepath.Join(found[0], "postmaster.pid")
	lines := fmt.Sprintf("%d\n%s\n1\n5432\n\n127.0.0.1\n", old.Process.Pid, found[0])
	if err := os.WriteFile(lock, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := postgresql.Own(lock); err != nil {
		t.Fatal(err)
	}
}

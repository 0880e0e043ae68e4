package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

// needPostgreSQL skips a test where there is no PostgreSQL, but not in CI.
func needPostgreSQL(t *testing.T) {
	t.Helper()
	if _, err := postgresql.Find(); err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
}

// connect opens a connection that ends with the test.
func connect(t *testing.T, host, port, user, password, database string) *pgx.Conn {
	t.Helper()
	address := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: net.JoinHostPort(host, port), Path: "/" + database}
	connection, err := pgx.Connect(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(context.WithoutCancel(t.Context())) })
	return connection
}

func query(t *testing.T, connection *pgx.Conn, statement string) string {
	t.Helper()
	var answer string
	if err := connection.QueryRow(t.Context(), statement).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func execute(t *testing.T, connection *pgx.Conn, statement string) {
	t.Helper()
	if _, err := connection.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// awaitInstance waits until an instance has a status.
func awaitInstance(t *testing.T, client *rds.Client, id, status string) types.DBInstance {
	t.Helper()
	const patience = time.Minute
	for started := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		out, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &id})
		if err != nil {
			t.Fatal(err)
		}
		if found := out.DBInstances[0]; aws.ToString(found.DBInstanceStatus) == status {
			return found
		}
		if time.Since(started) > patience {
			t.Fatalf("%s is %s, not %s", id, aws.ToString(out.DBInstances[0].DBInstanceStatus), status)
		}
	}
}

func TestInstancesAreRealDatabases(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	client := clientsOf(awssimtest.Start(t).URL()).RDS
	_, err := client.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("Items"), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("postgres"), MasterUserPassword: aws.String("pass'word1"),
		DBName: aws.String("items"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	made := awaitInstance(t, client, "items", "available")
	host, port := *made.Endpoint.Address, strconv.Itoa(int(*made.Endpoint.Port))
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() || aws.ToString(made.TagList[0].Value) != "a" {
		t.Errorf("got %s, %v", host, made.TagList)
	}
	db := connect(t, host, port, "postgres", "pass'word1", "items")
	execute(t, db, "CREATE TABLE things AS SELECT 'kept' AS name")
	if superuser := query(t, db, "SHOW is_superuser"); superuser != "off" {
		t.Errorf("the master user is a superuser")
	}
	if _, err := client.RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: aws.String("items")}); err != nil {
		t.Fatal(err)
	}
	awaitInstance(t, client, "items", "available")
	if _, err := client.StopDBInstance(t.Context(), &rds.StopDBInstanceInput{DBInstanceIdentifier: aws.String("items")}); err != nil {
		t.Fatal(err)
	}
	awaitInstance(t, client, "items", "stopped")
	if _, err := client.StartDBInstance(t.Context(), &rds.StartDBInstanceInput{DBInstanceIdentifier: aws.String("items")}); err != nil {
		t.Fatal(err)
	}
	awaitInstance(t, client, "items", "available")
	_, err = client.ModifyDBInstance(t.Context(), &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String("items"), MasterUserPassword: aws.String("another1"), DBInstanceClass: aws.String("db.t4g.small"),
	})
	if err != nil {
		t.Fatal(err)
	}
	awaitInstance(t, client, "items", "available")
	if kept := query(t, connect(t, host, port, "postgres", "another1", "items"), "SELECT name FROM things"); kept != "kept" {
		t.Errorf("the table says %s", kept)
	}
}

func TestInstancesTellAtOnceWhatTheyWillBe(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	client := clientsOf(awssimtest.Start(t).URL()).RDS
	out, err := client.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("orders"), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"),
		AllocatedStorage: aws.Int32(20), StorageType: aws.String("gp3"), StorageEncrypted: aws.Bool(true),
		MasterUsername: aws.String("shop"), ManageMasterUserPassword: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	made := out.DBInstance
	if made.AvailabilityZone != nil || made.InstanceCreateTime != nil || made.Endpoint != nil {
		t.Errorf("while it is made, it says %v, %v and %v", made.AvailabilityZone, made.InstanceCreateTime, made.Endpoint)
	}
	major, _, _ := strings.Cut(aws.ToString(made.EngineVersion), ".")
	said := []string{
		aws.ToString(made.DBParameterGroups[0].DBParameterGroupName), aws.ToString(made.OptionGroupMemberships[0].OptionGroupName),
		aws.ToString(made.MasterUserSecret.SecretStatus), strconv.Itoa(int(*made.Iops)), strconv.Itoa(int(*made.StorageThroughput)),
		aws.ToString(made.CertificateDetails.CAIdentifier), aws.ToString(made.EngineLifecycleSupport),
	}
	wanted := []string{
		"default.postgres" + major, "default:postgres-" + major, "creating", "3000", "125", "rds-ca-rsa2048-g1",
		"open-source-rds-extended-support",
	}
	if diff := cmp.Diff(wanted, said); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(aws.ToString(made.KmsKeyId), "arn:aws:kms:us-east-1:") {
		t.Errorf("it is encrypted with %s", aws.ToString(made.KmsKeyId))
	}
	ready := awaitInstance(t, client, "orders", "available")
	secret := aws.ToString(ready.MasterUserSecret.SecretArn)
	if secret != aws.ToString(made.MasterUserSecret.SecretArn) || aws.ToString(ready.MasterUserSecret.SecretStatus) != "active" {
		t.Errorf("the secret of its password is %s, then %s", aws.ToString(made.MasterUserSecret.SecretArn), secret)
	}
	if aws.ToString(ready.AvailabilityZone) != "us-east-1a" || ready.InstanceCreateTime == nil {
		t.Errorf("it is in %v, from %v on", ready.AvailabilityZone, ready.InstanceCreateTime)
	}
}

func TestSnapshotsAreRestored(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	client := clientsOf(awssimtest.Start(t).URL()).RDS
	_, err := client.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("one"), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("owner"), MasterUserPassword: aws.String("password1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	made := awaitInstance(t, client, "one", "available")
	db := connect(t, *made.Endpoint.Address, strconv.Itoa(int(*made.Endpoint.Port)), "owner", "password1", "postgres")
	execute(t, db, "CREATE TABLE things AS SELECT 'running' AS name")
	if _, err := client.CreateDBSnapshot(t.Context(), &rds.CreateDBSnapshotInput{
		DBInstanceIdentifier: aws.String("one"), DBSnapshotIdentifier: aws.String("while-running"),
	}); err != nil {
		t.Fatal(err)
	}
	waiter := rds.NewDBSnapshotAvailableWaiter(client, func(o *rds.DBSnapshotAvailableWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, 20*time.Millisecond
	})
	if err := waiter.Wait(t.Context(), &rds.DescribeDBSnapshotsInput{DBSnapshotIdentifier: aws.String("while-running")}, time.Minute); err != nil {
		t.Fatal(err)
	}
	execute(t, db, "UPDATE things SET name = 'final'")
	if _, err := client.DeleteDBInstance(t.Context(), &rds.DeleteDBInstanceInput{
		DBInstanceIdentifier: aws.String("one"), FinalDBSnapshotIdentifier: aws.String("at-the-end"),
	}); err != nil {
		t.Fatal(err)
	}
	gone := rds.NewDBInstanceDeletedWaiter(client, func(o *rds.DBInstanceDeletedWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, 20*time.Millisecond
	})
	if err := gone.Wait(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String("one")}, time.Minute); err != nil {
		t.Fatal(err)
	}
	for snapshot, want := range map[string]string{"while-running": "running", "at-the-end": "final"} {
		if _, err := client.RestoreDBInstanceFromDBSnapshot(t.Context(), &rds.RestoreDBInstanceFromDBSnapshotInput{
			DBInstanceIdentifier: aws.String("from-" + snapshot), DBSnapshotIdentifier: &snapshot, DBInstanceClass: aws.String("db.t4g.micro"),
		}); err != nil {
			t.Fatal(err)
		}
		restored := awaitInstance(t, client, "from-"+snapshot, "available")
		db := connect(t, *restored.Endpoint.Address, strconv.Itoa(int(*restored.Endpoint.Port)), "owner", "password1", "postgres")
		if got := query(t, db, "SELECT name FROM things"); got != want {
			t.Errorf("%s has %s", snapshot, got)
		}
	}
}

func TestInstancesAreRefusedAsRDSDoes(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	client := clientsOf(awssimtest.Start(t).URL()).RDS
	create := func(change func(*rds.CreateDBInstanceInput)) error {
		in := &rds.CreateDBInstanceInput{
			DBInstanceIdentifier: aws.String("items"), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"),
			AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("items"), MasterUserPassword: aws.String("password1"),
		}
		change(in)
		_, err := client.CreateDBInstance(t.Context(), in)
		return err
	}
	_, absent := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String("absent")})
	for what, test := range map[string]struct {
		err  error
		want string
	}{
		"an absent instance": {absent, "DBInstanceNotFound: DBInstance absent not found."},
		"another engine": {
			create(func(in *rds.CreateDBInstanceInput) { in.Engine = aws.String("mysql") }),
			"InvalidParameterValue: awssim does not implement the engine mysql: its databases are PostgreSQL servers (Engine: postgres)",
		},
		"a reserved name": {
			create(func(in *rds.CreateDBInstanceInput) { in.MasterUsername = aws.String("admin") }),
			"InvalidParameterValue: MasterUsername admin cannot be used as it is a reserved word used by the engine",
		},
		"a short password": {
			create(func(in *rds.CreateDBInstanceInput) { in.MasterUserPassword = aws.String("short") }), "InvalidParameterValue: " +
				"The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
		},
		"a character that passwords must not have": {
			create(func(in *rds.CreateDBInstanceInput) { in.MasterUserPassword = aws.String("pass@word") }), "InvalidParameterValue: " +
				`The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`,
		},
		"a subnet group that is absent": {
			create(func(in *rds.CreateDBInstanceInput) { in.DBSubnetGroupName = aws.String("mine") }),
			"DBSubnetGroupNotFoundFault: DBSubnetGroup 'mine' not found.",
		},
		"a class that is none": {
			create(func(in *rds.CreateDBInstanceInput) { in.DBInstanceClass = aws.String("small") }),
			"InvalidParameterValue: Invalid DB Instance class: small",
		},
		"a version that is none": {
			create(func(in *rds.CreateDBInstanceInput) { in.EngineVersion = aws.String("99") }),
			"InvalidParameterCombination: Cannot find version 99 for postgres",
		},
		"a parameter that is not implemented": {
			create(func(in *rds.CreateDBInstanceInput) { in.Domain = aws.String("d-1") }),
			`ValidationError: awssim does not implement the parameter "Domain" of rds:CreateDBInstance`,
		},
	} {
		if diff := cmp.Diff(test.want, problem(test.err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

const storing = `
Resources:
  Password:
    Type: AWS::SecretsManager::Secret
    Properties: {GenerateSecretString: {SecretStringTemplate: '{"username": "items"}', GenerateStringKey: password}}
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: postgres
      DBInstanceClass: db.t4g.micro
      AllocatedStorage: '20'
      DBName: items
      MasterUsername: items
      ManageMasterUserPassword: true
      Port: '5433'
      DeletionProtection: true
      Tags: [{Key: team, Value: a}]
  Attachment:
    Type: AWS::SecretsManager::SecretTargetAttachment
    Properties: {SecretId: !Ref Password, TargetId: !Ref Database, TargetType: AWS::RDS::DBInstance}
Outputs:
  ID: {Value: !Ref Database}
  Host: {Value: !GetAtt Database.Endpoint.Address}
  Port: {Value: !GetAtt Database.Endpoint.Port}
  Secret: {Value: !GetAtt Database.MasterUserSecret.SecretArn}
  Attached: {Value: !Ref Attachment}
`

func TestStacksHaveDatabases(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	client := clientsOf(awssimtest.Start(t).URL())
	outputs := createStack(t, client, "storing", storing)
	secret := func(id string) map[string]any {
		out, err := client.Secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(*out.SecretString), &members); err != nil {
			t.Fatal(err)
		}
		return members
	}
	managed := secret(outputs["Secret"])
	password, _ := managed["password"].(string)
	execute(t, connect(t, outputs["Host"], outputs["Port"], "items", password, "items"), "CREATE TABLE things (name text)")
	attached := secret(outputs["Attached"])
	if attached["host"] != outputs["Host"] || attached["dbname"] != "items" || attached["engine"] != "postgres" ||
		attached["dbInstanceIdentifier"] != outputs["ID"] || attached["username"] != "items" {
		t.Errorf("the secret is %v", attached)
	}
	if found := drifts(t, client, "storing"); len(found) > 0 {
		t.Errorf("a new stack drifted: %v", found)
	}

	if _, err := client.CloudFormation.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("storing")}); err != nil {
		t.Fatal(err)
	}
	if stack := awaitStack(t, client, "storing"); stack.StackStatus != cfntypes.StackStatusDeleteFailed {
		t.Fatalf("a protected database was deleted: %s", stack.StackStatus)
	}
	const protected = "Cannot delete protected DB Instance, please disable deletion protection and try again."
	if found := failures(t, client, "storing"); !strings.Contains(strings.Join(found, "\n"), protected) {
		t.Errorf("got %v", found)
	}
	_, err := client.RDS.ModifyDBInstance(t.Context(), &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String(outputs["ID"]), DeletionProtection: aws.Bool(false),
	})
	if err != nil {
		t.Fatal(err)
	}
	awaitInstance(t, client.RDS, outputs["ID"], "available")
	id := aws.String(stackID(t, client, "storing"))
	if _, err := client.CloudFormation.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: id}); err != nil {
		t.Fatal(err)
	}
	if stack := awaitStack(t, client, *id); stack.StackStatus != cfntypes.StackStatusDeleteComplete {
		t.Fatalf("the stack is %s: %v", stack.StackStatus, failures(t, client, *id))
	}
	snapshots, err := client.RDS.DescribeDBSnapshots(t.Context(), &rds.DescribeDBSnapshotsInput{})
	if err != nil || len(snapshots.DBSnapshots) != 1 ||
		!strings.HasPrefix(*snapshots.DBSnapshots[0].DBSnapshotIdentifier, "storing-snapshot-database-") {
		t.Errorf("the final snapshot is %v, %v", snapshots, err)
	}
}

func stackID(t *testing.T, client clients, name string) string {
	t.Helper()
	return aws.ToString(awaitStack(t, client, name).StackId)
}

func TestDatabasesSurviveARestartOfTheSimulator(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	folder, err := postgresql.NewFolder("", "awssim-kept-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	first := awssim.New(awssim.Options{Folder: folder})
	front := httptest.NewServer(first)
	client := clientsOf(front.URL).RDS
	_, err = client.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("items"), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("items"), MasterUserPassword: aws.String("password1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	made := awaitInstance(t, client, "items", "available")
	host, port := *made.Endpoint.Address, strconv.Itoa(int(*made.Endpoint.Port))
	db := connect(t, host, port, "items", "password1", "postgres")
	execute(t, db, "CREATE TABLE things AS SELECT 'kept' AS name")
	var file bytes.Buffer
	if err := first.Save(&file); err != nil {
		t.Fatal(err)
	}
	front.Close()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := awssim.New(awssim.Options{Folder: folder})
	t.Cleanup(func() { _ = second.Close() })
	if err := second.Restore(&file); err != nil {
		t.Fatal(err)
	}
	front = httptest.NewServer(second)
	t.Cleanup(front.Close)
	awaitInstance(t, clientsOf(front.URL).RDS, "items", "available")
	if got := query(t, connect(t, host, port, "items", "password1", "postgres"), "SELECT name FROM things"); got != "kept" {
		t.Errorf("the table says %s", got)
	}
}

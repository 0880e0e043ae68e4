package conformance

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
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

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

const auroraTemplate = `
Resources:
  Data:
    Type: AWS::RDS::DBCluster
    Properties:
      Engine: aurora-postgresql
      EngineVersion: '16.4'
      DatabaseName: items
      MasterUsername: items
      ManageMasterUserPassword: true
      ServerlessV2ScalingConfiguration: {MinCapacity: 0.5, MaxCapacity: 2}
  Writer:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: aurora-postgresql, DBClusterIdentifier: !Ref Data, DBInstanceClass: db.serverless}
Outputs:
  Cluster: {Value: !Ref Data}
  Writer: {Value: !Ref Writer}
  Address: {Value: !GetAtt Data.Endpoint.Address}
  Reader: {Value: !GetAtt Data.ReadEndpoint.Address}
  Port: {Value: !GetAtt Data.Endpoint.Port}
  Door: {Value: !GetAtt Writer.Endpoint.Address}
  Secret: {Value: !GetAtt Data.MasterUserSecret.SecretArn}
`

func TestAClusterOfAStackIsARealDatabase(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	client := clientsOf(awssimtest.Start(t).URL())
	outputs := createStack(t, client, "aurora", auroraTemplate)
	value, err := client.Secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(outputs["Secret"])})
	if err != nil {
		t.Fatal(err)
	}
	var secret struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if err := json.Unmarshal([]byte(*value.SecretString), &secret); err != nil {
		t.Fatal(err)
	}
	db := connect(t, outputs["Address"], outputs["Port"], secret.Username, secret.Password, "items")
	execute(t, db, "CREATE TABLE things AS SELECT 'kept' AS name")
	for _, door := range []string{outputs["Reader"], outputs["Door"]} {
		if got := query(t, connect(t, door, outputs["Port"], secret.Username, secret.Password, "items"), "SELECT name FROM things"); got != "kept" {
			t.Errorf("at %s the table says %s", door, got)
		}
	}
	clusters, err := client.RDS.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: aws.String(outputs["Cluster"])})
	if err != nil {
		t.Fatal(err)
	}
	found := clusters.DBClusters[0]
	if *found.Status != "available" || len(found.DBClusterMembers) != 1 || !*found.DBClusterMembers[0].IsClusterWriter ||
		*found.ServerlessV2ScalingConfiguration.MaxCapacity != 2 || *found.DBClusterParameterGroup != "default.aurora-postgresql16" {
		t.Errorf("described %+v", found)
	}
	member := awaitInstance(t, client.RDS, outputs["Writer"], "available")
	if aws.ToString(member.DBClusterIdentifier) != outputs["Cluster"] || aws.ToString(member.DBInstanceClass) != "db.serverless" {
		t.Errorf("the member is %+v", member)
	}
	drift, err := client.CloudFormation.DetectStackResourceDrift(t.Context(), &cloudformation.DetectStackResourceDriftInput{
		StackName: aws.String("aurora"), LogicalResourceId: aws.String("Data"),
	})
	if err != nil || drift.StackResourceDrift.StackResourceDriftStatus != cfntypes.StackResourceDriftStatusInSync {
		t.Errorf("the drift is %+v, %v", drift.StackResourceDrift, err)
	}

	id := aws.String(stackID(t, client, "aurora"))
	if _, err := client.CloudFormation.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: id}); err != nil {
		t.Fatal(err)
	}
	if stack := awaitStack(t, client, *id); stack.StackStatus != cfntypes.StackStatusDeleteComplete {
		t.Fatalf("the stack is %s: %v", stack.StackStatus, failures(t, client, *id))
	}
	snapshots, err := client.RDS.DescribeDBClusterSnapshots(t.Context(), &rds.DescribeDBClusterSnapshotsInput{})
	if err != nil || len(snapshots.DBClusterSnapshots) != 1 {
		t.Fatalf("the final snapshots are %+v, %v", snapshots, err)
	}
	final := *snapshots.DBClusterSnapshots[0].DBClusterSnapshotIdentifier
	again := createStack(t, client, "again", `
Resources:
  Data:
    Type: AWS::RDS::DBCluster
    DeletionPolicy: Delete
    Properties: {Engine: aurora-postgresql, SnapshotIdentifier: `+final+`}
Outputs: {Address: {Value: !GetAtt Data.Endpoint.Address}, Port: {Value: !GetAtt Data.Endpoint.Port}}
`)
	if got := query(t, connect(t, again["Address"], again["Port"], secret.Username, secret.Password, "items"), "SELECT name FROM things"); got != "kept" {
		t.Errorf("after the restoration the table says %s", got)
	}
	if _, err := client.RDS.DeleteDBClusterSnapshot(t.Context(), &rds.DeleteDBClusterSnapshotInput{DBClusterSnapshotIdentifier: &final}); err != nil {
		t.Error(err)
	}
}

// awaitCluster waits until the cluster data is available.
func awaitCluster(t *testing.T, client *rds.Client) types.DBCluster {
	t.Helper()
	id, status := "data", "available"
	const patience = time.Minute
	for started := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		out, err := client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: &id})
		if err != nil {
			t.Fatal(err)
		}
		if found := out.DBClusters[0]; aws.ToString(found.Status) == status {
			return found
		}
		if time.Since(started) > patience {
			t.Fatalf("%s is %s, not %s", id, aws.ToString(out.DBClusters[0].Status), status)
		}
	}
}

func TestClustersAreGuardedAndSurviveARestart(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	folder, err := postgresql.NewFolder("", "awssim-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	first := awssim.New(awssim.Options{Folder: folder})
	front := httptest.NewServer(first)
	client := clientsOf(front.URL).RDS
	_, err = client.CreateDBCluster(t.Context(), &rds.CreateDBClusterInput{
		DBClusterIdentifier: aws.String("data"), Engine: aws.String("aurora-postgresql"), MasterUsername: aws.String("items"),
		MasterUserPassword: aws.String("password1"), DeletionProtection: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	awaitCluster(t, client)
	member := &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("one"), DBClusterIdentifier: aws.String("data"), Engine: aws.String("aurora-postgresql"),
		DBInstanceClass: aws.String("db.serverless"),
	}
	refuse := func(want string, err error) {
		t.Helper()
		if got := words(err); !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	_, err = client.CreateDBInstance(t.Context(), member)
	refuse("InvalidDBClusterStateFault: Set the Serverless v2 scaling configuration on the parent DB cluster", err)
	named := *member
	named.MasterUsername = aws.String("me")
	_, err = client.CreateDBInstance(t.Context(), &named)
	refuse("InvalidParameterCombination: The requested DB Instance will be a member of a DB Cluster. Set master user name", err)
	absent := *member
	absent.DBClusterIdentifier = aws.String("absent")
	_, err = client.CreateDBInstance(t.Context(), &absent)
	refuse("DBClusterNotFoundFault: DBCluster absent not found.", err)
	_, err = client.CreateDBCluster(t.Context(), &rds.CreateDBClusterInput{DBClusterIdentifier: aws.String("m"), Engine: aws.String("aurora-mysql")})
	refuse("InvalidParameterValue: awssim does not implement clusters of the engine aurora-mysql", err)
	_, err = client.ModifyDBCluster(t.Context(), &rds.ModifyDBClusterInput{
		DBClusterIdentifier: aws.String("data"), MasterUserPassword: aws.String("another1"),
		ServerlessV2ScalingConfiguration: &types.ServerlessV2ScalingConfiguration{MinCapacity: aws.Float64(0.5), MaxCapacity: aws.Float64(4)},
	})
	if err != nil {
		t.Fatal(err)
	}
	made := awaitCluster(t, client)
	if _, err = client.CreateDBInstance(t.Context(), member); err != nil {
		t.Fatal(err)
	}
	awaitInstance(t, client, "one", "available")
	_, err = client.StopDBInstance(t.Context(), &rds.StopDBInstanceInput{DBInstanceIdentifier: aws.String("one")})
	refuse("InvalidParameterCombination: aurora-postgresql DB instances are not eligible for stopping and starting.", err)
	remove := &rds.DeleteDBClusterInput{DBClusterIdentifier: aws.String("data"), SkipFinalSnapshot: aws.Bool(true)}
	_, err = client.DeleteDBCluster(t.Context(), remove)
	refuse("InvalidParameterCombination: Cannot delete protected Cluster", err)
	host, port := *made.Endpoint, strconv.Itoa(int(*made.Port))
	execute(t, connect(t, host, port, "items", "another1", "postgres"), "CREATE TABLE things AS SELECT 'kept' AS name")

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
	client = clientsOf(front.URL).RDS
	if again := awaitCluster(t, client); len(again.DBClusterMembers) != 1 {
		t.Errorf("the members are %+v", again.DBClusterMembers)
	}
	if got := query(t, connect(t, host, port, "items", "another1", "postgres"), "SELECT name FROM things"); got != "kept" {
		t.Errorf("the table says %s", got)
	}
	_, err = client.ModifyDBCluster(t.Context(), &rds.ModifyDBClusterInput{DBClusterIdentifier: aws.String("data"), DeletionProtection: aws.Bool(false)})
	if err != nil {
		t.Fatal(err)
	}
	awaitCluster(t, client)
	_, err = client.DeleteDBCluster(t.Context(), remove)
	refuse("InvalidDBClusterStateFault: Cluster cannot be deleted, it still contains DB instances in non-deleting state.", err)
	if _, err := client.RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: aws.String("one")}); err != nil {
		t.Fatal(err)
	}
	awaitInstance(t, client, "one", "available")
	if _, err := client.DeleteDBInstance(t.Context(), &rds.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("one")}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteDBCluster(t.Context(), remove); err != nil {
		t.Fatal(err)
	}
	for started := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		_, err := client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: aws.String("data")})
		if strings.HasPrefix(words(err), "DBClusterNotFoundFault") {
			return
		}
		if time.Since(started) > time.Minute {
			t.Fatalf("the cluster does not go: %v", err)
		}
	}
}

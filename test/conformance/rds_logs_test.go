package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

const logged = `
Resources:
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/rds/instance/items/postgresql, RetentionInDays: 7}}
  Items:
    Type: AWS::RDS::DBInstance
    DependsOn: Group
    DeletionPolicy: Delete
    Properties: {DBInstanceIdentifier: items, Engine: postgres, DBInstanceClass: db.t4g.micro, AllocatedStorage: '20',
      MasterUsername: items, MasterUserPassword: password1, EnableCloudwatchLogsExports: [postgresql, upgrade]}
  Orders:
    Type: AWS::RDS::DBCluster
    DeletionPolicy: Delete
    Properties: {DBClusterIdentifier: orders, Engine: aurora-postgresql, MasterUsername: items, MasterUserPassword: password1,
      EnableCloudwatchLogsExports: [postgresql]}
Outputs:
  Host: {Value: !GetAtt Items.Endpoint.Address}
  Port: {Value: !GetAtt Items.Endpoint.Port}
`

func TestDatabasesPublishTheirLogs(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	sim := awssimtest.Start(t)
	on := clientsOf(sim.URL())
	outputs := createStack(t, on, "shop", logged)
	awaitLine(t, on, "/aws/rds/cluster/orders/postgresql", "database system is ready to accept connections")
	db := connect(t, outputs["Host"], outputs["Port"], "items", "password1", "postgres")
	if _, err := db.Exec(t.Context(), "SELECT name FROM nowhere"); err == nil {
		t.Fatal("there is no such table")
	}
	line := awaitLine(t, on, "/aws/rds/instance/items/postgresql", `relation "nowhere" does not exist`)
	if !strings.Contains(line, ":items@postgres:[") {
		t.Errorf("the line does not begin as those of RDS: %s", line)
	}
	changed, err := on.RDS.ModifyDBInstance(t.Context(), &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String("items"),
		CloudwatchLogsExportConfiguration: &types.CloudwatchLogsExportConfiguration{
			DisableLogTypes: []string{"postgresql"}, EnableLogTypes: []string{"upgrade"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	made := awaitInstance(t, on.RDS, aws.ToString(changed.DBInstance.DBInstanceIdentifier), "available")
	if diff := cmp.Diff([]string{"upgrade"}, made.EnabledCloudwatchLogsExports); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLogsThatNoDatabaseHasAreRefused(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	on := clientsOf(awssimtest.Start(t).URL())
	_, err := on.RDS.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("items"), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("items"), MasterUserPassword: aws.String("password1"),
		EnableCloudwatchLogsExports: []string{"slowquery"},
	})
	if err == nil || !strings.Contains(err.Error(), "You cannot use the log types 'slowquery'") {
		t.Errorf("got %v", err)
	}
}

// awaitLine waits until a log group has a line with the text, and returns it.
func awaitLine(t *testing.T, on clients, group, text string) string {
	t.Helper()
	const patience = time.Minute
	for started := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		out, err := on.Logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(group)})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range out.Events {
			if strings.Contains(aws.ToString(event.Message), text) {
				return aws.ToString(event.Message)
			}
		}
		if time.Since(started) > patience {
			t.Fatalf("nobody says %q in %s", text, group)
		}
	}
}

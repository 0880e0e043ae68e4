package conformance

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

func TestTheCommandLineKeepsSecretsAndParameters(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	program(t, sim, "aws", "secretsmanager", "create-secret", "--name", "items", "--secret-string", `{"user":"a"}`)
	got := program(t, sim, "aws", "secretsmanager", "get-secret-value", "--secret-id", "items", "--query", "SecretString", "--output", "text")
	if diff := cmp.Diff(`{"user":"a"}`, got); diff != "" {
		t.Error(diff)
	}
	program(t, sim, "aws", "ssm", "put-parameter", "--name", "/items/url", "--type", "SecureString", "--value", "hidden")
	got = program(t, sim, "aws", "ssm", "get-parameters-by-path", "--path", "/items", "--with-decryption",
		"--query", "Parameters[].[Name,Value,Type]", "--output", "text")
	if diff := cmp.Diff("/items/url\thidden\tSecureString", got); diff != "" {
		t.Error(diff)
	}
	const absent = "An error occurred (DBInstanceNotFound) when calling the DescribeDBInstances operation: " +
		"DBInstance absent not found."
	// aws rds does not read AWS_ENDPOINT_URL (1.43): the option is needed.
	_, complaint := attempt(t, sim, "aws", "--endpoint-url", sim.URL(), "rds", "describe-db-instances", "--db-instance-identifier", "absent")
	if !strings.HasSuffix(complaint, absent) {
		t.Errorf("got %q", complaint)
	}
}

func TestBoto3KnowsTheErrorsOfTheDataServices(t *testing.T) {
	t.Parallel()
	got := program(t, awssimtest.Start(t), "python3", "-c", `
import boto3
secrets, parameters, databases = (boto3.client(name) for name in ("secretsmanager", "ssm", "rds"))

def refused(kind, call, **arguments):
    try:
        call(**arguments)
    except kind as e:
        print(e.response["Error"]["Code"])

refused(secrets.exceptions.ResourceNotFoundException, secrets.get_secret_value, SecretId="absent")
refused(parameters.exceptions.ParameterNotFound, parameters.get_parameter, Name="absent")
refused(databases.exceptions.DBInstanceNotFoundFault, databases.describe_db_instances, DBInstanceIdentifier="absent")
refused(databases.exceptions.DBSnapshotNotFoundFault, databases.describe_db_snapshots, DBSnapshotIdentifier="absent")
refused(databases.exceptions.DBSubnetGroupNotFoundFault, databases.describe_db_subnet_groups, DBSubnetGroupName="absent")
`)
	const want = `ResourceNotFoundException
ParameterNotFound
DBInstanceNotFound
DBSnapshotNotFound
DBSubnetGroupNotFoundFault`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

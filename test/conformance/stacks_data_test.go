package conformance

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// awaitStack waits until a stack has left its transition and returns it.
func awaitStack(t *testing.T, aws clients, name string) cfntypes.Stack {
	t.Helper()
	const patience = time.Minute
	for started := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		out, err := aws.CloudFormation.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(string(out.Stacks[0].StackStatus), "_IN_PROGRESS") {
			return out.Stacks[0]
		}
		if time.Since(started) > patience {
			t.Fatalf("the stack is still in %s", out.Stacks[0].StackStatus)
		}
	}
}

// createStack creates a stack and returns its outputs. What failed, if something did, is the test's failure.
func createStack(t *testing.T, client clients, name, template string) map[string]string {
	t.Helper()
	_, err := client.CloudFormation.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: &template, Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		t.Fatal(err)
	}
	return outputsOf(t, client, name, cfntypes.StackStatusCreateComplete)
}

// updateStack updates a stack and returns its outputs.
func updateStack(t *testing.T, client clients, name, template string) map[string]string {
	t.Helper()
	_, err := client.CloudFormation.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
		StackName: &name, TemplateBody: &template, Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		t.Fatal(err)
	}
	return outputsOf(t, client, name, cfntypes.StackStatusUpdateComplete)
}

func outputsOf(t *testing.T, client clients, name string, want cfntypes.StackStatus) map[string]string {
	t.Helper()
	stack := awaitStack(t, client, name)
	if stack.StackStatus != want {
		t.Fatalf("the stack is in %s:\n%s", stack.StackStatus, strings.Join(failures(t, client, name), "\n"))
	}
	outputs := make(map[string]string)
	for _, output := range stack.Outputs {
		outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	return outputs
}

// failures are the reasons of a stack's resources that failed, the last first.
func failures(t *testing.T, client clients, name string) []string {
	t.Helper()
	out, err := client.CloudFormation.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: &name})
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, event := range out.StackEvents {
		if strings.HasSuffix(string(event.ResourceStatus), "_FAILED") {
			reasons = append(reasons, aws.ToString(event.LogicalResourceId)+": "+aws.ToString(event.ResourceStatusReason))
		}
	}
	return reasons
}

// drifts looks for drift and returns the changed resources' differences as "Resource/path: expected -> actual".
func drifts(t *testing.T, client clients, name string) []string {
	t.Helper()
	begun, err := client.CloudFormation.DetectStackDrift(t.Context(), &cloudformation.DetectStackDriftInput{StackName: &name})
	if err != nil {
		t.Fatal(err)
	}
	for status := cfntypes.StackDriftDetectionStatusDetectionInProgress; status == cfntypes.StackDriftDetectionStatusDetectionInProgress; {
		out, err := client.CloudFormation.DescribeStackDriftDetectionStatus(t.Context(),
			&cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: begun.StackDriftDetectionId})
		if err != nil {
			t.Fatal(err)
		}
		status = out.DetectionStatus
	}
	out, err := client.CloudFormation.DescribeStackResourceDrifts(t.Context(),
		&cloudformation.DescribeStackResourceDriftsInput{StackName: &name})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, drifted := range out.StackResourceDrifts {
		if drifted.StackResourceDriftStatus == cfntypes.StackResourceDriftStatusDeleted {
			found = append(found, aws.ToString(drifted.LogicalResourceId)+" is gone")
		}
		for _, difference := range drifted.PropertyDifferences {
			found = append(found, aws.ToString(drifted.LogicalResourceId)+aws.ToString(difference.PropertyPath)+": "+
				aws.ToString(difference.ExpectedValue)+" -> "+aws.ToString(difference.ActualValue))
		}
	}
	return found
}

const keeping = `
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      Description: the database's
      GenerateSecretString:
        SecretStringTemplate: '{"username": "items"}'
        GenerateStringKey: password
        PasswordLength: 20
        ExcludePunctuation: true
      Tags: [{Key: team, Value: a}]
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {Name: /items/url, Type: String, Value: one, Tags: {team: a}}
  Unnamed:
    Type: AWS::SSM::Parameter
    Properties: {Type: StringList, Value: 'a,b'}
Outputs:
  Secret: {Value: !Ref Secret}
  Name: {Value: !Ref Parameter}
  Unnamed: {Value: !Ref Unnamed}
  Value: {Value: !GetAtt Parameter.Value}
`

func TestStacksKeepSecretsAndParameters(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	outputs := createStack(t, client, "keeping", keeping)
	if !strings.HasPrefix(outputs["Secret"], "arn:aws:secretsmanager:us-east-1:123456789012:secret:Secret-") ||
		!strings.HasPrefix(outputs["Unnamed"], "CFN-Unnamed-") || outputs["Name"] != "/items/url" || outputs["Value"] != "one" {
		t.Errorf("got %v", outputs)
	}
	first, err := client.Secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(outputs["Secret"])})
	if err != nil {
		t.Fatal(err)
	}
	var content struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if err := json.Unmarshal([]byte(*first.SecretString), &content); err != nil {
		t.Fatal(err)
	}
	if content.Username != "items" || len(content.Password) != 20 {
		t.Errorf("the secret is %s", *first.SecretString)
	}
	outputs = updateStack(t, client, "keeping", strings.ReplaceAll(keeping, "Value: one", "Value: two"))
	if outputs["Value"] != "two" {
		t.Errorf("the parameter is %s", outputs["Value"])
	}
	second, err := client.Secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(outputs["Secret"])})
	if err != nil || *second.VersionId != *first.VersionId {
		t.Errorf("an update of something else changed the secret: %v %v", second, err)
	}
}

func TestDriftOfSecretsAndParametersIsFound(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	outputs := createStack(t, client, "keeping", keeping)
	if found := drifts(t, client, "keeping"); len(found) > 0 {
		t.Errorf("a new stack drifted: %v", found)
	}
	_, err := client.Secrets.UpdateSecret(t.Context(), &secretsmanager.UpdateSecretInput{
		SecretId: aws.String(outputs["Secret"]), Description: aws.String("ours"),
	})
	if err != nil {
		t.Fatal(err)
	}
	putParameter(t, client.SSM, "/items/url", "three", ssmtypes.ParameterTypeString)
	if _, err := client.SSM.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String(outputs["Unnamed"])}); err != nil {
		t.Fatal(err)
	}
	want := []string{"Parameter/Value: one -> three", "Secret/Description: the database's -> ours", "Unnamed is gone"}
	if diff := cmp.Diff(want, drifts(t, client, "keeping")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSecretsOfStacksAreDeletedAtOnce(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	outputs := createStack(t, client, "keeping", keeping)
	if _, err := client.CloudFormation.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("keeping")}); err != nil {
		t.Fatal(err)
	}
	const patience = 10 * time.Second
	for started := time.Now(); ; time.Sleep(time.Millisecond) {
		_, err := client.Secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(outputs["Secret"])})
		if problem(err) == "ResourceNotFoundException: Secrets Manager can't find the specified secret." {
			return
		}
		if time.Since(started) > patience {
			t.Fatalf("the secret is still there: %v", err)
		}
	}
}

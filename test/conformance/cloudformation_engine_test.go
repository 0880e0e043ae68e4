package conformance

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// deploy makes a change set, executes it and returns the stack when it rests.
func deploy(t *testing.T, client clients, in *cloudformation.CreateChangeSetInput) cfntypes.Stack {
	t.Helper()
	in.ChangeSetName = aws.String("next")
	made, err := client.CloudFormation.CreateChangeSet(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	waiter := cloudformation.NewChangeSetCreateCompleteWaiter(client.CloudFormation, func(o *cloudformation.ChangeSetCreateCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = 5*time.Millisecond, 5*time.Millisecond
	})
	if err := waiter.Wait(t.Context(), &cloudformation.DescribeChangeSetInput{ChangeSetName: made.Id}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CloudFormation.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: made.Id}); err != nil {
		t.Fatal(err)
	}
	return awaitStack(t, client, aws.ToString(in.StackName))
}

func TestABucketIsImported(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	if _, err := client.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("files")}); err != nil {
		t.Fatal(err)
	}
	got := deploy(t, client, &cloudformation.CreateChangeSetInput{
		StackName: aws.String("files"), ChangeSetType: cfntypes.ChangeSetTypeImport,
		TemplateBody: aws.String("Resources: {Files: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: files}}}"),
		ResourcesToImport: []cfntypes.ResourceToImport{{
			LogicalResourceId: aws.String("Files"), ResourceType: aws.String("AWS::S3::Bucket"), ResourceIdentifier: map[string]string{"BucketName": "files"},
		}},
	})
	if got.StackStatus != cfntypes.StackStatusImportComplete {
		t.Errorf("status %s", got.StackStatus)
	}
}

func TestDriftIsReverted(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	createStack(t, client, "colours", "Resources: {Colour: {Type: AWS::SSM::Parameter, Properties: {Name: /colour, Type: String, Value: red}}}")
	_, err := client.SSM.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/colour"), Value: aws.String("blue"), Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := deploy(t, client, &cloudformation.CreateChangeSetInput{
		StackName: aws.String("colours"), UsePreviousTemplate: aws.Bool(true), DeploymentMode: cfntypes.DeploymentModeRevertDrift,
	})
	if got.StackStatus != cfntypes.StackStatusUpdateComplete {
		t.Errorf("status %s", got.StackStatus)
	}
	parameter, err := client.SSM.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/colour")})
	if err != nil || aws.ToString(parameter.Parameter.Value) != "red" {
		t.Errorf("%v, %v", parameter, err)
	}
}

// What the CDK says of itself in each template is a resource that nothing but the template knows.
func TestMetadataOfTheCDKIsDeployed(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	template := func(analytics string) *string {
		return aws.String("Resources: {CDKMetadata: {Type: 'AWS::CDK::Metadata', Properties: {Analytics: '" + analytics + "'}, Metadata: {'aws:cdk:path': p}}}")
	}
	deploy(t, client, &cloudformation.CreateChangeSetInput{
		StackName: aws.String("app"), ChangeSetType: cfntypes.ChangeSetTypeCreate, TemplateBody: template("v2:one"),
	})
	got := deploy(t, client, &cloudformation.CreateChangeSetInput{StackName: aws.String("app"), TemplateBody: template("v2:two")})
	if got.StackStatus != cfntypes.StackStatusUpdateComplete {
		t.Errorf("status %s", got.StackStatus)
	}
	planned, err := client.CloudFormation.DescribeChangeSet(t.Context(), &cloudformation.DescribeChangeSetInput{
		ChangeSetName: got.ChangeSetId,
	})
	if err != nil {
		t.Fatal(err)
	}
	if replacement := planned.Changes[0].ResourceChange.Replacement; replacement != cfntypes.ReplacementFalse {
		t.Errorf("replacement %s", replacement)
	}
}

package conformance

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

const (
	trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	// execution is the managed policy that task execution roles have.
	execution = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
)

// permitted has a role with policies of all kinds.
const permitted = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: tasks
      AssumeRolePolicyDocument: ` + trust + `
      ManagedPolicyArns: [` + execution + `]
      Policies: [{PolicyName: own, PolicyDocument: {Version: "2012-10-17", Statement: []}}]
  Policy:
    Type: AWS::IAM::Policy
    Properties: {PolicyName: beside, Roles: [!Ref Role], PolicyDocument: {Version: "2012-10-17", Statement: []}}
`

func TestRolesOfTemplatesAreDescribed(t *testing.T) {
	t.Parallel()
	on := clientsOf(awssimtest.Start(t).URL())
	if _, err := on.CloudFormation.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("app"), TemplateBody: aws.String(permitted),
		Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam},
	}); err != nil {
		t.Fatal(err)
	}
	if got := awaitStack(t, on, "app"); got.StackStatus != cfntypes.StackStatusCreateComplete {
		t.Fatal(got.StackStatus)
	}
	found, err := on.IAM.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("tasks")})
	if err != nil {
		t.Fatal(err)
	}
	document, err := url.PathUnescape(aws.ToString(found.Role.AssumeRolePolicyDocument))
	if err != nil || !strings.Contains(document, `"Service":"ecs-tasks.amazonaws.com"`) {
		t.Errorf("the role trusts %s, %v", document, err)
	}
	inline, err := on.IAM.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: aws.String("tasks")})
	if err != nil {
		t.Fatal(err)
	}
	attached, err := on.IAM.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("tasks")})
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Concat(inline.PolicyNames, []string{aws.ToString(attached.AttachedPolicies[0].PolicyName)})
	if diff := cmp.Diff([]string{"beside", "own", "AmazonECSTaskExecutionRolePolicy"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestARoleIsDeletedOnceNothingIsInIt(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL()).IAM
	name := aws.String("made")
	if _, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)}); err != nil {
		t.Fatal(err)
	}
	_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)})
	if taken, ok := errors.AsType[*types.EntityAlreadyExistsException](err); !ok || taken.ErrorMessage() != "Role with name made already exists." {
		t.Errorf("got %v", err)
	}
	if _, err := client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(execution)}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Statement":[]}`),
	}); err != nil {
		t.Fatal(err)
	}
	conflict := func(want string) {
		t.Helper()
		_, err := client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name})
		if blocked, ok := errors.AsType[*types.DeleteConflictException](err); !ok || blocked.ErrorMessage() != want {
			t.Errorf("got %v", err)
		}
	}
	conflict("Cannot delete entity, must detach all policies first.")
	if _, err := client.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String(execution)}); err != nil {
		t.Fatal(err)
	}
	conflict("Cannot delete entity, must delete policies first.")
	if _, err := client.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("p")}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name}); err != nil {
		t.Fatal(err)
	}
	_, err = client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name})
	if missing, ok := errors.AsType[*types.NoSuchEntityException](err); !ok || missing.ErrorMessage() != "The role with name made cannot be found." {
		t.Errorf("got %v", err)
	}
}

func TestTheCommandLineReachesPolicies(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	arn := program(t, sim, "aws", "iam", "create-policy", "--policy-name", "p", "--policy-document", `{"Statement":[]}`,
		"--query", "Policy.Arn", "--output", "text")
	got := program(t, sim, "aws", "iam", "get-policy-version", "--policy-arn", arn, "--version-id", "v1",
		"--query", "PolicyVersion.Document.Statement", "--output", "json")
	if arn != "arn:aws:iam::123456789012:policy/p" || got != "[]" {
		t.Errorf("got %s %s", arn, got)
	}
}

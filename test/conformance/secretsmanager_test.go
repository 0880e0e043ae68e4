package conformance

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// problem writes an error of AWS as "Code: message", and anything else as it is.
func problem(err error) string {
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		return refused.ErrorCode() + ": " + refused.ErrorMessage()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestStagingLabelsFollowTheVersions goes the way of localstack's recording of real AWS:
// test_update_secret_version_stages_current_pending_cycle_custom_stages_1.
func TestStagingLabelsFollowTheVersions(t *testing.T) {
	t.Parallel()
	secrets := clientsOf(awssimtest.Start(t).URL()).Secrets
	name := aws.String("cycle")
	first, err := secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("S1")})
	if err != nil {
		t.Fatal(err)
	}
	second, err := secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: name, SecretString: aws.String("S2"), VersionStages: []string{"AWSPENDING", "AWSSOMETHING", "PUT1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	stages := func() map[string]string {
		out, err := secrets.ListSecretVersionIds(t.Context(), &secretsmanager.ListSecretVersionIdsInput{SecretId: name})
		if err != nil {
			t.Fatal(err)
		}
		labels := make(map[string]string)
		for _, version := range out.Versions {
			labels[aws.ToString(version.VersionId)] = strings.Join(version.VersionStages, " ")
		}
		return labels
	}
	value := func() string {
		out, err := secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: name})
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(out.SecretString)
	}
	want := map[string]string{*first.VersionId: "AWSCURRENT", *second.VersionId: "AWSPENDING AWSSOMETHING PUT1"}
	if diff := cmp.Diff(want, stages()); diff != "" || value() != "S1" {
		t.Errorf("after the second version: %s %s", value(), diff)
	}
	_, err = secrets.UpdateSecretVersionStage(t.Context(), &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: name, VersionStage: aws.String("AWSCURRENT"), RemoveFromVersionId: first.VersionId, MoveToVersionId: second.VersionId,
	})
	if err != nil {
		t.Fatal(err)
	}
	want = map[string]string{*first.VersionId: "AWSPREVIOUS", *second.VersionId: "AWSCURRENT AWSPENDING AWSSOMETHING PUT1"}
	if diff := cmp.Diff(want, stages()); diff != "" || value() != "S2" {
		t.Errorf("after AWSCURRENT was moved: %s %s", value(), diff)
	}
	third, err := secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("S3")})
	if err != nil {
		t.Fatal(err)
	}
	want = map[string]string{*second.VersionId: "AWSPENDING AWSPREVIOUS AWSSOMETHING PUT1", *third.VersionId: "AWSCURRENT"}
	if diff := cmp.Diff(want, stages()); diff != "" || value() != "S3" {
		t.Errorf("after the third version: %s %s", value(), diff)
	}
}

func TestSecretsAreFoundByNameAndARN(t *testing.T) {
	t.Parallel()
	secrets := clientsOf(awssimtest.Start(t).URL()).Secrets
	made, err := secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("prod/items"), SecretBinary: []byte{1, 2}, Description: aws.String("the items"),
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	arn := aws.ToString(made.ARN)
	for _, id := range []string{"prod/items", arn, arn[:len(arn)-len("-AbCdEf")]} {
		got, err := secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil || !slices.Equal(got.SecretBinary, []byte{1, 2}) {
			t.Errorf("%s: %v %v", id, got, err)
		}
	}
	batch, err := secrets.BatchGetSecretValue(t.Context(), &secretsmanager.BatchGetSecretValueInput{SecretIdList: []string{"prod/items", "absent"}})
	if err != nil || len(batch.SecretValues) != 1 || len(batch.Errors) != 1 || *batch.Errors[0].ErrorCode != "ResourceNotFoundException" {
		t.Errorf("got %v, %v", batch, err)
	}
	listed, err := secrets.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{
		Filters: []types.Filter{{Key: types.FilterNameStringTypeTagKey, Values: []string{"team"}}},
	})
	if err != nil || len(listed.SecretList) != 1 || *listed.SecretList[0].Description != "the items" {
		t.Errorf("got %v, %v", listed, err)
	}
	listed, err = secrets.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{
		Filters: []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{"!prod/"}}},
	})
	if err != nil || len(listed.SecretList) != 0 {
		t.Errorf("got %v, %v", listed, err)
	}
}

func TestSecretsAreDeletedAfterAWindow(t *testing.T) {
	t.Parallel()
	secrets := clientsOf(awssimtest.Start(t).URL()).Secrets
	name := aws.String("items")
	create := func() error {
		_, err := secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("x")})
		return err
	}
	read := func() error {
		_, err := secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: name})
		return err
	}
	deletion := func(days *int64, force *bool) error {
		_, err := secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
			SecretId: name, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force,
		})
		return err
	}
	restore := func() error {
		_, err := secrets.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: name})
		return err
	}
	steps := []struct {
		what string
		do   func() error
		want string
	}{
		{"read what is absent", read, "ResourceNotFoundException: Secrets Manager can't find the specified secret."},
		{"create", create, ""},
		{"create again", create, "ResourceExistsException: The operation failed because the secret items already exists."},
		{"delete too soon", func() error { return deletion(aws.Int64(3), nil) }, "InvalidParameterException: " +
			"The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."},
		{"delete", func() error { return deletion(aws.Int64(7), nil) }, ""},
		{"read what is marked", read, "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."},
		{"create what is marked", create, "InvalidRequestException: " +
			"You can't create this secret because a secret with this name is already scheduled for deletion."},
		{"restore", restore, ""},
		{"read what was restored", read, ""},
		{"delete at once", func() error { return deletion(nil, aws.Bool(true)) }, ""},
		{"delete at once again", func() error { return deletion(nil, aws.Bool(true)) }, ""},
		{"create anew", create, ""},
	}
	for _, step := range steps {
		if diff := cmp.Diff(step.want, problem(step.do())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.what, diff)
		}
	}
}

func TestPasswordsHaveWhatIsAsked(t *testing.T) {
	t.Parallel()
	secrets := clientsOf(awssimtest.Start(t).URL()).Secrets
	out, err := secrets.GetRandomPassword(t.Context(), &secretsmanager.GetRandomPasswordInput{
		PasswordLength: aws.Int64(8), ExcludePunctuation: aws.Bool(true), ExcludeLowercase: aws.Bool(true), ExcludeCharacters: aws.String("ABC"),
	})
	if err != nil {
		t.Fatal(err)
	}
	used := maps.Collect(func(yield func(string, bool) bool) {
		for _, letter := range *out.RandomPassword {
			kind := map[bool]string{true: "digit", false: "letter"}[letter >= '0' && letter <= '9']
			if !yield(kind, true) {
				return
			}
		}
	})
	if len(*out.RandomPassword) != 8 || strings.Trim(*out.RandomPassword, "DEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" || len(used) != 2 {
		t.Errorf("got %q", *out.RandomPassword)
	}
}

package conformance

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

func putParameter(t *testing.T, client *ssm.Client, name, value string, kind types.ParameterType) int64 {
	t.Helper()
	out, err := client.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &value, Type: kind, Overwrite: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Version
}

func TestParametersHaveVersionsAndLabels(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL()).SSM
	for i, value := range []string{"one", "two", "three"} {
		if version := putParameter(t, client, "/items/url", value, types.ParameterTypeString); version != int64(i+1) {
			t.Errorf("%s is version %d", value, version)
		}
	}
	if _, err := client.LabelParameterVersion(t.Context(), &ssm.LabelParameterVersionInput{
		Name: aws.String("/items/url"), ParameterVersion: aws.Int64(1), Labels: []string{"live"},
	}); err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:ssm:us-east-1:123456789012:parameter/items/url"
	for name, want := range map[string]string{"/items/url": "three", "/items/url:2": "two", "/items/url:live": "one", arn: "three"} {
		out, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name})
		if err != nil {
			t.Fatal(err)
		}
		if *out.Parameter.Value != want || *out.Parameter.ARN != arn || *out.Parameter.Name != "/items/url" {
			t.Errorf("%s is %q, %s", name, *out.Parameter.Value, *out.Parameter.ARN)
		}
	}
	history, err := client.GetParameterHistory(t.Context(), &ssm.GetParameterHistoryInput{Name: aws.String("/items/url")})
	if err != nil || len(history.Parameters) != 3 || history.Parameters[0].Labels[0] != "live" {
		t.Errorf("got %v, %v", history, err)
	}
}

func TestParametersAreFoundByPath(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL()).SSM
	for _, name := range []string{"/app/a", "/app/b", "/app/deep/c", "/apple"} {
		putParameter(t, client, name, "x", types.ParameterTypeString)
	}
	putParameter(t, client, "/app/password", "hidden", types.ParameterTypeSecureString)
	find := func(recursive bool) []string {
		var names []string
		pages := ssm.NewGetParametersByPathPaginator(client, &ssm.GetParametersByPathInput{
			Path: aws.String("/app"), Recursive: &recursive, MaxResults: aws.Int32(2),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range page.Parameters {
				names = append(names, *found.Name)
				if *found.Name == "/app/password" && *found.Value == "hidden" {
					t.Error("a SecureString was decrypted")
				}
			}
		}
		return names
	}
	if diff := cmp.Diff([]string{"/app/a", "/app/b", "/app/password"}, find(false)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/app/a", "/app/b", "/app/deep/c", "/app/password"}, find(true)); diff != "" {
		t.Error(diff)
	}
	described, err := client.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Type"), Values: []string{"SecureString"}}},
	})
	if err != nil || len(described.Parameters) != 1 || *described.Parameters[0].KeyId != "alias/aws/ssm" {
		t.Errorf("got %v, %v", described, err)
	}
	several, err := client.GetParameters(t.Context(), &ssm.GetParametersInput{
		Names: []string{"/app/password", "/absent"}, WithDecryption: aws.Bool(true),
	})
	if err != nil || *several.Parameters[0].Value != "hidden" || several.InvalidParameters[0] != "/absent" {
		t.Errorf("got %v, %v", several, err)
	}
}

func TestParametersAreRefusedAsTheStoreDoes(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL()).SSM
	putParameter(t, client, "taken", "x", types.ParameterTypeString)
	put := func(in *ssm.PutParameterInput) error {
		_, err := client.PutParameter(t.Context(), in)
		return err
	}
	get := func(name string) error {
		_, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name})
		return err
	}
	for what, test := range map[string]struct {
		err  error
		want string
	}{
		"absent": {get("absent"), "ParameterNotFound: "},
		"a version that is absent": {get("taken:2"), "ParameterVersionNotFound: " +
			"Systems Manager could not find version 2 of taken. Verify the version and try again."},
		"exists": {
			put(&ssm.PutParameterInput{Name: aws.String("taken"), Value: aws.String("y"), Type: types.ParameterTypeString}),
			"ParameterAlreadyExists: The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
		},
		"without a type": {
			put(&ssm.PutParameterInput{Name: aws.String("new"), Value: aws.String("y")}),
			"ValidationException: A parameter type is required when you create a parameter.",
		},
		"not its pattern": {
			put(&ssm.PutParameterInput{
				Name: aws.String("new"), Value: aws.String("y"), Type: types.ParameterTypeString, AllowedPattern: aws.String("^[0-9]+$"),
			}),
			"ParameterPatternMismatchException: Parameter value, cannot be validated against allowedPattern: ^[0-9]+$",
		},
	} {
		if diff := cmp.Diff(test.want, problem(test.err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

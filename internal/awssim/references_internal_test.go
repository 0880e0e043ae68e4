package awssim

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/secretsmanager"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ssm"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

func hereInTests() resource.Place { return resource.Place{Account: Account, Region: DefaultRegion} }

// keptInTests has a secret and a parameter, and returns the secret's ARN.
func keptInTests(t *testing.T) (references, string) {
	t.Helper()
	kept := references{secrets: secretsmanager.New(clock.Clock{}), parameters: ssm.New()}
	arn, err := kept.secrets.CreateFor("", hereInTests(), "json", `{"user":"items","port":5432}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"plain": "words"} {
		if _, err := kept.secrets.CreateFor("", hereInTests(), name, text, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err = kept.parameters.Providers()["AWS::SSM::Parameter"].Create(t.Context(), resource.Request{
		Place: hereInTests(), Type: "AWS::SSM::Parameter",
		Properties: resource.Properties{"Name": "/items/url", "Type": "String", "Value": "https://items"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept, arn
}

// requestID is what no two answers have in common.
var requestID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func outcome(value string, err error) string {
	if err != nil {
		return "error: " + requestID.ReplaceAllString(err.Error(), "ID")
	}
	return value
}

func TestDynamicReferencesAreResolved(t *testing.T) {
	t.Parallel()
	kept, arn := keptInTests(t)
	for _, test := range []struct{ service, key, want string }{
		{"secretsmanager", "plain", "words"},
		{"secretsmanager", "json:SecretString:user", "items"},
		{"secretsmanager", "json:SecretString:port:AWSCURRENT", "5432"},
		{"secretsmanager", arn + ":SecretString:user::", "items"},
		{"secretsmanager", arn, `{"user":"items","port":5432}`},
		{"secretsmanager", "json:SecretString:absent", "error: Could not find a value associated with JSONKey in SecretString"},
		{"secretsmanager", "plain:SecretString:user", "error: Could not parse SecretString JSON"},
		{"secretsmanager", "absent", "error: Secrets Manager can't find the specified secret. (Service: AWSSecretsManager; " +
			"Status Code: 400; Error Code: ResourceNotFoundException; Request ID: ID; Proxy: null)"},
		{"ssm", "/items/url", "https://items"},
		{"ssm", "/items/url:1", "https://items"},
		{"ssm", "/items/url:live", "error: Incorrect format is used in the following SSM reference: [{{resolve:ssm:/items/url:live}}]"},
		{"ssm", "/items/url:2", "error: Parameters: [ssm:/items/url:2] cannot be found."},
		{"ssm-secure", "/items/url:1", "error: Secure ssm prefix was used for non-secure parameter /items/url"},
		{"s3", "x", "error: awssim does not implement dynamic references to s3"},
	} {
		if diff := cmp.Diff(test.want, outcome(kept.Resolve(hereInTests(), test.service, test.key))); diff != "" {
			t.Errorf("%s:%s (-want +got):\n%s", test.service, test.key, diff)
		}
	}
}

func TestSecretsOfContainersAreFound(t *testing.T) {
	t.Parallel()
	kept, arn := keptInTests(t)
	const before = "error: ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
	const asm = before + "unable to retrieve secret from asm: service call has been retried 1 time(s): "
	const absent = "arn:aws:secretsmanager:us-east-1:123456789012:secret:absent"
	for valueFrom, want := range map[string]string{
		arn:                       `{"user":"items","port":5432}`,
		arn + ":user::":           "items",
		arn + ":port:AWSCURRENT:": "5432",
		arn + ":absent::":         asm + "retrieved secret from Secrets Manager did not contain json key absent",
		absent: asm + "failed to fetch secret " + absent + " from secrets manager: operation error Secrets Manager: GetSecretValue, " +
			"https response error StatusCode: 400, RequestID: ID, ResourceNotFoundException: Secrets Manager can't find the specified secret.",
		"/items/url": "https://items",
		"arn:aws:ssm:us-east-1:123456789012:parameter/items/url": "https://items",
		"/absent": before + "unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /absent",
	} {
		if diff := cmp.Diff(want, outcome(kept.SecretValue(hereInTests(), valueFrom))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", valueFrom, diff)
		}
	}
}

func TestSecretsAndParametersSurviveARestart(t *testing.T) {
	t.Parallel()
	kept, arn := keptInTests(t)
	again := references{secrets: secretsmanager.New(clock.Clock{}), parameters: ssm.New()}
	for _, pair := range [][2]state.Keeper{{kept.secrets, again.secrets}, {kept.parameters, again.parameters}} {
		content, err := pair[0].Keep()
		if err != nil {
			t.Fatal(err)
		}
		if err := pair[1].Restore(content); err != nil {
			t.Fatal(err)
		}
	}
	for _, valueFrom := range []string{arn + ":user::", "/items/url"} {
		want, got := outcome(kept.SecretValue(hereInTests(), valueFrom)), outcome(again.SecretValue(hereInTests(), valueFrom))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", valueFrom, diff)
		}
	}
}

package awssim_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
)

func start(t *testing.T) *httptest.Server {
	t.Helper()
	simulator := awssim.New(awssim.Options{})
	server := httptest.NewServer(simulator)
	t.Cleanup(func() {
		server.Close()
		if err := simulator.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})
}

func TestTheSDKReachesServicesByTheirCredentialScope(t *testing.T) {
	t.Parallel()
	server := start(t)
	identity, err := sts.New(sts.Options{Region: "eu-west-1", Credentials: credentials(), BaseEndpoint: &server.URL}).
		GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(identity.Account) != awssim.Account {
		t.Errorf("account %s", aws.ToString(identity.Account))
	}
	stacks := cfn.New(cfn.Options{Region: "eu-west-1", Credentials: credentials(), BaseEndpoint: &server.URL})
	made, err := stacks.CreateStack(t.Context(), &cfn.CreateStackInput{
		StackName: aws.String("demo"), TemplateBody: aws.String(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if id := aws.ToString(made.StackId); !strings.HasPrefix(id, "arn:aws:cloudformation:eu-west-1:123456789012:stack/demo/") {
		t.Errorf("stack id %s", id)
	}
	elsewhere := cfn.New(cfn.Options{Region: "us-east-1", Credentials: credentials(), BaseEndpoint: &server.URL})
	listed, err := elsewhere.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{})
	if err != nil || len(listed.Stacks) != 0 {
		t.Errorf("another region has its own stacks: %v, %v", listed, err)
	}
}

func TestRequestsThatReachNoServiceAreRefusedByName(t *testing.T) {
	t.Parallel()
	server := start(t)
	scope := func(service string) http.Header {
		return http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/" + service + "/aws4_request, SignedHeaders=host, Signature=0"}}
	}
	jsonScope := scope("dynamodb")
	jsonScope.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	cases := map[string]struct {
		header http.Header
		status int
		want   string
	}{
		"an unknown service":           {scope("lambda"), 400, "awssim does not implement the service lambda"},
		"an unknown service in JSON":   {jsonScope, 400, `{"__type":"UnknownService","message":"awssim does not implement the service dynamodb"}`},
		"no credential":                {http.Header{}, 403, "MissingAuthenticationToken"},
		"a scope that is no SigV4 one": {http.Header{"Authorization": {"Basic dGVzdA=="}}, 403, "MissingAuthenticationToken"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("Action=DescribeVpcs"))
			if err != nil {
				t.Fatal(err)
			}
			request.Header = test.header
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.status || !strings.Contains(string(body), test.want) {
				t.Errorf("%d: %s", response.StatusCode, body)
			}
		})
	}
}

func TestReadinessNeedsNoCredential(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	simulator := awssim.New(awssim.Options{})
	simulator.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, awssim.HealthPath, nil))
	if diff := cmp.Diff("{\"status\":\"ok\"}\n", recorder.Body.String()); diff != "" {
		t.Error(diff)
	}
	if err := simulator.Close(); err != nil {
		t.Error(err)
	}
}

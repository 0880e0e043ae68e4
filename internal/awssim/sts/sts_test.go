package sts_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sts"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const account = "123456789012"

// newService returns the service for the roles "deploy" and, for two hours, "long".
func newService(t *testing.T) *sts.Service {
	t.Helper()
	records := generic.New(clock.Clock{})
	for name, properties := range map[string]resource.Properties{
		"deploy": {"RoleName": "deploy", "Path": "/ci/"},
		"long":   {"RoleName": "long", "MaxSessionDuration": 7200.0},
	} {
		_, err := records.Make(resource.Request{
			Place: resource.Place{Account: account, Region: "us-east-1"}, Type: "AWS::IAM::Role", LogicalID: name, Properties: properties,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return sts.New(clock.Clock{}, records)
}

// ask calls an operation with an access key and returns the body of the answer.
func ask(t *testing.T, service *sts.Service, key string, parameters map[string]string) string {
	t.Helper()
	form := url.Values{"Version": {"2011-06-15"}}
	for name, value := range parameters {
		form.Set(name, value)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return string(service.API().Serve(t.Context(), &wire.Call{
		Service: "sts", Account: account, Region: "us-east-1", AccessKey: key, HTTP: request, Body: []byte(form.Encode()),
	}).Body)
}

func assume(role, name string, more ...string) map[string]string {
	parameters := map[string]string{"Action": "AssumeRole", "RoleArn": "arn:aws:iam::123456789012:role/" + role, "RoleSessionName": name}
	for i := 0; i < len(more); i += 2 {
		parameters[more[i]] = more[i+1]
	}
	return parameters
}

func element(body, name string) string {
	found := regexp.MustCompile("<" + name + ">([^<]*)<").FindStringSubmatch(body)
	if found == nil {
		return ""
	}
	return found[1]
}

func identity(t *testing.T, service *sts.Service, key string) string {
	t.Helper()
	body := ask(t, service, key, map[string]string{"Action": "GetCallerIdentity"})
	return element(body, "Arn") + element(body, "Code")
}

func TestWhoAssumesARoleBecomesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		body := ask(t, service, "test", assume("ci/deploy", "me", "ExternalId", "abc", "Tags.member.1.Key", "team", "Tags.member.1.Value", "a"))
		const want = "arn:aws:sts::123456789012:assumed-role/deploy/me"
		if got := element(body, "Arn"); got != want {
			t.Fatalf("it answers %s", body)
		}
		if !regexp.MustCompile("^AROA[A-Z0-9]+:me$").MatchString(element(body, "AssumedRoleId")) {
			t.Error(body)
		}
		expires, err := time.Parse(time.RFC3339, element(body, "Expiration"))
		if err != nil || time.Until(expires).Round(time.Second) != time.Hour {
			t.Errorf("it expires %s (%v)", expires, err)
		}
		key := element(body, "AccessKeyId")
		if got := identity(t, service, key); got != want || !strings.HasPrefix(key, "ASIA") {
			t.Errorf("%s is %s", key, got)
		}
		if got := identity(t, service, "test"); got != "arn:aws:iam::123456789012:user/awssim" {
			t.Errorf("the user became %s", got)
		}

		kept, err := service.Keep()
		if err != nil {
			t.Fatal(err)
		}
		again := newService(t)
		if err := again.Restore(kept); err != nil || identity(t, again, key) != want {
			t.Errorf("after a restart it is %s (%v)", identity(t, again, key), err)
		}
		time.Sleep(time.Hour)
		if got := identity(t, service, key); got != "ExpiredToken" {
			t.Errorf("an hour later it is %s", got)
		}
	})
}

func TestRolesAreRefusedInTheWordsOfAWS(t *testing.T) {
	t.Parallel()
	service := newService(t)
	body := ask(t, service, "test", assume("long", "chain"))
	chained := element(body, "AccessKeyId")
	cases := map[string]struct {
		key        string
		parameters map[string]string
		want       []string // code and the beginning of the message
	}{
		"a role that does not exist": {"test", assume("none", "me"), []string{
			"AccessDenied",
			"User: arn:aws:iam::123456789012:user/awssim is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/none",
		}},
		"a role by another path": {chained, assume("deploy", "me"), []string{
			"AccessDenied",
			"User: arn:aws:sts::123456789012:assumed-role/long/chain is not authorized",
		}},
		"a name with a space":                     {"test", assume("long", "a b"), []string{"ValidationError", "1 validation error detected: Value &#39;a b&#39; at &#39;roleSessionName&#39;"}},
		"a name of one letter":                    {"test", assume("long", "a"), []string{"ValidationError", "1 validation error detected: Value &#39;a&#39; at &#39;roleSessionName&#39; failed to satisfy constraint: Member must have length greater than or equal to 2"}},
		"a role that is no ARN":                   {"test", assume("long", "me", "RoleArn", "deploy"), []string{"ValidationError", "1 validation error detected: Value &#39;deploy&#39; at &#39;roleArn&#39; failed to satisfy constraint: Member must have length greater than or equal to 20"}},
		"a long name of a role":                   {"test", assume("long", "me", "RoleArn", "the-role-that-deploys-shops"), []string{"ValidationError", "the-role-that-deploys-shops is invalid"}},
		"a policy that is no JSON":                {"test", assume("long", "me", "Policy", "{bad"), []string{"MalformedPolicyDocument", "The policy is not in the valid JSON format."}},
		"no time, for a role that does not exist": {"test", assume("none", "me", "DurationSeconds", "10"), []string{"ValidationError", "1 validation error detected: Value &#39;10&#39; at &#39;durationSeconds&#39;"}},
		"too short":                               {"test", assume("long", "me", "DurationSeconds", "899"), []string{"ValidationError", "1 validation error detected: Value &#39;899&#39;"}},
		"too long for any":                        {"test", assume("long", "me", "DurationSeconds", "43201"), []string{"ValidationError", "1 validation error detected: Value &#39;43201&#39;"}},
		"too long for the role":                   {"test", assume("long", "me", "DurationSeconds", "7201"), []string{"ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."}},
		"too long for role after role": {chained, assume("long", "me", "DurationSeconds", "3601"), []string{
			"ValidationError",
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
		}},
		"with a second factor": {"test", assume("long", "me", "SerialNumber", "arn:aws:iam::123456789012:mfa/me"), []string{
			"ValidationError",
			"awssim does not implement",
		}},
		"as long as the role allows": {"test", assume("long", "me", "DurationSeconds", "7200"), []string{"", ""}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := ask(t, service, test.key, test.parameters)
			message := element(body, "Message")
			if diff := cmp.Diff(test.want, []string{element(body, "Code"), message[:min(len(test.want[1]), len(message))]}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

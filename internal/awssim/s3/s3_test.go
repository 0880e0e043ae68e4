package s3_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/s3"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// client calls a service as if over the wire.
type client struct {
	t       *testing.T
	service *s3.Service
}

func newClient(t *testing.T) client {
	t.Helper()
	pace := clock.Clock{}
	return client{t, s3.New(pace, generic.New(pace))}
}

func (c client) ask(method, target, body string) wire.Answer {
	c.t.Helper()
	request := httptest.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
	request.Host = "127.0.0.1:4566"
	return c.service.API().Serve(c.t.Context(), &wire.Call{
		Service: "s3", Account: "123456789012", Region: "us-east-1", HTTP: request, Body: []byte(body),
	})
}

func TestObjectsComeBackAsTheyWerePut(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	var statuses []int
	for _, each := range [][3]string{
		{"PUT", "/templates", ""},
		{"PUT", "/templates/a/b%20c.yaml", "Resources: {}"},
		{"GET", "/templates/a/b%20c.yaml", ""},
		{"DELETE", "/templates", ""},
		{"DELETE", "/templates/a/b%20c.yaml", ""},
		{"GET", "/templates/a/b%20c.yaml", ""},
		{"DELETE", "/templates", ""},
		{"HEAD", "/templates", ""},
	} {
		answer := c.ask(each[0], each[1], each[2])
		statuses = append(statuses, answer.Status)
		if each[0] == "GET" && answer.Status == 200 && string(answer.Body) != "Resources: {}" {
			t.Errorf("the object is %q", answer.Body)
		}
	}
	if diff := cmp.Diff([]int{200, 200, 200, 409, 204, 404, 204, 404}, statuses); diff != "" {
		t.Error(diff)
	}
}

func TestRefusalsCarryTheCodesOfS3(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/templates", "")
	for name, test := range map[string]struct{ method, target, want string }{
		"a name with capitals": {"PUT", "/Templates", "<Code>InvalidBucketName</Code>"},
		"an absent bucket":     {"GET", "/absent?list-type=2", "<Code>NoSuchBucket</Code>"},
		"an absent object":     {"GET", "/templates/absent", "<Code>NoSuchKey</Code>"},
		"a strange token":      {"GET", "/templates?list-type=2&continuation-token=%21%21", "<Code>InvalidArgument</Code>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if answer := c.ask(test.method, test.target, ""); !strings.Contains(string(answer.Body), test.want) {
				t.Errorf("%d %s", answer.Status, answer.Body)
			}
		})
	}
}

func TestListingsFoldWhatIsBelowAPrefix(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/templates", "")
	for _, key := range []string{"a/1", "a/2", "b", "c/1"} {
		c.ask("PUT", "/templates/"+key, "x")
	}
	listed := string(c.ask("GET", "/templates?list-type=2&delimiter=/&max-keys=2", "").Body)
	for _, want := range []string{
		"<KeyCount>2</KeyCount>", "<IsTruncated>true</IsTruncated>", "<Prefix>a/</Prefix>", "<Key>b</Key>",
	} {
		if !strings.Contains(listed, want) {
			t.Errorf("no %s in %s", want, listed)
		}
	}
	if strings.Contains(listed, "<Prefix>c/") {
		t.Errorf("the second page is in the first: %s", listed)
	}
}

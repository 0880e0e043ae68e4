package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/api"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
)

// recordedCase is a request and what FastAPI answered to it (hack/fastapi/record.py).
type recordedCase struct {
	Name    string
	Request recordedRequest
	Answer  recordedAnswer
}

type recordedRequest struct {
	Method, Target, Body string

	Headers map[string]string
}

type recordedAnswer struct {
	Status  int
	Headers map[string]string // names in lower case
	Body    string
}

// deviations are the cases that we answer otherwise, and why; see decision 0002.
func deviations() map[string]string {
	return map[string]string{
		"POST NaN for a name":      "FastAPI answers 500, because NaN as input cannot be written as JSON",
		"POST Infinity for a name": "the same",
		"POST a comma too many":    "recorded with Python 3.13, which has a text of its own; ours is that of 3.11, the reference's",
	}
}

// page says whether the bodies at a target are our own: of FastAPI's answer we keep status and headers.
func page(target string) bool {
	return target == "/docs" || target == "/redoc" || target == "/openapi.json"
}

// TestFastAPIAnswersTheSame replays what was recorded, in order: later requests see what earlier ones stored.
func TestFastAPIAnswersTheSame(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(api.New(api.Options{
		Store: items.NewMemory(items.Samples()...), Ping: answers, Service: "fastapi-ecs-demo", Version: "1.0.0", Now: noon,
		Logger: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(server.Close)
	host := server.Listener.Addr().String()
	for _, c := range recording(t) {
		want, got := c.Answer, exchange(t, host, c.Request)
		if page(c.Request.Target) {
			want, got = want.withoutBody(), got.withoutBody()
		}
		differs := cmp.Diff(want.comparable(), got.comparable())
		why, expected := deviations()[c.Name]
		switch {
		case expected && differs == "":
			t.Errorf("%s: answered as FastAPI does, but is said to differ: %s", c.Name, why)
		case !expected && differs != "":
			t.Errorf("%s: %+v (-FastAPI +here):\n%s", c.Name, c.Request, differs)
		}
	}
}

// TestClientsOfFastAPIsDocumentAreServed compares what a client is generated from: operations and schemas.
func TestClientsOfFastAPIsDocumentAreServed(t *testing.T) {
	t.Parallel()
	var theirs, ours map[string]any
	for _, c := range recording(t) {
		if c.Name == "GET /openapi.json" {
			parse(t, c.Answer.Body, &theirs)
		}
	}
	parse(t, call(t, seeded(), http.MethodGet, "/openapi.json", "").Body.String(), &ours)
	for path, operations := range at(theirs, "paths") {
		for method := range object(operations) {
			for _, of := range [][]string{{"operationId"}, {"responses", "200", "content"}} {
				where := append([]string{"paths", path, method}, of...)
				if diff := cmp.Diff(value(theirs, where), value(ours, where)); diff != "" {
					t.Errorf("%q (-FastAPI +here):\n%s", where, diff)
				}
			}
		}
	}
	for name, schema := range at(theirs, "components", "schemas") {
		for property := range at(object(schema), "properties") {
			where := []string{"components", "schemas", name, "properties", property, "title"}
			if diff := cmp.Diff(value(theirs, where), value(ours, where)); diff != "" {
				t.Errorf("%q (-FastAPI +here):\n%s", where, diff)
			}
		}
	}
}

func recording(t *testing.T) []recordedCase {
	t.Helper()
	content, err := os.ReadFile("testdata/fastapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []recordedCase
	parse(t, string(content), &cases)
	return cases
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// at returns the object at a path, empty if there is none.
func at(from map[string]any, path ...string) map[string]any {
	return object(value(from, path))
}

// object returns a JSON object, empty if the value is none.
func object(value any) map[string]any {
	found, _ := value.(map[string]any)
	return found
}

// value returns what is at a path of objects, nil if there is nothing.
func value(from any, path []string) any {
	for _, name := range path {
		from = object(from)[name]
	}
	return from
}

func (a recordedAnswer) withoutBody() recordedAnswer {
	a.Body = ""
	delete(a.Headers, "content-length")
	return a
}

var moment = regexp.MustCompile(`"timestamp":"[0-9T:.-]+"`)

// comparable returns the answer without what differs between two answers of FastAPI itself: the time, and the order of
// the methods in Allow.
func (a recordedAnswer) comparable() recordedAnswer {
	a.Body = moment.ReplaceAllString(a.Body, `"timestamp":"now"`)
	if allowed := strings.Split(a.Headers["allow"], ", "); len(allowed) > 1 {
		slices.Sort(allowed)
		a.Headers["allow"] = strings.Join(allowed, ", ")
	}
	return a
}

// exchange sends a request byte for byte as it was recorded.
func exchange(t *testing.T, host string, r recordedRequest) recordedAnswer {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close() //nolint:errcheck // nothing is lost with it
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nConnection: close\r\n", r.Method, r.Target)
	if r.Headers["Host"] == "" {
		fmt.Fprintf(&head, "Host: %s\r\n", host)
	}
	for name, value := range r.Headers {
		fmt.Fprintf(&head, "%s: %s\r\n", name, value)
	}
	if r.Body != "" || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		fmt.Fprintf(&head, "Content-Length: %d\r\n", len(r.Body))
	}
	if _, err := io.WriteString(connection, head.String()+"\r\n"+r.Body); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: r.Method})
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := recordedAnswer{Status: response.StatusCode, Headers: make(map[string]string), Body: string(body)}
	for _, name := range []string{"allow", "content-length", "content-type", "location"} {
		if value := response.Header.Get(name); value != "" {
			answer.Headers[name] = strings.ReplaceAll(value, host, "HOST")
		}
	}
	return answer
}

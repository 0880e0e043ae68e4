package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/api"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/logging"
)

// fickle is a store that fails or panics.
type fickle struct {
	items.Store

	list func() ([]items.Item, error)
}

func (f fickle) List(context.Context) ([]items.Item, error) { return f.list() }

func TestAStoreThatFailsIsOurFault(t *testing.T) {
	t.Parallel()
	tests := map[string]func() ([]items.Item, error){
		"by an error": func() ([]items.Item, error) { return nil, errors.New("disk on fire") },
		"by a panic":  func() ([]items.Item, error) { panic("disk on fire") },
	}
	for name, list := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			got := call(t, newAPI(fickle{list: list}, &log), "GET", "/items", "")
			if content := got.Body.String(); got.Code != http.StatusInternalServerError || content != "Internal Server Error" {
				t.Errorf("answer = %d %q, want 500 Internal Server Error", got.Code, content)
			}
			if !strings.Contains(log.String(), "disk on fire") {
				t.Errorf("log = %q, want the cause in it", log.String())
			}
		})
	}
}

func TestEachRequestIsLogged(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	call(t, newAPI(items.NewMemory(), &log), "GET", "/items/7?x=%0A", "")
	want := `INFO:     192.0.2.1:1234 - "GET /items/7?x=%0A HTTP/1.1" 404 Not Found latency=`
	if !strings.HasPrefix(log.String(), want) || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("log = %q, want one line %q...", log.String(), want)
	}
}

func (f fickle) Create(context.Context, items.Draft) (items.Item, error) {
	return items.Item{}, &items.UnstorableError{Field: "name", Text: "a\x00", Why: "U+0000 cannot be stored"}
}

func TestATextThatTheStoreCannotHoldIsTheClientsFault(t *testing.T) {
	t.Parallel()
	got := call(t, newAPI(fickle{}, io.Discard), "POST", "/items", `{"name":"a\u0000","price":1}`)
	expect(t, got, http.StatusUnprocessableEntity, `{"detail":[{"type":"value_error","loc":["body","name"],`+
		`"msg":"Value error, U+0000 cannot be stored","input":"a\u0000","ctx":{"error":{}}}]}`)
}

func TestAClientThatWentAwayIsNoError(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	handler := newAPI(fickle{list: func() ([]items.Item, error) { return nil, context.Canceled }}, &log)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	serve(handler, httptest.NewRequestWithContext(ctx, "GET", "/items", http.NoBody))
	if content := log.String(); !strings.HasPrefix(content, "INFO:     The store failed") || strings.Contains(content, "ERROR") {
		t.Errorf("log = %q", content)
	}
}

const (
	healthy   = `{"status":"healthy","timestamp":"2025-11-25T12:34:56.789012","service":"items"}`
	unhealthy = `{"status":"unhealthy","timestamp":"2025-11-25T12:34:56.789012","service":"items"}`
	alive     = `{"status":"alive"}`
	notReady  = `{"status":"not ready"}`
)

// sick is an API whose store is well, but for its ping, and that may be stopping.
func sick(ping func(context.Context) error, stopping <-chan struct{}, log io.Writer) http.Handler {
	return api.New(api.Options{
		Store: items.NewMemory(), Ping: ping, Stopping: stopping, Service: "items", Version: "1.2.3", Now: noon,
		Logger: logging.New(log, logging.Text),
	})
}

func TestAServiceIsReadyAsLongAsItsStoreAnswers(t *testing.T) {
	t.Parallel()
	handler := sick(answers, nil, io.Discard)
	expect(t, call(t, handler, "GET", "/health", ""), http.StatusOK, healthy)
	expect(t, call(t, handler, "GET", "/livez", ""), http.StatusOK, alive)
	expect(t, call(t, handler, "GET", "/readyz", ""), http.StatusOK, `{"status":"ready"}`)
}

func TestAServiceWithoutItsStoreIsAliveButNotReady(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	refused := func(context.Context) error { return errors.New("connection refused") }
	handler := sick(refused, nil, &log)
	expect(t, call(t, handler, "GET", "/health", ""), http.StatusServiceUnavailable, unhealthy)
	expect(t, call(t, handler, "GET", "/livez", ""), http.StatusOK, alive)
	expect(t, call(t, handler, "GET", "/readyz", ""), http.StatusServiceUnavailable, notReady)
	if !regexp.MustCompile(`WARN:     Not ready request_id=\w+ error=connection refused`).MatchString(log.String()) {
		t.Errorf("log = %q, want the cause", log.String())
	}
}

func TestAStoppingServiceIsAliveButNotReady(t *testing.T) {
	t.Parallel()
	stopping := make(chan struct{})
	handler := sick(answers, stopping, io.Discard)
	expect(t, call(t, handler, "GET", "/health", ""), http.StatusOK, healthy)
	close(stopping)
	expect(t, call(t, handler, "GET", "/health", ""), http.StatusServiceUnavailable, unhealthy)
	expect(t, call(t, handler, "GET", "/livez", ""), http.StatusOK, alive)
	expect(t, call(t, handler, "GET", "/readyz", ""), http.StatusServiceUnavailable, notReady)
	expect(t, call(t, handler, "GET", "/items", ""), http.StatusOK, "[]")
}

func TestHealthWaitsASecondForTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		silent := func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		asked := time.Now()
		expect(t, call(t, sick(silent, nil, io.Discard), "GET", "/health", ""), http.StatusServiceUnavailable, unhealthy)
		if waited := time.Since(asked); waited != time.Second {
			t.Errorf("health answered after %s, want 1s", waited)
		}
	})
}

func TestAPanicAfterTheBeginningOfAnAnswerBreaksTheConnection(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	handler := newAPI(items.NewMemory(), &log)
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler { //nolint:errorlint,err113 // net/http compares so
			t.Errorf("recovered %v, want ErrAbortHandler", cause)
		}
		if !strings.Contains(log.String(), `"GET /items HTTP/1.1" 200 OK`) {
			t.Errorf("log = %q, want the request in it", log.String())
		}
		if got := call(t, handler, "GET", "/metrics", "").Body.String(); !strings.Contains(got, "http_requests_in_flight 1\n") {
			t.Error("the broken request counts as in flight")
		}
	}()
	request := httptest.NewRequestWithContext(t.Context(), "GET", "/items", http.NoBody)
	handler.ServeHTTP(brokenPipe{httptest.NewRecorder()}, request)
}

// brokenPipe panics where the answer's body should go.
type brokenPipe struct{ http.ResponseWriter }

func (brokenPipe) Write([]byte) (int, error) { panic("broken") }

func TestRequestsAreCountedByTheirRoutes(t *testing.T) {
	t.Parallel()
	handler := seeded()
	for _, target := range []string{"/items/1", "/items/2", "/items/x", "/nowhere", "/items/"} {
		call(t, handler, "GET", target, "")
	}
	call(t, handler, "DELETE", "/items", "")
	var got []string
	for line := range strings.Lines(call(t, handler, "GET", "/metrics", "").Body.String()) {
		if strings.HasPrefix(line, "http_requests_total") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := []string{
		`http_requests_total{code="200",method="GET",route="/items/{item_id}"} 2`,
		`http_requests_total{code="307",method="GET",route="unmatched"} 1`,
		`http_requests_total{code="404",method="GET",route="unmatched"} 1`,
		`http_requests_total{code="405",method="DELETE",route="/items"} 1`,
		`http_requests_total{code="422",method="GET",route="/items/{item_id}"} 1`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

func TestEachRequestHasAnID(t *testing.T) {
	t.Parallel()
	const made = `^[A-Z2-7]{26}$`
	tests := map[string]struct{ sent, want string }{
		"a new one":                           {"", made},
		"the client's UUID":                   {"0b7c0e5c-5d5b-4a52-9ad6-1f4b0dd4a3a1", `^0b7c0e5c-5d5b-4a52-9ad6-1f4b0dd4a3a1$`},
		"a trace id of a load balancer":       {"Root=1-67891233-abcdef012345678912345678", `^Root=1-67891233-abcdef012345678912345678$`},
		"as long as may be":                   {strings.Repeat("a", 128), `^a{128}$`},
		"a new one for one that is too long":  {strings.Repeat("a", 129), made},
		"a new one for one that would forge":  {"a status=200", made},
		"a new one for one that is not ASCII": {"ä", made},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			request := httptest.NewRequestWithContext(t.Context(), "GET", "/nowhere", http.NoBody)
			request.Header.Set("X-Request-ID", test.sent)
			id := serve(newAPI(items.NewMemory(), &log), request).Header().Get("X-Request-ID")
			if !regexp.MustCompile(test.want).MatchString(id) {
				t.Errorf("X-Request-Id = %q, want %s", id, test.want)
			}
			if !strings.HasSuffix(log.String(), " request_id="+id+"\n") {
				t.Errorf("log = %q, want the id %q in it", log.String(), id)
			}
		})
	}
}

func TestMachinesReadRequestsInJSON(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	handler := api.New(api.Options{
		Store: items.NewMemory(items.Samples()...), Ping: answers, Service: "items", Version: "1", Now: noon,
		Logger: logging.New(&log, logging.JSON),
	})
	call(t, handler, "GET", "/items/1?a=%22", "")
	var line struct {
		Level     string         `json:"level"`
		RequestID string         `json:"request_id"`
		Latency   int64          `json:"latency"`
		HTTP      map[string]any `json:"http"`
	}
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, log.String())
	}
	want := map[string]any{
		"client": "192.0.2.1:1234", "method": "GET", "uri": "/items/1?a=%22", "route": "/items/{item_id}", "status": 200.0,
	}
	if diff := cmp.Diff(want, line.HTTP); diff != "" {
		t.Errorf("http (-want +got):\n%s", diff)
	}
	if line.Level != "INFO" || line.RequestID == "" || line.Latency <= 0 {
		t.Errorf("line = %+v", line)
	}
}

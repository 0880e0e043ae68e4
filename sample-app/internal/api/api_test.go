package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/api"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/logging"
)

// noon is when all tests happen.
func noon() time.Time {
	return time.Date(2025, time.November, 25, 12, 34, 56, 789012000, time.UTC)
}

// newAPI makes an API around a store; its log goes to w.
func newAPI(store items.Store, w io.Writer) http.Handler {
	return api.New(api.Options{
		Store: store, Ping: answers, Service: "items", Version: "1.2.3", Now: noon, Logger: logging.New(w, logging.Text),
	})
}

// answers is the ping of a store that is well.
func answers(context.Context) error { return nil }

func seeded() http.Handler {
	return newAPI(items.NewMemory(items.Samples()...), io.Discard)
}

// call is one request. Its body is said to be JSON.
func call(t *testing.T, handler http.Handler, method, target, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return serve(handler, request)
}

func serve(handler http.Handler, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// expect compares status, media type and body, byte by byte.
func expect(t *testing.T, got *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if got.Code != status {
		t.Errorf("status = %d, want %d", got.Code, status)
	}
	if diff := cmp.Diff(body, got.Body.String()); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if media := got.Header().Get("Content-Type"); body != "" && media != "application/json" {
		t.Errorf("Content-Type = %q, want application/json", media)
	}
}

const (
	widget    = `{"id":1,"name":"Widget","description":"A useful widget","price":19.99}`
	gadget    = `{"id":2,"name":"Gadget","description":"An amazing gadget","price":29.99}`
	notAnInt  = `"msg":"Input should be a valid integer, unable to parse string as an integer"`
	noItem    = `{"detail":"Item not found"}`
	noPage    = `{"detail":"Not Found"}`
	noMethod  = `{"detail":"Method Not Allowed"}`
	badBody   = `{"detail":"There was an error parsing the body"}`
	noNeither = `{"type":"missing","loc":["body","name"],"msg":"Field required","input":{}},` +
		`{"type":"missing","loc":["body","price"],"msg":"Field required","input":{}}`
)

func TestOneRequestToANewService(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, target, body string
		status               int
		want                 string
	}{
		"the root names the service": {
			"GET", "/", "", 200, `{"service":"items","version":"1.2.3","docs":"/docs","health":"/health"}`,
		},
		"health tells the time in UTC": {
			"GET", "/health", "", 200, `{"status":"healthy","timestamp":"2025-11-25T12:34:56.789012","service":"items"}`,
		},
		"the list has the samples":   {"GET", "/items", "", 200, "[" + widget + "," + gadget + "]"},
		"an item is found by its id": {"GET", "/items/2", "", 200, gadget},
		"an item is created": {
			"POST", "/items", `{"name":"Doodad","description":"A fantastic doodad","price":39.99}`,
			200, `{"id":3,"name":"Doodad","description":"A fantastic doodad","price":39.99}`,
		},
		"an item without a description has null": {
			"POST", "/items", `{"name":"Doodad","price":40}`, 200, `{"id":3,"name":"Doodad","description":null,"price":40.0}`,
		},
		"unknown fields and ids of the client are ignored": {
			"POST", "/items", `{"id":9,"name":"ä","colour":[1],"description":null,"price":"1_0.5"}`,
			200, `{"id":3,"name":"ä","description":null,"price":10.5}`,
		},
		"an item is replaced": {
			"PUT", "/items/1", `{"name":"Widget II","price":1}`, 200, `{"id":1,"name":"Widget II","description":null,"price":1.0}`,
		},
		"an item is deleted":    {"DELETE", "/items/1", "", 200, `{"message":"Item 1 deleted"}`},
		"no item to read":       {"GET", "/items/3", "", 404, noItem},
		"no item to replace":    {"PUT", "/items/3", `{"name":"a","price":1}`, 404, noItem},
		"no item to delete":     {"DELETE", "/items/99999999999999999999", "", 404, noItem},
		"no such page":          {"GET", "/nowhere", "", 404, noPage},
		"no page below an item": {"GET", "/items/1/name", "", 404, noPage},
		"an id that is no number": {
			"GET", "/items/x", "", 422,
			`{"detail":[{"type":"int_parsing","loc":["path","item_id"],` + notAnInt + `,"input":"x"}]}`,
		},
		"id and body are judged together": {
			"PUT", "/items/x", `{}`, 422,
			`{"detail":[{"type":"int_parsing","loc":["path","item_id"],` + notAnInt + `,"input":"x"},` + noNeither + `]}`,
		},
		"malformed JSON is judged alone": {
			"PUT", "/items/x", `{"ä" 1}`, 422,
			`{"detail":[{"type":"json_invalid","loc":["body",5],"msg":"JSON decode error","input":{},` +
				`"ctx":{"error":"Expecting ':' delimiter"}}]}`,
		},
		"no body": {
			"POST", "/items", "", 422, `{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}`,
		},
		"null is no body": {
			"POST", "/items", "null", 422, `{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}`,
		},
		"bytes that are not UTF-8": {"POST", "/items", "{\"name\":\"\xff\",\"price\":1}", 400, badBody},
		"nesting without end":      {"POST", "/items", strings.Repeat("[", 100_000), 400, badBody},
		"a body of over 1 MiB": {
			"POST", "/items", strings.Repeat(" ", 1<<20+1), 413, `{"detail":"Request body is larger than 1 MiB"}`,
		},
		"HEAD is not offered for computed answers": {"HEAD", "/items", "", 405, noMethod},
		"a method that no item knows":              {"PATCH", "/items/1", "{}", 405, noMethod},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, call(t, seeded(), test.method, test.target, test.body), test.status, test.want)
		})
	}
}

func TestTheNextRequestSeesTheLast(t *testing.T) {
	t.Parallel()
	handler := seeded()
	expect(t, call(t, handler, "POST", "/items", `{"name":"c","price":3}`), 200,
		`{"id":3,"name":"c","description":null,"price":3.0}`)
	expect(t, call(t, handler, "PUT", "/items/2", `{"name":"b","price":2}`), 200,
		`{"id":2,"name":"b","description":null,"price":2.0}`)
	expect(t, call(t, handler, "DELETE", "/items/1", ""), 200, `{"message":"Item 1 deleted"}`)
	expect(t, call(t, handler, "GET", "/items", ""), 200,
		`[{"id":2,"name":"b","description":null,"price":2.0},{"id":3,"name":"c","description":null,"price":3.0}]`)
}

func TestAnItemThatWasRefusedIsNotStored(t *testing.T) {
	t.Parallel()
	handler := seeded()
	for _, body := range []string{`{"name":"a","price":NaN}`, `{"name":"a","price":1e400}`, `{"name":"\ud800","price":1}`} {
		if got := call(t, handler, "POST", "/items", body); got.Code != http.StatusUnprocessableEntity {
			t.Errorf("POST %s answers %d, want 422", body, got.Code)
		}
	}
	expect(t, call(t, handler, "GET", "/items", ""), 200, "["+widget+","+gadget+"]")
}

func TestAllowNamesTheFirstMethodsOfThePath(t *testing.T) {
	t.Parallel()
	handler := seeded()
	for target, want := range map[string]string{"/items": "GET", "/items/1": "GET", "/docs": "GET, HEAD"} {
		if got := call(t, handler, "PATCH", target, "").Header().Get("Allow"); got != want {
			t.Errorf("PATCH %s: Allow = %q, want %q", target, got, want)
		}
	}
}

func TestATrailingSlashIsRedirected(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ target, proto, want string }{
		"with its query":                    {"/items/?a=b", "", "http://example.com/items?a=b"},
		"several of them":                   {"/items/1//", "", "http://example.com/items/1"},
		"behind a load balancer with HTTPS": {"/docs/", "https", "https://example.com/docs"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequestWithContext(t.Context(), "POST", test.target, http.NoBody)
			request.Header.Set("X-Forwarded-Proto", test.proto)
			got := serve(seeded(), request)
			expect(t, got, http.StatusTemporaryRedirect, "")
			if location := got.Header().Get("Location"); location != test.want {
				t.Errorf("Location = %q, want %q", location, test.want)
			}
		})
	}
}

func TestASlashAfterNothingIsNotRedirected(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/nowhere/", "//", "//example.org/"} {
		request := httptest.NewRequestWithContext(t.Context(), "GET", "/", http.NoBody)
		request.URL.Path = target
		expect(t, serve(seeded(), request), http.StatusNotFound, noPage)
	}
}

func TestTheMediaTypeDecidesWhetherABodyIsJSON(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		"":                                  200,
		"application/json":                  200,
		"application/json; charset=utf-8":   200,
		"Application/JSON":                  200,
		"application/vnd.items+json":        200,
		"application/x-www-form-urlencoded": 422,
		"text/plain":                        422,
		"application/jsonp":                 422,
		"application":                       422,
		"text/json":                         422,
	}
	for mediaType, want := range tests {
		t.Run("type "+mediaType, func(t *testing.T) {
			t.Parallel()
			body := strings.NewReader(`{"name":"a","price":1}`)
			request := httptest.NewRequestWithContext(t.Context(), "POST", "/items", body)
			if mediaType != "" {
				request.Header.Set("Content-Type", mediaType)
			}
			if got := serve(seeded(), request).Code; got != want {
				t.Errorf("status = %d, want %d", got, want)
			}
		})
	}
}

func FuzzABodyNeverBreaksTheService(f *testing.F) {
	for _, body := range []string{
		`{"name":"a","description":null,"price":1.5}`, `{"name":"\ud83d\ude00","price":"1e5"}`, `[[{"a":NaN}]]`,
		`{"name":"\ud800","price":-1}`, "\ufeff{}", `{"price":123456789012345678901234567890}`, `{"a":1,"a":2}`, `-`,
	} {
		f.Add(body)
	}
	handler := api.New(api.Options{
		Store: items.NewMemory(), Ping: answers, Service: "items", Version: "1", Now: noon,
		Logger: slog.New(slog.DiscardHandler),
	})
	f.Fuzz(func(t *testing.T, body string) {
		got := call(t, handler, "POST", "/items", body)
		if content := got.Body.Bytes(); got.Code >= http.StatusInternalServerError || !json.Valid(content) {
			t.Errorf("POST %q = %d %q", body, got.Code, content)
		}
	})
}

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/metrics"
)

// options are those of an API that no request has changed yet.
func options() Options {
	return Options{
		Store: items.NewMemory(items.Samples()...), Ping: func(context.Context) error { return nil },
		Service: "items", Version: "1", Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}
}

// described maps the operations in the document, such as "GET /items", to the statuses of their answers.
func described(t *testing.T) map[string][]string {
	t.Helper()
	type operation struct {
		Responses map[string]json.RawMessage `json:"responses"`
	}
	var content struct {
		Paths map[string]struct {
			Get    *operation `json:"get"`
			Post   *operation `json:"post"`
			Put    *operation `json:"put"`
			Patch  *operation `json:"patch"`
			Delete *operation `json:"delete"`
			Head   *operation `json:"head"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(document, &content); err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for path, of := range content.Paths {
		for method, operation := range map[string]*operation{
			"GET": of.Get, "POST": of.Post, "PUT": of.Put, "PATCH": of.Patch, "DELETE": of.Delete, "HEAD": of.Head,
		} {
			if operation != nil {
				all[method+" "+path] = slices.Sorted(maps.Keys(operation.Responses))
			}
		}
	}
	return all
}

func TestTheDocumentAndTheRoutesAgree(t *testing.T) {
	t.Parallel()
	service := &api{Options: options(), metrics: metrics.New("1")}
	var offered []string
	for _, route := range service.routes() {
		if strings.HasPrefix(route.path, "/docs") || strings.HasPrefix(route.path, "/redoc") || route.path == "/openapi.json" {
			continue // They present the document.
		}
		for _, endpoint := range route.endpoints {
			for _, method := range endpoint.methods {
				offered = append(offered, method+" "+route.path)
			}
		}
	}
	slices.Sort(offered)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(described(t))), offered); diff != "" {
		t.Errorf("operations (-described +offered):\n%s", diff)
	}
}

// schema compiles the schema of an answer in the document.
func schema(t *testing.T, path, method, status string) *jsonschema.Schema {
	t.Helper()
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("file:///openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	pointer := strings.ReplaceAll(path, "/", "~1") + "/" + strings.ToLower(method) + "/responses/" + status
	compiled, err := compiler.Compile("file:///openapi.json#/paths/" + pointer + "/content/application~1json/schema")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestEveryAnswerIsAsDescribed(t *testing.T) {
	t.Parallel()
	const good, bad = `{"name":"Doodad","price":39.99}`, `{"price":NaN}`
	tooLarge := strings.Repeat(" ", maxBody+1)
	broken := options()
	broken.Ping = func(context.Context) error { return errors.New("no answer") }
	tests := []struct {
		path, method, target, body, status string
		options                            Options
	}{
		{"/", "GET", "/", "", "200", options()},
		{"/health", "GET", "/health", "", "200", options()},
		{"/health", "GET", "/health", "", "503", broken},
		{"/livez", "GET", "/livez", "", "200", broken},
		{"/readyz", "GET", "/readyz", "", "200", options()},
		{"/readyz", "GET", "/readyz", "", "503", broken},
		{"/items", "GET", "/items", "", "200", options()},
		{"/items", "POST", "/items", good, "200", options()},
		{"/items", "POST", "/items", "\xff", "400", options()},
		{"/items", "POST", "/items", tooLarge, "413", options()},
		{"/items", "POST", "/items", bad, "422", options()},
		{"/items/{item_id}", "GET", "/items/1", "", "200", options()},
		{"/items/{item_id}", "GET", "/items/9", "", "404", options()},
		{"/items/{item_id}", "GET", "/items/x", "", "422", options()},
		{"/items/{item_id}", "PUT", "/items/1", good, "200", options()},
		{"/items/{item_id}", "PUT", "/items/1", "\xff", "400", options()},
		{"/items/{item_id}", "PUT", "/items/9", good, "404", options()},
		{"/items/{item_id}", "PUT", "/items/1", tooLarge, "413", options()},
		{"/items/{item_id}", "PUT", "/items/x", bad, "422", options()},
		{"/items/{item_id}", "DELETE", "/items/1", "", "200", options()},
		{"/items/{item_id}", "DELETE", "/items/9", "", "404", options()},
		{"/items/{item_id}", "DELETE", "/items/x", "", "422", options()},
	}
	seen := map[string]bool{"GET /metrics 200": true} // Which is no JSON.
	for _, test := range tests {
		seen[test.method+" "+test.path+" "+test.status] = true
		t.Run(test.method+" "+test.target+" "+test.status, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequestWithContext(t.Context(), test.method, test.target, strings.NewReader(test.body))
			recorder := httptest.NewRecorder()
			New(test.options).ServeHTTP(recorder, request)
			content := recorder.Body.String()
			if got := strconv.Itoa(recorder.Code); got != test.status {
				t.Fatalf("status = %s, want %s: %s", got, test.status, content)
			}
			answer, err := jsonschema.UnmarshalJSON(strings.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema(t, test.path, test.method, test.status).Validate(answer); err != nil {
				t.Errorf("%s is not as described: %v", content, err)
			}
		})
	}
	for operation, statuses := range described(t) {
		for _, status := range statuses {
			if !seen[operation+" "+status] {
				t.Errorf("no test has seen the answer %s of %s", status, operation)
			}
		}
	}
}

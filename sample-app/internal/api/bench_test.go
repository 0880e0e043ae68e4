package api_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/api"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
)

// quiet is an API without a log, so that the benchmarks measure no terminal.
func quiet() http.Handler {
	return api.New(api.Options{
		Store: items.NewMemory(items.Samples()...), Ping: answers, Service: "items", Version: "1", Now: noon,
		Logger: slog.New(slog.DiscardHandler),
	})
}

// repeat answers the same request again and again.
func repeat(b *testing.B, handler http.Handler, method, target, body string) {
	b.Helper()
	content := strings.NewReader(body)
	request := httptest.NewRequestWithContext(b.Context(), method, target, content)
	request.Header.Set("Content-Type", "application/json")
	b.ReportAllocs()
	for b.Loop() {
		content.Reset(body)
		request.Body = io.NopCloser(content)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if recorder.Code != http.StatusOK {
			b.Fatalf("status = %d: %s", recorder.Code, recorder.Body)
		}
	}
}

func BenchmarkListItems(b *testing.B) {
	repeat(b, quiet(), http.MethodGet, "/items", "")
}

func BenchmarkReplaceItem(b *testing.B) {
	const body = `{"name":"Doodad","description":"A fantastic doodad","price":39.99}`
	repeat(b, quiet(), http.MethodPut, "/items/1", body)
}

package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/metrics"
)

// scrape returns the lines of the metrics whose names begin with a prefix.
func scrape(t *testing.T, m *metrics.HTTP, prefix string) []string {
	t.Helper()
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	var lines []string
	for line := range strings.Lines(recorder.Body.String()) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestRequestsAreCountedByRouteMethodAndCode(t *testing.T) {
	t.Parallel()
	m := metrics.New("1.2.3")
	for _, status := range []int{200, 200, 404} {
		m.Begin()
		m.End("/items/{item_id}", http.MethodGet, status, 3*time.Millisecond)
	}
	for _, method := range []string{"BREW", "WHEN"} {
		m.Begin()
		m.End("", method, 404, time.Minute)
	}
	want := []string{
		`http_requests_total{code="200",method="GET",route="/items/{item_id}"} 2`,
		`http_requests_total{code="404",method="GET",route="/items/{item_id}"} 1`,
		`http_requests_total{code="404",method="other",route="unmatched"} 2`,
	}
	if diff := cmp.Diff(want, scrape(t, m, "http_requests_total")); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

func TestLatenciesFallIntoBuckets(t *testing.T) {
	t.Parallel()
	m := metrics.New("1.2.3")
	m.Begin()
	m.End("/items", http.MethodGet, 200, 3*time.Millisecond)
	const series = `http_request_duration_seconds_bucket{method="GET",route="/items",le=`
	got := scrape(t, m, series)
	want := map[string]string{`"0.0025"} 0`: "below", `"0.005"} 1`: "within", `"+Inf"} 1`: "above"}
	for _, line := range got {
		delete(want, strings.TrimPrefix(line, series))
	}
	if len(want) > 0 {
		t.Errorf("buckets %q, want %v among them", got, want)
	}
}

func TestRequestsInFlightAndTheVersionAreTold(t *testing.T) {
	t.Parallel()
	m := metrics.New("1.2.3")
	m.Begin()
	m.Begin()
	m.End("/items", http.MethodGet, 200, time.Millisecond)
	for prefix, want := range map[string]string{
		"http_requests_in_flight": "http_requests_in_flight 1",
		"items_build_info":        `items_build_info{version="1.2.3"} 1`,
	} {
		if diff := cmp.Diff([]string{want}, scrape(t, m, prefix)); diff != "" {
			t.Errorf("metrics (-want +got):\n%s", diff)
		}
	}
	for _, prefix := range []string{"go_goroutines ", "process_start_time_seconds "} {
		if len(scrape(t, m, prefix)) != 1 {
			t.Errorf("no metric %s", prefix)
		}
	}
}

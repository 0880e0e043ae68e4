// Package metrics counts and times requests for Prometheus.
package metrics

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Unmatched is the route of requests that no route was found for.
const Unmatched = "unmatched"

// HTTP has the metrics of an HTTP service, and those of its process.
type HTTP struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	// seen has the series that requests have used, because to find them by their labels costs more than to count.
	mu   sync.RWMutex
	seen map[labels]series
}

type labels struct {
	route, method string
	status        int
}

type series struct {
	requests prometheus.Counter
	latency  prometheus.Observer
}

// New makes the metrics of a service of this version. They are in a registry of their own.
func New(version string) *HTTP {
	metrics := &HTTP{
		registry: prometheus.NewRegistry(),
		seen:     map[labels]series{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Answered requests.",
		}, []string{"route", "method", "code"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time from the request's headers to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests that are being answered.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "items_build_info", Help: "Always 1; the label tells the version.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	metrics.registry.MustRegister(metrics.requests, metrics.latency, metrics.inFlight, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return metrics
}

// Handler answers with all metrics.
func (m *HTTP) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Begin tells that a request has come.
func (m *HTTP) Begin() {
	m.inFlight.Inc()
}

// End tells that a request of Begin was answered. The route is a pattern, not a path: each pair of route and method is
// a time series, so clients must not be able to invent one. For the same reason unknown methods are one.
func (m *HTTP) End(route, method string, status int, took time.Duration) {
	m.inFlight.Dec()
	if route == "" {
		route = Unmatched
	}
	found := m.find(labels{route, known(method), status})
	found.requests.Inc()
	found.latency.Observe(took.Seconds())
}

// find returns the series with these labels.
func (m *HTTP) find(by labels) series {
	m.mu.RLock()
	found, ok := m.seen[by]
	m.mu.RUnlock()
	if ok {
		return found
	}
	found = series{
		requests: m.requests.WithLabelValues(by.route, by.method, strconv.Itoa(by.status)),
		latency:  m.latency.WithLabelValues(by.route, by.method),
	}
	m.mu.Lock()
	m.seen[by] = found
	m.mu.Unlock()
	return found
}

// known is the method, or "other" if HTTP does not know it.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	default:
		return "other"
	}
}

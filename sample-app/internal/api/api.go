// Package api is the HTTP face of the items service. It answers as the FastAPI application that it replaces:
// same routes, same shapes, same errors.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/docs"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/metrics"
)

// itemID names the variable of a path, and the place of an error about it.
const itemID = "item_id"

// Options are what the API needs from outside. All but Stopping are required.
type Options struct {
	Store items.Store
	// Ping returns nil if the store answers before the context ends.
	Ping func(context.Context) error
	// Stopping is closed when the process is told to stop: from then on the service is not ready, but serves. A nil
	// channel means never.
	Stopping <-chan struct{}
	// Service is the name in the health answer.
	Service string
	// Version is shown at the root.
	Version string
	Logger  *slog.Logger
	// Now tells the time of the health answer.
	Now func() time.Time
}

// New returns the whole API.
func New(options Options) http.Handler {
	api := &api{Options: options, router: mux.NewRouter().SkipClean(true), metrics: metrics.New(options.Version)}
	for _, route := range api.routes() {
		for _, endpoint := range route.endpoints {
			api.router.Path(route.path).Methods(endpoint.methods...).Handler(onRoute(route.path, endpoint.handler))
		}
		api.router.Path(route.path).Handler(onRoute(route.path, methodNotAllowed(route.endpoints[0].methods)))
	}
	api.router.NotFoundHandler = http.HandlerFunc(api.notFound)
	return observe(options.Logger, api.metrics, recoverPanics(options.Logger, api.router))
}

type api struct {
	Options

	router  *mux.Router
	metrics *metrics.HTTP
}

type route struct {
	path      string
	endpoints []endpoint
}

type endpoint struct {
	methods []string
	handler http.Handler
}

// routes lists each path once, those first that are asked for most, because mux tries one after the other. As in
// FastAPI, HEAD is not offered where an answer is computed.
func (a *api) routes() []route {
	return slices.Concat([]route{
		{"/items", []endpoint{get(a.list), {[]string{http.MethodPost}, http.HandlerFunc(a.create)}}},
		{"/items/{" + itemID + "}", []endpoint{
			get(a.read),
			{[]string{http.MethodPut}, http.HandlerFunc(a.replace)},
			{[]string{http.MethodDelete}, http.HandlerFunc(a.remove)},
		}},
		{"/", []endpoint{get(a.root)}},
		{"/health", []endpoint{get(a.health)}},
		{"/livez", []endpoint{get(a.live)}},
		{"/readyz", []endpoint{get(a.readiness)}},
		{"/metrics", []endpoint{{[]string{http.MethodGet}, a.metrics.Handler()}}},
		{"/openapi.json", []endpoint{{[]string{http.MethodGet, http.MethodHead}, http.HandlerFunc(openAPI)}}},
	}, documentation())
}

func documentation() []route {
	pages := docs.Pages()
	list := make([]route, len(pages))
	for i, page := range pages {
		list[i] = route{page.Path, []endpoint{{[]string{http.MethodGet, http.MethodHead}, page}}}
	}
	return list
}

func get(handler http.HandlerFunc) endpoint {
	return endpoint{[]string{http.MethodGet}, handler}
}

// methodNotAllowed names in Allow the methods of the path's first endpoint only: FastAPI does, and a replacement
// must not be told from it.
func methodNotAllowed(methods []string) http.HandlerFunc {
	allow := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", allow)
		writeDetail(w, http.StatusMethodNotAllowed, "Method Not Allowed")
	}
}

// notFound sends a path with trailing slashes to the one without, if there is one.
func (a *api) notFound(w http.ResponseWriter, r *http.Request) {
	target := *r.URL
	target.Path, target.RawPath = strings.TrimRight(r.URL.Path, "/"), ""
	if target.Path == r.URL.Path || !a.serves(r, target.Path) {
		writeDetail(w, http.StatusNotFound, "Not Found")
		return
	}
	target.Scheme, target.Host = "http", r.Host
	if r.Header.Get("X-Forwarded-Proto") == "https" {
		target.Scheme = "https"
	}
	w.Header().Set("Location", target.String())
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusTemporaryRedirect)
}

func (a *api) serves(r *http.Request, path string) bool {
	moved := r.Clone(r.Context())
	moved.URL.Path = path
	var match mux.RouteMatch
	return a.router.Match(moved, &match) && match.Route != nil
}

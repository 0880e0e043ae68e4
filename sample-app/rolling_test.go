package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/postgres/pgtest"
)

// balancer spreads requests over the tasks that say that they are ready. It learns from nobody else which are, and it
// tries no request twice.
type balancer struct {
	mu     sync.Mutex
	ready  []*url.URL
	next   int
	errors *log.Logger
}

// ServeHTTP sends a request to the next task.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	if len(b.ready) == 0 {
		b.mu.Unlock()
		http.Error(w, "no task is ready", http.StatusServiceUnavailable)
		return
	}
	target := b.ready[b.next%len(b.ready)]
	b.next++
	b.mu.Unlock()
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(request *httputil.ProxyRequest) { request.SetURL(target) },
		ErrorLog: b.errors,
	}
	proxy.ServeHTTP(w, r)
}

// watch checks a task until the context ends. The first check has been made when it returns.
func (b *balancer) watch(ctx context.Context, t *testing.T, address string) {
	t.Helper()
	const interval = 10 * time.Millisecond
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	check := func() {
		status, _, err := ask(ctx, http.MethodGet, address+"/readyz", "")
		b.set(target, err == nil && status == http.StatusOK)
	}
	check()
	go func() {
		for ctx.Err() == nil {
			time.Sleep(interval)
			check()
		}
	}()
}

// set brings a target into the rotation or takes it out.
func (b *balancer) set(target *url.URL, ready bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var others []*url.URL
	for _, other := range b.ready {
		if other != target {
			others = append(others, other)
		}
	}
	if ready {
		others = append(others, target)
	}
	b.ready = others
}

// load creates items and reads them again until the context ends.
type load struct {
	url      string
	requests atomic.Int64
	mu       sync.Mutex
	created  []int64
	failures []string
}

func (l *load) run(ctx context.Context) {
	const pause = 2 * time.Millisecond
	for ; ctx.Err() == nil; time.Sleep(pause) {
		// A request that was begun is finished.
		ctx := context.WithoutCancel(ctx)
		var item struct {
			ID int64 `json:"id"`
		}
		answer, ok := l.ask(ctx, http.MethodPost, "/items", `{"name":"Doodad","price":39.99}`)
		if !ok || json.Unmarshal([]byte(answer), &item) != nil {
			continue
		}
		l.mu.Lock()
		l.created = append(l.created, item.ID)
		l.mu.Unlock()
		l.ask(ctx, http.MethodGet, "/items/"+strconv.FormatInt(item.ID, 10), "")
	}
}

// ask counts and reports whether the answer was 200.
func (l *load) ask(ctx context.Context, method, path, body string) (string, bool) {
	l.requests.Add(1)
	status, answer, err := ask(ctx, method, l.url+path, body)
	if err == nil && status == http.StatusOK {
		return answer, true
	}
	l.mu.Lock()
	l.failures = append(l.failures, fmt.Sprintf("%s %s = %d %s, %v", method, path, status, answer, err))
	l.mu.Unlock()
	return "", false
}

// restarts is 3, or as many as ROLLING_RESTARTS says.
func restarts(t *testing.T) int {
	t.Helper()
	text := os.Getenv("ROLLING_RESTARTS")
	if text == "" {
		return 3
	}
	count, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return count
}

func TestRollingRestartsFailNoRequestAndLoseNoItem(t *testing.T) {
	t.Parallel()
	const clients = 4
	environment := inPieces(t, pgtest.Start(t))
	front := &balancer{errors: log.New(t.Output(), "balancer: ", 0)}
	service := httptest.NewServer(front)
	t.Cleanup(service.Close)
	watching, stopWatching := context.WithCancel(t.Context())
	defer stopWatching()
	rotate := func() *task {
		started := startTask(t, environment...) //nolint:contextcheck // it ends by SIGTERM, not with the watching
		front.watch(watching, t, started.url)
		return started
	}

	running := []*task{rotate(), rotate()}
	loading, stopLoading := context.WithCancel(t.Context())
	defer stopLoading()
	load := &load{url: service.URL}
	var group sync.WaitGroup
	for range clients {
		group.Go(func() { load.run(loading) })
	}
	for range restarts(t) {
		running = append(running, rotate())
		running[0].terminate(t)
		running[0].awaitEnd(t)
		running = running[1:]
	}
	stopLoading()
	group.Wait()

	for _, failure := range load.failures {
		t.Error(failure)
	}
	missing := missingItems(t, service.URL, load.created)
	if len(missing) > 0 {
		t.Errorf("items that were created and are gone: %v", missing)
	}
	t.Logf("%d requests, %d of them failed; %d items created", load.requests.Load(), len(load.failures), len(load.created))
	if len(load.created) == 0 {
		t.Error("there was no load")
	}
	for _, one := range running {
		one.terminate(t)
	}
	for _, one := range running {
		one.awaitEnd(t)
	}
}

// missingItems returns the ids that the service does not list.
func missingItems(t *testing.T, service string, ids []int64) []int64 {
	t.Helper()
	_, content, err := ask(t.Context(), http.MethodGet, service+"/items", "")
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal([]byte(content), &list); err != nil {
		t.Fatal(err)
	}
	listed := map[int64]bool{}
	for _, item := range list {
		listed[item.ID] = true
	}
	var missing []int64
	for _, id := range ids {
		if !listed[id] {
			missing = append(missing, id)
		}
	}
	return missing
}

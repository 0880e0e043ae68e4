package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/server"
)

// atOnce stops without a pause.
func atOnce() server.Options {
	return server.Options{StopTimeout: 30 * time.Second, Logger: slog.New(slog.DiscardHandler)}
}

// run serves the handler until stop is called. The channel then has what Serve returned.
func run(t *testing.T, handler http.Handler, options server.Options) (string, context.CancelFunc, <-chan error) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener, handler, options) }()
	return "http://" + listener.Addr().String(), stop, done
}

func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(response.Body)
	return string(content), errors.Join(err, response.Body.Close())
}

func TestServeFinishesWhatItHasBegun(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	url, stop, done := run(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "whole answer")
	}), atOnce())
	type result struct {
		content string
		err     error
	}
	answer := make(chan result, 1)
	go func() {
		content, err := get(t.Context(), url)
		answer <- result{content, err}
	}()

	<-begun
	stop()
	awaitRefusal(t, url)
	select {
	case err := <-done:
		t.Fatalf("Serve returned %v with a request in flight", err)
	default:
	}
	close(finish)
	if got := <-answer; got.err != nil || got.content != "whole answer" {
		t.Errorf("answer = %+v, want the whole answer", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

// awaitRefusal returns once new connections are refused. Those that wait in the backlog are reset.
func awaitRefusal(t *testing.T, url string) {
	t.Helper()
	address := strings.TrimPrefix(url, "http://")
	for {
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if errors.Is(err, syscall.ECONNRESET) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := connection.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestServeGoesOnDuringThePause(t *testing.T) {
	t.Parallel()
	options := atOnce()
	options.Pause = 300 * time.Millisecond
	url, stop, done := run(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "still here")
	}), options)
	if _, closes := ask(t, url); closes {
		t.Error("a connection is closed before the end")
	}
	told := time.Now()
	stop()
	if content, closes := ask(t, url); content != "still here" || !closes {
		t.Errorf("during the pause the answer is %q, and Connection: close is %t", content, closes)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if took := time.Since(told); took < options.Pause {
		t.Errorf("Serve returned after %s, want %s", took, options.Pause)
	}
}

// ask returns an answer, and whether its connection closes after it.
func ask(t *testing.T, url string) (string, bool) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(content), response.Close
}

func TestServeDoesNotWaitForeverForARequest(t *testing.T) {
	t.Parallel()
	options := atOnce()
	options.StopTimeout = 120 * time.Millisecond
	begun := make(chan struct{})
	url, stop, done := run(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	}), options)
	answer := make(chan error, 1)
	go func() {
		_, err := get(t.Context(), url)
		answer <- err
	}()
	<-begun
	stop()
	if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve = %v, want an exceeded deadline", err)
	}
	if err := <-answer; err == nil {
		t.Error("a request that was given up has an answer")
	}
}

func TestServeReportsABrokenListener(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	err = server.Serve(t.Context(), listener, http.NotFoundHandler(), atOnce())
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve = %v, want net.ErrClosed", err)
	}
}

func TestCheckHealthBelievesOnly200(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status  int
		healthy bool
	}{
		"healthy":      {http.StatusOK, true},
		"unhealthy":    {http.StatusServiceUnavailable, false},
		"another page": {http.StatusNoContent, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/health" {
					t.Errorf("asked for %s", r.URL.Path)
				}
				w.WriteHeader(test.status)
			}))
			t.Cleanup(service.Close)
			if err := server.CheckHealth(t.Context(), service.URL); (err == nil) != test.healthy {
				t.Errorf("CheckHealth = %v, healthy is %t", err, test.healthy)
			}
		})
	}
}

func TestCheckHealthFailsWhereNobodyListens(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.NotFoundHandler())
	service.Close()
	if err := server.CheckHealth(t.Context(), service.URL); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("CheckHealth = %v, want a refused connection", err)
	}
}

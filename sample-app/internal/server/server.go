// Package server runs an HTTP handler as a well-behaved container process.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// The limits of the phases of a connection. A load balancer keeps idle connections for 60 s and must be
// the side that closes them, or it may send a request into a closing one: so idle is longer.
const (
	// readTimeout is that of the header alone, too: one deadline costs less than two.
	readTimeout  = 15 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 75 * time.Second
	maxHeader    = 16 << 10
)

// Options say how to stop.
type Options struct {
	// Pause is how long to serve on after the context has ended, while load balancers find out that the service is not
	// ready.
	Pause time.Duration
	// StopTimeout is how long after the end of the context the process may live, as ECS has it between SIGTERM and
	// SIGKILL. A sixth of it is left for what the process does afterwards.
	StopTimeout time.Duration
	Logger      *slog.Logger
}

// Serve answers on the listener until ctx ends, then pauses, and then finishes the requests in flight. It returns nil if
// all of them were answered, and owns the listener.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, options Options) error {
	logger := options.Logger
	server := &http.Server{
		Handler:           partWhenDone(ctx, handler),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	logger.Info(fmt.Sprintf("Started server process [%d]", os.Getpid()))
	logger.Info(fmt.Sprintf("Running on http://%s (Press CTRL+C to quit)", listener.Addr()))

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	return drain(ctx, server, failed, options)
}

// partWhenDone asks clients to leave their connections once ctx has ended. A connection that the server closes later
// may be one into which a client is just sending.
func partWhenDone(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ctx.Err() != nil {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// drain gets a context that has ended; the requests in flight get time of their own.
func drain(ctx context.Context, server *http.Server, failed <-chan error, options Options) error {
	options.Logger.Info("Shutting down")
	const kept = 6
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), options.StopTimeout-options.StopTimeout/kept)
	defer cancel()
	select {
	case err := <-failed:
		return fmt.Errorf("serving while draining: %w", err)
	case <-time.After(options.Pause):
	}
	if err := server.Shutdown(patience); err != nil {
		return errors.Join(fmt.Errorf("finishing requests in flight: %w", err), server.Close())
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	options.Logger.Info("Finished server process")
	return nil
}

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
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 75 * time.Second
	maxHeader     = 16 << 10
	// drainTimeout leaves five of the 30 seconds that ECS waits between SIGTERM and SIGKILL.
	drainTimeout = 25 * time.Second
)

// Serve answers on the listener until ctx ends, then finishes the requests in flight. It returns nil if all of
// them were answered, and owns the listener.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, logger *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
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
	return drain(ctx, server, failed, logger)
}

// drain gets a context that has ended; the requests in flight get time of their own.
func drain(ctx context.Context, server *http.Server, failed <-chan error, logger *slog.Logger) error {
	logger.Info("Shutting down")
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		return errors.Join(fmt.Errorf("finishing requests in flight: %w", err), server.Close())
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	logger.Info("Finished server process")
	return nil
}

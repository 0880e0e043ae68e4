// Command sample-app is the items API: a small HTTP service to deploy with EcsApp.
//
//	sample-app              serves the API until SIGTERM or SIGINT
//	sample-app healthcheck  exits 0 if the API of the same environment answers its health check
//
// It is configured by environment variables; package config lists them.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/api"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/config"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/logging"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/postgres"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/server"
)

var errUsage = errors.New("usage: sample-app [healthcheck]")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "sample-app:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	settings, err := config.FromEnv(os.Getenv)
	if err != nil {
		return fmt.Errorf("reading the environment: %w", err)
	}
	switch {
	case len(args) == 0:
		return serve(ctx, settings)
	case len(args) == 1 && args[0] == "healthcheck":
		return server.CheckHealth(ctx, settings.LocalURL())
	default:
		return errUsage
	}
}

// gcPercent lets the heap grow to 16 MiB before it is collected. The few hundred KiB that live in it would otherwise
// be marked a hundred times a second under load, and one request in a hundred would wait for that.
const gcPercent = 400

func serve(ctx context.Context, settings config.Config) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	logger := logging.New(os.Stdout, settings.LogFormat)
	store, err := openStore(ctx, settings, logger)
	if err != nil {
		if ctx.Err() != nil {
			logger.Info("Told to stop before the start", slog.Any("error", err))
			return nil
		}
		return err
	}
	defer store.close()
	handler := api.New(api.Options{
		Store:    store,
		Ping:     store.ping,
		Stopping: ctx.Done(),
		Service:  settings.Service,
		Version:  version(settings),
		Logger:   logger,
		Now:      time.Now,
	})
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", settings.Address())
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	return server.Serve(ctx, listener, handler, server.Options{
		Pause: settings.DrainPause, StopTimeout: settings.StopTimeout, Logger: logger,
	})
}

// store is where the items are, with what the process around it needs.
type store struct {
	items.Store

	ping  func(context.Context) error
	close func()
}

// openStore connects to the database, if one is set.
func openStore(ctx context.Context, settings config.Config, logger *slog.Logger) (store, error) {
	if settings.DatabaseURL == "" {
		return store{
			Store: items.NewMemory(items.Samples()...),
			ping:  func(context.Context) error { return nil },
			close: func() {},
		}, nil
	}
	database, err := postgres.Open(ctx, settings.DatabaseURL, settings.DatabaseWait, logger)
	if err != nil {
		return store{}, err
	}
	return store{Store: database, ping: database.Ping, close: database.Close}, nil
}

// version is the one configured, or that of the build.
func version(settings config.Config) string {
	if settings.Version != "" {
		return settings.Version
	}
	if build, ok := debug.ReadBuildInfo(); ok && build.Main.Version != "" {
		return build.Main.Version
	}
	return "unknown"
}

// Package postgres keeps items in PostgreSQL.
package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// retryInterval is the pause between two attempts to reach the database at start.
	retryInterval = 200 * time.Millisecond
	// connectTimeout bounds one attempt to connect.
	connectTimeout = 3 * time.Second
	// queryTimeout bounds what one request waits for: a free connection and the answer.
	queryTimeout = 5 * time.Second
)

// Store is an items.Store in a PostgreSQL database.
type Store struct {
	pool *pgxpool.Pool
	// checks has one connection, so that a health check never queues behind requests: a task that is busy would be
	// taken for one that is sick, and the others would get its load.
	checks *pgxpool.Pool
}

// Open connects to the database of a URL (or a list of keywords and values, as libpq takes them), waits up to the
// given time for it to answer, and brings its schema up to date. A new database gets the samples. The password is in
// no error and no log line.
func Open(ctx context.Context, url string, wait time.Duration, logger *slog.Logger) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("reading the address of the database: %w", err)
	}
	config.ConnConfig.ConnectTimeout = connectTimeout
	store, err := connect(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("making a connection pool: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := prepare(ctx, store.pool, logger); err != nil {
		store.Close()
		return nil, err
	}
	return store, nil
}

// connect makes the pools. They connect when they are first used.
func connect(ctx context.Context, config *pgxpool.Config) (*Store, error) {
	forChecks := config.Copy()
	forChecks.MinConns, forChecks.MinIdleConns, forChecks.MaxConns = 0, 0, 1
	checks, err := pgxpool.NewWithConfig(ctx, forChecks)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller does
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		checks.Close()
		return nil, err //nolint:wrapcheck // the caller does
	}
	return &Store{pool: pool, checks: checks}, nil
}

func prepare(ctx context.Context, pool *pgxpool.Pool, logger *slog.Logger) error {
	if err := await(ctx, pool, logger); err != nil {
		return fmt.Errorf("waiting for the database: %w", err)
	}
	applied, err := migrate(ctx, pool)
	if err != nil {
		return err
	}
	if len(applied) > 0 {
		logger.Info("Migrated the database", slog.String("applied", strings.Join(applied, ",")))
	}
	return nil
}

// await returns once the database answers. It tries again whatever the error: databases, roles and passwords may be
// in the making just as the server. The error tells why the last attempt failed that was not cut short.
func await(ctx context.Context, pool *pgxpool.Pool, logger *slog.Logger) error {
	retry := time.NewTicker(retryInterval)
	defer retry.Stop()
	var cause error
	for {
		err := pool.Ping(ctx)
		if err == nil {
			return nil
		}
		if cause == nil {
			logger.Warn("Waiting for the database", slog.Any("error", err))
		}
		if cause == nil || ctx.Err() == nil {
			cause = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; the last attempt: %w", ctx.Err(), cause)
		case <-retry.C:
		}
	}
}

// Ping returns nil if the database answers a query before ctx ends.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.checks.Ping(ctx); err != nil {
		return fmt.Errorf("asking the database: %w", err)
	}
	return nil
}

// Close ends all connections. It waits for queries under way.
func (s *Store) Close() {
	s.pool.Close()
	s.checks.Close()
}

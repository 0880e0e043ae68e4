package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// migrations are applied in the order of their names, each once. A file that was released is never edited. While a
// deployment rolls, tasks of the last release work on the new schema: a migration must leave them working.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the key of the advisory lock under which the schema changes: "items" in ASCII.
const migrationLock = 0x6974656d73

const createMigrations = `
CREATE TABLE IF NOT EXISTS schema_migrations (
    name       text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
)`

// migrate brings the schema up to date and returns the names of the migrations that were missing. It is one
// transaction: all of them are applied or none. Of several tasks that start at once, one migrates and the others wait.
// Migrations that this release does not know are left alone, so that a deployment can be rolled back.
func migrate(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	var missing []string
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return fmt.Errorf("locking the schema: %w", err)
		}
		if _, err := tx.Exec(ctx, createMigrations); err != nil {
			return fmt.Errorf("creating schema_migrations: %w", err)
		}
		var err error
		if missing, err = missingMigrations(ctx, tx); err != nil {
			return err
		}
		for _, name := range missing {
			if err := apply(ctx, tx, name); err != nil {
				return fmt.Errorf("applying %s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("migrating the database: %w", err)
	}
	return missing, nil
}

// missingMigrations returns the names of the migrations that the database does not have, in order.
func missingMigrations(ctx context.Context, tx pgx.Tx) ([]string, error) {
	all, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("listing the migrations: %w", err)
	}
	rows, err := tx.Query(ctx,
		"SELECT name FROM unnest($1::text[]) AS name WHERE name NOT IN (SELECT name FROM schema_migrations) ORDER BY name", all)
	if err != nil {
		return nil, fmt.Errorf("reading schema_migrations: %w", err)
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("reading schema_migrations: %w", err)
	}
	return missing, nil
}

func apply(ctx context.Context, tx pgx.Tx, name string) error {
	script, err := migrations.ReadFile(name)
	if err != nil {
		return fmt.Errorf("reading an embedded file: %w", err)
	}
	if _, err := tx.Exec(ctx, string(script)); err != nil {
		return err //nolint:wrapcheck // the caller names the migration
	}
	_, err = tx.Exec(ctx, "INSERT INTO schema_migrations (name) VALUES ($1)", name)
	return err //nolint:wrapcheck // the caller names the migration
}

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
)

var _ items.Store = (*Store)(nil)

// List implements items.Store.
func (s *Store) List(ctx context.Context) ([]items.Item, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, "SELECT id, name, description, price FROM items ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("listing items: %w", err)
	}
	all, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("listing items: %w", err)
	}
	return all, nil
}

// Get implements items.Store.
func (s *Store) Get(ctx context.Context, id int64) (items.Item, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, "SELECT id, name, description, price FROM items WHERE id = $1", id)
	if err != nil {
		return items.Item{}, fmt.Errorf("reading item %d: %w", id, err)
	}
	item, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return items.Item{}, items.ErrNotFound
	}
	if err != nil {
		return items.Item{}, fmt.Errorf("reading item %d: %w", id, err)
	}
	return item, nil
}

// Create implements items.Store.
func (s *Store) Create(ctx context.Context, draft items.Draft) (items.Item, error) {
	if err := storable(draft); err != nil {
		return items.Item{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	item := items.Item{Draft: draft}
	err := s.pool.QueryRow(ctx, "INSERT INTO items (name, description, price) VALUES ($1, $2, $3) RETURNING id",
		draft.Name, draft.Description, draft.Price).Scan(&item.ID)
	if err != nil {
		return items.Item{}, fmt.Errorf("creating an item: %w", err)
	}
	return item, nil
}

// Replace implements items.Store.
func (s *Store) Replace(ctx context.Context, id int64, draft items.Draft) (items.Item, error) {
	if err := storable(draft); err != nil {
		return items.Item{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	done, err := s.pool.Exec(ctx, "UPDATE items SET name = $2, description = $3, price = $4 WHERE id = $1",
		id, draft.Name, draft.Description, draft.Price)
	if err := one(done, err); err != nil {
		return items.Item{}, fmt.Errorf("replacing item %d: %w", id, err)
	}
	return items.Item{ID: id, Draft: draft}, nil
}

// Delete implements items.Store.
func (s *Store) Delete(ctx context.Context, id int64) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	done, err := s.pool.Exec(ctx, "DELETE FROM items WHERE id = $1", id)
	if err := one(done, err); err != nil {
		return fmt.Errorf("deleting item %d: %w", id, err)
	}
	return nil
}

// one is ErrNotFound if a statement was executed and changed nothing.
func one(done pgconn.CommandTag, err error) error {
	if err == nil && done.RowsAffected() == 0 {
		return items.ErrNotFound
	}
	return err
}

func scan(row pgx.CollectableRow) (items.Item, error) {
	var item items.Item
	err := row.Scan(&item.ID, &item.Name, &item.Description, &item.Price)
	return item, err //nolint:wrapcheck // the caller says what it read
}

// storable refuses the one character that PostgreSQL's texts cannot hold.
func storable(draft items.Draft) error {
	const nul = "\x00"
	if strings.Contains(draft.Name, nul) {
		return &items.UnstorableError{Field: "name", Text: draft.Name, Why: "U+0000 cannot be stored"}
	}
	if draft.Description != nil && strings.Contains(*draft.Description, nul) {
		return &items.UnstorableError{Field: "description", Text: *draft.Description, Why: "U+0000 cannot be stored"}
	}
	return nil
}

// Package items is the domain of the sample application: items and where they are kept.
package items

import (
	"context"
	"errors"
)

// ErrNotFound tells that no item has the id asked for.
var ErrNotFound = errors.New("item not found")

// UnstorableError tells that a store cannot hold a valid text. The client can do something about it.
type UnstorableError struct {
	// Field is "name" or "description".
	Field string
	// Text is what the field should have been.
	Text string
	// Why says what is wrong with it, in English.
	Why string
}

// Error names the field and the reason.
func (e *UnstorableError) Error() string {
	return e.Field + ": " + e.Why
}

// Draft is what a client says about an item.
type Draft struct {
	Name string
	// Description is nil where the client gave none or null.
	Description *string
	// Price is finite and not negative. It has no currency.
	Price float64
}

// Item is a stored Draft.
type Item struct {
	Draft

	// ID is positive and never used twice.
	ID int64
}

// Store keeps items. All methods may be called at the same time; the error is ErrNotFound, an
// *UnstorableError or a failure of the store.
type Store interface {
	// List returns all items in the order of their ids. The slice is the caller's.
	List(ctx context.Context) ([]Item, error)
	// Get returns one item.
	Get(ctx context.Context, id int64) (Item, error)
	// Create stores a new item and gives it an id.
	Create(ctx context.Context, draft Draft) (Item, error)
	// Replace changes all of an item but its id.
	Replace(ctx context.Context, id int64, draft Draft) (Item, error)
	// Delete removes an item.
	Delete(ctx context.Context, id int64) error
}

// Samples returns the two items that a new store starts with.
func Samples() []Draft {
	useful, amazing := "A useful widget", "An amazing gadget"
	return []Draft{
		{Name: "Widget", Description: &useful, Price: 19.99},  //nolint:mnd // an example
		{Name: "Gadget", Description: &amazing, Price: 29.99}, //nolint:mnd // an example
	}
}

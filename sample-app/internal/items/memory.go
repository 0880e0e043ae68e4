package items

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// Memory is a Store that lives as long as the process.
type Memory struct {
	mu sync.RWMutex
	// items are sorted by id, because ids only grow.
	items  []Item
	lastID int64
}

var _ Store = (*Memory)(nil)

// NewMemory makes a store that holds the drafts, with ids from 1.
func NewMemory(drafts ...Draft) *Memory {
	store := &Memory{}
	for _, draft := range drafts {
		store.add(draft)
	}
	return store
}

// List implements Store.
func (m *Memory) List(context.Context) ([]Item, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Clone(m.items), nil
}

// Get implements Store.
func (m *Memory) Get(_ context.Context, id int64) (Item, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	at, found := m.find(id)
	if !found {
		return Item{}, ErrNotFound
	}
	return m.items[at], nil
}

// Create implements Store.
func (m *Memory) Create(_ context.Context, draft Draft) (Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.add(draft), nil
}

// Replace implements Store.
func (m *Memory) Replace(_ context.Context, id int64, draft Draft) (Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, found := m.find(id)
	if !found {
		return Item{}, ErrNotFound
	}
	m.items[at].Draft = draft
	return m.items[at], nil
}

// Delete implements Store.
func (m *Memory) Delete(_ context.Context, id int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, found := m.find(id)
	if !found {
		return ErrNotFound
	}
	m.items = slices.Delete(m.items, at, at+1)
	return nil
}

// add needs the write lock, or a store that nobody else has yet.
func (m *Memory) add(draft Draft) Item {
	m.lastID++
	item := Item{ID: m.lastID, Draft: draft}
	m.items = append(m.items, item)
	return item
}

// find needs a lock.
func (m *Memory) find(id int64) (int, bool) {
	return slices.BinarySearchFunc(m.items, id, func(item Item, id int64) int {
		return cmp.Compare(item.ID, id)
	})
}

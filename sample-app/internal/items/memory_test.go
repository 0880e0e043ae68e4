package items_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
)

func TestMemoryStartsWithItsDrafts(t *testing.T) {
	t.Parallel()
	store := items.NewMemory(items.Samples()...)
	got, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	useful, amazing := "A useful widget", "An amazing gadget"
	want := []items.Item{
		{ID: 1, Draft: items.Draft{Name: "Widget", Description: &useful, Price: 19.99}},
		{ID: 2, Draft: items.Draft{Name: "Gadget", Description: &amazing, Price: 29.99}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items of a new store (-want +got):\n%s", diff)
	}
}

func TestMemoryKeepsWhatItIsTold(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := items.NewMemory(items.Draft{Name: "first"}, items.Draft{Name: "second"})

	created, err := store.Create(ctx, items.Draft{Name: "third", Price: 3})
	if err != nil || created.ID != 3 {
		t.Fatalf("Create = %+v, %v; want id 3", created, err)
	}
	if _, err := store.Replace(ctx, 1, items.Draft{Name: "changed"}); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(ctx, 2); err != nil {
		t.Fatal(err)
	}
	got, err := store.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []items.Item{
		{ID: 1, Draft: items.Draft{Name: "changed"}},
		{ID: 3, Draft: items.Draft{Name: "third", Price: 3}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func TestMemoryNeverUsesAnIDTwice(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := items.NewMemory(items.Draft{Name: "only"})
	if err := store.Delete(ctx, 1); err != nil {
		t.Fatal(err)
	}
	created, err := store.Create(ctx, items.Draft{Name: "next"})
	if err != nil || created.ID != 2 {
		t.Errorf("Create after Delete = %+v, %v; want id 2", created, err)
	}
}

func TestMemoryReportsWhatItDoesNotHave(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := items.NewMemory()
	if _, err := store.Get(ctx, 1); !errors.Is(err, items.ErrNotFound) {
		t.Errorf("Get = %v, want ErrNotFound", err)
	}
	if _, err := store.Replace(ctx, 1, items.Draft{}); !errors.Is(err, items.ErrNotFound) {
		t.Errorf("Replace = %v, want ErrNotFound", err)
	}
	if err := store.Delete(ctx, 1); !errors.Is(err, items.ErrNotFound) {
		t.Errorf("Delete = %v, want ErrNotFound", err)
	}
}

func TestMemoryServesManyAtOnce(t *testing.T) {
	t.Parallel()
	const clients, rounds = 8, 50
	ctx := t.Context()
	store := items.NewMemory()
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for range rounds {
				item, err := store.Create(ctx, items.Draft{Name: "same"})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := store.Replace(ctx, item.ID, items.Draft{Name: "other"}); err != nil {
					t.Error(err)
				}
				if _, err := store.List(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	all, err := store.List(ctx)
	if err != nil || len(all) != clients*rounds {
		t.Errorf("List has %d items, %v; want %d", len(all), err, clients*rounds)
	}
}

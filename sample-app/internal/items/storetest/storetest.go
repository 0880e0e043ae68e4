// Package storetest says what every items.Store does.
package storetest

import (
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
)

// next is the id after those of the samples.
const next = 3

// Run tests the stores that open makes. Each must be new and hold the samples.
func Run(t *testing.T, open func(t *testing.T) items.Store) {
	t.Helper()
	promises := map[string]func(*testing.T, items.Store){
		"starts with the samples":       startsWithTheSamples,
		"keeps what it is told":         keepsWhatItIsTold,
		"keeps every text and price":    keepsEveryTextAndPrice,
		"never uses an id twice":        neverUsesAnIDTwice,
		"reports what it does not have": reportsWhatItDoesNotHave,
		"serves many at once":           servesManyAtOnce,
		"returns lists of the caller's": returnsListsOfTheCallers,
		"gives no two clients one id":   givesNoTwoClientsOneID,
		"forgets a removed description": forgetsARemovedDescription,
		"has an empty list of no items": hasAnEmptyListOfNoItems,
	}
	for name, promise := range promises {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promise(t, open(t))
		})
	}
}

// list returns all items.
func list(t *testing.T, store items.Store) []items.Item {
	t.Helper()
	all, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// create stores a draft.
func create(t *testing.T, store items.Store, draft items.Draft) items.Item {
	t.Helper()
	item, err := store.Create(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func startsWithTheSamples(t *testing.T, store items.Store) {
	t.Helper()
	var want []items.Item
	for i, draft := range items.Samples() {
		want = append(want, items.Item{ID: int64(i + 1), Draft: draft})
	}
	if diff := cmp.Diff(want, list(t, store)); diff != "" {
		t.Errorf("items of a new store (-want +got):\n%s", diff)
	}
}

func keepsWhatItIsTold(t *testing.T, store items.Store) {
	t.Helper()
	ctx := t.Context()
	third := create(t, store, items.Draft{Name: "third", Price: math.Pi})
	if third.ID != next {
		t.Fatalf("Create = %+v, want id %d", third, next)
	}
	changed := items.Item{ID: 1, Draft: items.Draft{Name: "changed"}}
	if got, err := store.Replace(ctx, 1, changed.Draft); err != nil || !cmp.Equal(got, changed) {
		t.Fatalf("Replace = %+v, %v; want %+v", got, err, changed)
	}
	if err := store.Delete(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Get(ctx, 1); err != nil || !cmp.Equal(got, changed) {
		t.Errorf("Get = %+v, %v; want %+v", got, err, changed)
	}
	want := []items.Item{changed, third}
	if diff := cmp.Diff(want, list(t, store)); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func keepsEveryTextAndPrice(t *testing.T, store items.Store) {
	t.Helper()
	const long, third = 1 << 20, 3
	empty, quoted := "", `'; DROP TABLE items; -- "\n`
	drafts := []items.Draft{
		{Name: "", Description: &empty},
		{Name: "ä 😀 \u2028 \u0001\r\n\t", Description: &quoted, Price: math.MaxFloat64},
		{Name: strings.Repeat("long", long/len("long")), Price: math.SmallestNonzeroFloat64},
		{Name: "a third", Price: 1.0 / third},
		{Name: "a float beyond the integers", Price: 1<<53 + 2},
	}
	for _, draft := range drafts {
		created := create(t, store, draft)
		got, err := store.Get(t.Context(), created.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(draft, got.Draft); diff != "" {
			t.Errorf("what came back (-want +got):\n%s", diff)
		}
	}
}

func neverUsesAnIDTwice(t *testing.T, store items.Store) {
	t.Helper()
	if err := store.Delete(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if created := create(t, store, items.Draft{Name: "next"}); created.ID != next {
		t.Errorf("Create after Delete = %+v, want id %d", created, next)
	}
}

func reportsWhatItDoesNotHave(t *testing.T, store items.Store) {
	t.Helper()
	ctx := t.Context()
	for _, id := range []int64{0, -1, next, math.MaxInt64, math.MinInt64} {
		if _, err := store.Get(ctx, id); !errors.Is(err, items.ErrNotFound) {
			t.Errorf("Get(%d) = %v, want ErrNotFound", id, err)
		}
		if _, err := store.Replace(ctx, id, items.Draft{}); !errors.Is(err, items.ErrNotFound) {
			t.Errorf("Replace(%d) = %v, want ErrNotFound", id, err)
		}
		if err := store.Delete(ctx, id); !errors.Is(err, items.ErrNotFound) {
			t.Errorf("Delete(%d) = %v, want ErrNotFound", id, err)
		}
	}
}

func servesManyAtOnce(t *testing.T, store items.Store) {
	t.Helper()
	const clients, rounds = 8, 20
	ctx := t.Context()
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
	if got, want := len(list(t, store)), len(items.Samples())+clients*rounds; got != want {
		t.Errorf("there are %d items, want %d", got, want)
	}
}

func returnsListsOfTheCallers(t *testing.T, store items.Store) {
	t.Helper()
	mine := list(t, store)
	mine[0].Name = "mine"
	if got := list(t, store)[0].Name; got != "Widget" {
		t.Errorf("after a change of the caller's list the item is called %q", got)
	}
}

func givesNoTwoClientsOneID(t *testing.T, store items.Store) {
	t.Helper()
	const clients = 16
	ids := make(chan int64, clients)
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			item, err := store.Create(t.Context(), items.Draft{})
			if err != nil {
				t.Error(err)
			}
			ids <- item.ID
		})
	}
	group.Wait()
	close(ids)
	seen := map[int64]bool{}
	for id := range ids {
		if seen[id] {
			t.Errorf("id %d was given twice", id)
		}
		seen[id] = true
	}
}

func forgetsARemovedDescription(t *testing.T, store items.Store) {
	t.Helper()
	if _, err := store.Replace(t.Context(), 1, items.Draft{Name: "Widget"}); err != nil {
		t.Fatal(err)
	}
	if got := list(t, store)[0].Description; got != nil {
		t.Errorf("the description is still %q", *got)
	}
}

func hasAnEmptyListOfNoItems(t *testing.T, store items.Store) {
	t.Helper()
	for _, item := range list(t, store) {
		if err := store.Delete(t.Context(), item.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, store); len(got) != 0 {
		t.Errorf("without items the list is %+v", got)
	}
}

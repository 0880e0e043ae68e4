package items_test

import (
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items/storetest"
)

func TestMemoryIsAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) items.Store { return items.NewMemory(items.Samples()...) })
}

func TestMemoryMayStartEmpty(t *testing.T) {
	t.Parallel()
	store := items.NewMemory()
	if all, err := store.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("List = %+v, %v; want nothing", all, err)
	}
	if item, err := store.Create(t.Context(), items.Draft{Name: "first"}); err != nil || item.ID != 1 {
		t.Errorf("Create = %+v, %v; want id 1", item, err)
	}
}

package paging_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
)

func itself(s string) string { return s }

func TestPagesCoverTheListingOnce(t *testing.T) {
	t.Parallel()
	items := []string{"a", "b", "c", "d", "e"}
	var got []string
	for token, first := "", true; first || token != ""; first = false {
		page, next, err := paging.Page(items, token, 2, itself)
		if err != nil {
			t.Fatal(err)
		}
		got, token = append(got, page...), next
	}
	if diff := cmp.Diff(items, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestItemsThatGoBetweenPagesSkipNoOther(t *testing.T) {
	t.Parallel()
	_, token, err := paging.Page([]string{"a", "b", "c", "d"}, "", 2, itself)
	if err != nil {
		t.Fatal(err)
	}
	page, _, err := paging.Page([]string{"b", "d"}, token, 2, itself)
	if err != nil || !slices.Equal(page, []string{"d"}) {
		t.Errorf("got %v, %v", page, err)
	}
}

func TestForeignTokensAreRefused(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"***", "garbage", "YQ"} { // not base64, base64 of noise, and of an item's key
		if _, _, err := paging.Page([]string{"a"}, token, 1, itself); !errors.Is(err, paging.ErrToken) {
			t.Errorf("%s: got %v", token, err)
		}
	}
}

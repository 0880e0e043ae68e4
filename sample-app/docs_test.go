package main

import (
	_ "embed"
	"net/http"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/browser"
)

// tryItOut does on the page what a person would: it opens "Create an item", presses "Try it out" and "Execute", and
// yields status and body of the answer as the page shows them.
//
//go:embed testdata/try_it_out.js
var tryItOut string

func TestTryItOutInTheDocumentationCreatesAnItem(t *testing.T) {
	t.Parallel()
	process := startTask(t, "DRAIN_PAUSE=0s")
	page := browser.Open(t, process.url+"/docs")
	shown := page.Run(t, tryItOut)
	for _, want := range []string{"200", `"id": 3`, `"name": "Doodad"`, `"price": 39.99`} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page shows %q, want %s in it", shown, want)
		}
	}
	process.expect(t, "GET", "/items/3", "", http.StatusOK,
		`{"id":3,"name":"Doodad","description":"A fantastic doodad","price":39.99}`)
	for _, url := range page.Requested {
		if !strings.HasPrefix(url, process.url+"/") && !strings.HasPrefix(url, "data:") {
			t.Errorf("the page asked for %s: it has to do without the internet", url)
		}
	}
	for _, complaint := range page.Complaints {
		t.Errorf("the browser complains: %s", complaint)
	}
	process.terminate(t)
	process.awaitEnd(t)
}

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

// read waits until ReDoc shows the document, and yields its text.
//
//go:embed testdata/read.js
var read string

func TestTryItOutInTheDocumentationCreatesAnItem(t *testing.T) {
	t.Parallel()
	process := startTask(t, "DRAIN_PAUSE=0s")
	shown := visit(t, process, "/docs", tryItOut)
	for _, want := range []string{"200", `"id": 3`, `"name": "Doodad"`, `"price": 39.99`} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page shows %q, want %s in it", shown, want)
		}
	}
	process.expect(t, "GET", "/items/3", "", http.StatusOK,
		`{"id":3,"name":"Doodad","description":"A fantastic doodad","price":39.99}`)
	process.terminate(t)
	process.awaitEnd(t)
}

func TestReDocShowsTheDocument(t *testing.T) {
	t.Parallel()
	process := startTask(t, "DRAIN_PAUSE=0s")
	shown := visit(t, process, "/redoc", read)
	for _, want := range []string{"Items API", "List all items", "/items/{item_id}"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page shows %q, want %s in it", shown, want)
		}
	}
	process.terminate(t)
	process.awaitEnd(t)
}

// visit runs a script on a page, which must not need the internet, nor make the browser complain.
func visit(t *testing.T, process *task, path, script string) string {
	t.Helper()
	page := browser.Open(t, process.url+path)
	shown := page.Run(t, script)
	for _, url := range page.Requested {
		if !strings.HasPrefix(url, process.url+"/") && !strings.HasPrefix(url, "data:") {
			t.Errorf("the page asked for %s: it has to do without the internet", url)
		}
	}
	for _, complaint := range page.Complaints {
		t.Errorf("the browser complains: %s", complaint)
	}
	return shown
}

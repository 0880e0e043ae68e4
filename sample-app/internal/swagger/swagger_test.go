package swagger_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/swagger"
)

// fetch asks for a page.
func fetch(t *testing.T, page swagger.Page, encoding string) (http.Header, string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/docs"+page.Path, http.NoBody)
	request.Header.Set("Accept-Encoding", encoding)
	recorder := httptest.NewRecorder()
	page.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		t.Fatalf("status = %d", recorder.Code)
	}
	return recorder.Header(), recorder.Body.String()
}

func TestPagesAreTheSameCompressedAndNot(t *testing.T) {
	t.Parallel()
	for _, page := range swagger.Pages() {
		t.Run("docs"+page.Path, func(t *testing.T) {
			t.Parallel()
			header, plain := fetch(t, page, "identity")
			if header.Get("Content-Encoding") != "" || plain == "" {
				t.Fatalf("plain page has encoding %q and %d bytes", header.Get("Content-Encoding"), len(plain))
			}
			header, sent := fetch(t, page, "gzip, br")
			if header.Get("Content-Encoding") != "gzip" {
				return
			}
			reader, err := gzip.NewReader(strings.NewReader(sent))
			if err != nil {
				t.Fatal(err)
			}
			unpacked, err := io.ReadAll(reader)
			if err != nil || string(unpacked) != plain {
				t.Errorf("the compressed page differs, %v", err)
			}
		})
	}
}

func TestTheFirstPageLoadsOnlyTheOthers(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, page := range swagger.Pages() {
		known["/docs"+page.Path] = true
	}
	_, first := fetch(t, swagger.Pages()[0], "")
	links := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(first, -1)
	paths := make([]string, 0, len(links))
	for _, link := range links {
		if link[1] != "data:," && !known[link[1]] {
			t.Errorf("the page loads %s, which is not served", link[1])
		}
		paths = append(paths, link[1])
	}
	want := []string{"data:,", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/start.js"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

package docs_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/docs"
)

// fetch asks for a page.
func fetch(t *testing.T, page docs.Page, encoding string) (http.Header, string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, page.Path, http.NoBody)
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
	for _, page := range docs.Pages() {
		t.Run(page.Path, func(t *testing.T) {
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

func TestThePagesLoadOnlyWhatIsServed(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"/docs":  {"data:,", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/start.js"},
		"/redoc": {"data:,", "/redoc/page.css", "/redoc/redoc.standalone.js", "/redoc/start.js"},
	}
	known := map[string]bool{"data:,": true}
	got := map[string][]string{}
	for _, page := range docs.Pages() {
		known[page.Path] = true
		header, content := fetch(t, page, "")
		if !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, link := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(content, -1) {
			got[page.Path] = append(got[page.Path], link[1])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	for path, links := range got {
		for _, link := range links {
			if !known[link] {
				t.Errorf("%s loads %s, which is not served", path, link)
			}
		}
	}
}

// Package docs serves the API's documentation, Swagger UI and ReDoc, from files inside the binary, so that it works
// without the internet. Their scripts are in assets, compressed; assets/README.md tells their versions and licenses.
package docs

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

//go:embed assets/*.html assets/*.js assets/*.css assets/*.gz
var assets embed.FS

// policy lets a page load from this service only. Both set styles and inline images by script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self'"

// Page is one file of the documentation.
type Page struct {
	// Path is where the page is served and expects the others. The document is expected at /openapi.json.
	Path      string
	file      string
	mediaType string
}

// Pages lists the files.
func Pages() []Page {
	const (
		html   = "text/html; charset=utf-8"
		script = "text/javascript; charset=utf-8"
		style  = "text/css; charset=utf-8"
	)
	return []Page{
		{"/docs", "swagger.html", html},
		{"/docs/start.js", "swagger.js", script},
		{"/docs/swagger-ui-bundle.js", "swagger-ui-bundle.js.gz", script},
		{"/docs/swagger-ui.css", "swagger-ui.css.gz", style},
		{"/docs/licenses.txt", "licenses.txt.gz", "text/plain; charset=utf-8"},
		{"/redoc", "redoc.html", html},
		{"/redoc/start.js", "redoc.js", script},
		{"/redoc/redoc.standalone.js", "redoc.standalone.js.gz", script},
		{"/redoc/page.css", "redoc.css", style},
	}
}

// ServeHTTP answers with the file, compressed if the client takes that.
func (p Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	content, compressed, err := p.read(strings.Contains(r.Header.Get("Accept-Encoding"), "gzip"))
	if err != nil {
		// The files are part of the binary: a broken one is a broken build.
		panic(err)
	}
	if compressed {
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "public, max-age=3600")
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Type", p.mediaType)
	header.Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = w.Write(content)
}

// read returns the file, and whether it is compressed.
func (p Page) read(mayCompress bool) ([]byte, bool, error) {
	content, err := assets.ReadFile("assets/" + p.file)
	if err != nil {
		return nil, false, fmt.Errorf("reading an embedded file: %w", err)
	}
	compressed := strings.HasSuffix(p.file, ".gz")
	if !compressed || mayCompress {
		return content, compressed, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, false, fmt.Errorf("unpacking %s: %w", p.file, err)
	}
	content, err = io.ReadAll(reader)
	if err != nil {
		return nil, false, fmt.Errorf("unpacking %s: %w", p.file, err)
	}
	return content, false, nil
}

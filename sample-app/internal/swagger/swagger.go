// Package swagger serves Swagger UI from files inside the binary, so that the documentation works without the
// internet. The files of swagger-ui-dist are in assets, compressed; assets/README.md tells their version and license.
package swagger

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

//go:embed assets/index.html assets/start.js assets/*.gz
var assets embed.FS

// policy lets the page load from this service only. Swagger UI sets styles and inline images by script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self'"

// Page is one file of the documentation.
type Page struct {
	// Path is where the page is served, below /docs.
	Path      string
	file      string
	mediaType string
}

// Pages lists the files. The page at Path "" expects the others below /docs and the document at /openapi.json.
func Pages() []Page {
	const script = "text/javascript; charset=utf-8"
	return []Page{
		{"", "index.html", "text/html; charset=utf-8"},
		{"/start.js", "start.js", script},
		{"/swagger-ui-bundle.js", "swagger-ui-bundle.js.gz", script},
		{"/swagger-ui.css", "swagger-ui.css.gz", "text/css; charset=utf-8"},
		{"/licenses.txt", "licenses.txt.gz", "text/plain; charset=utf-8"},
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

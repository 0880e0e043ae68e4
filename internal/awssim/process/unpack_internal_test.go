package process

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process/testimage"
)

func TestExtractKeepsToItsRoot(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files   []testimage.File
		refused bool
	}{
		"a path that climbs out is refused": {[]testimage.File{{Name: "../victim", Content: "x"}}, true},
		"a file through a link that leads out is refused": {[]testimage.File{
			{Name: "exit", Type: tar.TypeSymlink, Link: "../"}, {Name: "exit/victim", Content: "x"},
		}, true},
		"a directory through a link that leads out is refused": {[]testimage.File{
			{Name: "exit", Type: tar.TypeSymlink, Link: "../"}, {Name: "exit/victim", Type: tar.TypeDir},
		}, true},
		"a hard link to a file outside is refused": {[]testimage.File{{Name: "here", Type: tar.TypeLink, Link: "../secret"}}, true},
		"an absolute path is below the root":       {[]testimage.File{{Name: "/etc/app.conf", Content: "x"}}, false},
		"a link that leads nowhere is kept":        {[]testimage.File{{Name: "run", Type: tar.TypeSymlink, Link: "/var/run"}}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			if err := os.WriteFile(filepath.Join(parent, "secret"), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(parent, "root")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = root.Close() }()
			err = extract(t.Context(), bytes.NewReader(testimage.Archive(t, test.files...)), root)
			if (err != nil) != test.refused {
				t.Errorf("got error %v, want refused=%t", err, test.refused)
			}
			if _, err := os.Lstat(filepath.Join(parent, "victim")); err == nil {
				t.Error("something was written outside the root")
			}
		})
	}
}

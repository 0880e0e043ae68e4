// Package testimage builds OCI images for tests: of a small web server whose behaviour its environment and
// arguments decide (see its source), or of given files.
package testimage

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Program is where Build puts the server in its image.
const Program = "app/server"

const executable = 0o755

// File is an entry of an image's layer. The zero Type is a regular file.
type File struct {
	Name, Content, Link string
	Type                byte
	Mode                int64
	Owner               int
}

// Build returns an image with the test server as /app/server.
func Build(t testing.TB, config v1.Config) v1.Image {
	t.Helper()
	return Of(t, config, Server(t))
}

// Server returns the test server as a file of an image.
func Server(t testing.TB) File {
	t.Helper()
	program, err := server()
	if err != nil {
		t.Fatalf("building the test server: %v", err)
	}
	return File{Name: Program, Mode: executable, Content: string(program)}
}

// Of returns an image of one layer with the files.
func Of(t testing.TB, config v1.Config, files ...File) v1.Image {
	t.Helper()
	archive := Archive(t, files...)
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	image, err = mutate.ConfigFile(image, configFile(t, image, config))
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// Archive returns a tar archive of the files, whatever their names say.
func Archive(t testing.TB, files ...File) []byte {
	t.Helper()
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, file := range files {
		header := &tar.Header{
			Name: file.Name, Typeflag: file.Type, Mode: file.Mode, Size: int64(len(file.Content)), Linkname: file.Link,
			Uid: file.Owner, Gid: file.Owner,
		}
		if header.Typeflag == 0 {
			header.Typeflag = tar.TypeReg
		}
		if err := writer.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(writer, file.Content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

func configFile(t testing.TB, image v1.Image, config v1.Config) *v1.ConfigFile {
	t.Helper()
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file = file.DeepCopy()
	file.Config, file.OS, file.Architecture = config, runtime.GOOS, runtime.GOARCH
	return file
}

// server is the compiled test server: static, so that it runs in an image without anything else.
var server = sync.OnceValues(func() ([]byte, error) { //nolint:gochecknoglobals // compiled once per test binary
	dir, err := os.MkdirTemp("", "testimage-")
	if err != nil {
		return nil, err //nolint:wrapcheck // Build says what was done
	}
	defer func() { _ = os.RemoveAll(dir) }()
	_, here, _, _ := runtime.Caller(0)
	binary := filepath.Join(dir, "server")
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, ".")
	build.Dir = filepath.Join(filepath.Dir(here), "server")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, err //nolint:wrapcheck // Build says what was done
	}
	return os.ReadFile(binary)
})

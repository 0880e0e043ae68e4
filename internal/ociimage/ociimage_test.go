package ociimage_test

import (
	"archive/tar"
	"context"
	"debug/elf"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ecsapp-dev/ecsapp-operator/internal/ociimage"
)

func build(t *testing.T, options ociimage.Options) v1.Image {
	t.Helper()
	options.Package = "./testdata/hello"
	image, err := ociimage.Build(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func digest(t *testing.T, image v1.Image) string {
	t.Helper()
	hash, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return hash.String()
}

func TestTheConfigurationSaysWhatTheOptionsSay(t *testing.T) {
	t.Parallel()
	image := build(t, ociimage.Options{
		Args:        []string{"serve"},
		Env:         map[string]string{"B": "2", "A": "1"},
		Port:        8000,
		HealthCheck: []string{"healthcheck"},
		Labels:      map[string]string{"org.opencontainers.image.title": "hello"},
	})
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := v1.Config{
		User:         "65532:65532",
		Entrypoint:   []string{"/app"},
		Cmd:          []string{"serve"},
		Env:          []string{"A=1", "B=2"},
		ExposedPorts: map[string]struct{}{"8000/tcp": {}},
		Labels:       map[string]string{"org.opencontainers.image.title": "hello"},
		Healthcheck: &v1.HealthConfig{
			Test: []string{"CMD", "/app", "healthcheck"}, Interval: 30 * time.Second, Timeout: 3 * time.Second,
			StartPeriod: 5 * time.Second, Retries: 3,
		},
	}
	if diff := cmp.Diff(want, file.Config); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if file.OS != "linux" || file.Architecture != runtime.GOARCH || file.Created.Unix() != 0 {
		t.Errorf("image is for %s/%s of %s", file.OS, file.Architecture, file.Created)
	}
	if media, err := image.MediaType(); media != types.OCIManifestSchema1 || err != nil {
		t.Errorf("media type = %s, %v", media, err)
	}
}

func TestTheOnlyFileIsAStaticBinary(t *testing.T) {
	t.Parallel()
	files := mutate.Extract(build(t, ociimage.Options{}))
	archive := tar.NewReader(files)
	header, err := archive.Next()
	if err != nil {
		t.Fatal(err)
	}
	if header.Name != "app" || header.FileInfo().Mode().Perm() != 0o755 || header.ModTime.Unix() != 0 {
		t.Errorf("the layer starts with %s %s of %s", header.Name, header.FileInfo().Mode(), header.ModTime)
	}
	path := filepath.Join(t.TempDir(), "app")
	content, err := io.ReadAll(archive)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the binary comes %v, want the end", err)
	}
	program, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = program.Close() }()
	if libraries, err := program.ImportedLibraries(); len(libraries) > 0 || err != nil {
		t.Errorf("the binary needs %v, %v", libraries, err)
	}
	if runtime.GOOS != "linux" {
		return
	}
	output, err := exec.CommandContext(t.Context(), path).CombinedOutput()
	if err != nil || string(output) != "hello\n" {
		t.Errorf("the binary says %q, %v", output, err)
	}
}

func TestEqualOptionsGiveEqualDigests(t *testing.T) {
	t.Parallel()
	options := ociimage.Options{Env: map[string]string{"A": "1", "B": "2", "C": "3"}}
	first, second := digest(t, build(t, options)), digest(t, build(t, options))
	if first != second {
		t.Errorf("digests %s and %s differ", first, second)
	}
	if other := digest(t, build(t, ociimage.Options{Env: map[string]string{"A": "2"}})); other == first {
		t.Error("another environment has the same digest")
	}
}

func TestBuildSaysWhatTheCompilerSaid(t *testing.T) {
	t.Parallel()
	_, err := ociimage.Build(t.Context(), ociimage.Options{Package: "./testdata/nothing"})
	if err == nil || !strings.Contains(err.Error(), "testdata/nothing") || !strings.Contains(err.Error(), "directory not found") {
		t.Errorf("Build = %v, want the go tool's words", err)
	}
}

func TestBuildEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ociimage.Build(ctx, ociimage.Options{Package: "./testdata/hello"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Build = %v, want context.Canceled", err)
	}
}

func TestPushedImagesCanBePulled(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	ref := strings.TrimPrefix(server.URL, "http://") + "/items:1.0.0"
	image := build(t, ociimage.Options{})
	if err := ociimage.Push(t.Context(), ref, image); err != nil {
		t.Fatal(err)
	}
	target, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Image(target, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if want, got := digest(t, image), digest(t, pulled); want != got {
		t.Errorf("pulled %s, pushed %s", got, want)
	}
}

func TestPushRefusesPlainHTTPBeyondLoopback(t *testing.T) {
	t.Parallel()
	image := build(t, ociimage.Options{})
	for _, ref := range []string{"10.0.0.1:5000/items:1", "192.168.1.1/items:1"} {
		if err := ociimage.Push(t.Context(), ref, image); !errors.Is(err, ociimage.ErrInsecure) {
			t.Errorf("Push to %s = %v, want ErrInsecure", ref, err)
		}
	}
}

func TestPushRefusesWhatIsNoReference(t *testing.T) {
	t.Parallel()
	if err := ociimage.Push(t.Context(), "127.0.0.1:1/UPPER CASE", build(t, ociimage.Options{})); err == nil {
		t.Error("Push accepts a reference with a space")
	}
}

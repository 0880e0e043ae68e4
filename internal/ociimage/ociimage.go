// Package ociimage makes container images of Go programs without a container engine, and pushes them.
//
// Equal sources, options and toolchains give equal digests: the binary holds no paths, and every time in the image is
// the Unix epoch.
package ociimage

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// Binary is the path of the program in the image.
	Binary = "/app"
	// User runs the program. It is the "nonroot" of the distroless images.
	User = "65532:65532"
)

// The rhythm of the container health check, as in the Dockerfile of the sample application.
const (
	healthInterval = 30 * time.Second
	healthTimeout  = 3 * time.Second
	healthStart    = 5 * time.Second
	healthRetries  = 3
)

// Options say what goes into an image.
type Options struct {
	// Package is a main package as the go tool names it, such as "./sample-app". Required.
	Package string
	// Dir is where Package is looked up. Empty means the working directory.
	Dir string
	// Architecture is a GOARCH. Empty means that of this process.
	Architecture string
	// Args are the default arguments of the program.
	Args []string
	// Env has the default environment of the program.
	Env map[string]string
	// Port is the TCP port that the image says it listens on. Zero says nothing.
	Port uint16
	// HealthCheck has the arguments with which the program checks a running copy of itself. None means no check.
	HealthCheck []string
	// Labels of the image, such as "org.opencontainers.image.version".
	Labels map[string]string
}

// Build compiles a static binary for Linux and wraps it in an image of one layer.
func Build(ctx context.Context, options Options) (v1.Image, error) {
	if options.Architecture == "" {
		options.Architecture = runtime.GOARCH
	}
	binary, err := compile(ctx, options)
	if err != nil {
		return nil, err
	}
	return Wrap(binary, options)
}

// Wrap makes an image of a static Linux binary. Options.Package and Options.Dir do not matter to it.
func Wrap(binary []byte, options Options) (v1.Image, error) {
	archive, err := archiveOf(binary)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive)), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, fmt.Errorf("making the layer: %w", err)
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.ConfigFile(base, configFile(options))
	if err != nil {
		return nil, fmt.Errorf("setting the configuration: %w", err)
	}
	image, err = mutate.Append(image, mutate.Addendum{
		Layer:   layer,
		History: v1.History{Created: v1.Time{Time: epoch()}, CreatedBy: "go build", Comment: Binary},
	})
	if err != nil {
		return nil, fmt.Errorf("adding the layer: %w", err)
	}
	return image, nil
}

func epoch() time.Time {
	return time.Unix(0, 0).UTC()
}

func archiveOf(binary []byte) ([]byte, error) {
	const executable = 0o755
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: Binary[1:], Mode: executable, Size: int64(len(binary)), ModTime: epoch(),
	}
	if err := writer.WriteHeader(header); err != nil {
		return nil, fmt.Errorf("writing the layer's header: %w", err)
	}
	if _, err := writer.Write(binary); err != nil {
		return nil, fmt.Errorf("writing the layer: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("closing the layer: %w", err)
	}
	return archive.Bytes(), nil
}

func configFile(options Options) *v1.ConfigFile {
	file := &v1.ConfigFile{
		Architecture: options.Architecture,
		OS:           "linux",
		Created:      v1.Time{Time: epoch()},
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User:       User,
			Entrypoint: []string{Binary},
			Cmd:        options.Args,
			Labels:     options.Labels,
		},
	}
	for _, name := range slices.Sorted(maps.Keys(options.Env)) {
		file.Config.Env = append(file.Config.Env, name+"="+options.Env[name])
	}
	if options.Port != 0 {
		file.Config.ExposedPorts = map[string]struct{}{strconv.Itoa(int(options.Port)) + "/tcp": {}}
	}
	if len(options.HealthCheck) > 0 {
		file.Config.Healthcheck = &v1.HealthConfig{
			Test:        append([]string{"CMD", Binary}, options.HealthCheck...),
			Interval:    healthInterval,
			Timeout:     healthTimeout,
			StartPeriod: healthStart,
			Retries:     healthRetries,
		}
	}
	return file
}

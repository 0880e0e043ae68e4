package ociimage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// compile returns a static Linux binary of the package. The error has what the compiler said.
func compile(ctx context.Context, options Options) ([]byte, error) {
	folder, err := os.MkdirTemp("", "ociimage-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the binary: %w", err)
	}
	binary, err := compileInto(ctx, filepath.Join(folder, "app"), options)
	return binary, errors.Join(err, os.RemoveAll(folder))
}

func compileInto(ctx context.Context, file string, options Options) ([]byte, error) {
	arguments := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", file, options.Package}
	command := exec.CommandContext(ctx, "go", arguments...) //nolint:gosec // building what it is told is its purpose
	command.Dir = options.Dir
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+options.Architecture)
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("building %s: %w\n%s", options.Package, err, said.Bytes())
	}
	binary, err := os.ReadFile(file) //nolint:gosec // the file was named above
	if err != nil {
		return nil, fmt.Errorf("reading the binary of %s: %w", options.Package, err)
	}
	return binary, nil
}

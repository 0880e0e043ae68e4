package main

import (
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/ecsapp-dev/ecsapp-operator/internal/ociimage"
)

const hello = "../../internal/ociimage/testdata/hello"

func TestTheCommandPushesWhatItsFlagsSay(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	ref := strings.TrimPrefix(server.URL, "http://") + "/team/items:1.0.0"

	var said strings.Builder
	args := []string{"--push", ref, "--env", "A=1=2", "--env", "B=", "--arg", "serve", "--health-check", "healthcheck", hello}
	if err := run(t.Context(), args, &said); err != nil {
		t.Fatal(err)
	}
	printed := strings.TrimSuffix(said.String(), "\n")
	if !strings.HasPrefix(printed, ref+"@sha256:") {
		t.Fatalf("printed %q, want %s with its digest", printed, ref)
	}
	target, err := name.NewDigest(printed)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(target, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := v1.Config{
		User: ociimage.User, Entrypoint: []string{ociimage.Binary}, Cmd: []string{"serve"}, Env: []string{"A=1=2", "B="},
		ExposedPorts: map[string]struct{}{"8000/tcp": {}},
		Labels:       map[string]string{"org.opencontainers.image.title": "items", "org.opencontainers.image.version": "1.0.0"},
		Healthcheck:  file.Config.Healthcheck,
	}
	if diff := cmp.Diff(want, file.Config); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"CMD", "/app", "healthcheck"}, file.Config.Healthcheck.Test); diff != "" {
		t.Errorf("health check (-want +got):\n%s", diff)
	}
}

func TestWrongFlagsAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		want error
	}{
		"nowhere to push":         {[]string{hello}, errUsage},
		"nothing to build":        {[]string{"--push", "127.0.0.1:1/a:1"}, errUsage},
		"a variable without name": {[]string{"--push", "127.0.0.1:1/a:1", "--env", "=1", hello}, nil},
		"a port beyond the last":  {[]string{"--push", "127.0.0.1:1/a:1", "--port", "65536", hello}, errPort},
		"no reference":            {[]string{"--push", "a b", hello}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), test.args, io.Discard)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("run = %v, want %v", err, test.want)
			}
		})
	}
}

// Command image makes a container image of a Go program without a container engine, and pushes it.
//
//	go run ./hack/image --push 127.0.0.1:4566/items:1.0.0 --env APP_VERSION=1.0.0 ./sample-app
//
// It prints the reference of the pushed image with its digest.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ecsapp-dev/ecsapp-operator/internal/ociimage"
)

var (
	errUsage = errors.New("usage: image --push REFERENCE [--env NAME=VALUE] [--arg ARG] [--port PORT] [--health-check ARG] PACKAGE")
	errEnv   = errors.New("must be NAME=VALUE")
	errPort  = errors.New("no such TCP port")
)

const defaultPort = 8000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	ref, options, err := parse(args)
	if err != nil {
		return err
	}
	image, err := ociimage.Build(ctx, options)
	if err != nil {
		return fmt.Errorf("building the image: %w", err)
	}
	if err := ociimage.Push(ctx, ref, image); err != nil {
		return fmt.Errorf("publishing the image: %w", err)
	}
	digest, err := image.Digest()
	if err != nil {
		return fmt.Errorf("computing the digest: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s@%s\n", ref, digest)
	return err //nolint:wrapcheck // nothing to add to a broken standard output
}

// parse returns where to push and what to build.
func parse(args []string) (string, ociimage.Options, error) {
	options := ociimage.Options{Env: map[string]string{}}
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	ref := flags.String("push", "", "image `reference` to push to, such as 127.0.0.1:4566/items:1.0.0")
	port := flags.Uint("port", defaultPort, "TCP `port` that the program listens on")
	flags.Func("env", "default environment variable `NAME=VALUE`; may be repeated", func(pair string) error {
		key, value, found := strings.Cut(pair, "=")
		if !found || key == "" {
			return errEnv
		}
		options.Env[key] = value
		return nil
	})
	flags.Func("arg", "default `argument` of the program; may be repeated", func(arg string) error {
		options.Args = append(options.Args, arg)
		return nil
	})
	flags.Func("health-check", "`argument` with which the program checks itself; may be repeated", func(arg string) error {
		options.HealthCheck = append(options.HealthCheck, arg)
		return nil
	})
	flags.Usage = func() {
		_, _ = fmt.Fprintln(flags.Output(), errUsage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return "", options, fmt.Errorf("reading the flags: %w", err)
	}
	if *ref == "" || flags.NArg() != 1 {
		return "", options, errUsage
	}
	if *port > math.MaxUint16 {
		return "", options, fmt.Errorf("reading the flags: %d: %w", *port, errPort)
	}
	options.Package, options.Port = flags.Arg(0), uint16(*port)
	labels, err := labelsOf(*ref)
	options.Labels = labels
	return *ref, options, err
}

// labelsOf names the image after its reference.
func labelsOf(ref string) (map[string]string, error) {
	target, err := name.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("reading the image reference: %w", err)
	}
	return map[string]string{
		"org.opencontainers.image.title":   path.Base(target.Context().RepositoryStr()),
		"org.opencontainers.image.version": target.Identifier(),
	}, nil
}

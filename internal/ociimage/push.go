package ociimage

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// ErrInsecure tells that a registry on another machine would be spoken to without encryption.
var ErrInsecure = errors.New("registry without TLS is not on loopback")

// Push uploads the image under a reference such as "127.0.0.1:4566/items:1.0.0". Registries on loopback are spoken
// to by plain HTTP, all others by HTTPS with the credentials of the Docker configuration.
func Push(ctx context.Context, ref string, image v1.Image) error {
	target, err := name.ParseReference(ref)
	if err != nil {
		return fmt.Errorf("reading the image reference: %w", err)
	}
	registry := target.Context().Registry
	credentials := remote.WithAuthFromKeychain(authn.DefaultKeychain)
	if registry.Scheme() == "http" {
		if !onLoopback(registry.RegistryStr()) {
			return fmt.Errorf("pushing %s: %w", ref, ErrInsecure)
		}
		credentials = remote.WithAuth(authn.Anonymous)
	}
	if err := remote.Write(target, image, remote.WithContext(ctx), credentials); err != nil {
		return fmt.Errorf("pushing %s: %w", ref, err)
	}
	return nil
}

func onLoopback(registry string) bool {
	host, _, err := net.SplitHostPort(registry)
	if err != nil {
		host = registry
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

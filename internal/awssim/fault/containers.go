package fault

import (
	"context"
	"fmt"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
)

// WrapContainers returns containers whose pulls and starts the set's rules strike.
func (s *Set) WrapContainers(inner ecs.Containers) ecs.Containers {
	return &containers{Containers: inner, set: s}
}

type containers struct {
	ecs.Containers

	set *Set
}

// Pull fetches an image unless a fault prevents it.
func (c *containers) Pull(ctx context.Context, reference string) (ecs.Image, error) {
	if hit, ok := c.set.OnTask(PullFailure, reference); ok {
		if err := hit.Wait(ctx); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("CannotPullContainerError: %s", hit.words("awssim was told to fail the pull of "+reference))
	}
	pulled, err := c.Containers.Pull(ctx, reference)
	if err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	fragile := &image{Image: pulled, set: c.set, reference: reference}
	if special, ok := pulled.(noticed); ok {
		return &noticedImage{image: fragile, noticed: special}, nil
	}
	return fragile, nil
}

// noticed is an image that has something to say in the events of services.
type noticed interface{ Notice() string }

type image struct {
	ecs.Image

	set       *Set
	reference string
}

type noticedImage struct {
	*image
	noticed
}

// Start starts a container, which ends early if a fault says so.
func (i *image) Start(spec *ecs.ContainerSpec, mounts []process.Mount, output func(line string)) (ecs.Container, error) {
	started, err := i.Image.Start(spec, mounts, output)
	if err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	if hit, ok := i.set.OnTask(Crash, i.reference); ok {
		go hit.crash(started)
	}
	return started, nil
}

// crash ends a container after the delay, unless it ends by itself.
func (h Hit) crash(running ecs.Container) {
	select {
	case <-time.After(time.Duration(h.Delay)):
		running.Stop(0)
	case <-running.Done():
	}
}

// words returns the rule's message, or others if it has none.
func (h Hit) words(otherwise string) string {
	if h.Message != "" {
		return h.Message
	}
	return otherwise
}

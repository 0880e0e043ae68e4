package ecs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecr"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
)

// Containers runs what task definitions describe. NewContainers runs real processes; tests of the scheduler run
// stories.
type Containers interface {
	// Pull fetches an image. Its error reads as ECS's: "CannotPullContainerError: ...".
	Pull(ctx context.Context, reference string) (Image, error)
	// Close kills whatever runs and waits for its end.
	Close() error
}

// Image is an image that was pulled.
type Image interface {
	// Digest is the manifest's, such as "sha256:0123...".
	Digest() string
	// Start runs a container with the mounts in its root. Each line of its output goes to output, which may be nil.
	Start(spec *ContainerSpec, mounts []process.Mount, output func(line string)) (Container, error)
}

// Container is a container that runs, or has run.
type Container interface {
	// Address is where it really listens, such as 127.0.0.1:20001.
	Address() string
	// Done is closed when it has ended; ExitCode is known then.
	Done() <-chan struct{}
	ExitCode() int
	// Stop asks it to end, kills it after the timeout, and returns when it has ended.
	Stop(timeout time.Duration)
	// Check runs a health check's command beside it and returns its exit code.
	Check(ctx context.Context, command []string) (int, error)
}

// Images is where images come from: [ecr.Service].
type Images interface {
	Pull(ctx context.Context, reference string) (v1.Image, error)
}

// NewContainers runs containers as processes of this machine.
func NewContainers(images Images, runner *process.Runner) Containers {
	return &processes{images: images, runner: runner}
}

type processes struct {
	images Images
	runner *process.Runner
}

// Pull fetches and unpacks an image.
func (p *processes) Pull(ctx context.Context, reference string) (Image, error) {
	image, err := p.images.Pull(ctx, reference)
	if err != nil {
		return nil, fmt.Errorf("CannotPullContainerError: %w", explainPull(reference, err))
	}
	root, err := p.runner.Unpack(ctx, image)
	if err != nil {
		return nil, fmt.Errorf("CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer: %w", err)
	}
	return &unpackedImage{runner: p.runner, root: root}, nil
}

// Close ends all processes.
func (p *processes) Close() error {
	if err := p.runner.Close(); err != nil {
		return fmt.Errorf("closing the runner: %w", err)
	}
	return nil
}

// explainPull words a failure as Fargate does ("CannotPullContainer task errors", developer guide, and
// github.com/aws/containers-roadmap/issues/2493).
func explainPull(reference string, err error) error {
	parsed, parseErr := name.ParseReference(reference)
	if parseErr != nil {
		return fmt.Errorf("invalid reference format: %s", reference)
	}
	canonical, host := parsed.Name(), parsed.Context().RegistryStr()
	if host == name.DefaultRegistry {
		host, canonical = "registry-1.docker.io", "docker.io/"+parsed.Context().RepositoryStr()+":"+parsed.Identifier()
	}
	switch {
	case errors.Is(err, ecr.ErrNotFound):
		return fmt.Errorf("pull image manifest has been retried 1 time(s): failed to resolve ref %s: %s: not found",
			canonical, canonical)
	case errors.Is(err, ecr.ErrUnreachable):
		return fmt.Errorf("pull image manifest has been retried 5 time(s): failed to resolve ref %s: failed to do request: "+
			"Head %q: dial tcp: lookup %s: %w", canonical,
			fmt.Sprintf("https://%s/v2/%s/manifests/%s", host, parsed.Context().RepositoryStr(), parsed.Identifier()), host, err)
	case errors.Is(err, ecr.ErrPlatform):
		return errors.New("image Manifest does not contain descriptor matching platform 'linux/" + process.Architecture() + "'")
	default:
		return err
	}
}

type unpackedImage struct {
	runner *process.Runner
	root   *process.Root
}

// Digest is the digest of the image's manifest.
func (i *unpackedImage) Digest() string { return i.root.Digest }

// Start runs the image's entry point as the container's definition says.
func (i *unpackedImage) Start(spec *ContainerSpec, mounts []process.Mount, output func(line string)) (Container, error) {
	how := process.Spec{
		Root: i.root, EntryPoint: spec.EntryPoint, Command: spec.Command, Env: environment(spec),
		WorkingDir: spec.WorkingDirectory, User: spec.User, Mounts: mounts, Output: output,
		ReadOnly: spec.ReadonlyRootFilesystem,
	}
	running, err := i.runner.Start(how)
	if err != nil {
		return nil, fmt.Errorf("CannotStartContainerError: failed to create containerd task: failed to create shim task: "+
			"OCI runtime create failed: %w", err)
	}
	return &processContainer{Process: running, runner: i.runner, spec: how}, nil
}

func environment(spec *ContainerSpec) map[string]string {
	env := make(map[string]string, len(spec.Environment))
	for _, variable := range spec.Environment {
		env[variable.Name] = variable.Value
	}
	return env
}

type processContainer struct {
	*process.Process

	runner *process.Runner
	spec   process.Spec
}

// Again starts the container once more, at the port that it had, as its target groups know it.
func (c *processContainer) Again() (Container, error) {
	how := c.spec
	how.Address = c.Address()
	running, err := c.runner.Start(how)
	if err != nil {
		return nil, fmt.Errorf("CannotStartContainerError: %w", err)
	}
	return &processContainer{Process: running, runner: c.runner, spec: c.spec}, nil
}

// ExitCode is the process's, as a container runtime reports it.
func (c *processContainer) ExitCode() int { return c.Exit().Code }

// Check runs a command in the container's root and environment.
func (c *processContainer) Check(ctx context.Context, command []string) (int, error) {
	how := c.spec
	how.EntryPoint, how.Command, how.Output = command, nil, nil
	code, err := c.runner.Run(ctx, how, c.Process)
	if err != nil {
		return 0, fmt.Errorf("running the health check: %w", err)
	}
	return code, nil
}

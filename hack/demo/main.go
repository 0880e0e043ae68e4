// Command demo shows one manifest become a running application, without an AWS account and without a cluster: it brings
// up a control plane, the AWS simulator and the operator, each the real binary in a process of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/devenv"
	"github.com/ecsapp-dev/ecsapp-operator/internal/ociimage"
)

const (
	sample     = "config/samples/items.yaml"
	repository = "items"
	version    = "1.0.0"
	// favourite is where users look for the simulator first; it is taken if free.
	favourite = "127.0.0.1:4566"
)

// demo is one showing.
type demo struct {
	*narrator

	env      *devenv.Env
	operator *devenv.Process
	dir      string
	root     string
}

func main() {
	flags := flag.NewFlagSet("demo", flag.ExitOnError) // of its own: the libraries add theirs to the common one
	oneshot := flags.Bool("oneshot", os.Getenv("ONESHOT") != "", "end when the application has answered")
	if err := flags.Parse(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, *oneshot)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, oneshot bool) error {
	root, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the project: %w", err)
	}
	if _, err := os.Stat(filepath.Join(root, sample)); err != nil {
		return fmt.Errorf("run me in the project's folder, or with make -C: %w", err)
	}
	dir, err := os.MkdirTemp("", "ecsapp-demo-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	d := &demo{narrator: newNarrator(os.Stdout), dir: dir, root: root}
	err = d.show(ctx, oneshot)
	if err != nil && ctx.Err() == nil {
		d.logs()
		return errors.Join(err, d.end())
	}
	err = errors.Join(d.end(), os.RemoveAll(dir))
	if err == nil {
		d.printf("\nEverything was stopped, and nothing is left behind.\n")
	}
	return err
}

func (d *demo) show(ctx context.Context, oneshot bool) error {
	d.title("One manifest becomes a running application")
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"Building the operator and the AWS simulator", d.build},
		{"Starting a control plane (kube-apiserver and etcd)", d.startControlPlane},
		{"Starting the AWS simulator", d.startSimulator},
		{"Installing the operator: kubectl apply -k config/default", func(ctx context.Context) error { return d.env.Install(ctx) }},
		{"Starting the operator, with the rights of its service account", d.startOperator},
		{"Building the image of sample-app and pushing it to ECR", d.pushImage},
	} {
		if err := d.step(step.what, func() error { return step.do(ctx) }); err != nil {
			return err
		}
	}
	if err := d.deploy(ctx); err != nil {
		return err
	}
	if oneshot {
		return nil
	}
	d.invite()
	select {
	case <-ctx.Done():
		return nil
	case <-d.operator.Done():
		return errOperator
	}
}

var errOperator = errors.New("the operator has ended; its log says why")

func (d *demo) build(ctx context.Context) error { return devenv.Build(ctx, d.options()) }

func (d *demo) options() devenv.Options { return devenv.Options{Root: d.root, Dir: d.dir} }

func (d *demo) startControlPlane(ctx context.Context) error {
	var err error
	options := d.options()
	options.SimulatorAddress = freeOrEmpty(ctx, favourite)
	d.env, err = devenv.StartControlPlane(ctx, options)
	return err
}

func (d *demo) startSimulator(ctx context.Context) error { return d.env.StartSimulator(ctx) }

func (d *demo) startOperator(ctx context.Context) error {
	var err error
	d.operator, err = d.env.StartOperator(ctx)
	return err
}

func (d *demo) pushImage(ctx context.Context) error {
	image, err := ociimage.Build(ctx, ociimage.Options{Package: "./sample-app", Dir: d.root})
	if err != nil {
		return fmt.Errorf("building the image: %w", err)
	}
	return d.env.PushImage(ctx, repository, version, image)
}

// end leaves no process behind.
func (d *demo) end() error {
	var errs []error
	if d.operator != nil {
		errs = append(errs, d.operator.Stop())
	}
	if d.env != nil {
		errs = append(errs, d.env.Close())
	}
	return errors.Join(errs...)
}

// freeOrEmpty returns the address if nobody listens on it.
func freeOrEmpty(ctx context.Context, address string) string {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return ""
	}
	if listener.Close() != nil {
		return ""
	}
	return address
}

// deployTimeout is far beyond what a deployment takes at the simulator's speed.
const deployTimeout = 3 * time.Minute

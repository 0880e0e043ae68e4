// Package e2e_test runs whole lives of applications against the real binaries: kube-apiserver and etcd, the operator with
// the rights of its service account, and the AWS simulator with its processes, driven by kubectl and the aws command.
package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/ecsapp-dev/ecsapp-operator/internal/devenv"
	"github.com/ecsapp-dev/ecsapp-operator/internal/ociimage"
)

const (
	registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
	root     = "../.."
)

// world is what all tests of the package share.
type world struct {
	*devenv.Env

	dir      string
	operator *devenv.Process
}

var shared *world //nolint:gochecknoglobals // starting a control plane for each test would take minutes

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard()) // of the client library
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "ecsapp-e2e-")
	if err != nil {
		return 0, fmt.Errorf("making a folder: %w", err)
	}
	ctx := context.Background()
	shared = &world{dir: dir}
	err = shared.start(ctx)
	code := 1
	if err == nil {
		code = m.Run()
	}
	if err != nil || code != 0 {
		shared.printLogs()
	}
	return code, errors.Join(err, shared.stop())
}

// start brings everything up, as `make demo` does.
func (w *world) start(ctx context.Context) error {
	options := devenv.Options{Root: root, Dir: w.dir}
	if err := devenv.Build(ctx, options); err != nil {
		return err
	}
	var err error
	if w.Env, err = devenv.StartControlPlane(ctx, options); err != nil {
		return err
	}
	if err := w.StartSimulator(ctx); err != nil {
		return err
	}
	if err := w.Install(ctx); err != nil {
		return err
	}
	if err := w.pushImages(ctx); err != nil {
		return err
	}
	return w.startOperator(ctx)
}

func (w *world) startOperator(ctx context.Context) error {
	var err error
	w.operator, err = w.StartOperator(ctx, "--repair-pause=1s")
	return err
}

// pushImages pushes two versions of the sample application, and one that ends at once.
func (w *world) pushImages(ctx context.Context) error {
	sample := ociimage.Options{Package: "./sample-app", Dir: root}
	for tag, change := range map[string]func(*ociimage.Options){
		"1.0.0":  func(o *ociimage.Options) { o.Env = map[string]string{"APP_VERSION": "1.0.0"} },
		"2.0.0":  func(o *ociimage.Options) { o.Env = map[string]string{"APP_VERSION": "2.0.0"} },
		"broken": func(o *ociimage.Options) { o.Args = []string{"there-is-no-such-command"} },
	} {
		options := sample
		change(&options)
		image, err := ociimage.Build(ctx, options)
		if err != nil {
			return fmt.Errorf("building image %s: %w", tag, err)
		}
		if err := w.PushImage(ctx, "items", tag, image); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) stop() error {
	var errs []error
	if w.operator != nil {
		errs = append(errs, w.operator.Stop())
	}
	if w.Env != nil {
		errs = append(errs, w.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}

// printLogs shows the ends of the logs after a failure.
func (w *world) printLogs() {
	const enough = 20000
	for _, name := range []string{"operator.log", "simulator.log"} {
		if text, err := os.ReadFile(filepath.Join(w.dir, name)); err == nil {
			fmt.Fprintf(os.Stderr, "\n--- the end of %s\n%s\n", name, text[max(0, len(text)-enough):])
		}
	}
}

// How long things may take on a busy machine; they usually take a tenth of it.
const (
	soon   = 30 * time.Second
	deploy = 2 * time.Minute
)

// Package devenv runs the whole product on one machine, without AWS and without a cluster: a control plane
// (kube-apiserver and etcd), the AWS simulator and the operator, each a process of its own. The demo and the end-to-end
// tests stand on it.
package devenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// Namespace is the operator's namespace.
const Namespace = "ecsapp-system"

// Region is the AWS region of the environment.
const Region = "us-east-1"

// Options of an environment.
type Options struct {
	// Root of the project: where config/ is.
	Root string
	// Dir is an empty folder for binaries, kubeconfigs and logs.
	Dir string
	// Speed of the simulator; 0 for its own default.
	Speed float64
	// SimulatorAddress to listen on; a free port of loopback if empty.
	SimulatorAddress string
}

// Build compiles the operator and the simulator into options.Dir; it takes a moment the first time.
func Build(ctx context.Context, options Options) error {
	for binary, source := range map[string]string{operatorBinary: ".", simulatorBinary: "./cmd/awssim"} {
		target := filepath.Join(options.Dir, binary)
		command := exec.CommandContext(ctx, "go", "build", "-o", target, source) //nolint:gosec // our own
		command.Dir = options.Root
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", source, err, out)
		}
	}
	return nil
}

const (
	operatorBinary  = "operator"
	simulatorBinary = "awssim"
)

// Env is a running environment.
type Env struct {
	// Kubeconfig is the path of the administrator's kubeconfig.
	Kubeconfig string
	// AWSEndpoint is the simulator's URL.
	AWSEndpoint string
	// Admin is the administrator's client configuration.
	Admin *rest.Config

	options      Options
	controlPlane *envtest.Environment
	simulator    *Process
	kubectl      string
	logs         []io.Closer
}

// StartControlPlane starts kube-apiserver and etcd. Close ends what this and the other methods start.
func StartControlPlane(ctx context.Context, options Options) (*Env, error) {
	assets, err := Assets(ctx, options.Root)
	if err != nil {
		return nil, err
	}
	env := &Env{
		options: options, controlPlane: &envtest.Environment{BinaryAssetsDirectory: assets},
		kubectl: findKubectl(assets),
	}
	admin, err := env.controlPlane.Start()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the control plane: %w", err), env.Close())
	}
	env.Admin = admin
	user, err := env.controlPlane.AddUser(envtest.User{Name: "admin", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making an administrator: %w", err), env.Close())
	}
	kubeconfig, err := user.KubeConfig()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making a kubeconfig: %w", err), env.Close())
	}
	env.Kubeconfig = filepath.Join(options.Dir, "kubeconfig")
	if err := os.WriteFile(env.Kubeconfig, kubeconfig, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("writing the kubeconfig: %w", err), env.Close())
	}
	return env, nil
}

// Assets returns the folder of the control plane's binaries: KUBEBUILDER_ASSETS, or those that are built from the
// modules that hack/envtest pins, which takes ten minutes the first time.
func Assets(ctx context.Context, root string) (string, error) {
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		return assets, nil
	}
	command := exec.CommandContext(ctx, filepath.Join(root, "hack", "envtest", "build.sh")) //nolint:gosec // our own
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("building the control plane: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// findKubectl prefers the one that was built with the control plane.
func findKubectl(assets string) string {
	built := filepath.Join(assets, "kubectl")
	if _, err := os.Stat(built); err == nil {
		return built
	}
	return "kubectl"
}

// StartSimulator starts the AWS simulator and waits until it answers.
func (e *Env) StartSimulator(ctx context.Context) error {
	address := e.options.SimulatorAddress
	if address == "" {
		port, err := freePort(ctx)
		if err != nil {
			return err
		}
		address = "127.0.0.1:" + port
	}
	args := []string{"--listen", address}
	if e.options.Speed > 0 {
		args = append(args, "--speed", strconv.FormatFloat(e.options.Speed, 'g', -1, 64))
	}
	log, err := e.log("simulator.log")
	if err != nil {
		return err
	}
	e.simulator, err = start("the AWS simulator", log, nil, filepath.Join(e.options.Dir, simulatorBinary), args...)
	if err != nil {
		return err
	}
	e.AWSEndpoint = "http://" + address
	return e.simulator.waitFor(ctx, func(ctx context.Context) error { return Get(ctx, e.AWSEndpoint+"/_awssim/health") })
}

// AWSEnv are the environment variables that make AWS tools and SDKs use the simulator.
func (e *Env) AWSEnv() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + e.AWSEndpoint, "AWS_REGION=" + Region, "AWS_DEFAULT_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
	}
}

// Install applies config/default, as a user would.
func (e *Env) Install(ctx context.Context) error {
	if _, err := e.Kubectl(ctx, "apply", "--server-side", "-k", filepath.Join(e.options.Root, "config", "default")); err != nil {
		return err
	}
	_, err := e.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=30s", "crd/ecsapps.ecsapp.dev")
	return err
}

// StartOperator starts the operator with the rights of its service account and waits until it is ready.
func (e *Env) StartOperator(ctx context.Context, args ...string) (*Process, error) {
	kubeconfig, err := e.serviceAccountKubeconfig(ctx)
	if err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	log, err := e.log("operator.log")
	if err != nil {
		return nil, err
	}
	args = append([]string{
		"--kubeconfig", kubeconfig, "--leader-elect", "--leader-election-namespace", Namespace,
		"--metrics-bind-address", "0", "--health-probe-bind-address", "127.0.0.1:" + port,
	}, args...)
	operator, err := start("the operator", log, e.AWSEnv(), filepath.Join(e.options.Dir, operatorBinary), args...)
	if err != nil {
		return nil, err
	}
	err = operator.waitFor(ctx, func(ctx context.Context) error { return Get(ctx, "http://127.0.0.1:"+port+"/readyz") })
	return operator, err
}

// Kubectl runs kubectl as administrator and returns what it printed. The error has what it complained of.
func (e *Env) Kubectl(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, e.kubectl, args...) //nolint:gosec // running kubectl is its purpose
	command.Env = append(os.Environ(), "KUBECONFIG="+e.Kubeconfig)
	out, err := command.Output()
	if err != nil {
		return string(out), fmt.Errorf("kubectl %v: %w\n%s%s", args, err, out, complaint(err))
	}
	return string(out), nil
}

func complaint(err error) []byte {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.Stderr
	}
	return nil
}

// Close ends everything: the simulator with its tasks, and the control plane. Operators are ended by who started them.
func (e *Env) Close() error {
	var errs []error
	if e.simulator != nil {
		errs = append(errs, e.simulator.Stop())
	}
	if err := e.controlPlane.Stop(); err != nil {
		errs = append(errs, fmt.Errorf("ending the control plane: %w", err))
	}
	for _, log := range e.logs {
		errs = append(errs, log.Close())
	}
	return errors.Join(errs...)
}

// log opens a log file to append to.
func (e *Env) log(name string) (io.Writer, error) {
	const readable = 0o644
	path := filepath.Join(e.options.Dir, name)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, readable) //nolint:gosec // our own
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	e.logs = append(e.logs, file)
	return file, nil
}

func freePort(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}

// Get succeeds if the URL answers 200.
func Get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", url, response.Status)
	}
	return errors.Join(err, response.Body.Close())
}

package process

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// defaultPath is the PATH of a container whose image sets none, as Docker has it.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// ErrClosed is returned by a Runner after Close.
var ErrClosed = errors.New("the process runner is closed")

// errNoCommand is what a container without entry point and command fails with.
var errNoCommand = errors.New("no command specified")

// Runner unpacks images and runs them. Its methods may be called concurrently.
type Runner struct {
	parent string

	mu     sync.Mutex
	closed bool
	dir    string    // made at first use
	launch *launcher // made at first use
	roots  map[string]*unpacking
	live   map[*Process]struct{}
	active sync.WaitGroup // unpackings and starts under way
}

// unpacking is an image that is, or is being, unpacked.
type unpacking struct {
	once sync.Once
	root *Root
	err  error
}

// NewRunner returns a Runner that unpacks below parent, in a directory that Close removes; if parent is
// empty, below the directory for temporary files. It does nothing until it is used.
func NewRunner(parent string) *Runner {
	return &Runner{parent: parent, roots: make(map[string]*unpacking), live: make(map[*Process]struct{})}
}

// enter begins a use of the runner, which ends with active.Done.
func (r *Runner) enter() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	if r.launch == nil {
		dir, err := os.MkdirTemp(r.parent, "awssim-images-")
		if err != nil {
			return fmt.Errorf("making a directory for images: %w", err)
		}
		r.dir, r.launch = dir, newLauncher()
	}
	r.active.Add(1)
	return nil
}

// Unpack returns the image's unpacked root. The same digest is unpacked once, however many ask for it.
func (r *Runner) Unpack(ctx context.Context, image v1.Image) (*Root, error) {
	digest, err := image.Digest()
	if err != nil {
		return nil, fmt.Errorf("reading the image's digest: %w", err)
	}
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.active.Done()
	work := r.unpacking(digest)
	work.once.Do(func() {
		work.root, work.err = unpack(ctx, image, filepath.Join(r.dir, digest.Hex))
	})
	if work.err != nil {
		r.forget(digest, work) // the next one tries again: this one's context may have ended
		return nil, fmt.Errorf("unpacking %s: %w", digest, work.err)
	}
	return work.root, nil
}

func (r *Runner) unpacking(digest v1.Hash) *unpacking {
	r.mu.Lock()
	defer r.mu.Unlock()
	work, ok := r.roots[digest.Hex]
	if !ok {
		work = &unpacking{}
		r.roots[digest.Hex] = work
	}
	return work
}

func (r *Runner) forget(digest v1.Hash, work *unpacking) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.roots[digest.Hex] == work {
		delete(r.roots, digest.Hex)
	}
}

// Start runs an image. The error of a program that cannot be started reads as a container runtime's.
func (r *Runner) Start(spec Spec) (*Process, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.active.Done()
	port, err := reservedAt(spec.Address)
	if err != nil {
		return nil, err
	}
	process, err := r.startOn(port, spec)
	if err != nil {
		port.release()
		return nil, err
	}
	r.watch(process)
	return process, nil
}

func (r *Runner) startOn(port *reservedPort, given Spec) (*Process, error) {
	spec, err := r.mounted(given)
	if err != nil {
		return nil, err
	}
	process, err := r.execute(port, spec, spec.Root)
	if err != nil && spec.Root.leave != nil {
		spec.Root.leave()
	}
	return process, err
}

// execute starts a program in a root, of which the process disposes at its end if it owns it.
func (r *Runner) execute(port *reservedPort, spec Spec, owned *Root) (*Process, error) {
	var (
		cmd *exec.Cmd
		err error
	)
	r.launch.do(func() { cmd, err = command(spec, port.number) }) // where mounts are seen
	if err != nil {
		return nil, err
	}
	process, err := start(r.launch, cmd, port, owned, spec.Output)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Args[0], err)
	}
	return process, nil
}

// Run runs one more command in the root and environment of a running process, as a container's health check
// does, and returns its exit code. When ctx ends the command is killed.
func (r *Runner) Run(ctx context.Context, spec Spec, beside *Process) (int, error) {
	if err := r.enter(); err != nil {
		return 0, err
	}
	defer r.active.Done()
	spec.Root = beside.root
	process, err := r.execute(&reservedPort{number: beside.port.number}, spec, nil)
	if err != nil {
		return 0, err
	}
	r.watch(process)
	select {
	case <-process.Done():
		return process.Exit().Code, nil
	case <-ctx.Done():
		process.Kill()
		<-process.Done()
		return 0, ctx.Err()
	}
}

// Serve runs a program of this machine that is no image, such as a database: as the command's user, dying with the
// simulator. Stop will ask it to end with the signal. The command's context is not minded.
func (r *Runner) Serve(cmd *exec.Cmd, ask syscall.Signal, output func(line string)) (*Process, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.active.Done()
	bound := *cmd
	bound.SysProcAttr = attached(cmd.SysProcAttr)
	process, err := start(r.launch, &bound, &reservedPort{}, nil, output)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	process.ask = ask
	r.watch(process)
	return process, nil
}

func (r *Runner) watch(process *Process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live[process] = struct{}{}
	if r.closed {
		process.Kill()
	}
	go func() {
		<-process.Done()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.live, process)
	}()
}

// Close kills what still runs, waits for its end and removes the unpacked images.
func (r *Runner) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	r.killAll()
	r.mu.Unlock()

	r.active.Wait() // whoever was about to start has started, and was killed by watch
	r.mu.Lock()
	remaining := slices.Collect(maps.Keys(r.live))
	r.mu.Unlock()
	for _, process := range remaining {
		<-process.Done()
	}
	if r.launch == nil {
		return nil
	}
	r.launch.close()
	if err := os.RemoveAll(r.dir); err != nil {
		return fmt.Errorf("removing unpacked images: %w", err)
	}
	return nil
}

func (r *Runner) killAll() {
	for process := range r.live {
		process.Kill()
	}
}

// command puts together what to execute, as seen from inside the root if processes are confined to it.
func command(spec Spec, port int) (*exec.Cmd, error) {
	image := spec.Root.Config
	args := argsOf(spec)
	if len(args) == 0 {
		return nil, errNoCommand
	}
	who, err := spec.Root.identify(first(spec.User, image.User))
	if err != nil {
		return nil, err
	}
	env := environment(image.Env, spec.Env, who, port)
	workdir := path.Join("/", first(spec.WorkingDir, image.WorkingDir))
	program, err := spec.Root.program(args[0], workdir, lookup(env, "PATH"))
	if err != nil {
		return nil, err
	}
	if !confines() {
		program, workdir = spec.Root.outside(program), spec.Root.outside(workdir)
	}
	return &exec.Cmd{
		Path: program, Args: args, Env: env, Dir: workdir,
		SysProcAttr: attributes(spec.Root.Path, who),
	}, nil
}

func argsOf(spec Spec) []string {
	image := spec.Root.Config
	entryPoint, command := spec.EntryPoint, spec.Command
	if len(entryPoint) == 0 {
		entryPoint = image.Entrypoint
		if len(command) == 0 {
			command = image.Cmd
		}
	}
	return slices.Concat(entryPoint, command)
}

// environment merges the image's variables, the container's and ours, sorted, the later ones winning.
func environment(image []string, container map[string]string, who identity, port int) []string {
	merged := map[string]string{"PATH": defaultPath, "HOME": who.home}
	for _, entry := range image {
		name, value, _ := strings.Cut(entry, "=")
		merged[name] = value
	}
	maps.Copy(merged, container)
	merged["HOST"], merged["PORT"] = Loopback, strconv.Itoa(port)
	env := make([]string, 0, len(merged))
	for _, name := range slices.Sorted(maps.Keys(merged)) {
		env = append(env, name+"="+merged[name])
	}
	return env
}

func lookup(env []string, name string) string {
	for _, entry := range env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

// Architecture is this machine's, as image platforms write it.
func Architecture() string { return runtime.GOARCH }

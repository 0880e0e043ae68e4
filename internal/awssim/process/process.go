// Package process runs OCI images as real processes of this machine.
//
// An image is unpacked once per digest and its entry point is started with HOST=127.0.0.1 and PORT set to
// a free port of the loopback interface: there are no network namespaces, so a program that is to run here
// must listen where these two variables say. As root on Linux the process is confined to its unpacked root by
// chroot and runs as the image's user; elsewhere its entry point is run from the unpacked root as the current
// user, which suffices for static binaries.
//
// What a container runtime does beyond that is left out: the processes of one image share its unpacked
// files, but for what is mounted over them, and CPU and memory are not limited.
package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// outputGrace is how long the output of a process may stay open after its whole group has ended.
const outputGrace = time.Second

// signalExitBase is what shells and container runtimes add to a signal's number to report it as exit code.
const signalExitBase = 128

// Spec says how to run an image.
type Spec struct {
	Root *Root
	// EntryPoint and Command override the image's as they do in a task definition: with an entry point of
	// its own, a container does not take the image's command.
	EntryPoint []string
	Command    []string
	// Env is added to the image's environment and wins over it.
	Env map[string]string
	// WorkingDir and User override the image's unless empty.
	WorkingDir string
	User       string
	// Mounts are put into the root, in this order; the process then has one of its own.
	Mounts []Mount
	// ReadOnly lets nothing be written to the root beside what is mounted there, where the simulator can mount.
	ReadOnly bool
	// Address is where it has to listen, as another process did that has ended; empty, or taken meanwhile, for any.
	Address string
	// Output receives each line of standard output and standard error, without the newline, one at a time.
	Output func(line string)
}

// Exit says how a process ended.
type Exit struct {
	// Code is the exit code, or 128 plus the number of the signal that ended it.
	Code int
	// Signal is the signal that ended the process; 0 if it exited by itself.
	Signal syscall.Signal
}

// Process is a running entry point and all that it started.
type Process struct {
	cmd      *exec.Cmd
	port     *reservedPort
	root     *Root          // nil for a program of this machine
	ask      syscall.Signal // asks it to end
	done     chan struct{}
	exit     Exit // set before done is closed
	stopOnce sync.Once
}

// Address is where the process was told to listen, such as 127.0.0.1:20001.
func (p *Process) Address() string { return p.port.address() }

// Done is closed once the process and its group have ended and all output was delivered.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit says how the process ended; call it after Done is closed.
func (p *Process) Exit() Exit { return p.exit }

// Stop asks the process to end (SIGTERM, unless [Runner.Serve] was told otherwise), kills it after the timeout, and
// returns when it has ended. The timeout is real time. Further calls wait for the first one's outcome.
func (p *Process) Stop(timeout time.Duration) {
	p.stopOnce.Do(func() { p.stop(timeout) })
	<-p.done
}

func (p *Process) stop(timeout time.Duration) {
	p.signal(p.ask)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.Kill()
	}
}

// Kill ends the whole process group at once and does not wait for it.
func (p *Process) Kill() { p.signal(syscall.SIGKILL) }

// signal sends to the process group. It may have ended already, which is no error.
func (p *Process) signal(signal syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, signal)
	}
}

// start runs the command with its output on a pipe and a goroutine that follows it to its end.
func start(launch *launcher, cmd *exec.Cmd, port *reservedPort, root *Root, output func(string)) (*Process, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("opening a pipe for the output: %w", err)
	}
	cmd.Stdout, cmd.Stderr = writer, writer
	started, err := launch.start(cmd)
	if err := errors.Join(err, writer.Close()); err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	process := &Process{cmd: started, port: port, root: root, ask: syscall.SIGTERM, done: make(chan struct{})}
	go process.follow(reader, output)
	return process, nil
}

// startCopy starts a copy of the command: an exec.Cmd whose start failed cannot be started again.
func startCopy(template *exec.Cmd) (*exec.Cmd, error) {
	cmd := &exec.Cmd{
		Path: template.Path, Args: template.Args, Env: template.Env, Dir: template.Dir,
		Stdout: template.Stdout, Stderr: template.Stderr, SysProcAttr: template.SysProcAttr,
	}
	return cmd, cmd.Start() //nolint:wrapcheck // names the program already
}

func (p *Process) follow(reader *os.File, output func(string)) {
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		eachLine(reader, output)
	}()
	err := p.cmd.Wait()
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // what the entry point left behind
	select {
	case <-delivered:
	case <-time.After(outputGrace): // a descendant left the group and holds the pipe
	}
	_ = reader.Close()
	<-delivered
	p.port.release()
	if p.root != nil && p.root.leave != nil {
		p.root.leave()
	}
	p.exit = exitOf(p.cmd.ProcessState, err)
	close(p.done)
}

func exitOf(state *os.ProcessState, err error) Exit {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return Exit{Code: signalExitBase + int(status.Signal()), Signal: status.Signal()}
	}
	if err != nil && state.Success() {
		return Exit{Code: 1}
	}
	return Exit{Code: state.ExitCode()}
}

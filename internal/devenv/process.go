package devenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// stopTimeout is how long a process may take to end after SIGTERM.
const stopTimeout = 15 * time.Second

// Process is a program that runs beside this one. It does not outlive it.
type Process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	once sync.Once
}

// start runs a program, with its output in log and its environment added to this process's.
func start(name string, log io.Writer, env []string, program string, args ...string) (*Process, error) {
	process := &Process{
		name: name, done: make(chan struct{}),
		cmd: exec.Command(program, args...), //nolint:gosec,noctx // ended by Stop; running what it is told is its purpose
	}
	process.cmd.Env = append(os.Environ(), env...)
	process.cmd.Stdout, process.cmd.Stderr = log, log
	process.cmd.SysProcAttr = ownGroup()
	started := make(chan error)
	go process.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return process, nil
}

// run keeps its thread: on Linux a process is killed when the thread that started it ends.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait() // how it ended does not matter to those who wait for it
		close(p.done)
	}
}

// Stop asks the process to end, and makes it if it does not.
func (p *Process) Stop() error {
	p.once.Do(func() { _ = p.cmd.Process.Signal(syscall.SIGTERM) })
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTimeout):
		return errors.Join(fmt.Errorf("%s did not end within %s", p.name, stopTimeout), p.Kill())
	}
}

// Kill ends the process at once, as SIGKILL or a lost machine would.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing %s: %w", p.name, err)
	}
	<-p.done
	return nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// waitFor asks again and again until the answer is nil, the process ends or the context does.
func (p *Process) waitFor(ctx context.Context, ask func(context.Context) error) error {
	const pause = 50 * time.Millisecond
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-p.done:
			return fmt.Errorf("%s ended before it was ready: %w", p.name, err)
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", p.name, errors.Join(ctx.Err(), err))
		}
	}
}

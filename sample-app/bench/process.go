package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 10 * time.Second
	stopTimeout  = 5 * time.Second
	pollInterval = 100 * time.Microsecond
	// rest is how long a process does nothing before its memory is measured.
	rest = 200 * time.Millisecond
)

var errNoMemory = errors.New("there is no VmRSS in it")

// process is a running server.
type process struct {
	command *exec.Cmd // nil if somebody else started it
	address string
	// took is the time from the start to the first 200.
	took time.Duration
}

// build makes the binary as the Dockerfile does.
func build(ctx context.Context, binary string) error {
	const program = "github.com/ecsapp-dev/ecsapp-operator/sample-app"
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, program) //nolint:gosec // ours
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building the items API: %w\n%s", err, output)
	}
	return nil
}

// start runs a program on a free port until it answers /health. The program finds the port in its environment, and the
// address after its arguments, if it has any. What it writes is dropped.
func start(ctx context.Context, program string, args ...string) (*process, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort("127.0.0.1", port)
	if len(args) > 0 {
		args = append(args, address)
	}
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // what build made, or this program
	command.Env = []string{"HOST=127.0.0.1", "PORT=" + port, "DRAIN_PAUSE=0s"}
	begin := time.Now()
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	server := &process{command: command, address: address}
	if err := server.await(ctx); err != nil {
		server.stop()
		return nil, err
	}
	server.took = time.Since(begin)
	return server, nil
}

func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/health", http.NoBody)
		if err != nil {
			return fmt.Errorf("preparing a health check: %w", err)
		}
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", p.command.Path, errors.Join(ctx.Err(), err))
		case <-time.After(pollInterval):
		}
	}
}

// running is a server that somebody else started, and will end.
func running(address string) *process { return &process{address: address} }

// stop ends the process. How it ends is of no interest to a benchmark.
func (p *process) stop() {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Signal(syscall.SIGTERM)
	impatience := time.AfterFunc(stopTimeout, func() { _ = p.command.Process.Kill() })
	defer impatience.Stop()
	_ = p.command.Wait()
}

// memory is the resident size of a process that rests, in bytes.
func (p *process) memory(ctx context.Context) (int64, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(rest):
	}
	path := "/proc/" + strconv.Itoa(p.command.Process.Pid) + "/status"
	status, err := os.ReadFile(path) //nolint:gosec // of a process that we started
	if err != nil {
		return 0, fmt.Errorf("measuring memory: %w", err)
	}
	_, after, found := strings.Cut(string(status), "VmRSS:")
	if fields := strings.Fields(after); found && len(fields) > 0 {
		kibibytes, err := strconv.ParseInt(fields[0], 10, 64)
		if err == nil {
			return kibibytes << 10, nil
		}
	}
	return 0, fmt.Errorf("reading %s: %w", path, errNoMemory)
}

func freePort(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err := errors.Join(err, listener.Close()); err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return port, nil
}

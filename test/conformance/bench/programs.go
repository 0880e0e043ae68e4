package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// starter starts an AWS on a free port and returns when it answers.
type starter func(context.Context) (*endpoint, error)

// endpoint is a running program.
type endpoint struct {
	url   string
	pid   int
	ready time.Duration // from start to the first answer
	stop  func()
}

// build compiles awssim into a folder and returns the program.
func build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "awssim")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/awssim").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building awssim: %w\n%s", err, output)
	}
	return program, nil
}

func awssim(program string) starter {
	return func(ctx context.Context) (*endpoint, error) {
		return start(ctx, "/_awssim/health", func(address string) *exec.Cmd {
			return exec.CommandContext(ctx, program, "--listen", address, "--speed", "0", "--quiet")
		})
	}
}

func moto(ctx context.Context) (*endpoint, error) {
	return start(ctx, "/moto-api/data.json", func(address string) *exec.Cmd {
		_, port, _ := net.SplitHostPort(address)
		return exec.CommandContext(ctx, "moto_server", "-H", "127.0.0.1", "-p", port)
	})
}

func start(ctx context.Context, health string, command func(address string) *exec.Cmd) (*endpoint, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	var output bytes.Buffer
	process := command(address)
	process.Stdout, process.Stderr = &output, &output
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	started := time.Now()
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", process.Path, err)
	}
	made := &endpoint{url: "http://" + address, pid: process.Process.Pid, stop: func() {
		_ = syscall.Kill(-process.Process.Pid, syscall.SIGKILL)
		_ = process.Wait()
	}}
	if err := awaitAnswer(ctx, made.url+health); err != nil {
		made.stop()
		return nil, fmt.Errorf("%w\n%s", err, output.String())
	}
	made.ready = time.Since(started)
	return made, nil
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

func awaitAnswer(ctx context.Context, url string) error {
	const patience, pause = time.Minute, time.Millisecond
	for started := time.Now(); time.Since(started) < patience; time.Sleep(pause) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("asking %s: %w", url, err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			continue
		}
		if err := response.Body.Close(); err == nil && response.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.New(url + " does not answer")
}

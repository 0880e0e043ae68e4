package ecs

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecr"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
)

// WithPlaceholders runs a web server that answers 200 on every path, in HTTP/1.1 and HTTP/2, in the place of images whose
// registry cannot be reached. Services say so in their events.
func WithPlaceholders(plain Containers) Containers {
	return &placeholders{Containers: plain, live: make(map[*placeholder]struct{})}
}

type placeholders struct {
	Containers

	mu     sync.Mutex
	closed bool
	live   map[*placeholder]struct{}
}

// Pull returns a placeholder for an image that cannot be reached.
func (p *placeholders) Pull(ctx context.Context, reference string) (Image, error) {
	image, err := p.Containers.Pull(ctx, reference)
	if errors.Is(err, ecr.ErrUnreachable) {
		return &placeholderImage{owner: p, reference: reference}, nil
	}
	return image, err
}

// Close ends the placeholders and whatever else runs.
func (p *placeholders) Close() error {
	p.mu.Lock()
	p.closed = true
	for running := range p.live {
		running.end(killedCode)
	}
	p.mu.Unlock()
	return p.Containers.Close()
}

// killedCode is the exit code of a container that was killed.
const killedCode = 137

type placeholderImage struct {
	owner     *placeholders
	reference string
}

// Digest is made of the reference: there is no manifest.
func (i *placeholderImage) Digest() string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(i.reference)))
}

// Notice is what the service's events say about the image.
func (i *placeholderImage) Notice() string {
	return fmt.Sprintf("awssim runs a placeholder instead of the image %s, whose registry it cannot reach.", i.reference)
}

// Start starts the web server.
func (i *placeholderImage) Start(_ *ContainerSpec, _ []process.Mount, output func(line string)) (Container, error) {
	socket, err := net.Listen("tcp4", "127.0.0.1:0") //nolint:noctx // instantaneous
	if err != nil {
		return nil, fmt.Errorf("CannotStartContainerError: %w", err)
	}
	started := &placeholder{address: socket.Addr().String(), done: make(chan struct{})}
	started.server = &http.Server{
		Handler: http.HandlerFunc(i.answer), Protocols: new(http.Protocols),
		ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
	}
	started.server.Protocols.SetHTTP1(true)
	started.server.Protocols.SetUnencryptedHTTP2(true)
	i.owner.mu.Lock()
	defer i.owner.mu.Unlock()
	if i.owner.closed {
		return nil, errors.Join(ErrClosed, socket.Close())
	}
	i.owner.live[started] = struct{}{}
	started.forget = func() {
		i.owner.mu.Lock()
		defer i.owner.mu.Unlock()
		delete(i.owner.live, started)
	}
	go func() { _ = started.server.Serve(socket) }()
	output(i.Notice())
	return started, nil
}

// answer answers 200; calls of gRPC that there is no such method, which load balancers take for healthy by default.
func (i *placeholderImage) answer(w http.ResponseWriter, r *http.Request) {
	const called, unimplemented = "application/grpc", "12"
	if strings.HasPrefix(r.Header.Get("Content-Type"), called) {
		w.Header().Set("Content-Type", called)
		w.Header().Set("Grpc-Status", unimplemented)
		return
	}
	_, _ = io.WriteString(w, i.Notice()+"\n")
}

// placeholder is a container that is a goroutine.
type placeholder struct {
	address string
	server  *http.Server
	forget  func()
	once    sync.Once
	done    chan struct{}
	code    int
}

// Address is where the web server listens.
func (p *placeholder) Address() string { return p.address }

// Done is closed when the web server has ended.
func (p *placeholder) Done() <-chan struct{} { return p.done }

// ExitCode is 0 unless the placeholder was killed.
func (p *placeholder) ExitCode() int { return p.code }

// Stop lets requests under way finish within the timeout.
func (p *placeholder) Stop(timeout time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	_ = p.server.Shutdown(ctx) // what is left is cut off by end
	p.end(0)
	p.forget()
}

// Check passes: a placeholder is always healthy.
func (p *placeholder) Check(context.Context, []string) (int, error) { return 0, nil }

// Usage is nothing: the web server is the simulator's own.
func (p *placeholder) Usage() (time.Duration, int64, bool) { return 0, 0, true }

func (p *placeholder) end(code int) {
	p.once.Do(func() {
		_ = p.server.Close()
		p.code = code
		close(p.done)
	})
}

package ecr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Why an image cannot be pulled.
var (
	// ErrReference means that the text is no image reference.
	ErrReference = errors.New("invalid reference format")
	// ErrNotFound means that the repository, or the tag or digest in it, does not exist.
	ErrNotFound = errors.New("not found")
	// ErrUnreachable means that the registry is not one of the simulator's.
	ErrUnreachable = errors.New("i/o timeout")
	// ErrPlatform means that an index has no image for this machine.
	ErrPlatform = errors.New("no image for the platform")
)

// Pull returns the image of a reference such as
// 123456789012.dkr.ecr.us-east-1.amazonaws.com/items:1.0.0, of this machine's platform if there is a choice. Its
// layers are read when they are used.
func (s *Service) Pull(ctx context.Context, reference string) (v1.Image, error) {
	parsed, err := name.ParseReference(reference)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReference, err)
	}
	if !registryHost.MatchString(parsed.Context().RegistryStr()) {
		return nil, ErrUnreachable
	}
	descriptor, err := remote.Get(parsed, remote.WithContext(ctx), remote.WithTransport(inProcess{s}),
		remote.WithPlatform(v1.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}))
	if answer, ok := errors.AsType[*transport.Error](err); ok && answer.StatusCode == http.StatusNotFound {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("pulling %s: %w", reference, err)
	}
	pulled, err := descriptor.Image()
	if err != nil && descriptor.MediaType.IsIndex() {
		return nil, ErrPlatform
	}
	if err != nil {
		return nil, fmt.Errorf("pulling %s: %w", reference, err)
	}
	return pulled, nil
}

// inProcess carries requests to a registry that is part of this program.
type inProcess struct{ handler http.Handler }

// RoundTrip serves the request in a goroutine that ends when the answer is read or its body closed.
func (t inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	reader, writer := io.Pipe()
	answer := &pipedAnswer{header: make(http.Header), body: writer, started: make(chan struct{})}
	served := request.Clone(request.Context())
	served.Host = request.URL.Host
	if served.Body == nil {
		served.Body = http.NoBody
	}
	go func() {
		defer func() { _ = writer.Close() }()
		t.handler.ServeHTTP(answer, served)
		answer.WriteHeader(http.StatusOK)
	}()
	select {
	case <-answer.started:
		return answer.response(request, reader), nil
	case <-request.Context().Done():
		_ = reader.CloseWithError(request.Context().Err())
		return nil, request.Context().Err()
	}
}

// pipedAnswer is an http.ResponseWriter whose body can be read while it is written.
type pipedAnswer struct {
	header  http.Header
	body    *io.PipeWriter
	once    sync.Once
	started chan struct{}
	status  int         // set before started is closed
	sent    http.Header // set before started is closed
}

// Header returns the headers that are sent with the first byte.
func (a *pipedAnswer) Header() http.Header { return a.header }

// WriteHeader sends status and headers, once.
func (a *pipedAnswer) WriteHeader(status int) {
	a.once.Do(func() {
		a.status, a.sent = status, a.header.Clone()
		close(a.started)
	})
}

// Write sends a part of the body.
func (a *pipedAnswer) Write(part []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(part) //nolint:wrapcheck // as io.Writer wants it
}

func (a *pipedAnswer) response(request *http.Request, body io.ReadCloser) *http.Response {
	length := int64(-1)
	if text := a.sent.Get("Content-Length"); text != "" {
		if _, err := fmt.Sscan(text, &length); err != nil {
			length = -1
		}
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.sent, Body: body, ContentLength: length, Request: request,
	}
}

// Package sturdy is an HTTP client under the AWS SDK for a server that answers sooner than any real AWS.
//
// The SDK closes a request's body as soon as the answer's header is there, and from then on its body's WriteTo returns io.EOF as
// an error (smithy-go 1.28, transport/http/internal/io/safe.go). If net/http is still looking for the end of the body then, it
// takes that for a failure and cuts the connection, and the rest of the answer is lost. Users need not care: what they call is
// tried again.
package sturdy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Client returns a client that sends a copy of each request's body.
func Client() *http.Client { return &http.Client{Transport: transport{}} }

type transport struct{}

// RoundTrip sends the request.
func (transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, fmt.Errorf("reading the request: %w", err)
		}
		if err := request.Body.Close(); err != nil {
			return nil, fmt.Errorf("closing the request: %w", err)
		}
		request = request.Clone(request.Context())
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("sending: %w", err)
	}
	return response, nil
}

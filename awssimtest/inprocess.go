package awssimtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"syscall"
)

// HTTPClient returns a client whose requests the simulator serves in the same process, wherever they are addressed to: an SDK
// that uses it needs no endpoint. Nothing of it touches the network, so that it works inside a bubble of testing/synctest, where
// time is virtual: with Speed(1) a stack takes as long as on AWS, and the test milliseconds.
//
//	synctest.Test(t, func(t *testing.T) {
//		sim := awssimtest.Start(t, awssimtest.Speed(1))
//		stacks := cloudformation.New(cloudformation.Options{Region: awssimtest.Region, HTTPClient: sim.HTTPClient(), ...})
//
// The simulator has to be started inside the bubble, and its URL not be asked for there. Tasks of ECS are processes and load
// balancers listen: the time of a bubble stands still while they run.
func (s *Simulator) HTTPClient() *http.Client {
	return &http.Client{Transport: inProcess{s.server}}
}

// inProcess serves requests by a handler.
type inProcess struct{ handler http.Handler }

// RoundTrip returns the handler's answer, or an error where the handler cut the connection.
func (p inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	served := request.Clone(request.Context())
	served.RequestURI = request.URL.RequestURI()
	served.RemoteAddr = "127.0.0.1:0"
	if served.Host == "" {
		served.Host = request.URL.Host
	}
	if served.Body == nil {
		served.Body = http.NoBody
	}
	writer, ended := &recording{header: make(http.Header)}, make(chan struct{})
	go func() {
		defer close(ended)
		p.serve(writer, served)
	}()
	select {
	case <-request.Context().Done():
		return nil, fmt.Errorf("waiting for the answer: %w", request.Context().Err())
	case <-ended:
	}
	if writer.cut {
		return nil, fmt.Errorf("reading the answer: %w", syscall.ECONNRESET)
	}
	return writer.response(request), nil
}

// serve runs the handler, and closes the request's body, as transports do.
func (p inProcess) serve(writer *recording, request *http.Request) {
	defer func() {
		_ = request.Body.Close()
		switch problem := recover(); problem {
		case nil:
		case http.ErrAbortHandler: // this is how handlers cut a connection
			writer.cut = true
		default:
			panic(problem)
		}
	}()
	p.handler.ServeHTTP(writer, request)
}

// recording keeps what a handler answers.
type recording struct {
	header http.Header
	status int
	sent   http.Header
	body   bytes.Buffer
	cut    bool // there is no answer
}

// Header returns the header that the handler may still change.
func (r *recording) Header() http.Header { return r.header }

// WriteHeader sets the status, once.
func (r *recording) WriteHeader(status int) {
	if r.status == 0 {
		r.status, r.sent = status, r.header.Clone()
	}
}

// Write keeps a part of the body.
func (r *recording) Write(part []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(part) //nolint:wrapcheck // it never fails
}

func (r *recording) response(request *http.Request) *http.Response {
	r.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)), StatusCode: r.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.sent, Body: io.NopCloser(&r.body), ContentLength: int64(r.body.Len()),
		Request: request,
	}
}

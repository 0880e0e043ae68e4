package elb

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
)

// probe sends one health check. Each has a connection of its own ("Health checks", user guide).
func (c *healthCheck) probe(ctx context.Context, checked *target) verdict {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	address := checked.at(c.port)
	if address == "" { // an address of the VPC where nobody is
		return failed(syscall.ECONNREFUSED)
	}
	if c.protocol == protocolTCP {
		return connect(ctx, address)
	}
	return c.ask(ctx, checked, address)
}

func connect(ctx context.Context, address string) verdict {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return failed(err)
	}
	_ = connection.Close()
	return verdict{ok: true}
}

func (c *healthCheck) ask(ctx context.Context, checked *target, address string) verdict {
	transport := &http.Transport{
		DisableKeepAlives: !c.grpc && !c.http2, TLSClientConfig: targetTLS(), Protocols: protocolsOf(c.grpc || c.http2),
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport: transport, CheckRedirect: stay,
	}
	request, err := c.request(ctx, checked, address)
	if err != nil {
		return verdict{failed: Health{Unhealthy, "Elb.InternalError", err.Error()}}
	}
	response, err := client.Do(request)
	if err != nil {
		return failed(err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20)) //nolint:mnd // 1 MiB is plenty
	_ = response.Body.Close()
	code := response.StatusCode
	if c.grpc {
		code = grpcStatus(response)
	}
	if c.accepts(code) {
		return verdict{ok: true}
	}
	return verdict{failed: Health{
		Unhealthy, "Target.ResponseCodeMismatch", fmt.Sprintf("Health checks failed with these codes: [%d]", code),
	}}
}

func (c *healthCheck) request(ctx context.Context, checked *target, address string) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if c.grpc {
		const emptyMessage = "\x00\x00\x00\x00\x00" // not compressed, of length 0
		method, body = http.MethodPost, strings.NewReader(emptyMessage)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.ToLower(c.protocol)+"://"+address+c.path, body)
	if err != nil {
		return nil, fmt.Errorf("making a health check: %w", err)
	}
	request.Host = net.JoinHostPort(checked.ID, strconv.Itoa(positive(c.port, checked.Port)))
	request.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	if c.grpc {
		request.Header.Set("Content-Type", "application/grpc")
		request.Header.Set("TE", "trailers")
	}
	return request, nil
}

// grpcStatus is the status of a call of gRPC: in the trailers, or in the headers of an answer that has no body. An answer
// without one is UNKNOWN (2).
func grpcStatus(response *http.Response) int {
	for _, header := range []http.Header{response.Trailer, response.Header} {
		if code, err := strconv.Atoi(header.Get("Grpc-Status")); err == nil {
			return code
		}
	}
	const unknown = 2
	return unknown
}

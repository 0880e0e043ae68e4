// Package connect is the proxy of ECS Service Connect: it listens at an address of the loopback interface of its own, and
// balances what comes over the tasks of a service, by request or by connection.
//
// On AWS every task has a proxy beside it. Here one serves all tasks that know an alias. Answers of its own, retries and limits
// are those of Envoy, as Service Connect sets it up ("Service Connect", developer guide).
package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
)

// Protocols of applications; all else is TCP (PortMapping, API reference).
const (
	HTTP  = "http"
	HTTP2 = "http2"
	GRPC  = "grpc"
)

// Defaults of limits ("Service Connect parameters", developer guide).
const (
	standardIdle    = 5 * time.Minute // of connections with HTTP
	standardIdleTCP = time.Hour
	standardRequest = 15 * time.Second
)

// attempts is how often a target is looked for: two retries ("Service Connect parameters", developer guide).
const attempts = 3

// dialing is how long a target may take to accept a connection; real time.
const dialing = 5 * time.Second

// Spec says where a proxy listens and what it forwards.
type Spec struct {
	Host     string // where it has to listen; empty for an address of its own
	Port     int
	Protocol string
	// Idle and Request limit what nothing happens on, and requests; real time. Nil is the default, 0 no limit.
	Idle, Request *time.Duration
	// Choose returns the address of the next target, which is none of those that were tried.
	Choose func(tried []string) (string, bool)
}

// Proxy listens until it is closed.
type Proxy struct {
	spec     Spec
	endpoint process.Endpoint
	socket   net.Listener
	server   *http.Server    // nil for TCP
	life     context.Context //nolint:containedctx // ends with Close
	end      context.CancelFunc
}

// Listen begins to forward.
func Listen(spec Spec) (*Proxy, error) {
	endpoint, err := reserve(spec.Host, spec.Port)
	if err != nil {
		return nil, err
	}
	socket, err := net.Listen("tcp4", net.JoinHostPort(endpoint.Host(), strconv.Itoa(spec.Port))) //nolint:noctx // instantaneous
	if err != nil {
		endpoint.Release()
		return nil, fmt.Errorf("listening for clients of Service Connect: %w", err)
	}
	made := &Proxy{spec: spec, endpoint: endpoint, socket: socket}
	made.life, made.end = context.WithCancel(context.Background())
	if made.spec.Protocol == HTTP || made.spec.Protocol == HTTP2 || made.spec.Protocol == GRPC {
		made.server = made.httpServer()
		go func() { _ = made.server.Serve(socket) }()
	} else {
		go made.accept()
	}
	return made, nil
}

// errPort says that a port is not to be had.
var errPort = errors.New("awssim cannot listen for clients of Service Connect")

func reserve(host string, port int) (process.Endpoint, error) {
	take := process.Reserve
	if host != "" {
		take = func(port int) (process.Endpoint, error) { return process.ReserveAt(host, port) }
	}
	found, err := take(port)
	switch {
	case err != nil:
		return process.Endpoint{}, fmt.Errorf("%w: %w", errPort, err)
	case found.Port() != port || (host != "" && found.Host() != host):
		found.Release()
		return process.Endpoint{}, fmt.Errorf("%w: port %d of the loopback interface is taken, or not for this user", errPort, port)
	}
	return found, nil
}

// Host is the address at which the proxy listens.
func (p *Proxy) Host() string { return p.endpoint.Host() }

// Close cuts all connections. It does not wait.
func (p *Proxy) Close() error {
	p.end()
	p.endpoint.Release()
	if p.server != nil {
		return p.server.Close() //nolint:wrapcheck // names the socket
	}
	return p.socket.Close() //nolint:wrapcheck // names the socket
}

func within(given *time.Duration, standard time.Duration) time.Duration {
	if given == nil {
		return standard
	}
	return *given
}

func (p *Proxy) httpServer() *http.Server {
	spoken := new(http.Protocols)
	spoken.SetHTTP1(p.spec.Protocol == HTTP)
	spoken.SetUnencryptedHTTP2(p.spec.Protocol != HTTP)
	idle := within(p.spec.Idle, standardIdle)
	quiet := log.New(io.Discard, "", 0)
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.Host = "http", r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
			r.Out.Header.Set("X-Forwarded-Proto", "http")
		},
		Transport: &balanced{
			choose: p.spec.Choose,
			under: &http.Transport{
				DialContext: (&net.Dialer{Timeout: dialing}).DialContext, Protocols: spoken, DisableCompression: true,
				IdleConnTimeout: idle, MaxIdleConnsPerHost: 16,
			},
		},
		FlushInterval: -1, ErrorHandler: refuse, ErrorLog: quiet,
	}
	limit := within(p.spec.Request, standardRequest)
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if limit > 0 && r.Header.Get("Upgrade") == "" {
				ctx, cancel := context.WithTimeout(r.Context(), limit)
				defer cancel()
				r = r.WithContext(ctx)
			}
			forward.ServeHTTP(w, r)
		}),
		Protocols: spoken, IdleTimeout: idle, ReadHeaderTimeout: time.Minute, ErrorLog: quiet,
	}
}

// errNobody says that no target is healthy.
var errNobody = errors.New("no healthy upstream")

// refuse answers as Envoy does.
func refuse(w http.ResponseWriter, _ *http.Request, err error) {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		http.Error(w, "upstream request timeout", http.StatusGatewayTimeout)
	case errors.Is(err, errNobody):
		http.Error(w, errNobody.Error(), http.StatusServiceUnavailable)
	default:
		http.Error(w, "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
			http.StatusServiceUnavailable)
	}
}

// balanced sends each request to the next target; to another one if it does not take connections.
type balanced struct {
	choose func([]string) (string, bool)
	under  *http.Transport
}

// RoundTrip sends a request. What was sent is not sent again.
func (b *balanced) RoundTrip(request *http.Request) (*http.Response, error) {
	var tried []string
	last := errNobody
	for len(tried) < attempts {
		target, ok := b.choose(tried)
		if !ok {
			break
		}
		tried = append(tried, target)
		sent := request.Clone(request.Context())
		sent.URL.Host = target
		answer, err := b.under.RoundTrip(sent)
		if failed, ok := errors.AsType[*net.OpError](err); !ok || failed.Op != "dial" {
			return answer, err //nolint:wrapcheck // refuse words it
		}
		last = err
	}
	return nil, last
}

// accept forwards connections.
func (p *Proxy) accept() {
	for {
		client, err := p.socket.Accept()
		if err != nil {
			return
		}
		go p.carry(client)
	}
}

// carry connects a client with the next target. Without one the connection is closed.
func (p *Proxy) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	target := p.dial()
	if target == nil {
		return
	}
	defer func() { _ = target.Close() }()
	idle := within(p.spec.Idle, standardIdleTCP)
	done := make(chan struct{}, 2) // both directions
	for _, way := range [][2]net.Conn{{client, target}, {target, client}} {
		go func() {
			copyIdle(way[1], way[0], idle)
			done <- struct{}{}
		}()
	}
	for range 2 {
		select {
		case <-done:
		case <-p.life.Done():
			return
		}
	}
}

func (p *Proxy) dial() net.Conn {
	var tried []string
	for len(tried) < attempts {
		address, ok := p.spec.Choose(tried)
		if !ok {
			return nil
		}
		tried = append(tried, address)
		dialer := net.Dialer{Timeout: dialing}
		if found, err := dialer.DialContext(p.life, "tcp4", address); err == nil {
			return found
		}
	}
	return nil
}

// copyIdle copies until one side ends, and tells the other, or until nothing comes for too long.
func copyIdle(to, from net.Conn, idle time.Duration) {
	const size = 32 << 10
	buffer := make([]byte, size)
	for {
		if idle > 0 {
			_ = from.SetReadDeadline(time.Now().Add(idle)) // fails if it is closed, as reading then does
		}
		count, err := from.Read(buffer)
		if count > 0 {
			if _, err := to.Write(buffer[:count]); err != nil {
				_ = from.Close()
				return
			}
		}
		if errors.Is(err, io.EOF) {
			if half, ok := to.(*net.TCPConn); ok {
				_ = half.CloseWrite() // fails if it is closed
			}
			return
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}

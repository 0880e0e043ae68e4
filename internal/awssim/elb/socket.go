package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// readHeader bounds how long a client may take to send its first byte, its handshake or its request's headers; real time.
const readHeader = time.Minute

// tlsHandshake is the first byte of every TLS connection, and of no HTTP request (RFC 8446, section 5.1).
const tlsHandshake = 0x16

// socket is a loopback port of a load balancer: its front door, where its DNS name leads, or that of one listener.
type socket struct {
	service  *Service
	balancer *balancer
	listener *listener // nil for the front door
	accept   net.Listener
	address  string // host:port
	port     string
}

// arrival is a connection that came through a socket. Its first byte was read, and is read again.
type arrival struct {
	net.Conn

	socket *socket
	first  []byte
}

// Read reads the first byte once more.
func (a *arrival) Read(into []byte) (int, error) {
	if len(a.first) > 0 && len(into) > 0 {
		into[0] = a.first[0]
		a.first = a.first[1:]
		return 1, nil
	}
	return a.Conn.Read(into) //nolint:wrapcheck // this is the connection
}

// CloseWrite passes on that nothing more will come.
func (a *arrival) CloseWrite() error {
	half, ok := a.Conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	return half.CloseWrite() //nolint:wrapcheck // this is the connection
}

// open lets a load balancer listen at its front door. Call it locked.
func (s *Service) open(made *balancer) error {
	var err error
	if made.front, err = s.listen(made, nil, anyPort); err != nil {
		return err
	}
	return nil
}

// anyPort is an address with a free port.
const anyPort = "127.0.0.1:0"

// listen opens a socket of a load balancer at an address.
func (s *Service) listen(owner *balancer, of *listener, at string) (*socket, error) {
	accept, err := net.Listen("tcp4", at) //nolint:noctx // instantaneous
	if err != nil {
		return nil, fmt.Errorf("listening for %s: %w", owner.Name, err)
	}
	address := accept.Addr().String()
	_, port, _ := net.SplitHostPort(address) // an address has a port
	opened := &socket{service: s, balancer: owner, listener: of, accept: accept, address: address, port: port}
	plain, secure := newQueue(accept.Addr()), newQueue(accept.Addr())
	if owner.Type == applicationType {
		s.serve(owner, plain, secure)
	}
	s.work.Go(func() {
		defer plain.shut()
		defer secure.shut()
		opened.acceptAll(plain, secure)
	})
	return opened, nil
}

// serve lets the servers of an application load balancer take connections from queues.
func (s *Service) serve(owner *balancer, plain, secure *queue) {
	if owner.plain == nil {
		owner.plain, owner.secure = s.server(owner), s.server(owner)
		owner.secure.TLSConfig = &tls.Config{
			GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) { return s.greet(owner, hello) },
		}
	}
	s.work.Go(func() { _ = owner.plain.Serve(plain) }) // both end with close
	s.work.Go(func() { _ = owner.secure.ServeTLS(secure, "", "") })
}

var errNoListener = errors.New("no listener takes this connection")

type arrivalKey struct{}

func (s *Service) server(owner *balancer) *http.Server {
	return &http.Server{
		Handler:           &frontend{service: s, balancer: owner},
		ReadHeaderTimeout: readHeader, ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
			if secured, ok := connection.(*tls.Conn); ok {
				connection = secured.NetConn()
			}
			return context.WithValue(ctx, arrivalKey{}, connection)
		},
	}
}

// greet finds the certificate and policy for a connection.
func (s *Service) greet(owner *balancer, hello *tls.ClientHelloInfo) (*tls.Config, error) {
	came, ok := hello.Conn.(*arrival)
	if !ok {
		return nil, errNoListener
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := came.socket.leadsTo(true)
	if found == nil {
		return nil, errNoListener
	}
	return s.secureConfig(owner, found, hello), nil
}

// leadsTo is the listener behind a socket, for connections with TLS or without. The front door leads to the one with the
// lowest port of its kind, and in a network load balancer to the one with the lowest port. Call it locked.
func (o *socket) leadsTo(secure bool) *listener {
	if o.listener != nil {
		if o.service.listeners[o.listener.arn] == nil {
			return nil
		}
		return o.listener
	}
	for _, candidate := range o.service.listenersOf(o.balancer.arn) {
		if o.balancer.Type == networkType || candidate.secure() == secure {
			return candidate
		}
	}
	return nil
}

func (o *socket) acceptAll(plain, secure *queue) {
	for {
		connection, err := o.accept.Accept()
		if err != nil {
			return // closed
		}
		came := &arrival{Conn: connection, socket: o}
		if o.balancer.Type == networkType {
			o.service.work.Go(func() { o.service.relay(came) })
			continue
		}
		o.service.work.Go(func() { came.enqueue(plain, secure) })
	}
}

// enqueue looks at the first byte and hands the connection over.
func (a *arrival) enqueue(plain, secure *queue) {
	ended := context.AfterFunc(a.socket.service.life, func() { _ = a.Close() })
	defer ended()
	first := make([]byte, 1)
	_ = a.SetReadDeadline(time.Now().Add(readHeader))
	if _, err := io.ReadFull(a.Conn, first); err != nil {
		_ = a.Close()
		return
	}
	_ = a.SetReadDeadline(time.Time{})
	a.first = first
	if first[0] == tlsHandshake {
		secure.put(a)
		return
	}
	plain.put(a)
}

func (o *socket) close() { _ = o.accept.Close() }

// close ends the listening and the connections of a load balancer.
func (b *balancer) close() error {
	b.front.close()
	var failures []error
	for _, server := range []*http.Server{b.plain, b.secure} {
		if server == nil {
			continue
		}
		if err := server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			failures = append(failures, fmt.Errorf("closing %s: %w", b.Name, err))
		}
	}
	return errors.Join(failures...)
}

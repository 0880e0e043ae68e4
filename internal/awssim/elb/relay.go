package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"hash/fnv"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// defaultTCPIdle is how long a connection through a TLS listener may be silent; it cannot be changed.
const defaultTCPIdle = 350 * time.Second

// route is where a network load balancer sends a connection.
type route struct {
	listener *listener
	target   *target
	scheme   string
	idle     time.Duration
}

// relay passes a connection of a network load balancer to a target: bytes, both ways, until both sides have ended or
// nothing was said for the idle timeout.
func (s *Service) relay(came *arrival) {
	defer func() { _ = came.Close() }()
	decided, ok := s.route(came)
	if !ok {
		return // there is nobody to answer: the connection is closed
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		decided.target.release()
	}()
	dialer := &net.Dialer{Timeout: connectTimeout}
	onward, err := dialer.DialContext(s.life, "tcp", decided.target.Address)
	if err != nil {
		return
	}
	defer func() { _ = onward.Close() }()
	ended := context.AfterFunc(s.life, func() {
		_ = came.Close()
		_ = onward.Close()
	})
	defer ended()
	var client net.Conn = came
	if decided.listener.secure() {
		client = tls.Server(came, &tls.Config{
			GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) { return s.greet(came.socket.balancer, hello) },
		})
	}
	if decided.scheme == protocolTLS {
		onward = tls.Client(onward, targetTLS())
	}
	join(client, onward, decided.idle)
}

// route chooses a target for a connection and reserves it.
func (s *Service) route(came *arrival) (route, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	through := came.socket.leadsTo(false)
	if through == nil {
		return route{}, false
	}
	group := s.groups[pick(through.defaults.Actions[0].groups())]
	if group == nil {
		return route{}, false
	}
	chosen := group.acquireFor(came.RemoteAddr())
	if chosen == nil {
		return route{}, false
	}
	decided := route{listener: through, target: chosen, scheme: group.Protocol, idle: defaultTCPIdle}
	if through.Protocol == protocolTCP {
		decided.idle = lasting(through.attributes, tcpIdleTimeout)
	}
	return decided, true
}

// acquireFor chooses a target for a connection: the same one for the same client if the group is sticky.
func (g *group) acquireFor(client net.Addr) *target {
	eligible := g.eligible()
	if !g.sticky() || len(eligible) == 0 {
		return g.acquire("")
	}
	host, _, err := net.SplitHostPort(client.String())
	if err != nil {
		host = client.String()
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(host))
	chosen := eligible[int(hash.Sum32())%len(eligible)]
	chosen.inFlight++
	return chosen
}

// joint is two connections that are passed on to each other.
type joint struct {
	idle time.Duration
	last atomic.Int64 // when something was said, in nanoseconds since 1970
}

// join copies both ways. Each direction ends by itself, so that one side may finish speaking and go on listening.
func join(client, target net.Conn, idle time.Duration) {
	both := &joint{idle: idle}
	done := make(chan struct{})
	go func() {
		defer close(done)
		both.pass(target, client)
	}()
	both.pass(client, target)
	<-done
}

func (j *joint) pass(to, from net.Conn) {
	const chunk = 32 << 10
	buffer := make([]byte, chunk)
	for {
		_ = from.SetReadDeadline(time.Now().Add(j.idle))
		count, err := from.Read(buffer)
		if count > 0 {
			j.last.Store(time.Now().UnixNano())
			if _, failed := to.Write(buffer[:count]); failed != nil {
				_ = from.Close()
				return
			}
		}
		switch {
		case err == nil, isTimeout(err) && time.Since(time.Unix(0, j.last.Load())) < j.idle:
			continue
		case !errors.Is(err, io.EOF):
			_ = to.Close()
		}
		break
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

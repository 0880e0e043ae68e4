package elb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"
)

// State of a target (TargetHealth, API reference).
type State string

// The states.
const (
	Initial   State = "initial"
	Healthy   State = "healthy"
	Unhealthy State = "unhealthy"
	Draining  State = "draining"
	Unused    State = "unused"
)

// Health is a target's state, why, and what to say about it.
type Health struct {
	State       State
	Reason      string
	Description string
}

// ErrNoGroup is returned for a target group that does not exist.
var ErrNoGroup = errors.New("target group not found")

// Target is what is registered with a target group.
type Target struct {
	// ID is the target's IP address and Port its port, as the API shows them.
	ID   string
	Port int
	// AvailabilityZone of the address.
	AvailabilityZone string
	// Address is where the target really listens, such as 127.0.0.1:20001.
	Address string
	// AddressOf returns where another port of the target really listens, and nothing if nobody does. It may be nil.
	AddressOf func(port int) string
	// Changed is called after the target's health has changed, outside of any lock. It may be nil.
	Changed func()
}

// Limits of real connections to targets. An application load balancer gives up connecting after ten seconds
// ("HTTP 504", user guide). Idle connections are not kept as long as servers keep them, so that a request never
// meets one that is just being closed.
const (
	connectTimeout = 10 * time.Second
	idleConnection = 2 * time.Second
	idlePerTarget  = 64
)

// target is a registered target. Its fields are the service's, under its lock.
type target struct {
	Target

	group     *group
	health    Health
	streak    int       // health checks in a row that contradict, or in the initial state confirm, the state
	since     time.Time // of its registration
	healthy   time.Time // when it became healthy last
	inFlight  int
	idle      chan struct{} // closed when a draining target has no request left; nil before
	gone      chan struct{} // closed when it is no longer registered
	cookie    string        // names the target in the cookie of a sticky session
	transport *http.Transport
	stop      context.CancelFunc // ends health checks
}

// Register adds a target to a group and begins to check its health at once. A target that is registered already
// is replaced if it is draining, and left alone otherwise.
func (s *Service) Register(groupARN string, registered Target) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	into, ok := s.groups[groupARN]
	if !ok {
		return fmt.Errorf("registering %s: %w", registered.ID, ErrNoGroup)
	}
	return s.register(into, registered)
}

func (s *Service) register(into *group, registered Target) error {
	if s.life.Err() != nil {
		return ErrClosed
	}
	if found := into.find(registered.ID, registered.Port); found != nil {
		if found.health.State != Draining {
			return nil
		}
		into.remove(found)
	}
	checks, stop := context.WithCancel(s.life)
	added := &target{
		Target: registered, cookie: hexID() + hexID(), group: into, since: time.Now(), gone: make(chan struct{}), stop: stop,
		health:    Health{Initial, "Elb.RegistrationInProgress", "Target registration is in progress"},
		transport: into.transport(),
	}
	into.targets = append(into.targets, added)
	s.work.Go(func() { s.checkHealth(checks, added) })
	return nil
}

// transport sends requests to a target in the group's protocol and version of HTTP. What is not encrypted and HTTP/2 begins
// without asking ("prior knowledge").
func (g *group) transport() *http.Transport {
	made := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		MaxIdleConnsPerHost: idlePerTarget, IdleConnTimeout: idleConnection, DisableCompression: true,
		TLSClientConfig: targetTLS(),
	}
	made.Protocols = protocolsOf(g.ProtocolVersion == versionHTTP2 || g.ProtocolVersion == versionGRPC)
	return made
}

func protocolsOf(second bool) *http.Protocols {
	spoken := new(http.Protocols)
	spoken.SetHTTP1(!second)
	spoken.SetHTTP2(second)
	spoken.SetUnencryptedHTTP2(second)
	return spoken
}

// Deregister takes a target out of service. It gets no new request from now on; the channel is closed when the
// deregistration delay is over. Requests under way may finish even if the scaled delay is too short for them:
// they have the whole delay in real time.
func (s *Service) Deregister(groupARN, id string, port int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from, ok := s.groups[groupARN]; ok {
		return s.deregister(from, id, port)
	}
	none := make(chan struct{})
	close(none)
	return none
}

func (s *Service) deregister(from *group, id string, port int) <-chan struct{} {
	found := from.find(id, port)
	if found == nil {
		none := make(chan struct{})
		close(none)
		return none
	}
	if found.health.State == Draining {
		return found.gone
	}
	found.stop()
	found.health = Health{Draining, "Target.DeregistrationInProgress", "Target deregistration is in progress"}
	found.idle = make(chan struct{})
	if found.inFlight == 0 {
		close(found.idle)
	}
	delay := from.delay()
	s.work.Go(func() { s.drain(found, delay) })
	return found.gone
}

func (s *Service) drain(draining *target, delay time.Duration) {
	started := time.Now()
	_ = s.clock.Sleep(s.life, delay) // if the service is closed, nothing is left to wait for
	remaining := time.NewTimer(delay - time.Since(started))
	defer remaining.Stop()
	select {
	case <-draining.idle:
	case <-remaining.C:
	case <-s.life.Done():
	}
	s.mu.Lock()
	draining.group.remove(draining)
	s.mu.Unlock()
	draining.notify()
}

// Health returns a target's health; false if it is not registered.
func (s *Service) Health(groupARN, id string, port int) (Health, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, ok := s.groups[groupARN]
	if !ok {
		return Health{}, false
	}
	found := in.find(id, port)
	if found == nil {
		return Health{}, false
	}
	return s.healthOf(found), true
}

// InUse says whether a load balancer forwards to a target group.
func (s *Service) InUse(groupARN string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.balancersOf(groupARN)) > 0
}

// TargetType returns what a target group has targets of, such as "ip"; nothing for a group that does not exist.
func (s *Service) TargetType(groupARN string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.groups[groupARN]; ok {
		return found.TargetType
	}
	return ""
}

// healthOf is the target's health as the API tells it. Call it locked.
func (s *Service) healthOf(found *target) Health {
	if found.health.State != Draining && len(s.balancersOf(found.group.arn)) == 0 {
		return Health{Unused, "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"}
	}
	return found.health
}

func (g *group) find(id string, port int) *target {
	for _, candidate := range g.targets {
		if candidate.ID == id && candidate.Port == port {
			return candidate
		}
	}
	return nil
}

// remove ends a target's registration.
func (g *group) remove(removed *target) {
	g.targets = slices.DeleteFunc(g.targets, func(candidate *target) bool { return candidate == removed })
	removed.discard()
}

// discard ends health checks and idle connections, once.
func (t *target) discard() {
	t.stop()
	t.transport.CloseIdleConnections()
	select {
	case <-t.gone:
	default:
		close(t.gone)
	}
}

func (t *target) notify() {
	if t.Changed != nil {
		t.Changed()
	}
}

// release ends a request. Call it locked.
func (t *target) release() {
	t.inFlight--
	if t.idle != nil && t.inFlight == 0 {
		close(t.idle)
	}
}

// at is where a port of the target really listens; 0 is the target's own.
func (t *target) at(port int) string {
	switch {
	case port == 0 || port == t.Port:
		return t.Address
	case t.AddressOf == nil:
		return ""
	}
	return t.AddressOf(port)
}

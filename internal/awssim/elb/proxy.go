package elb

import (
	"context"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb/login"
)

// clientGone is the status that a load balancer logs when the client went away ("HTTP 460", user guide).
const clientGone = 460

// frontend serves the requests to one load balancer.
type frontend struct {
	service  *Service
	balancer *balancer
}

// decision is what to do with a request.
type decision struct {
	action     *action
	transforms []transform
	listener   *listener
	port       string // of the listener, as the client knows it
	knows      bool   // whether the client knows where the load balancer really is
	group      *group
	target     *target // of a forward action; nil if there is none
	version    string  // of HTTP, that the target speaks
	scheme     string
	timeout    time.Duration
	stick      time.Duration // how long the session sticks to the target; 0 is not at all
	stickApp   *appSticky    // how it sticks by the application's cookie; nil is not at all
	stickGroup time.Duration // how long it sticks to the target group
	settings   map[string]string
	headers    map[string]string // the listener's attributes
	meter      *meter
	began      time.Time
	door       login.Door  // where users log in; without a Config they need not
	callback   bool        // whether the identity provider sent the user back
	identity   http.Header // what the target is told about who came; nil if nothing is known about that
}

// ServeHTTP answers or forwards a request as the listener's rules say.
func (f *frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	decided, ok := f.decide(r)
	if !ok {
		panic(http.ErrAbortHandler) // without a listener there is nobody to answer
	}
	w = decided.adorn(w)
	if decided.listener.secure() && r.TLS == nil {
		answerPage(w, http.StatusBadRequest, "The plain HTTP request was sent to HTTPS port")
		return
	}
	if decided.callback || decided.door.Config != nil {
		if !f.admit(w, r, &decided) {
			return
		}
	}
	f.act(w, r, decided)
}

// act answers or forwards a request that may pass.
func (f *frontend) act(w http.ResponseWriter, r *http.Request, decided decision) {
	switch {
	case decided.action.Type == actionRedirect:
		f.redirect(w, r, decided)
	case decided.action.Type == actionFixed:
		answerFixed(w, decided.action.FixedResponseConfig)
	case decided.target == nil:
		decided.meter.answered(http.StatusServiceUnavailable)
		answerError(w, http.StatusServiceUnavailable)
	default:
		defer f.release(decided.target)
		forward(w, r, decided)
	}
}

// decide finds the rule for a request and, to forward it, reserves a target: in one step, so that a target that
// begins to drain knows of every request on its way to it.
func (f *frontend) decide(r *http.Request) (decision, bool) {
	f.service.mu.Lock()
	defer f.service.mu.Unlock()
	came, ok := r.Context().Value(arrivalKey{}).(*arrival)
	if !ok {
		return decision{}, false
	}
	through := came.socket.leadsTo(r.TLS != nil)
	if through == nil && r.TLS == nil {
		through = came.socket.leadsTo(true) // to be told that this is the wrong way
	}
	if through == nil {
		return decision{}, false
	}
	chosen := through.ruleFor(r)
	decided := decision{
		action: routing(chosen.Actions), transforms: chosen.Transforms, listener: through,
		port: strconv.Itoa(through.Port), timeout: lasting(f.balancer.attributes, idleTimeout),
		settings: f.balancer.attributes, headers: through.attributes,
	}
	if _, port, err := net.SplitHostPort(r.Host); err == nil && f.service.isPortOf(f.balancer, port) {
		decided.port, decided.knows = port, true
	}
	if through.secure() && r.TLS == nil {
		return decided, true
	}
	decided.door = login.Door{Config: loginOf(chosen.Actions), Rule: chosen.arn, Balancer: f.balancer.arn}
	decided.callback = r.URL.Path == login.CallbackPath && through.asksForLogin()
	if decided.door.Config == nil && !decided.callback {
		f.reserve(&decided, r)
	}
	return decided, true
}

// reserve chooses the target group and the target of a forward action.
func (f *frontend) reserve(decided *decision, r *http.Request) {
	chosen := decided.action.chooseGroup(r)
	decided.group = f.service.groups[chosen]
	decided.meter, decided.began = f.service.meterOf(f.balancer, decided.group), time.Now()
	if decided.group == nil {
		return
	}
	decided.target = decided.group.acquire(decided.group.session(r))
	decided.stick = decided.group.stick()
	decided.stickApp = decided.group.appSticky(r)
	decided.stickGroup = decided.action.stick()
	decided.version, decided.scheme = decided.group.ProtocolVersion, strings.ToLower(decided.group.Protocol)
}

func (f *frontend) release(used *target) {
	f.service.mu.Lock()
	defer f.service.mu.Unlock()
	used.release()
}

func (l *listener) ruleFor(r *http.Request) *rule {
	for _, candidate := range l.rules {
		if candidate.holds(r) {
			return candidate
		}
	}
	return l.defaults
}

func (r *rule) holds(request *http.Request) bool {
	for i := range r.Conditions {
		if !r.Conditions[i].holds(request) {
			return false
		}
	}
	return true
}

// pick chooses a target group at random by weight.
func pick(groups []weightedGroup) string {
	total := 0
	for _, group := range groups {
		total += group.weight()
	}
	if total == 0 {
		return ""
	}
	at := rand.IntN(total) //nolint:gosec // spreading, not secrecy
	for _, group := range groups {
		if at -= group.weight(); at < 0 {
			return group.TargetGroupArn
		}
	}
	return ""
}

// forward passes a request to its target and the answer back, streaming both. WebSockets and other upgrades pass
// through. A request is sent once: only those that may be repeated are, by the transport, and only when the
// connection they were sent on turns out to be closed.
func forward(w http.ResponseWriter, r *http.Request, decided decision) {
	if decided.version == versionGRPC && r.ProtoMajor < 2 {
		answerError(w, http.StatusBadGateway) // gRPC needs HTTP/2 all the way
		return
	}
	decided.meter.forwarded(decided.began)
	proxy := &httputil.ReverseProxy{
		Transport:     &patient{transport: decided.target.transport, timeout: decided.timeout},
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		Rewrite:       decided.rewrite,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			decided.meter.answered(explain(w, r, err))
		},
		ModifyResponse: func(answer *http.Response) error {
			decided.meter.received(answer.StatusCode, decided.began)
			if decided.stick > 0 {
				setSession(answer.Header, stickyCookie, decided.target.cookie, decided.stick)
			}
			if decided.stickApp != nil {
				decided.stickApp.follow(answer, decided.target.cookie)
			}
			if decided.stickGroup > 0 {
				setSession(answer.Header, groupCookie, decided.group.cookie(), decided.stickGroup)
			}
			return nil
		},
	}
	proxy.ServeHTTP(w, r)
}

// explain answers for a target that did not, and returns the status.
func explain(w http.ResponseWriter, r *http.Request, err error) int {
	switch {
	case r.Context().Err() != nil:
		w.WriteHeader(clientGone) // nobody reads it
		return clientGone
	case isTimeout(err):
		answerError(w, http.StatusGatewayTimeout)
		return http.StatusGatewayTimeout
	default:
		answerError(w, http.StatusBadGateway)
		return http.StatusBadGateway
	}
}

// patient gives up on a target that does not begin to answer within the idle timeout. The timeout is the load
// balancer's and may change, the transport is the target's.
type patient struct {
	transport *http.Transport
	timeout   time.Duration
}

// RoundTrip sends the request and waits for the answer's headers.
func (p *patient) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	timer := time.AfterFunc(p.timeout, func() { cancel(context.DeadlineExceeded) })
	response, err := p.transport.RoundTrip(request.WithContext(ctx))
	timer.Stop()
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		cancel(nil)
		return nil, err
	}
	context.AfterFunc(request.Context(), func() { cancel(nil) })
	return response, nil
}

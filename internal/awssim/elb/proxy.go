package elb

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"
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
	action  *action
	target  *target // of a forward action; nil if there is none
	timeout time.Duration
	stick   time.Duration // how long the session sticks to the target; 0 is not at all
}

// ServeHTTP answers or forwards a request as the listener's rules say.
func (f *frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	decided, ok := f.decide(r)
	if !ok {
		panic(http.ErrAbortHandler) // without a listener there is nobody to answer
	}
	switch {
	case decided.action.Type == "redirect":
		redirect(w, r, decided.action.RedirectConfig)
	case decided.action.Type == "fixed-response":
		answerFixed(w, decided.action.FixedResponseConfig)
	case decided.target == nil:
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
	listeners := f.service.listenersOf(f.balancer.arn)
	if len(listeners) == 0 {
		return decision{}, false
	}
	chosen := listeners[0].ruleFor(r)
	decided := decision{action: &chosen.actions[0], timeout: f.balancer.idleTimeout()}
	if group := f.service.groups[pick(decided.action.groups())]; group != nil {
		decided.target = group.acquire(session(r))
		decided.stick = group.stick()
	}
	return decided, true
}

func (f *frontend) release(used *target) {
	f.service.mu.Lock()
	defer f.service.mu.Unlock()
	used.release()
}

func (b *balancer) idleTimeout() time.Duration {
	count, err := strconv.Atoi(b.attributes[idleTimeout])
	if err != nil {
		return time.Minute
	}
	return seconds(count)
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
	for i := range r.conditions {
		if !r.conditions[i].holds(request) {
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
	proxy := &httputil.ReverseProxy{
		Transport:     &patient{transport: decided.target.transport, timeout: decided.timeout},
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		Rewrite:       func(outgoing *httputil.ProxyRequest) { rewrite(outgoing, decided.target.Address) },
		ErrorHandler:  explain,
		ModifyResponse: func(answer *http.Response) error {
			if decided.stick > 0 {
				setSession(answer.Header, decided.target.cookie, decided.stick)
			}
			return nil
		},
	}
	proxy.ServeHTTP(w, r)
}

// rewrite addresses the target and adds what a load balancer adds ("HTTP headers", user guide).
func rewrite(outgoing *httputil.ProxyRequest, address string) {
	in, out := outgoing.In, outgoing.Out
	out.URL.Scheme, out.URL.Host, out.Host = "http", address, in.Host
	out.URL.RawQuery = in.URL.RawQuery
	client, _, err := net.SplitHostPort(in.RemoteAddr)
	if err != nil {
		client = in.RemoteAddr
	}
	forwarded := append(in.Header.Values("X-Forwarded-For"), client)
	out.Header.Set("X-Forwarded-For", strings.Join(forwarded, ", "))
	out.Header.Set("X-Forwarded-Proto", "http")
	if local, ok := in.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if _, port, err := net.SplitHostPort(local.String()); err == nil {
			out.Header.Set("X-Forwarded-Port", port)
		}
	}
	if out.Header.Get("X-Amzn-Trace-Id") == "" {
		out.Header.Set("X-Amzn-Trace-Id", fmt.Sprintf("Root=1-%08x-%s%s", time.Now().Unix(), hexID(), hexID()[:8]))
	}
	if _, ok := in.Header["User-Agent"]; !ok {
		out.Header.Set("User-Agent", "") // rather than Go's own
	}
}

// explain answers for a target that did not.
func explain(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case r.Context().Err() != nil:
		w.WriteHeader(clientGone) // nobody reads it
	case isTimeout(err):
		answerError(w, http.StatusGatewayTimeout)
	default:
		answerError(w, http.StatusBadGateway)
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

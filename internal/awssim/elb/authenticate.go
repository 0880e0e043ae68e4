package elb

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb/login"
)

// asksForLogin says whether users log in anywhere behind a listener. Call it locked.
func (l *listener) asksForLogin() bool {
	return loginOf(l.defaults.Actions) != nil ||
		slices.ContainsFunc(l.rules, func(r *rule) bool { return loginOf(r.Actions) != nil })
}

// admit lets a user pass, after which a target is reserved, or answers. It asks the identity provider, so it is called
// unlocked.
func (f *frontend) admit(w http.ResponseWriter, r *http.Request, decided *decision) bool {
	f.service.mu.Lock()
	count := f.service.meterOf(f.balancer, nil)
	f.service.mu.Unlock()
	var verdict login.Verdict
	if decided.callback {
		verdict = f.service.gate.Return(w.Header(), r, f.doorOf)
		count.loggedIn(verdict.Failure)
	} else {
		verdict = f.service.gate.Admit(w.Header(), r, decided.door)
	}
	switch {
	case verdict.Failure != nil:
		count.answered(verdict.Failure.Status)
		answerError(w, verdict.Failure.Status)
	case verdict.Location != "":
		w.Header().Set("Location", verdict.Location)
		answerPage(w, http.StatusFound, http.StatusText(http.StatusFound))
	default:
		f.service.mu.Lock()
		defer f.service.mu.Unlock()
		decided.identity = verdict.Pass
		f.reserve(decided, r)
		return true
	}
	return false
}

// doorOf is where a user was sent away to log in.
func (f *frontend) doorOf(ruleARN string) (login.Door, bool) {
	f.service.mu.Lock()
	defer f.service.mu.Unlock()
	found, ok := f.service.rules[ruleARN]
	if !ok || loginOf(found.Actions) == nil || found.listener.LoadBalancerArn != f.balancer.arn {
		return login.Door{}, false
	}
	return login.Door{Config: loginOf(found.Actions), Rule: ruleARN, Balancer: f.balancer.arn}, true
}

// identify tells the target who came, instead of what the client says about that. The session's cookies are kept from it, as
// a request that was published shows.
func (d *decision) identify(out *http.Request) {
	for name := range out.Header {
		if strings.HasPrefix(name, "X-Amzn-Oidc-") {
			out.Header.Del(name)
		}
	}
	maps.Copy(out.Header, d.identity)
	var others []string
	for pair := range strings.SplitSeq(strings.Join(out.Header.Values("Cookie"), "; "), ";") {
		name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
		number, ours := strings.CutPrefix(name, d.door.SessionCookieName+"-")
		if _, err := strconv.Atoi(number); name != "" && (!ours || err != nil) {
			others = append(others, strings.TrimSpace(pair))
		}
	}
	out.Header.Del("Cookie")
	if len(others) > 0 {
		out.Header.Set("Cookie", strings.Join(others, "; "))
	}
}

// Kinds of ends of a login.
const (
	loginSuccess = iota
	loginFailure // by the user's or the identity provider's will
	loginError   // for want of an answer
	loginTooLong
	loginKinds
)

func loginMetrics() [loginKinds]string {
	return [loginKinds]string{"ELBAuthSuccess", "ELBAuthFailure", "ELBAuthError", "ELBAuthUserClaimsSizeExceeded"}
}

// loggedIn counts the end of a login. Which metric counts which failure is said in "Access logs" (user guide).
func (m *meter) loggedIn(problem *login.Failure) {
	if m == nil {
		return
	}
	kind := loginFailure
	switch {
	case problem == nil:
		kind = loginSuccess
	case problem.Reason == "AuthUserinfoResponseSizeExceeded":
		kind = loginTooLong
	case problem.Status == http.StatusInternalServerError, strings.HasSuffix(problem.Reason, "EpRequestFailed"):
		kind = loginError
	}
	m.current(time.Now()).logins[kind].Add(1)
}

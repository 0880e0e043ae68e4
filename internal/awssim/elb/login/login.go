// Package login is how an application load balancer lets users log in with an identity provider of OpenID Connect:
// the authorization code flow, a session that is sealed in cookies, and headers that tell the target who came.
//
// It follows "Authenticate users using an Application Load Balancer" (user guide). The endpoints of the provider are
// really asked. Statuses of failures: 401, 500 and 561 as the user guide's troubleshooting and public reports have them.
package login

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// CallbackPath is where the identity provider sends the user back to.
const CallbackPath = "/oauth2/idpresponse"

const (
	nonceCookie = "AWSALBAuthNonce"
	nonceSize   = 16
	// loginTimeout is how long a user may take to log in (user guide, "client login timeout").
	loginTimeout = 15 * time.Minute
	forStates    = "state"
	refreshGrant = "refresh_token"
)

// Status561 is answered when the identity provider answered with an error.
const Status561 = 561

// Gate lets users in. Its keys are made when they are first needed.
type Gate struct {
	client *http.Client

	mu   sync.Mutex
	made *keys
}

// New returns a gate that asks identity providers through a client, which must not follow redirects.
func New(client *http.Client) *Gate { return &Gate{client: client} }

// Failure is why a user is not let in.
type Failure struct {
	Status int
	Reason string // as access logs name it; empty if nobody failed, but the user is just not logged in
}

// failed returns the failure for a reason, with its status.
func failed(reason string) *Failure {
	switch reason {
	case "AuthTokenEpRequestTimeout", "AuthUserinfoEpRequestTimeout", "AuthUserinfoResponseSizeExceeded", "AuthUnhandledException":
		return &Failure{http.StatusInternalServerError, reason}
	case "AuthTokenEpRequestFailed", "AuthUserinfoEpRequestFailed":
		return &Failure{Status561, reason}
	default:
		return &Failure{http.StatusUnauthorized, reason}
	}
}

// Door is where a request wants to pass.
type Door struct {
	*Config

	Rule     string // its ARN
	Balancer string // the ARN of the load balancer, which signs claims
}

// state is what the identity provider gives back with the user, sealed.
type state struct {
	Nonce, Rule, URL string
	Began            time.Time
}

// Verdict is what becomes of a request: one of its fields is set.
type Verdict struct {
	Pass     http.Header // what the target is told: of somebody who is not logged in, an empty header
	Location string      // where to send the user instead
	Failure  *Failure
}

// Admit decides about a request. Cookies are set in the answer's header.
func (g *Gate) Admit(answer http.Header, r *http.Request, door Door) Verdict {
	own, err := g.keys()
	if err != nil {
		return Verdict{Failure: failed("AuthUnhandledException")}
	}
	found := own.sessionOf(r, door.Config)
	if found != nil && found.Refresh != "" && !found.Stale.IsZero() && time.Now().After(found.Stale) {
		found = g.refresh(answer, own, r, door.Config, found)
	}
	if found != nil {
		pass, err := own.headers(found, door.Balancer)
		if err != nil {
			return Verdict{Failure: failed("AuthUnhandledException")}
		}
		return Verdict{Pass: pass}
	}
	switch door.OnUnauthenticatedRequest {
	case Allow:
		return Verdict{Pass: http.Header{}}
	case Deny:
		return Verdict{Failure: &Failure{Status: http.StatusUnauthorized}}
	}
	if r.Host == "" {
		return Verdict{Failure: failed("AuthMissingHostHeader")}
	}
	location, err := own.begin(answer, r, door)
	if err != nil {
		return Verdict{Failure: failed("AuthUnhandledException")}
	}
	return Verdict{Location: location}
}

// begin sends the user to the identity provider.
func (k *keys) begin(answer http.Header, r *http.Request, door Door) (string, error) {
	began := state{Nonce: rand.Text()[:nonceSize], Rule: door.Rule, URL: "https://" + r.Host + r.URL.RequestURI(), Began: time.Now()}
	sealed, err := k.close(forStates, began)
	if err != nil {
		return "", err
	}
	setCookie(answer, nonceCookie, began.Nonce, began.Began.Add(loginTimeout))
	query := url.Values{}
	for name, value := range door.AuthenticationRequestExtraParams {
		query.Set(name, value)
	}
	query.Set("client_id", door.ClientId)
	query.Set("redirect_uri", callbackOf(r))
	query.Set("response_type", "code")
	query.Set("scope", door.Scope)
	query.Set("state", sealed)
	separator := "?"
	if strings.Contains(door.AuthorizationEndpoint, "?") {
		separator = "&"
	}
	return door.AuthorizationEndpoint + separator + query.Encode(), nil
}

func callbackOf(r *http.Request) string { return "https://" + r.Host + CallbackPath }

// Return takes a user back from the identity provider, and says where to go on. The door is that of the rule at
// which the user was sent away. The nonce is looked at before the code is spent, as reported of AWS.
func (g *Gate) Return(answer http.Header, r *http.Request, doorOf func(rule string) (Door, bool)) Verdict {
	own, err := g.keys()
	if err != nil {
		return Verdict{Failure: failed("AuthUnhandledException")}
	}
	query := r.URL.Query()
	if !query.Has("state") {
		return Verdict{Failure: failed("AuthMissingStateParam")}
	}
	var began state
	if own.open(forStates, query.Get("state"), &began) != nil || time.Since(began.Began) > loginTimeout {
		return Verdict{Failure: failed("AuthInvalidStateParam")}
	}
	door, ok := doorOf(began.Rule)
	if !ok {
		return Verdict{Failure: failed("AuthInvalidStateParam")}
	}
	if problem := checkNonce(r, began.Nonce); problem != nil {
		return Verdict{Failure: problem}
	}
	switch problem := query.Get("error"); problem {
	case "":
	case "access_denied":
		return Verdict{Failure: &Failure{http.StatusUnauthorized, problem}}
	default:
		return Verdict{Failure: &Failure{Status561, problem}}
	}
	if query.Get("code") == "" {
		return Verdict{Failure: failed("AuthMissingCodeParam")}
	}
	made, problem := g.exchange(r.Context(), door.Config, url.Values{
		"grant_type": {"authorization_code"}, "code": {query.Get("code")}, "redirect_uri": {callbackOf(r)},
	})
	if problem != nil {
		return Verdict{Failure: problem}
	}
	made.Ends = time.Now().Add(time.Duration(door.SessionTimeout) * time.Second)
	if err := own.set(answer, r, door.Config, made); err != nil {
		return Verdict{Failure: failed("AuthUnhandledException")}
	}
	return Verdict{Location: began.URL}
}

func checkNonce(r *http.Request, want string) *Failure {
	nonce, err := r.Cookie(nonceCookie)
	switch {
	case err != nil:
		return failed("AuthMissingAWSALBAuthNonce")
	case nonce.Value != want:
		return failed("AuthInvalidAWSALBAuthNonce")
	}
	return nil
}

// refresh renews a session whose access token has expired. It returns nil if the provider does not go on with it.
func (g *Gate) refresh(answer http.Header, own *keys, r *http.Request, how *Config, old *session) *session {
	renewed, problem := g.exchange(r.Context(), how, url.Values{"grant_type": {refreshGrant}, "refresh_token": {old.Refresh}})
	if problem != nil {
		return nil
	}
	renewed.Ends = old.Ends
	if renewed.Refresh == "" {
		renewed.Refresh = old.Refresh
	}
	if own.set(answer, r, how, renewed) != nil {
		return nil
	}
	return renewed
}

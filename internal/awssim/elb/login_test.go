package elb_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
)

// identityProvider lets everybody in as one user, at once, and answers with what a test sets.
type identityProvider struct {
	*httptest.Server

	tokenStatus int
	token       map[string]any
	claims      map[string]any
	authorized  url.Values // of the last request
	redeemed    url.Values
}

func newIdentityProvider(t *testing.T) *identityProvider {
	t.Helper()
	p := &identityProvider{tokenStatus: http.StatusOK, claims: map[string]any{"sub": "u-1", "email": "ann@example.com"}}
	mux := http.NewServeMux()
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		p.authorized = r.URL.Query()
		back := url.Values{"code": {"one"}, "state": {p.authorized.Get("state")}}
		http.Redirect(w, r, p.authorized.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		p.redeemed = r.PostForm
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(p.tokenStatus)
		_ = json.NewEncoder(w).Encode(p.token)
	})
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(p.claims)
	})
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Close)
	p.token = map[string]any{"access_token": "access", "id_token": p.idToken(t, "shop")}
	return p
}

func (p *identityProvider) idToken(t *testing.T, audience string) string {
	t.Helper()
	claims, err := json.Marshal(map[string]any{"iss": p.URL, "aud": audience, "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	return "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".e30"
}

// action is the query of an action that lets users log in, and then forwards.
func (p *identityProvider) action(group, more string) string {
	config := "&Actions.member.1.AuthenticateOidcConfig."
	return "&Actions.member.1.Type=authenticate-oidc&Actions.member.1.Order=1" + config + "Issuer=" + p.URL +
		config + "AuthorizationEndpoint=" + p.URL + "/authorize" + config + "TokenEndpoint=" + p.URL + "/token" +
		config + "UserInfoEndpoint=" + p.URL + "/userinfo" + config + "ClientId=shop" + strings.ReplaceAll(more, "&.", config) +
		"&Actions.member.2.Type=forward&Actions.member.2.Order=2&Actions.member.2.TargetGroupArn=" + group
}

// guarded is a stand whose HTTPS listener lets users log in below a path.
func guarded(t *testing.T, p *identityProvider, more string) (*stand, string) {
	t.Helper()
	s := newStand(t, nil, nil, elb.WithOutside(p.Client().Transport))
	s.join(t, 4, echo())
	listener := s.call(t, "Action=CreateListener&LoadBalancerArn="+s.balancer+"&Port=443&Protocol=HTTPS&Certificates.member.1.CertificateArn=arn:shop"+
		"&DefaultActions.member.1.Type=fixed-response&DefaultActions.member.1.FixedResponseConfig.StatusCode=404", "ListenerArn")
	rule := s.call(t, "Action=CreateRule&ListenerArn="+listener+"&Priority=1&Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1=/my/*"+
		p.action(s.group, "&.ClientSecret=sesame"+more), "RuleArn")
	s.await(t, 4, elb.Healthy)
	return s, rule
}

// user is a browser that reaches the load balancer by its name and the identity provider where it is.
func (s *stand) user(t *testing.T, p *identityProvider) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Transport: hosts{"shop.example.com": s.visitor().Transport, "": p.Client().Transport}}
}

// hosts are the transports to hosts; that without a name is to all others.
type hosts map[string]http.RoundTripper

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	if to, ok := h[r.URL.Hostname()]; ok {
		return to.RoundTrip(r)
	}
	return h[""].RoundTrip(r)
}

func TestUsersLogInBeforeTheTargetSeesThem(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	s, _ := guarded(t, p, "&.Scope=openid email&.AuthenticationRequestExtraParams.entry.1.key=prompt&.AuthenticationRequestExtraParams.entry.1.value=login")
	client := s.user(t, p)
	response, seen := s.visit(t, client, "https://shop.example.com/my/orders?page=2")
	if response.URL != "https://shop.example.com/my/orders?page=2" || response.StatusCode != http.StatusOK {
		t.Fatalf("ended at %s with %d", response.URL, response.StatusCode)
	}
	if p.authorized.Get("state") == "" {
		t.Error("there is no state")
	}
	p.authorized.Del("state")
	if diff := cmp.Diff(url.Values{
		"client_id": {"shop"}, "redirect_uri": {"https://shop.example.com/oauth2/idpresponse"}, "response_type": {"code"},
		"scope": {"openid email"}, "prompt": {"login"},
	}, p.authorized); diff != "" {
		t.Errorf("sent to the provider (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(url.Values{
		"grant_type": {"authorization_code"}, "code": {"one"}, "client_id": {"shop"}, "client_secret": {"sesame"},
		"redirect_uri": {"https://shop.example.com/oauth2/idpresponse"},
	}, p.redeemed); diff != "" {
		t.Errorf("asked of the token endpoint (-want +got):\n%s", diff)
	}
	if seen.Get("X-Amzn-Oidc-Identity") != "u-1" || seen.Get("X-Amzn-Oidc-Accesstoken") != "access" {
		t.Errorf("the target saw %v", seen)
	}
	if strings.Contains(seen.Get("Cookie"), "AWSELBAuthSessionCookie") {
		t.Errorf("the target got the session: %s", seen.Get("Cookie"))
	}
	header, claims := s.verified(t, seen.Get("X-Amzn-Oidc-Data"))
	if header["signer"] != s.balancer || header["client"] != "shop" || header["iss"] != p.URL || claims["email"] != "ann@example.com" {
		t.Errorf("signed %v, %v", header, claims)
	}
	p.redeemed = nil
	if _, seen = s.visit(t, client, "https://shop.example.com/my/profile"); seen.Get("X-Amzn-Oidc-Identity") != "u-1" || p.redeemed != nil {
		t.Errorf("a second request is of %q and asked for %v", seen.Get("X-Amzn-Oidc-Identity"), p.redeemed)
	}
}

// verified returns header and claims of a token whose signature is right.
func (s *stand) verified(t *testing.T, token string) (map[string]any, map[string]any) {
	t.Helper()
	var header, claims map[string]any
	parts := strings.Split(token, ".")
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.URLEncoding.DecodeString(part); err != nil {
			t.Fatal(err)
		}
	}
	if json.Unmarshal(decoded[0], &header) != nil || json.Unmarshal(decoded[1], &claims) != nil {
		t.Fatalf("the token is %s . %s", decoded[0], decoded[1])
	}
	id, _ := header["kid"].(string)
	public, ok := s.LoginKey(id)
	if !ok {
		t.Fatalf("there is no key %s", id)
	}
	block, _ := pem.Decode(public)
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	first, second := new(big.Int).SetBytes(decoded[2][:32]), new(big.Int).SetBytes(decoded[2][32:])
	//nolint:forcetypeassert // ES256
	if !ecdsa.Verify(key.(*ecdsa.PublicKey), digest[:], first, second) {
		t.Error("the signature is wrong")
	}
	return header, claims
}

func TestWhoIsNotLoggedInMayBeDeniedOrLetThrough(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	denied, _ := guarded(t, p, "&.OnUnauthenticatedRequest=deny")
	if response, _ := denied.visit(t, denied.user(t, p), "https://shop.example.com/my/orders"); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("denied with %d", response.StatusCode)
	}
	allowed, _ := guarded(t, p, "&.OnUnauthenticatedRequest=allow")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://shop.example.com/my/orders", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amzn-Oidc-Identity", "forged")
	response, err := allowed.user(t, p).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var seen http.Header
	if err := json.NewDecoder(response.Body).Decode(&seen); err != nil {
		t.Fatal(err)
	}
	if seen.Get("Path") != "/my/orders" || seen.Get("X-Amzn-Oidc-Identity") != "" {
		t.Errorf("the target saw %v", seen)
	}
}

func TestLoginsFailAsDocumented(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(t *testing.T, p *identityProvider)
		want   int
	}{
		"the secret is wrong": {func(_ *testing.T, p *identityProvider) {
			p.tokenStatus, p.token = http.StatusUnauthorized, map[string]any{"error": "invalid_client"}
		}, 561},
		"the code was used": {func(_ *testing.T, p *identityProvider) {
			p.tokenStatus, p.token = http.StatusBadRequest, map[string]any{"error": "invalid_grant"}
		}, 401},
		"the ID token is another client's": {func(t *testing.T, p *identityProvider) {
			t.Helper()
			p.token["id_token"] = p.idToken(t, "office")
		}, 401},
		"the scope gives no ID token": {func(_ *testing.T, p *identityProvider) { delete(p.token, "id_token") }, 401},
		"the claims are too long": {func(_ *testing.T, p *identityProvider) {
			p.claims["groups"] = strings.Repeat("staff,", 2000)
		}, 500},
		"the user has no name": {func(_ *testing.T, p *identityProvider) { delete(p.claims, "sub") }, 401},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newIdentityProvider(t)
			s, _ := guarded(t, p, "")
			test.change(t, p)
			response, _ := s.visit(t, s.user(t, p), "https://shop.example.com/my/orders")
			if response.StatusCode != test.want || !strings.Contains(response.URL, "/oauth2/idpresponse?") {
				t.Errorf("%s answers %d, want %d", response.URL, response.StatusCode, test.want)
			}
		})
	}
}

func TestTheWayBackFromTheProviderIsGuarded(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	s, _ := guarded(t, p, "")
	client := s.user(t, p)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	began, _ := s.visit(t, client, "https://shop.example.com/my/orders")
	location, err := url.Parse(began.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	state := url.QueryEscape(location.Query().Get("state"))
	for query, want := range map[string]int{
		"code=one":                           401,
		"code=one&state=forged":              401,
		"state=" + state:                     401,
		"error=access_denied&state=" + state: 401,
		"error=server_error&state=" + state:  561,
	} {
		response, _ := s.visit(t, client, "https://shop.example.com/oauth2/idpresponse?"+query)
		if response.StatusCode != want {
			t.Errorf("%s answers %d, want %d", query, response.StatusCode, want)
		}
	}
	stranger := s.user(t, p)
	if response, _ := s.visit(t, stranger, "https://shop.example.com/oauth2/idpresponse?code=one&state="+state); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("who did not begin the login gets %d", response.StatusCode)
	}
	p.Close()
	if response, _ := s.visit(t, client, "https://shop.example.com/oauth2/idpresponse?code=one&state="+state); response.StatusCode != http.StatusInternalServerError {
		t.Errorf("without the provider the load balancer answers %d", response.StatusCode)
	}
}

func TestLongSessionsAreCutAndSurviveARestart(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	p.claims["groups"] = strings.Repeat("staff,", 1000)
	before, _ := guarded(t, p, "&.SessionCookieName=mine")
	client := before.user(t, p)
	if response, _ := before.visit(t, client, "https://shop.example.com/my/orders"); response.StatusCode != http.StatusOK {
		t.Fatalf("answered %d", response.StatusCode)
	}
	var names []string
	for _, cookie := range client.Jar.Cookies(&url.URL{Scheme: "https", Host: "shop.example.com", Path: "/"}) {
		names = append(names, cookie.Name)
	}
	if text := strings.Join(names, " "); !strings.Contains(text, "mine-0") || !strings.Contains(text, "mine-1") {
		t.Errorf("the cookies are %s", text)
	}
	kept, err := before.Keep()
	if err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	after := &stand{Service: restored(t, elb.WithCertificates(certificates)), group: before.group, url: before.url}
	if err := after.Restore(kept); err != nil {
		t.Fatal(err)
	}
	after.join(t, 4, echo())
	after.await(t, 4, elb.Healthy)
	if _, seen := after.visit(t, client, "https://shop.example.com/my/orders"); seen.Get("X-Amzn-Oidc-Identity") != "u-1" {
		t.Errorf("after the restart the target saw %v", seen)
	}
}

func TestLoginsAreDescribedWithoutTheirSecret(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	s, rule := guarded(t, p, "")
	described := s.call(t, "Action=DescribeRules&RuleArns.member.1="+rule, "AuthenticateOidcConfig")
	for _, want := range []string{
		"<SessionTimeout>604800</SessionTimeout>", "<Scope>openid</Scope>", "<SessionCookieName>AWSELBAuthSessionCookie</SessionCookieName>",
		"<OnUnauthenticatedRequest>authenticate</OnUnauthenticatedRequest>",
	} {
		if !strings.Contains(described, want) {
			t.Errorf("%s lacks %s", described, want)
		}
	}
	if strings.Contains(described, "sesame") || strings.Contains(described, "Secret") {
		t.Errorf("the secret is told: %s", described)
	}
	change := "Action=ModifyRule&RuleArn=" + rule
	if got := s.refusal(t, change+p.action(s.group, "")); got != "InvalidLoadBalancerAction: The 'client secret' field must be between 1 and 1024 characters in length" {
		t.Error(got)
	}
	s.call(t, change+p.action(s.group, "&.UseExistingClientSecret=true&.SessionTimeout=60"), "")
	if response, _ := s.visit(t, s.user(t, p), "https://shop.example.com/my/orders"); response.StatusCode != http.StatusOK || p.redeemed.Get("client_secret") != "sesame" {
		t.Errorf("with the old secret: %d, %v", response.StatusCode, p.redeemed)
	}
}

func TestLoginsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	s, rule := guarded(t, p, "")
	plain := "Action=CreateRule&ListenerArn=" + s.listener + "&Priority=2&Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1=/my/*"
	action := p.action(s.group, "&.ClientSecret=sesame")
	change := "Action=ModifyRule&RuleArn=" + rule
	alone, _, _ := strings.Cut(action, "&Actions.member.2")
	const routing = "InvalidLoadBalancerAction: Exactly one action of type 'forward', 'redirect' or 'fixed-response' must be specified"
	for query, want := range map[string]string{
		plain + action: "InvalidLoadBalancerAction: Actions of type 'authenticate-oidc' are supported only on HTTPS listeners",
		change + alone: routing,
		change + action + "&Actions.member.3.Type=authenticate-oidc":                                                                                 routing,
		change + strings.Replace(action, "member.1.Order=1", "member.1.Order=3", 1):                                                                  "InvalidLoadBalancerAction: The last action must be of type 'forward', 'redirect' or 'fixed-response'",
		change + strings.Replace(action, "&Actions.member.1.Order=1", "", 1):                                                                         "InvalidLoadBalancerAction: An order must be specified for each action if there is more than one",
		change + strings.ReplaceAll(action, "authenticate-oidc", "authenticate-cognito"):                                                             "ValidationError: awssim does not implement the action type authenticate-cognito",
		change + "&Actions.member.1.Type=redirect&Actions.member.1.RedirectConfig.Protocol=HTTP&Actions.member.1.RedirectConfig.StatusCode=HTTP_301": "InvalidLoadBalancerAction: You cannot redirect HTTPS to HTTP",
	} {
		if got := s.refusal(t, query); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", query, got, want)
		}
	}
}

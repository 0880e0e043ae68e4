package login_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb/login"
)

// provider is an identity provider that is reached without a network. It gives tokens that last an hour.
type provider struct {
	asked   []string // grants, in their order
	refused bool     // whether the user has logged out there
}

func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/userinfo" {
		return answer(http.StatusOK, map[string]any{"sub": "u-1", "through": r.Header.Get("Authorization")}), nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	p.asked = append(p.asked, form.Get("grant_type")+":"+form.Get("refresh_token"))
	if p.refused {
		return answer(http.StatusBadRequest, map[string]any{"error": "invalid_grant"}), nil
	}
	claims, err := json.Marshal(map[string]any{"iss": "https://idp.example.com", "aud": []string{"shop"}, "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, map[string]any{
		"access_token": "access-" + form.Get("grant_type"), "refresh_token": "again", "expires_in": 3600,
		"id_token": "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".e30",
	}), nil
}

func answer(status int, content any) *http.Response {
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/json")
	recorder.WriteHeader(status)
	_ = json.NewEncoder(recorder).Encode(content) //nolint:errchkjson // maps of texts and numbers
	return recorder.Result()
}

func config() *login.Config {
	how := &login.Config{
		Issuer: "https://idp.example.com", AuthorizationEndpoint: "https://idp.example.com/authorize",
		TokenEndpoint: "https://idp.example.com/token", UserInfoEndpoint: "https://idp.example.com/userinfo",
		ClientId: "shop", ClientSecret: "sesame", SessionTimeout: 7200,
	}
	how.Complete(nil)
	return how
}

// browser keeps cookies as it gets them.
type browser map[string]string

func (b browser) take(header http.Header) {
	for _, cookie := range (&http.Response{Header: header}).Cookies() {
		b[cookie.Name] = cookie.Value
	}
}

func (b browser) request(t *testing.T, target string) *http.Request {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://shop.example.com"+target, http.NoBody)
	for name, value := range b {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return request
}

// visit returns what the target is told, and where the visitor is sent instead.
func visit(t *testing.T, gate *login.Gate, door login.Door, who browser) (http.Header, string) {
	t.Helper()
	header := http.Header{}
	verdict := gate.Admit(header, who.request(t, "/items?page=2"), door)
	if verdict.Failure != nil {
		t.Fatalf("not admitted: %+v", verdict.Failure)
	}
	who.take(header)
	return verdict.Pass, verdict.Location
}

func logIn(t *testing.T, gate *login.Gate, door login.Door, who browser) {
	t.Helper()
	_, location := visit(t, gate, door, who)
	parsed, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	back := url.Values{"code": {"one"}, "state": {parsed.Query().Get("state")}}
	header := http.Header{}
	verdict := gate.Return(header, who.request(t, login.CallbackPath+"?"+back.Encode()), func(rule string) (login.Door, bool) {
		return door, rule == door.Rule
	})
	if verdict.Location != "https://shop.example.com/items?page=2" {
		t.Fatalf("led to %q, %+v", verdict.Location, verdict.Failure)
	}
	who.take(header)
}

func TestASessionIsRefreshedUntilItEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		idp := &provider{}
		gate, who := login.New(&http.Client{Transport: idp}), browser{}
		door := login.Door{Config: config(), Rule: "rule", Balancer: "balancer"}
		logIn(t, gate, door, who)
		token := func() string {
			forTarget, _ := visit(t, gate, door, who)
			return forTarget.Get("X-Amzn-Oidc-Accesstoken")
		}
		if got := token(); got != "access-authorization_code" {
			t.Errorf("at first the token is %q", got)
		}
		time.Sleep(61 * time.Minute)
		if first, second := token(), token(); first != "access-refresh_token" || second != first || len(idp.asked) != 2 {
			t.Errorf("after an hour the token is %q, then %q; asked for %q", first, second, idp.asked)
		}
		time.Sleep(time.Hour)
		if forTarget, location := visit(t, gate, door, who); forTarget != nil || !strings.HasPrefix(location, "https://idp.example.com/authorize?") {
			t.Errorf("after its timeout the session goes on: %v, sent to %q", forTarget, location)
		}
	})
}

func TestWhoLoggedOutAtTheProviderLogsInAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		idp := &provider{}
		gate, who := login.New(&http.Client{Transport: idp}), browser{}
		door := login.Door{Config: config(), Rule: "rule", Balancer: "balancer"}
		logIn(t, gate, door, who)
		idp.refused = true
		time.Sleep(61 * time.Minute)
		if forTarget, location := visit(t, gate, door, who); forTarget != nil || location == "" {
			t.Errorf("the session goes on: %v", forTarget)
		}
	})
}

func TestALoginMustNotTakeTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate, who := login.New(&http.Client{Transport: &provider{}}), browser{}
		door := login.Door{Config: config(), Rule: "rule", Balancer: "balancer"}
		_, location := visit(t, gate, door, who)
		parsed, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(16 * time.Minute)
		back := url.Values{"code": {"one"}, "state": {parsed.Query().Get("state")}}
		verdict := gate.Return(http.Header{}, who.request(t, login.CallbackPath+"?"+back.Encode()), func(string) (login.Door, bool) {
			return door, true
		})
		if verdict.Failure == nil || verdict.Failure.Status != http.StatusUnauthorized {
			t.Errorf("got %+v", verdict)
		}
	})
}

func TestASessionIsForOneClientOnly(t *testing.T) {
	t.Parallel()
	gate, who := login.New(&http.Client{Transport: &provider{}}), browser{}
	door := login.Door{Config: config(), Rule: "rule", Balancer: "balancer"}
	logIn(t, gate, door, who)
	other := config()
	other.ClientId = "office"
	if forTarget, _ := visit(t, gate, login.Door{Config: other, Rule: "other", Balancer: "balancer"}, who); forTarget != nil {
		t.Errorf("the shop's session opens the office: %v", forTarget)
	}
	who["AWSELBAuthSessionCookie-0"] = "forged" + who["AWSELBAuthSessionCookie-0"]
	if forTarget, _ := visit(t, gate, door, who); forTarget != nil {
		t.Errorf("a forged session passes: %v", forTarget)
	}
}

func TestConfigurationsAreChecked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*login.Config)
		want   string
	}{
		"no client":         {func(c *login.Config) { c.ClientId = "" }, "The 'client id' field must be between 1 and 1024 characters in length"},
		"no secret":         {func(c *login.Config) { c.ClientSecret = "" }, "The 'client secret' field must be between 1 and 1024 characters in length"},
		"plain HTTP":        {func(c *login.Config) { c.TokenEndpoint = "http://idp.example.com/token" }, "The 'token endpoint' field must be a valid HTTPS URL"},
		"plain on loopback": {func(c *login.Config) { c.TokenEndpoint = "http://127.0.0.1:8080/token" }, ""},
		"a short session":   {func(c *login.Config) { c.SessionTimeout = -1 }, "The 'session timeout' field must be between 1 and 604800"},
		"another behaviour": {func(c *login.Config) { c.OnUnauthenticatedRequest = "ask" }, "The 'on unauthenticated request' field must be one of 'deny, allow, authenticate'"},
		"strange extras":    {func(c *login.Config) { c.AuthenticationRequestExtraParams = map[string]string{"a b": "c"} }, "The authentication request extra param 'a b' is not valid"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			how := config()
			test.change(how)
			got := ""
			if err := how.Check(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

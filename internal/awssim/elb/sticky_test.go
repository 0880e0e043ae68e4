package elb_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// cart says its name, and begins a session where it is asked to.
func cart(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begin" {
			http.SetCookie(w, &http.Cookie{Name: "cart", Value: "1", Path: "/"})
		}
		_, _ = fmt.Fprintf(w, "%q", name)
	})
}

func TestSessionsMayStickByTheApplicationsCookie(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, attributes{
		attribute("stickiness.enabled", "true"), attribute("stickiness.type", "app_cookie"),
		attribute("stickiness.app_cookie.cookie_name", "cart"), attribute("stickiness.app_cookie.duration_seconds", "60"),
	})
	s.join(t, 4, cart("four"))
	s.join(t, 5, cart("five"))
	s.await(t, 4, elb.Healthy)
	s.await(t, 5, elb.Healthy)
	if _, _, header := fetch(t, s.url+"/begin"); len(header.Values("Set-Cookie")) != 5 || !strings.Contains(header.Get("Set-Cookie"), "cart=1") {
		t.Errorf("the cookies are %q", header.Values("Set-Cookie"))
	}
	if _, _, header := fetch(t, s.url+"/"); len(header.Values("Set-Cookie")) != 0 {
		t.Errorf("without a session the cookies are %q", header.Values("Set-Cookie"))
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	visit := func(path string) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		var name string
		if _, err := fmt.Fscanf(response.Body, "%q", &name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	first := visit("/begin")
	for range 5 {
		if now := visit("/"); now != first {
			t.Errorf("the session moved from %s to %s", first, now)
		}
	}
	parsed, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(parsed, []*http.Cookie{{Name: "cart", MaxAge: -1}})
	if one, other := visit("/"), visit("/"); one == other {
		t.Errorf("without the application's cookie the session sticks to %s", one)
	}
}

func TestStickinessByTheApplicationsCookieHasLimits(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	change := "Action=ModifyTargetGroupAttributes&TargetGroupArn=" + s.group +
		"&Attributes.member.1.Key=stickiness.enabled&Attributes.member.1.Value=true" +
		"&Attributes.member.2.Key=stickiness.type&Attributes.member.2.Value=app_cookie"
	name := "&Attributes.member.3.Key=stickiness.app_cookie.cookie_name&Attributes.member.3.Value="
	if got := s.refusal(t, change); got != "InvalidConfigurationRequest: A cookie name must be specified for stickiness of type 'app_cookie'" {
		t.Error(got)
	}
	if got := s.refusal(t, change+name+"AWSALBAPP"); !strings.HasPrefix(got, "InvalidConfigurationRequest: The value of 'stickiness.app_cookie.cookie_name'") {
		t.Error(got)
	}
	s.call(t, change+name+"cart", "")
	other := s.create(t, "TargetGroup", resource.Properties{"Name": "other", "Port": 8000.0, "TargetType": "ip"}).PhysicalID
	groups := "&DefaultActions.member.1.ForwardConfig.TargetGroups.member."
	got := s.refusal(t, "Action=ModifyListener&ListenerArn="+s.listener+"&DefaultActions.member.1.Type=forward"+
		groups+"1.TargetGroupArn="+s.group+groups+"2.TargetGroupArn="+other)
	if got != "InvalidLoadBalancerAction: When configuring a rule with multiple target groups, none of them can have stickiness of type 'app_cookie' enabled." {
		t.Error(got)
	}
}

func TestHealthMayBeCheckedAtAnotherPort(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	checks := make(chan string, 1)
	traffic, management := httptest.NewServer(http.NotFoundHandler()), httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case checks <- r.Host:
		default:
		}
	}))
	t.Cleanup(traffic.Close)
	t.Cleanup(management.Close)
	port, other := portOf(t, traffic.URL), portOf(t, management.URL)
	group := s.call(t, fmt.Sprintf("Action=CreateTargetGroup&Name=managed&Protocol=HTTP&Port=80&TargetType=ip&HealthCheckPort=%v", other), "TargetGroupArn")
	s.call(t, "Action=CreateRule&ListenerArn="+s.listener+"&Priority=7&Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1=/x"+
		"&Actions.member.1.Type=forward&Actions.member.1.TargetGroupArn="+group, "")
	s.call(t, fmt.Sprintf("Action=RegisterTargets&TargetGroupArn=%s&Targets.member.1.Id=127.0.0.1&Targets.member.1.Port=%v", group, port), "")
	if host := <-checks; host != strings.TrimPrefix(management.URL, "http://") {
		t.Errorf("checked at %s", host)
	}
	for range 500 {
		if s.call(t, "Action=DescribeTargetHealth&TargetGroupArn="+group, "State") == string(elb.Healthy) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the target is not healthy")
}

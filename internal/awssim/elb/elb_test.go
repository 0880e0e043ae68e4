package elb_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/network"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func subnets(_, region, id string) (network.Subnet, bool) {
	zone := map[string]string{"subnet-1": region + "a", "subnet-2": region + "b"}[id]
	return network.Subnet{ID: id, VpcID: "vpc-1", CIDR: "10.0.10.0/24", AvailabilityZone: zone}, zone != ""
}

// stand is a load balancer with one target group and a listener that forwards to it.
type stand struct {
	*elb.Service

	balancer, group, listener string
	url                       string
}

type attributes = []any

func attribute(key, value string) map[string]any { return map[string]any{"Key": key, "Value": value} }

func newStand(t testing.TB, balancerAttributes, groupAttributes attributes, options ...elb.Option) *stand {
	t.Helper()
	s := &stand{Service: elb.New(clock.Clock{}, subnets, append(options, elb.WithCertificates(certificates))...)}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	made := s.create(t, "LoadBalancer", resource.Properties{
		"Name": "items", "Subnets": []any{"subnet-1", "subnet-2"}, "LoadBalancerAttributes": balancerAttributes,
	})
	s.balancer, s.url = made.PhysicalID, fmt.Sprintf("http://%s", made.Attributes["DNSName"])
	s.group = s.create(t, "TargetGroup", resource.Properties{
		"Name": "items", "Port": 8000.0, "Protocol": "HTTP", "TargetType": "ip", "HealthCheckPath": "/health",
		"UnhealthyThresholdCount": 2.0, "TargetGroupAttributes": groupAttributes,
	}).PhysicalID
	s.listener = s.create(t, "Listener", resource.Properties{
		"LoadBalancerArn": s.balancer, "Port": 80.0, "Protocol": "HTTP",
		"DefaultActions": []any{map[string]any{"Type": "forward", "TargetGroupArn": s.group}},
	}).PhysicalID
	return s
}

func (s *stand) create(t testing.TB, kind string, properties resource.Properties) resource.Result {
	t.Helper()
	kind = "AWS::ElasticLoadBalancingV2::" + kind
	result, err := s.Providers()[kind].Create(t.Context(), resource.Request{
		Place: resource.Place{Account: "123456789012", Region: "us-east-1"},
		Type:  kind, LogicalID: "It", StackName: "stack", Properties: properties,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// join registers a server as the target 10.0.10.<number>:8000.
func (s *stand) join(t testing.TB, number int, handler http.Handler) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.joinAddress(t, number, strings.TrimPrefix(server.URL, "http://"))
}

func (s *stand) joinAddress(t testing.TB, number int, address string) {
	t.Helper()
	err := s.Register(s.group, elb.Target{ID: ip(number), Port: 8000, AvailabilityZone: "us-east-1a", Address: address})
	if err != nil {
		t.Fatal(err)
	}
}

func ip(number int) string { return fmt.Sprintf("10.0.10.%d", number) }

func (s *stand) await(t testing.TB, number int, want elb.State) {
	t.Helper()
	var health elb.Health
	for range 500 {
		health, _ = s.Health(s.group, ip(number), 8000)
		if health.State == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("target %d is %v, not %s", number, health, want)
}

// send sends a request; the caller closes the answer's body.
func send(ctx context.Context, method, address, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(request)
}

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, text) })
}

func fetch(t testing.TB, address string) (int, string, http.Header) {
	t.Helper()
	response, err := send(t.Context(), http.MethodGet, address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body), response.Header
}

func TestRequestsGoRoundTheHealthyTargets(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	s.join(t, 4, says("four"))
	s.join(t, 5, says("five"))
	s.join(t, 6, http.NotFoundHandler())
	s.await(t, 4, elb.Healthy)
	s.await(t, 5, elb.Healthy)
	s.await(t, 6, elb.Unhealthy)
	got := map[string]int{}
	for range 10 {
		_, body, _ := fetch(t, s.url)
		got[body]++
	}
	if diff := cmp.Diff(map[string]int{"four": 5, "five": 5}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStickySessionsKeepTheirTarget(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, attributes{
		attribute("stickiness.enabled", "true"), attribute("stickiness.lb_cookie.duration_seconds", "60"),
		attribute("deregistration_delay.timeout_seconds", "0"),
	})
	s.join(t, 4, says("four"))
	s.join(t, 5, says("five"))
	s.await(t, 4, elb.Healthy)
	s.await(t, 5, elb.Healthy)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	get := func() string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	first := get()
	for range 5 {
		if body := get(); body != first {
			t.Errorf("the session moved from %s to %s", first, body)
		}
	}
	leaving, other := 4, "five"
	if first == "five" {
		leaving, other = 5, "four"
	}
	<-s.Deregister(s.group, ip(leaving), 8000)
	for range 3 {
		if body := get(); body != other {
			t.Errorf("the session is at %s, not at the target that is left", body)
		}
	}
}

func TestErrorPagesAreTheLoadBalancers(t *testing.T) {
	t.Parallel()
	page := func(title string) string {
		return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
			"</h1></center>\r\n</body>\r\n</html>\r\n"
	}
	tests := map[string]struct {
		prepare func(*testing.T, *stand)
		status  int
		body    string
	}{
		"503 without targets": {func(*testing.T, *stand) {}, 503, page("503 Service Temporarily Unavailable")},
		"502 when the target refuses the connection": {
			func(t *testing.T, s *stand) {
				t.Helper()
				s.joinAddress(t, 4, "127.0.0.1:1")
			}, 502, page("502 Bad Gateway"),
		},
		"504 when the target does not answer within the idle timeout": {
			func(t *testing.T, s *stand) {
				t.Helper()
				s.join(t, 4, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
			}, 504, page("504 Gateway Time-out"),
		},
		"unhealthy targets are better than none": {
			func(t *testing.T, s *stand) {
				t.Helper()
				s.join(t, 4, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
				s.await(t, 4, elb.Unhealthy)
			}, http.StatusTeapot, "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, attributes{attribute("idle_timeout.timeout_seconds", "1")}, nil)
			test.prepare(t, s)
			status, body, _ := fetch(t, s.url)
			if status != test.status || body != test.body {
				t.Errorf("got %d %q", status, body)
			}
		})
	}
}

func TestTargetsLearnAboutTheClient(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	s.join(t, 4, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Host", r.Host)
		_ = json.NewEncoder(w).Encode(r.Header)
	}))
	s.await(t, 4, elb.Healthy)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Forwarded-For", "203.0.113.7")
	request.Host = "shop.example.com"
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var seen http.Header
	if err := json.NewDecoder(response.Body).Decode(&seen); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Host": "shop.example.com", "X-Forwarded-For": "203.0.113.7, 127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "80",
	}
	for name, value := range want {
		if seen.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, seen.Get(name), value)
		}
	}
	if trace := seen.Get("X-Amzn-Trace-Id"); !strings.HasPrefix(trace, "Root=1-") {
		t.Errorf("X-Amzn-Trace-Id is %q", trace)
	}
}

func TestDrainingTargetsFinishWhatTheyHaveAndGetNothingNew(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, attributes{attribute("deregistration_delay.timeout_seconds", "30")})
	arrived, proceed := make(chan struct{}), make(chan struct{})
	var afterDeregistration atomic.Int64
	var draining atomic.Bool
	s.join(t, 4, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() && r.URL.Path != "/health" {
			afterDeregistration.Add(1)
		}
		if r.URL.Path == "/slow" {
			close(arrived)
			<-proceed
		}
		_, _ = fmt.Fprint(w, "old")
	}))
	s.await(t, 4, elb.Healthy)
	slow := make(chan string)
	go func() {
		_, body, _ := fetch(t, s.url+"/slow")
		slow <- body
	}()
	<-arrived
	s.join(t, 5, says("new"))
	s.await(t, 5, elb.Healthy)

	draining.Store(true)
	gone := s.Deregister(s.group, ip(4), 8000)
	s.await(t, 4, elb.Draining)
	for range 20 {
		if _, body, _ := fetch(t, s.url); body != "new" {
			t.Errorf("got %q from a draining target", body)
		}
	}
	select {
	case <-gone:
		t.Error("the target is gone although a request is under way")
	default:
	}
	close(proceed)
	if body := <-slow; body != "old" {
		t.Errorf("the request under way got %q", body)
	}
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the target is still there")
	}
	if count := afterDeregistration.Load(); count != 0 {
		t.Errorf("%d requests reached the draining target", count)
	}
	if _, registered := s.Health(s.group, ip(4), 8000); registered {
		t.Error("the target is still registered")
	}
}

func TestNoRequestIsLostWhileTargetsComeAndGo(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, attributes{attribute("deregistration_delay.timeout_seconds", "10")})
	s.join(t, 100, says("ok"))
	s.await(t, 100, elb.Healthy)
	stop := make(chan struct{})
	var clients sync.WaitGroup
	var sent, lost atomic.Int64
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				response, err := send(t.Context(), http.MethodPost, s.url, "hello")
				sent.Add(1)
				if err != nil || response.StatusCode != http.StatusOK {
					lost.Add(1)
				}
				if err == nil {
					_, _ = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
			}
		})
	}
	for number := 101; number < 110; number++ {
		server := httptest.NewServer(says("ok"))
		s.joinAddress(t, number, strings.TrimPrefix(server.URL, "http://"))
		s.await(t, number, elb.Healthy)
		<-s.Deregister(s.group, ip(number), 8000)
		server.CloseClientConnections()
		server.Close()
	}
	close(stop)
	clients.Wait()
	if lost.Load() != 0 || sent.Load() < 50 {
		t.Errorf("%d of %d requests were lost", lost.Load(), sent.Load())
	}
}

func TestRequestsThatChangeSomethingAreSentOnce(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	var posts atomic.Int64
	s.join(t, 4, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = connection.Close()
			}
		}
	}))
	s.await(t, 4, elb.Healthy)
	fetch(t, s.url) // so that a connection is kept
	response, err := send(t.Context(), http.MethodPost, s.url, "order")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusBadGateway || posts.Load() != 1 {
		t.Errorf("got %d, sent %d times", response.StatusCode, posts.Load())
	}
}

func TestUpgradedConnectionsPassThrough(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	s.join(t, 4, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			return
		}
		connection, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = connection.Close() }()
		_, _ = fmt.Fprint(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
		line, _ := buffered.ReadString('\n')
		_, _ = fmt.Fprint(connection, "echo "+line)
	}))
	s.await(t, 4, elb.Healthy)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	_, _ = fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
	reader := bufio.NewReader(connection)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %s", response.Status)
	}
	_, _ = fmt.Fprint(connection, "hello\n")
	if line, err := reader.ReadString('\n'); err != nil || line != "echo hello\n" {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestRulesDecideInOrderOfPriority(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	fixed := func(body string) []any {
		return []any{map[string]any{"Type": "fixed-response", "FixedResponseConfig": map[string]any{
			"StatusCode": "200", "ContentType": "text/plain", "MessageBody": body,
		}}}
	}
	path := func(pattern string) []any {
		return []any{map[string]any{"Field": "path-pattern", "Values": []any{pattern}}}
	}
	s.create(t, "ListenerRule", resource.Properties{
		"ListenerArn": s.listener, "Priority": 20.0, "Conditions": path("/api/*"), "Actions": fixed("api"),
	})
	s.create(t, "ListenerRule", resource.Properties{
		"ListenerArn": s.listener, "Priority": 10.0, "Conditions": path("/api/admin*"), "Actions": fixed("admin"),
	})
	s.create(t, "ListenerRule", resource.Properties{
		"ListenerArn": s.listener, "Priority": 30.0, "Conditions": []any{map[string]any{
			"Field": "query-string", "QueryStringConfig": map[string]any{"Values": []any{map[string]any{"Key": "v", "Value": "2"}}},
		}}, "Actions": fixed("v2"),
	})
	for request, want := range map[string]string{"/api/admin/1": "admin", "/api/items": "api", "/?v=2": "v2"} {
		if _, body, header := fetch(t, s.url+request); body != want || header.Get("Server") != "awselb/2.0" {
			t.Errorf("%s: got %q from %q", request, body, header.Get("Server"))
		}
	}
	if status, _, _ := fetch(t, s.url+"/other"); status != http.StatusServiceUnavailable {
		t.Errorf("the default action answers %d", status)
	}
}

func TestPropertiesThatAreNotActedOnAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind       string
		properties resource.Properties
		want       string
	}{
		"a gateway load balancer": {
			"LoadBalancer",
			resource.Properties{"Type": "gateway", "Subnets": []any{"subnet-1", "subnet-2"}},
			"awssim does not implement load balancers of Type gateway",
		},
		"one subnet": {
			"LoadBalancer",
			resource.Properties{"Subnets": []any{"subnet-1"}},
			"At least two subnets in two different Availability Zones must be specified",
		},
		"no balance between zones": {
			"LoadBalancer", resource.Properties{
				"Subnets": []any{"subnet-1", "subnet-2"}, "LoadBalancerAttributes": attributes{attribute("load_balancing.cross_zone.enabled", "false")},
			}, "awssim does not implement the attribute load_balancing.cross_zone.enabled with the value false",
		},
		"targets that are functions": {
			"TargetGroup", resource.Properties{"Port": 80.0, "TargetType": "lambda"}, "awssim does not implement target groups of TargetType lambda",
		},
		"an attribute that is unknown": {
			"TargetGroup",
			resource.Properties{"TargetType": "ip", "Port": 80.0, "TargetGroupAttributes": attributes{attribute("x", "y")}},
			"Attribute key 'x' is not recognized",
		},
		"a timeout as long as the interval": {
			"TargetGroup",
			resource.Properties{"TargetType": "ip", "Port": 80.0, "HealthCheckTimeoutSeconds": 30.0},
			"Health check interval must be greater than the timeout.",
		},
		"a listener of a load balancer that is absent": {
			"Listener", resource.Properties{"LoadBalancerArn": "arn:x"}, "Load balancer 'arn:x' not found",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := elb.New(clock.Clock{}, subnets)
			defer func() { _ = service.Close() }()
			_, err := service.Providers()["AWS::ElasticLoadBalancingV2::"+test.kind].Create(t.Context(), resource.Request{
				StackName: "stack", LogicalID: "It", Properties: test.properties,
			})
			if err == nil {
				t.Fatal("it is accepted")
			}
			if got, _, _ := strings.Cut(err.Error(), " (Service: ElasticLoadBalancingV2, Status Code: 400, Request ID: "); got != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func ask(t *testing.T, s *stand, form url.Values) (int, string) {
	t.Helper()
	form.Set("Version", "2015-12-01")
	answer := s.API().Serve(t.Context(), &wire.Call{
		Service: "elasticloadbalancing", Account: "123456789012", Region: "us-east-1",
		HTTP: httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil), Body: []byte(form.Encode()),
	})
	return answer.Status, string(answer.Body)
}

func TestDescriptionsTellTheTruth(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	s.join(t, 4, http.NotFoundHandler())
	s.await(t, 4, elb.Unhealthy)
	tests := map[string]struct {
		form   url.Values
		status int
		wants  []string
	}{
		"load balancers": {
			url.Values{"Action": {"DescribeLoadBalancers"}},
			200,
			[]string{"<DNSName>" + strings.TrimPrefix(s.url, "http://"), "<Code>active", "<VpcId>vpc-1", "<ZoneName>us-east-1b"},
		},
		"a load balancer that is absent": {
			url.Values{"Action": {"DescribeLoadBalancers"}, "Names.member.1": {"absent"}},
			400,
			[]string{"<Code>LoadBalancerNotFound", "Load balancers &#39;[absent]&#39; not found"},
		},
		"target groups of a load balancer": {
			url.Values{"Action": {"DescribeTargetGroups"}, "LoadBalancerArn": {s.balancer}},
			200,
			[]string{"<TargetGroupArn>" + s.group, "<HealthCheckPath>/health", "<member>" + s.balancer},
		},
		"the health of targets": {
			url.Values{"Action": {"DescribeTargetHealth"}, "TargetGroupArn": {s.group}},
			200,
			[]string{"<Id>10.0.10.4", "<State>unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]"},
		},
		"the health of a target that is not registered": {
			url.Values{"Action": {"DescribeTargetHealth"}, "TargetGroupArn": {s.group}, "Targets.member.1.Id": {"10.0.10.9"}},
			200,
			[]string{"<State>unused", "Target.NotRegistered"},
		},
		"listeners": {
			url.Values{"Action": {"DescribeListeners"}, "LoadBalancerArn": {s.balancer}},
			200,
			[]string{"<Port>80<", "<Type>forward", "<Weight>1<"},
		},
		"rules": {
			url.Values{"Action": {"DescribeRules"}, "ListenerArn": {s.listener}},
			200,
			[]string{"<Priority>default", "<IsDefault>true"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body := ask(t, s, test.form)
			if status != test.status {
				t.Errorf("got status %d", status)
			}
			for _, want := range test.wants {
				if !strings.Contains(body, want) {
					t.Errorf("%s is missing in\n%s", want, body)
				}
			}
		})
	}
}

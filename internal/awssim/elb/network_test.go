package elb_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// greeter speaks first, as SMTP and MySQL do, then repeats a line and hangs up.
func greeter(t *testing.T) net.Listener {
	t.Helper()
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		for {
			connection, err := socket.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = connection.Close() }()
				_, _ = fmt.Fprint(connection, "hello\n")
				line, _ := bufio.NewReader(connection).ReadString('\n')
				_, _ = fmt.Fprint(connection, "you said "+line)
			}()
		}
	}()
	return socket
}

// newNetwork has a network load balancer with a TCP listener and a TLS listener before the greeter.
func newNetwork(t *testing.T) *stand {
	t.Helper()
	s := &stand{Service: elb.New(clock.Clock{}, subnets, elb.WithCertificates(certificates))}
	t.Cleanup(func() { _ = s.Close() })
	s.balancer = s.create(t, "LoadBalancer", resource.Properties{"Type": "network", "Subnets": []any{"subnet-1"}}).PhysicalID
	s.group = s.create(t, "TargetGroup", resource.Properties{
		"Port": 8000.0, "Protocol": "TCP", "TargetType": "ip",
		"TargetGroupAttributes": attributes{attribute("deregistration_delay.timeout_seconds", "1")},
	}).PhysicalID
	forward := []any{map[string]any{"Type": "forward", "TargetGroupArn": s.group}}
	s.listener = s.create(t, "Listener", resource.Properties{
		"LoadBalancerArn": s.balancer, "Port": 25.0, "Protocol": "TCP", "DefaultActions": forward,
	}).PhysicalID
	s.create(t, "Listener", resource.Properties{
		"LoadBalancerArn": s.balancer, "Port": 465.0, "Protocol": "TLS", "DefaultActions": forward,
		"Certificates": []any{map[string]any{"CertificateArn": "arn:shop"}}, "AlpnPolicy": []any{"HTTP2Preferred"},
	})
	return s
}

func converse(t *testing.T, connection net.Conn) {
	t.Helper()
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
	reader := bufio.NewReader(connection)
	first, err := reader.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprint(connection, "good day\n")
	second, err := reader.ReadString('\n')
	if err != nil || first+second != "hello\nyou said good day\n" {
		t.Errorf("heard %q and %q, %v", first, second, err)
	}
}

func TestNetworkLoadBalancersPassConnectionsOn(t *testing.T) {
	t.Parallel()
	s := newNetwork(t)
	if !strings.Contains(s.balancer, ":loadbalancer/net/") {
		t.Errorf("the ARN is %s", s.balancer)
	}
	s.joinAddress(t, 4, greeter(t).Addr().String())
	s.await(t, 4, elb.Healthy)
	endpoints := s.Endpoints("123456789012", "us-east-1")
	plain, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", endpoints[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	converse(t, plain)
	config := &tls.Config{InsecureSkipVerify: true, ServerName: "shop.example.com", NextProtos: []string{"http/1.1", "h2"}}
	secured, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", endpoints[1].Address)
	if err != nil {
		t.Fatal(err)
	}
	//nolint:forcetypeassert // tls.Dialer's
	if got := secured.(*tls.Conn).ConnectionState().NegotiatedProtocol; got != "h2" {
		t.Errorf("negotiated %q", got)
	}
	converse(t, secured)
	<-s.Deregister(s.group, ip(4), 8000)
	if _, registered := s.Health(s.group, ip(4), 8000); registered {
		t.Error("the target is still registered")
	}
}

func TestNetworkLoadBalancersCloseWhatHasNoTarget(t *testing.T) {
	t.Parallel()
	s := newNetwork(t)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Endpoints("123456789012", "us-east-1")[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
	if count, err := connection.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes", count)
	}
}

func TestNetworkAndApplicationLoadBalancersDoNotMix(t *testing.T) {
	t.Parallel()
	s := newNetwork(t)
	web := s.create(t, "TargetGroup", resource.Properties{"Port": 80.0, "Protocol": "HTTP", "TargetType": "ip"}).PhysicalID
	for want, change := range map[string]url.Values{
		"<Code>IncompatibleProtocols</Code><Message>The listener and the following target groups have incompatible protocols: arn:aws:elasticloadbalancing:": {
			"Port": {"80"}, "Protocol": {"TCP"}, "DefaultActions.member.1.TargetGroupArn": {web},
		},
		"<Message>Listener protocol &#39;HTTP&#39; must be one of &#39;TLS, TCP, TCP_UDP, UDP&#39;": {
			"Port": {"80"}, "Protocol": {"HTTP"}, "DefaultActions.member.1.TargetGroupArn": {web},
		},
		"awssim does not implement listeners of Protocol UDP": {
			"Port": {"53"}, "Protocol": {"UDP"}, "DefaultActions.member.1.TargetGroupArn": {s.group},
		},
	} {
		change.Set("Action", "CreateListener")
		change.Set("LoadBalancerArn", s.balancer)
		change.Set("DefaultActions.member.1.Type", "forward")
		if status, body := ask(t, s, change); status != http.StatusBadRequest || !strings.Contains(body, want) {
			t.Errorf("%s is missing in\n%s", want, body)
		}
	}
}

func TestHealthOfTargetsThatSpeakTLSIsChecked(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	server := httptest.NewTLSServer(says("secret"))
	t.Cleanup(server.Close)
	s.group = s.create(t, "TargetGroup", resource.Properties{
		"Port": 8443.0, "Protocol": "HTTPS", "HealthCheckProtocol": "HTTPS", "TargetType": "ip",
	}).PhysicalID
	s.create(t, "ListenerRule", resource.Properties{
		"ListenerArn": s.listener, "Priority": 1.0, "Actions": []any{map[string]any{"Type": "forward", "TargetGroupArn": s.group}},
		"Conditions": []any{map[string]any{"Field": "http-request-method", "HttpRequestMethodConfig": map[string]any{"Values": []any{"GET"}}}},
	})
	s.joinAddress(t, 4, strings.TrimPrefix(server.URL, "https://"))
	s.await(t, 4, elb.Healthy)
	if _, body, _ := fetch(t, s.url); body != "secret" {
		t.Errorf("got %q", body)
	}
}

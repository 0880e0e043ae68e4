package elb_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// certificates knows self-signed certificates for shop.example.com and api.example.com, and one that is not issued yet.
func certificates(_ resource.Place, arn string) (*tls.Certificate, bool) {
	switch arn {
	case "arn:shop", "arn:api":
		return issued(strings.TrimPrefix(arn, "arn:") + ".example.com"), true
	case "arn:pending":
		return nil, true
	default:
		return nil, false
	}
}

var issuedOnce sync.Map //nolint:gochecknoglobals // keys take time to make

func issued(name string) *tls.Certificate {
	made, _ := issuedOnce.LoadOrStore(name, sync.OnceValue(func() *tls.Certificate {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour),
			IsCA: true, BasicConstraintsValid: true,
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			panic(err)
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			panic(err)
		}
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	}))
	return made.(func() *tls.Certificate)() //nolint:forcetypeassert // the map holds nothing else
}

// secured is a stand with an HTTPS listener beside a redirect from HTTP.
func secured(t *testing.T, balancerAttributes attributes) *stand {
	t.Helper()
	s := newStand(t, balancerAttributes, nil)
	s.create(t, "Listener", resource.Properties{
		"LoadBalancerArn": s.balancer, "Port": 443.0, "Protocol": "HTTPS", "Certificates": []any{map[string]any{"CertificateArn": "arn:shop"}},
		"SslPolicy":      "ELBSecurityPolicy-TLS13-1-2-2021-06",
		"DefaultActions": []any{map[string]any{"Type": "forward", "TargetGroupArn": s.group}},
	})
	s.create(t, "ListenerRule", resource.Properties{
		"ListenerArn": s.listener, "Priority": 1.0, "Conditions": []any{map[string]any{"Field": "path-pattern", "Values": []any{"*"}}},
		"Actions": []any{map[string]any{"Type": "redirect", "RedirectConfig": map[string]any{
			"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301",
		}}},
	})
	return s
}

// portOf is the port of a URL, as a template has it.
func portOf(t *testing.T, address string) float64 {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseFloat(parsed.Port(), 64)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// visitor trusts the certificates, reaches every name at the load balancer and follows redirects.
func (s *stand) visitor() *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(issued("shop.example.com").Leaf)
	roots.AddCert(issued("api.example.com").Leaf)
	address := strings.TrimPrefix(s.url, "http://")
	dialer := &net.Dialer{}
	return &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
	}}
}

func echo() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Host", r.Host)
		r.Header.Set("Path", r.URL.RequestURI())
		r.Header.Set("Proto", r.Proto)
		w.Header().Set("Server", "echo")
		_ = json.NewEncoder(w).Encode(r.Header)
	})
}

// visit is what a visitor saw of an answer.
type visit struct {
	URL, Proto string
	StatusCode int
	Header     http.Header
}

func (s *stand) visit(t *testing.T, client *http.Client, address string) (visit, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
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
	var seen http.Header
	_ = json.Unmarshal(body, &seen) // what the load balancer itself answers is no JSON
	return visit{response.Request.URL.String(), response.Proto, response.StatusCode, response.Header}, seen
}

func TestAVisitorOfHTTPIsLedToHTTPS(t *testing.T) {
	t.Parallel()
	s := secured(t, attributes{attribute("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "true")})
	s.join(t, 4, echo())
	s.await(t, 4, elb.Healthy)
	response, seen := s.visit(t, s.visitor(), "http://shop.example.com/items?page=2")
	got := map[string]string{
		"url": response.URL, "protocol": response.Proto, "target": seen.Get("Proto"), "port": seen.Get("X-Forwarded-Port"),
		"proto": seen.Get("X-Forwarded-Proto"), "tls": seen.Get("X-Amzn-Tls-Version"), "host": seen.Get("Host"),
	}
	want := map[string]string{
		"url": "https://shop.example.com:443/items?page=2", "protocol": "HTTP/2.0", "target": "HTTP/1.1", "port": "443",
		"proto": "https", "tls": "TLSv1.3", "host": "shop.example.com:443",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAVisitorWhoKnowsTheRealPortIsLedToTheRealPort(t *testing.T) {
	t.Parallel()
	s := secured(t, nil)
	s.join(t, 4, echo())
	s.await(t, 4, elb.Healthy)
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, _ := s.visit(t, client, s.url+"/items")
	if got, want := response.Header.Get("Location"), strings.Replace(s.url, "http:", "https:", 1)+"/items"; got != want {
		t.Errorf("led to %s, want %s", got, want)
	}
	if response.Header.Get("Server") != "awselb/2.0" {
		t.Errorf("the server is %q", response.Header.Get("Server"))
	}
}

func TestEveryListenerHasAPortOfItsOwn(t *testing.T) {
	t.Parallel()
	s := secured(t, nil)
	s.join(t, 4, says("four"))
	s.await(t, 4, elb.Healthy)
	s.create(t, "Listener", resource.Properties{
		"LoadBalancerArn": s.balancer, "Port": 8080.0, "Protocol": "HTTP",
		"DefaultActions": []any{map[string]any{"Type": "fixed-response", "FixedResponseConfig": map[string]any{"StatusCode": "200", "MessageBody": "tests"}}},
	})
	front := strings.TrimPrefix(s.url, "http://")
	addresses := map[int]string{}
	for _, each := range s.Endpoints("123456789012", "us-east-1") {
		addresses[each.Port] = each.Address
	}
	if addresses[80] != front || addresses[443] != front || addresses[8080] == front || len(addresses) != 3 {
		t.Fatalf("the endpoints are %v", addresses)
	}
	if _, body, _ := fetch(t, "http://"+addresses[8080]); body != "tests" {
		t.Errorf("got %q", body)
	}
}

func TestTheCertificateFollowsTheName(t *testing.T) {
	t.Parallel()
	s := secured(t, nil)
	endpoints := s.Endpoints("123456789012", "us-east-1")
	made := s.create(t, "ListenerCertificate", resource.Properties{
		"ListenerArn": endpoints[1].ListenerArn, "Certificates": []any{map[string]any{"CertificateArn": "arn:api"}},
	})
	if want := "arn:api|" + endpoints[1].ListenerArn; made.PhysicalID != want {
		t.Errorf("the physical id is %s, want %s", made.PhysicalID, want)
	}
	for name, want := range map[string]string{"shop.example.com": "shop.example.com", "api.example.com": "api.example.com", "other.example.com": "shop.example.com"} {
		connection, err := (&tls.Dialer{Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}}).
			DialContext(t.Context(), "tcp", endpoints[1].Address)
		if err != nil {
			t.Fatal(err)
		}
		//nolint:forcetypeassert // tls.Dialer's
		if got := connection.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName; got != want {
			t.Errorf("%s gets the certificate of %s", name, got)
		}
		_ = connection.Close()
	}
	if users := s.CertificateUsers("arn:api"); len(users) != 1 || users[0] != s.balancer {
		t.Errorf("arn:api is used by %v", users)
	}
}

func TestOldVersionsOfTLSAreRefusedByThePolicy(t *testing.T) {
	t.Parallel()
	s := secured(t, attributes{attribute("routing.http2.enabled", "false")})
	address := strings.TrimPrefix(s.url, "http://")
	dial := func(version uint16) (*tls.Conn, error) {
		config := &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, NextProtos: []string{"h2", "http/1.1"}}
		connection, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = connection.Close() })
		return connection.(*tls.Conn), nil //nolint:forcetypeassert // tls.Dialer's
	}
	if _, err := dial(tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	connection, err := dial(tls.VersionTLS12)
	if err != nil {
		t.Fatal(err)
	}
	if got := connection.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("negotiated %q although HTTP/2 is off", got)
	}
}

func TestTargetsMaySpeakHTTP2(t *testing.T) {
	t.Parallel()
	s := secured(t, nil)
	server := httptest.NewUnstartedServer(echo())
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	second := s.create(t, "TargetGroup", resource.Properties{
		"Name": "second", "Port": 8000.0, "Protocol": "HTTP", "ProtocolVersion": "HTTP2", "TargetType": "ip",
		"Targets": []any{map[string]any{"Id": "127.0.0.1", "Port": portOf(t, server.URL)}},
	}).PhysicalID
	s.create(t, "ListenerRule", resource.Properties{
		"ListenerArn": s.Endpoints("123456789012", "us-east-1")[1].ListenerArn, "Priority": 5.0,
		"Conditions": []any{map[string]any{"Field": "host-header", "HostHeaderConfig": map[string]any{"RegexValues": []any{`^a.i\.example\.com$`}}}},
		"Actions":    []any{map[string]any{"Type": "forward", "TargetGroupArn": second}},
		"Transforms": []any{
			map[string]any{"Type": "url-rewrite", "UrlRewriteConfig": map[string]any{
				"Rewrites": []any{map[string]any{"Regex": "^/v1/(.*)$", "Replace": "/$1"}},
			}},
			map[string]any{"Type": "host-header-rewrite", "HostHeaderRewriteConfig": map[string]any{
				"Rewrites": []any{map[string]any{"Regex": `^(.+)\.example\.com`, "Replace": "$1.internal"}},
			}},
		},
	})
	s.create(t, "ListenerCertificate", resource.Properties{
		"ListenerArn":  s.Endpoints("123456789012", "us-east-1")[1].ListenerArn,
		"Certificates": []any{map[string]any{"CertificateArn": "arn:api"}},
	})
	client := s.visitor()
	var seen http.Header
	for range 200 {
		response, header := s.visit(t, client, "https://api.example.com/v1/items?page=2")
		if seen = header; response.StatusCode == http.StatusOK {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	got := map[string]string{"proto": seen.Get("Proto"), "path": seen.Get("Path"), "host": seen.Get("Host")}
	if diff := cmp.Diff(map[string]string{"proto": "HTTP/2.0", "path": "/items?page=2", "host": "api.internal"}, got); diff != "" {
		t.Error(diff)
	}
}

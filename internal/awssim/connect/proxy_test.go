package connect_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/connect"
)

// freePort is one that nobody listens at, on whatever address.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0") //nolint:noctx // instantaneous
	if err != nil {
		t.Fatal(err)
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if err := listener.Close(); err != nil || !ok {
		t.Fatal(err)
	}
	return address.Port
}

// listen starts a proxy before targets, and returns its address.
func listen(t *testing.T, spec connect.Spec, targets ...string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux answers on all of 127.0.0.0/8")
	}
	spec.Port = freePort(t)
	var turn atomic.Int64
	spec.Choose = func(tried []string) (string, bool) {
		left := slices.DeleteFunc(slices.Clone(targets), func(target string) bool { return slices.Contains(tried, target) })
		if len(left) == 0 {
			return "", false
		}
		return left[turn.Add(1)%int64(len(left))], true
	}
	proxy, err := connect.Listen(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	return fmt.Sprintf("%s:%d", proxy.Host(), spec.Port)
}

// named answers with its name and what it was asked, over HTTP 1 and 2.
func named(t *testing.T, name string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		_, _ = fmt.Fprintf(w, "%s %s %s HTTP/%d", name, r.Host, r.URL, r.ProtoMajor)
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func get(t *testing.T, client *http.Client, address, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "items:80"
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(body))
}

func TestRequestsAreBalancedAndFailuresTriedAgain(t *testing.T) {
	t.Parallel()
	dead := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	address := listen(t, connect.Spec{Protocol: connect.HTTP}, named(t, "a"), named(t, "b"), dead)
	seen := make(map[string]int)
	for range 12 {
		code, body := get(t, http.DefaultClient, address, "/x?y=1")
		name, rest, _ := strings.Cut(body, " ")
		if seen[name]++; code != http.StatusOK || rest != "items:80 /x?y=1 HTTP/1" {
			t.Fatalf("it answers %d %q", code, body)
		}
	}
	if seen["a"] == 0 || seen["b"] == 0 {
		t.Errorf("the requests went to %v", seen)
	}
}

func TestRequestsOfHTTP2StayThat(t *testing.T) {
	t.Parallel()
	address := listen(t, connect.Spec{Protocol: connect.GRPC}, named(t, "a"))
	spoken := new(http.Protocols)
	spoken.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: spoken}}
	if code, body := get(t, client, address, "/"); code != http.StatusOK || body != "a items:80 / HTTP/2" {
		t.Errorf("it answers %d %q", code, body)
	}
}

func TestTheProxyAnswersWhereTargetsDoNot(t *testing.T) {
	t.Parallel()
	dead, limit := fmt.Sprintf("127.0.0.1:%d", freePort(t)), 20*time.Millisecond
	for name, test := range map[string]struct {
		targets    []string
		path, want string
	}{
		"nobody":         {nil, "/", "503 no healthy upstream"},
		"a dead one":     {[]string{dead}, "/", "503 upstream connect error or disconnect/reset before headers. reset reason: connection failure"},
		"one that hangs": {[]string{named(t, "a")}, "/slow", "504 upstream request timeout"},
	} {
		address := listen(t, connect.Spec{Protocol: connect.HTTP, Request: &limit}, test.targets...)
		code, body := get(t, http.DefaultClient, address, test.path)
		if got := fmt.Sprintf("%d %s", code, body); got != test.want {
			t.Errorf("%s: it answers %q", name, got)
		}
	}
}

func TestConnectionsAreBalanced(t *testing.T) {
	t.Parallel()
	dead := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	address := listen(t, connect.Spec{}, echo(t, "a"), dead, echo(t, "b"))
	seen := make(map[string]bool)
	for range 6 {
		client, err := net.Dial("tcp4", address) //nolint:noctx // ends with the test
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(client, "hello\n")
		line, err := bufio.NewReader(client).ReadString('\n')
		name, rest, _ := strings.Cut(line, " ")
		if seen[name] = true; err != nil || rest != "hello\n" {
			t.Fatalf("%q %v", line, err)
		}
		_ = client.Close()
	}
	if !seen["a"] || !seen["b"] {
		t.Errorf("the connections went to %v", seen)
	}
	client, err := net.Dial("tcp4", listen(t, connect.Spec{})) //nolint:noctx // ends with the test
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(client); len(rest) > 0 || err != nil {
		t.Errorf("nobody answers %q %v", rest, err)
	}
}

func TestQuietConnectionsAreCut(t *testing.T) {
	t.Parallel()
	idle := 20 * time.Millisecond
	client, err := net.Dial("tcp4", listen(t, connect.Spec{Idle: &idle}, echo(t, "a"))) //nolint:noctx // ends with the test
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(client); len(rest) > 0 || err != nil {
		t.Errorf("it answers %q %v", rest, err)
	}
}

// echo answers each line with its name before it.
func echo(t *testing.T, name string) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0") //nolint:noctx // instantaneous
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = client.Close() }()
				for lines := bufio.NewScanner(client); lines.Scan(); {
					_, _ = fmt.Fprintf(client, "%s %s\n", name, lines.Text())
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestPortsAndAddressesThatAreTakenAreTold(t *testing.T) {
	t.Parallel()
	address := listen(t, connect.Spec{})
	host, _, _ := strings.Cut(address, ":")
	again := connect.Spec{Host: host}
	if _, err := fmt.Sscanf(address, host+":%d", &again.Port); err != nil {
		t.Fatal(err)
	}
	if _, err := connect.Listen(again); err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Errorf("error = %v", err)
	}
}

package elb

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	forwardedFor = "X-Forwarded-For"
	portHTTP     = 80
	portHTTPS    = 443
)

// rewrite addresses the target and adds what a load balancer adds ("HTTP headers", user guide).
func (d *decision) rewrite(outgoing *httputil.ProxyRequest) {
	in, out := outgoing.In, outgoing.Out
	out.URL.Scheme, out.URL.Host, out.Host = d.scheme, d.target.Address, d.host(in)
	out.URL.RawQuery = in.URL.RawQuery
	d.setForwarded(in, out)
	out.Header.Set("X-Forwarded-Proto", strings.ToLower(d.listener.Protocol))
	out.Header.Set("X-Forwarded-Port", d.port)
	if out.Header.Get("X-Amzn-Trace-Id") == "" {
		out.Header.Set("X-Amzn-Trace-Id", fmt.Sprintf("Root=1-%08x-%s%s", time.Now().Unix(), hexID(), hexID()[:8]))
	}
	if is(d.settings, tellCipher) && in.TLS != nil {
		out.Header.Set("X-Amzn-Tls-Version", versionName(in.TLS.Version))
		out.Header.Set("X-Amzn-Tls-Cipher-Suite", cipherName(in.TLS.CipherSuite))
	}
	if is(d.settings, dropInvalid) {
		dropInvalidHeaders(out.Header)
	}
	if _, ok := in.Header["User-Agent"]; !ok {
		out.Header.Set("User-Agent", "") // rather than Go's own
	}
	if d.identity != nil {
		d.identify(out)
	}
	rewriteRequest(out, d.transforms)
}

// host is the Host header that the target gets: with the listener's port if that is not the usual one and the client
// left it out, unless the load balancer preserves what the client sent.
func (d *decision) host(in *http.Request) string {
	usual := d.listener.Port == portHTTP || d.listener.Port == portHTTPS
	if _, _, err := net.SplitHostPort(in.Host); err == nil || usual || d.knows || is(d.settings, preserveHost) {
		return in.Host
	}
	return net.JoinHostPort(in.Host, strconv.Itoa(d.listener.Port))
}

func (d *decision) setForwarded(in, out *http.Request) {
	given := in.Header.Values(forwardedFor)
	switch d.settings[forwardedMode] {
	case "remove":
		out.Header.Del(forwardedFor)
	case "preserve":
		out.Header.Del(forwardedFor)
		for _, value := range given {
			out.Header.Add(forwardedFor, value)
		}
	default:
		client, port, err := net.SplitHostPort(in.RemoteAddr)
		if err != nil {
			client = in.RemoteAddr
		}
		if is(d.settings, forwardedPort) {
			client += ":" + port
		}
		out.Header.Set(forwardedFor, strings.Join(append(given, client), ", "))
	}
}

// validName is what remains when invalid header fields are dropped (LoadBalancerAttribute, API reference).
var validName = regexp.MustCompile(`^[-A-Za-z0-9]+$`)

func dropInvalidHeaders(header http.Header) {
	for name := range header {
		if !validName.MatchString(name) {
			header.Del(name)
			delete(header, name)
		}
	}
}

// adorned sets the headers that the listener's attributes ask for, just before an answer begins.
type adorned struct {
	http.ResponseWriter

	settings map[string]string
	begun    bool
}

// adorn returns the writer to answer with.
func (d *decision) adorn(w http.ResponseWriter) http.ResponseWriter {
	return &adorned{ResponseWriter: w, settings: d.headers}
}

// WriteHeader begins the answer.
func (a *adorned) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		a.dress()
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write begins the answer, if it has not begun.
func (a *adorned) Write(data []byte) (int, error) {
	a.dress()
	return a.ResponseWriter.Write(data) //nolint:wrapcheck // this is the writer
}

// Unwrap lets http.ResponseController find what the writer can do.
func (a *adorned) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *adorned) dress() {
	if a.begun {
		return
	}
	a.begun = true
	for key, name := range responseHeaders() {
		if value := a.settings[key]; value != "" {
			a.Header().Set(name, value)
		}
	}
	if a.settings[serverHeader] == "false" {
		a.Header().Del("Server")
	}
}

// targetTLS does not look at certificates, as load balancers do not ("Target groups", user guide).
func targetTLS() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true} //nolint:gosec // as on AWS
}

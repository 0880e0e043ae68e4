package awssim

import (
	"crypto/x509"
	"net"
	"net/http"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb/login"
)

// outside is how load balancers reach identity providers: names of Route 53 lead where they do here, all others where they
// do elsewhere, and certificates of ACM are trusted beside those that the machine trusts.
func (s *Server) outside() http.RoundTripper { return login.Outside(s.leadsTo, s.trusted) }

// leadsTo is where host and port lead: to another port as well, if that is a load balancer's.
func (s *Server) leadsTo(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	answer, err := s.Resolve(host, "A")
	if err != nil || len(answer.Values) == 0 {
		return address
	}
	if _, _, err := net.SplitHostPort(answer.Values[0]); err == nil {
		return answer.Values[0]
	}
	return net.JoinHostPort(answer.Values[0], port)
}

// trusted are the authorities of the machine and that of ACM.
func (s *Server) trusted() *x509.CertPool {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if own, err := s.AuthorityPEM(); err == nil {
		roots.AppendCertsFromPEM([]byte(own))
	}
	return roots
}

package awssim

import (
	"errors"
	"io"
	"net/http"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
)

// Listeners tells where the listeners of a region's load balancers are reached on this machine.
func (s *Server) Listeners(region string) []elb.Endpoint {
	return s.balancers.Endpoints(Account, region)
}

// AuthorityPEM is the certificate of the authority that issues the certificates of ACM.
func (s *Server) AuthorityPEM() (string, error) { return s.certificates.RootPEM() }

// Resolve follows the records and aliases of the public hosted zones.
func (s *Server) Resolve(name, kind string) (route53.Answer, error) {
	return s.names.Resolve(Account, name, kind)
}

func (s *Server) getListeners(w http.ResponseWriter, r *http.Request) {
	region, _, _ := named(r)
	reply(w, http.StatusOK, map[string]any{"listeners": s.Listeners(region)})
}

func (s *Server) getAuthority(w http.ResponseWriter, _ *http.Request) {
	root, err := s.AuthorityPEM()
	if err != nil {
		replyError(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = io.WriteString(w, root) // who went away is no concern of ours
}

func (s *Server) getLoginKey(w http.ResponseWriter, r *http.Request) {
	key, ok := s.balancers.LoginKey(r.PathValue("id"))
	if !ok {
		replyError(w, http.StatusNotFound, errors.New("there is no key "+r.PathValue("id")))
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(key) //nolint:gosec // a key of our own, and no page
}

func (s *Server) getAddress(w http.ResponseWriter, r *http.Request) {
	name, kind := r.URL.Query().Get("name"), r.URL.Query().Get("type")
	if name == "" {
		replyError(w, http.StatusBadRequest, errors.New("the query must have a name"))
		return
	}
	if kind == "" {
		kind = "A"
	}
	answer, err := s.Resolve(name, kind)
	if err != nil {
		replyError(w, http.StatusNotFound, err)
		return
	}
	reply(w, http.StatusOK, answer)
}

package awssim

import (
	"net/http"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
)

// Listeners tells where the listeners of a region's load balancers are reached on this machine.
func (s *Server) Listeners(region string) []elb.Endpoint {
	return s.balancers.Endpoints(Account, region)
}

func (s *Server) getListeners(w http.ResponseWriter, r *http.Request) {
	region, _, _ := named(r)
	reply(w, http.StatusOK, map[string]any{"listeners": s.Listeners(region)})
}

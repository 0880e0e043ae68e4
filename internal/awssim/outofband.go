package awssim

import (
	"errors"
	"net/http"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// EditResource changes properties of a resource behind CloudFormation's back; a nil value removes one. Resources
// that move are edited through the APIs of their services instead.
func (s *Server) EditResource(region, resourceType, id string, changes map[string]any) error {
	return s.records.Edit(resource.Place{Account: Account, Region: region}, resourceType, id, changes)
}

// RemoveResource deletes a resource behind CloudFormation's back. Resources that move are deleted through the APIs
// of their services instead.
func (s *Server) RemoveResource(region, resourceType, id string) error {
	return s.records.Remove(resource.Place{Account: Account, Region: region}, resourceType, id)
}

// InterruptSpot takes the capacity of a Spot task away.
func (s *Server) InterruptSpot(taskARN string) error { return s.clusters.InterruptSpot(taskARN) }

func (s *Server) postSpotInterruption(w http.ResponseWriter, r *http.Request) {
	replyDone(w, s.InterruptSpot(r.URL.Query().Get("task")))
}

func (s *Server) getResource(w http.ResponseWriter, r *http.Request) {
	region, resourceType, id := named(r)
	properties, ok := s.records.Read(resource.Request{
		Place: resource.Place{Account: Account, Region: region}, Type: resourceType, PhysicalID: id,
	})
	if !ok {
		replyError(w, http.StatusNotFound, generic.ErrNoResource)
		return
	}
	reply(w, http.StatusOK, properties)
}

func (s *Server) patchResource(w http.ResponseWriter, r *http.Request) {
	var changes map[string]any
	if err := read(w, r, &changes); err != nil {
		replyError(w, http.StatusBadRequest, err)
		return
	}
	region, resourceType, id := named(r)
	replyDone(w, s.EditResource(region, resourceType, id, changes))
}

func (s *Server) deleteResource(w http.ResponseWriter, r *http.Request) {
	region, resourceType, id := named(r)
	replyDone(w, s.RemoveResource(region, resourceType, id))
}

// named returns the region, type and physical id that a request's query has.
func named(r *http.Request) (string, string, string) {
	query := r.URL.Query()
	region := query.Get("region")
	if region == "" {
		region = DefaultRegion
	}
	return region, query.Get("type"), query.Get("id")
}

func replyDone(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, generic.ErrNoResource), errors.Is(err, ecs.ErrNoTask):
		replyError(w, http.StatusNotFound, err)
	case err != nil:
		replyError(w, http.StatusInternalServerError, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

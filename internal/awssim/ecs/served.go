package ecs

import (
	"fmt"
	"time"
)

// servedRevision is a service revision: what was deployed, as it was resolved.
type servedRevision struct {
	arn       string
	created   time.Time
	revision  revision
	balancers []LoadBalancer // with the target groups in which its tasks register
	digests   map[string]string
	offered   []connectResource // in the order of its Service Connect services

	met   bool       // its first task knows the aliases
	known []endpoint // that its tasks know
}

// serve records a revision that is about to be deployed for the first time: both have the same number. Call it locked.
func (f *fleet) serve(wanted revision, id string, now time.Time) *servedRevision {
	var blue *deployment
	if len(f.deployments) > 0 {
		blue = f.serving()
	}
	made := &servedRevision{
		arn:     arn(f.place, fmt.Sprintf("service-revision/%s/%s/%s", f.cluster.name, f.name, id)),
		created: now, revision: wanted, balancers: f.resolve(wanted.balancers, blue), digests: make(map[string]string),
		offered: f.offered,
	}
	f.served = append([]*servedRevision{made}, f.served...)
	return made
}

// served finds a service revision by its ARN. Call it locked.
func (s *Service) served(wanted string) (*fleet, *servedRevision) {
	for _, cluster := range s.clusters {
		for _, fleet := range cluster.fleets {
			for _, each := range fleet.served {
				if each.arn == wanted {
					return fleet, each
				}
			}
		}
	}
	return nil, nil
}

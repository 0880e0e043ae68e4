package ecs

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Count is how many tasks of a service should run, how many do, and whether a deployment is under way.
type Count struct {
	Desired, Running int
	Deploying        bool
}

// DesiredCount returns how many tasks a service should run; an error if there is no such service.
func (s *Service) DesiredCount(place resource.Place, cluster, service string) (Count, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.fleet(place, cluster, service)
	if err != nil {
		return Count{}, err
	}
	if found.status != active {
		return Count{}, errNoService()
	}
	return Count{
		Desired: found.desired, Running: found.count(nil, (*task).running),
		Deploying: len(found.deployments) > 0 && found.deployments[0].rollout == inProgress,
	}, nil
}

// SetDesiredCount makes a service run so many tasks, as UpdateService does, without a new deployment.
func (s *Service) SetDesiredCount(place resource.Place, cluster, service string, count int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.fleet(place, cluster, service)
	if err != nil {
		return err
	}
	if _, err := s.update(found, &FleetSpec{DesiredCount: &count}, false); err != nil {
		return err
	}
	return nil
}

// TellScaling adds what Application Auto Scaling did to a service's events, which AWS shows there as well: "Successfully
// set desired count to 3. ..." is told as "Message: Successfully set ...".
func (s *Service) TellScaling(place resource.Place, cluster, service, message, cause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, err := s.fleet(place, cluster, service); err == nil {
		added := event{id: uuid.NewString(), at: time.Now().UTC(), message: fmt.Sprintf("Message: %s Cause: %s", message, cause)}
		found.events = slices.Insert(found.events, 0, added)
		found.events = found.events[:min(len(found.events), maxEvents)]
	}
}

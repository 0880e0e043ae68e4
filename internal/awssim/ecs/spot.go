package ecs

import (
	"errors"
	"fmt"
)

// fargateSpot is the capacity provider whose tasks AWS may take away.
const fargateSpot = "FARGATE_SPOT"

// ErrNoTask is returned for a task that does not exist or cannot be interrupted.
var ErrNoTask = errors.New("no such Spot task")

// InterruptSpot takes a task's Spot capacity away, which no API of AWS does: tests of what happens then call it. The
// task is deregistered, drained and asked to end as on any other stop ("Fargate Spot termination notices",
// developer guide), and its service starts another one.
func (s *Service) InterruptSpot(taskARN string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cluster := range s.clusters {
		found := cluster.task(taskARN)
		if found == nil || found.arn != taskARN || found.provider != fargateSpot || found.stopping() {
			continue
		}
		found.requestStop(bySpot, "Your Spot Task was interrupted.")
		found.fleet.kick()
		return nil
	}
	return fmt.Errorf("interrupting %s: %w", taskARN, ErrNoTask)
}

package awssimtest

import "testing"

// EditResource changes properties of a resource in [Region] behind CloudFormation's back, so that its stack drifts; a
// nil value removes one. It is for the types that docs/simulator.md says to exist; those that move are edited through
// the APIs of their services. A resource that does not exist fails the test.
func (s *Simulator) EditResource(t testing.TB, resourceType, physicalID string, changes map[string]any) {
	t.Helper()
	if err := s.server.EditResource(Region, resourceType, physicalID, changes); err != nil {
		t.Fatal(err)
	}
}

// InterruptSpot takes the capacity of a task away that runs on FARGATE_SPOT. No such task fails the test.
func (s *Simulator) InterruptSpot(t testing.TB, taskARN string) {
	t.Helper()
	if err := s.server.InterruptSpot(taskARN); err != nil {
		t.Fatal(err)
	}
}

// RemoveResource deletes a resource in [Region] behind CloudFormation's back, as EditResource edits one.
func (s *Simulator) RemoveResource(t testing.TB, resourceType, physicalID string) {
	t.Helper()
	if err := s.server.RemoveResource(Region, resourceType, physicalID); err != nil {
		t.Fatal(err)
	}
}

package ecs

import (
	"slices"
	"sync"
	"time"
)

// takeDown ends a task: out of the load balancers, drained, asked to end, killed, forgotten.
func (s *Service) takeDown(t *task) {
	s.mu.Lock()
	if t.stop.code == failedToStart {
		t.fleet.noteFailure(t, time.Now().UTC())
	}
	alive := t.alive()
	s.mu.Unlock()
	if len(t.registered)+len(t.enlisted) > 0 {
		s.advance(t, deactivating)
		s.delist(t)
	}
	if len(t.registered) > 0 {
		s.leave(t, alive)
	}
	s.advance(t, stopping)
	s.stopContainers(t)
	s.disk.drop(t.id)
	s.advance(t, deprovisioning)
	_ = s.Clock.Sleep(s.life, deprovisioningTime)
	s.addresses.Release(t.subnet.ID, t.address)
	s.advance(t, stopped)
	s.forget(t)
}

// alive says whether the task can still serve. Call it locked.
func (t *task) alive() bool {
	return !slices.ContainsFunc(t.containers, func(c *container) bool { return c.spec.essential() && c.last != running })
}

// leave takes the task out of its target groups and, if it can still serve, waits until it is drained.
func (s *Service) leave(t *task, drain bool) {
	var drained []<-chan struct{}
	for _, balancer := range t.registered {
		drained = append(drained, s.Balancers.Deregister(balancer.TargetGroupArn, t.address.String(), balancer.ContainerPort))
	}
	s.mu.Lock()
	t.fleet.notices.draining[t.deployment.id]++
	for _, balancer := range t.registered {
		t.fleet.notices.deregistered[balancer.TargetGroupArn]++
	}
	t.fleet.kick()
	s.mu.Unlock()
	for _, gone := range drained {
		if !drain {
			return
		}
		select {
		case <-gone:
		case <-s.life.Done():
			return
		}
	}
}

// stopContainers stops all containers at once, each with its own timeout.
func (s *Service) stopContainers(t *task) {
	var ending sync.WaitGroup
	for _, one := range t.containers {
		s.mu.Lock()
		living := one.running
		s.mu.Unlock()
		if living != nil {
			ending.Go(func() {
				living.Stop(one.spec.stopTimeout())
				<-one.ready // its end was noted
			})
		}
	}
	ending.Wait()
}

// forget removes a stopped task from memory after the time for which it can be described.
func (s *Service) forget(t *task) {
	wait := s.Clock.Scale(remembered)
	if wait <= 0 {
		wait = remembered // a clock that does not wait does not make tasks invisible
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		return
	}
	s.memories[t] = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.memories, t)
		t.fleet.tasks = slices.DeleteFunc(t.fleet.tasks, func(other *task) bool { return other == t })
	})
}

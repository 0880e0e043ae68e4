package ecs

import (
	"context"
	"fmt"
	"time"
)

// Conditions of a container dependency (ContainerDependency, API reference).
const (
	onStart    = "START"
	onComplete = "COMPLETE"
	onSuccess  = "SUCCESS"
	onHealthy  = "HEALTHY"
)

// Defaults of container health checks, in seconds (HealthCheck, API reference).
const (
	defaultInterval = 30
	defaultTimeout  = 5
	defaultRetries  = 3
)

// shortestInterval keeps a clock that does not wait from checking without pause.
const shortestInterval = 10 * time.Millisecond

// awaitDependencies waits until a container may start.
func (s *Service) awaitDependencies(t *task, one *container) error {
	for _, dependency := range one.spec.DependsOn {
		other := t.container(dependency.ContainerName)
		for {
			s.mu.Lock()
			done, err := other.fulfils(dependency.Condition)
			changed := t.fleet.changed
			s.mu.Unlock()
			if err != nil {
				return err
			}
			if done {
				break
			}
			select {
			case <-changed: // every change of a container wakes the scheduler
			case <-t.asked.Done():
				return t.asked.Err()
			}
		}
	}
	return nil
}

// fulfils says whether the container meets a condition; an error if it never will. Call it locked.
func (c *container) fulfils(condition string) (bool, error) {
	switch condition {
	case onStart:
		return true, nil // containers start in the order of their dependencies
	case onComplete:
		return c.exit != nil, nil
	case onSuccess:
		if c.exit != nil && *c.exit != 0 {
			return false, fmt.Errorf("dependency graph: failed container ordering: container %s did not succeed", c.spec.Name)
		}
		return c.exit != nil, nil
	default:
		if c.exit != nil || c.health == unhealthy {
			return false, fmt.Errorf("dependency graph: failed container ordering: container %s is not healthy", c.spec.Name)
		}
		return c.health == healthyStatus, nil
	}
}

// checkContainer runs a container's health check until the container ends.
func (s *Service) checkContainer(t *task, one *container, living Container) {
	how := one.spec.HealthCheck
	begun, fails := time.Now(), 0
	interval := max(s.Clock.Scale(inSeconds(how.Interval, defaultInterval)), shortestInterval)
	for {
		select {
		case <-time.After(interval):
		case <-living.Done():
			return
		case <-s.life.Done():
			return
		}
		passed := s.checkOnce(one, living)
		starting := time.Since(begun) < s.Clock.Scale(inSeconds(how.StartPeriod, 0))
		s.mu.Lock()
		switch {
		case passed:
			one.health, fails = healthyStatus, 0
		case starting:
		default:
			if fails++; fails >= otherwise(how.Retries, defaultRetries) {
				one.health = unhealthy
			}
		}
		s.tellHealth(t)
		t.fleet.kick()
		s.mu.Unlock()
	}
}

func (s *Service) checkOnce(one *container, living Container) bool {
	ctx, cancel := context.WithTimeout(s.life, inSeconds(one.spec.HealthCheck.Timeout, defaultTimeout))
	defer cancel()
	command := one.spec.HealthCheck.Command[1:]
	if one.spec.HealthCheck.Command[0] == "CMD-SHELL" {
		command = append([]string{"/bin/sh", "-c"}, command...)
	}
	code, err := living.Check(ctx, command)
	return err == nil && code == 0
}

func inSeconds(given, standard int) time.Duration {
	return time.Duration(otherwise(given, standard)) * time.Second
}

func otherwise(given, standard int) int {
	if given == 0 {
		return standard
	}
	return given
}

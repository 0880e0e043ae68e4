package ecs

import (
	"slices"
	"time"
)

// RestartPolicy lets a container start again when it ends, without a new task.
type RestartPolicy struct {
	Enabled              bool  `json:"enabled"`
	IgnoredExitCodes     []int `json:"ignoredExitCodes,omitempty"`
	RestartAttemptPeriod *int  `json:"restartAttemptPeriod,omitempty"` // seconds
}

// Limits of restart policies (ContainerRestartPolicy, API reference).
const (
	shortestPeriod = 60
	standardPeriod = 300
	longestPeriod  = 1800
	mostIgnored    = 50
)

// check refuses policies outside of the limits (the texts are believed).
func (p *RestartPolicy) check() error {
	switch {
	case p == nil:
		return nil
	case !p.Enabled && (p.IgnoredExitCodes != nil || p.RestartAttemptPeriod != nil):
		return errClient("restartPolicy must be enabled to set ignoredExitCodes or restartAttemptPeriod.")
	case len(p.IgnoredExitCodes) > mostIgnored:
		return errClient("A maximum of %d ignoredExitCodes is allowed.", mostIgnored)
	case p.RestartAttemptPeriod != nil && (*p.RestartAttemptPeriod < shortestPeriod || *p.RestartAttemptPeriod > longestPeriod):
		return errClient("restartAttemptPeriod must be between %d and %d seconds.", shortestPeriod, longestPeriod)
	}
	return nil
}

// shortestLife keeps a clock that does not wait from restarting without pause; real time.
const shortestLife = time.Second

// restarts says whether a container that ended is started again: it has to have run for the period, and not to have ended with
// a code that is ignored. Call it locked.
func (s *Service) restarts(t *task, one *container, now time.Time) bool {
	policy := one.spec.RestartPolicy
	if policy == nil || !policy.Enabled || t.stopping() || s.life.Err() != nil ||
		slices.Contains(policy.IgnoredExitCodes, one.running.ExitCode()) {
		return false
	}
	period := standardPeriod
	if policy.RestartAttemptPeriod != nil {
		period = *policy.RestartAttemptPeriod
	}
	return now.Sub(one.begun) >= max(s.Clock.Scale(time.Duration(period)*time.Second), shortestLife)
}

// again is a container that can be started once more where it listened.
type again interface {
	Again() (Container, error)
}

// restart starts a container again. If the task was asked to stop meanwhile, the container is as well.
func (s *Service) restart(t *task, one *container) error {
	var (
		started Container
		err     error
	)
	if same, ok := one.running.(again); ok {
		started, err = same.Again()
	} else {
		started, err = one.image.Start(one.started(), t.mounts(one), s.output(t, one))
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	one.running, one.begun = started, time.Now().UTC()
	if one.spec.HealthCheck != nil {
		one.health = unknown
		s.work.Go(func() { s.checkContainer(t, one, started) })
	}
	gone := t.stopping()
	t.fleet.kick()
	s.mu.Unlock()
	if gone {
		started.Stop(one.spec.stopTimeout())
	}
	return nil
}

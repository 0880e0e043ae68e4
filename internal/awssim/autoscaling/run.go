package autoscaling

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Kinds of step adjustments.
const (
	changeInCapacity = "ChangeInCapacity"
	percentChange    = "PercentChangeInCapacity"
	exactCapacity    = "ExactCapacity"
	hundred          = 100
)

// inShare is which part of the tasks target tracking takes away at once: "scales in more gradually" (user guide); how
// much is not published. A tenth, and at least one, is believed.
const inShare = 10

// ErrNoPolicy is returned for a policy that does not exist.
var ErrNoPolicy = errors.New("scaling policy not found")

// RunPolicy does what a policy says now that one of its alarms has gone off, or still lasts.
func (s *Service) RunPolicy(place resource.Place, policyARN, alarmName string) error {
	s.acting.Lock()
	defer s.acting.Unlock()
	s.mu.Lock()
	of, run := s.policyOf(place, policyARN)
	s.mu.Unlock()
	if run == nil {
		return ErrNoPolicy
	}
	seen, err := s.Alarms.AlarmReading(place, alarmName)
	if err != nil {
		return fmt.Errorf("reading the alarm %s: %w", alarmName, err)
	}
	count, err := s.countOf(of.key)
	if err != nil {
		return err
	}
	var wanted int
	if run.kind == stepScaling {
		wanted = s.step(of, run, count, seen.Value-seen.Threshold)
	} else {
		wanted = s.track(of, run, count, alarmName, seen.Value)
	}
	s.move(of, run, count.Desired, wanted, alarmName)
	return nil
}

func (s *Service) policyOf(place resource.Place, arn string) (*target, *policy) {
	for key, of := range s.targets {
		for _, one := range of.policies {
			if key.Place == place && one.arn == arn {
				return of, one
			}
		}
	}
	return nil, nil
}

// move sets the count that a policy wants, within the bounds and unless it is suspended.
func (s *Service) move(of *target, run *policy, current, wanted int, alarmName string) {
	s.mu.Lock()
	wanted = min(max(wanted, of.min), of.max)
	idle := wanted == current || (wanted > current && of.suspended.DynamicScalingOutSuspended) ||
		(wanted < current && of.suspended.DynamicScalingInSuspended)
	if !idle {
		run.cool(s.now(), s.Clock.Scale, current, wanted)
	}
	s.mu.Unlock()
	if !idle {
		s.set(of, wanted, fmt.Sprintf("monitor alarm %s in state ALARM triggered policy %s", alarmName, run.name))
	}
}

// cool begins the cooldown of a scaling. While that of scaling out lasts, what comes next counts from where it began.
func (p *policy) cool(now time.Time, scale func(time.Duration) time.Duration, current, wanted int) {
	seconds := defaultCooldown
	var given *int
	switch {
	case p.step != nil:
		given = p.step.Cooldown
	case wanted > current:
		given = p.tracking.ScaleOutCooldown
	default:
		given = p.tracking.ScaleInCooldown
	}
	if given != nil {
		seconds = *given
	}
	began := cooldown{until: now.Add(scale(time.Duration(seconds) * time.Second)), base: current}
	if wanted < current {
		p.in = began
		return
	}
	if now.Before(p.out.until) {
		began.base = p.out.base
	}
	p.out, p.in = began, cooldown{} // scaling out ends the cooldown of scaling in
}

// track returns how many tasks keep a metric at its target.
func (s *Service) track(of *target, run *policy, count ecs.Count, alarmName string, value float64) int {
	current := count.Desired
	if math.IsNaN(value) {
		return current
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, goal := s.now(), *run.tracking.TargetValue
	if alarmName == run.high.AlarmName {
		base := current
		if now.Before(run.out.until) {
			base = run.out.base
		}
		return max(current, int(math.Ceil(float64(base)*value/goal)))
	}
	if count.Deploying || now.Before(run.in.until) || now.Before(run.out.until) || !s.allWouldScaleIn(of, run) {
		return current
	}
	enough := int(math.Ceil(float64(current) * value / goal))
	gradual := current - max(current/inShare, 1)
	return min(current, max(enough, gradual))
}

// allWouldScaleIn says whether every target tracking policy that scales in is ready to ("Multiple target tracking
// scaling policies", user guide). Call it locked.
func (s *Service) allWouldScaleIn(of *target, but *policy) bool {
	for _, other := range of.policies {
		if other == but || other.kind != targetTracking || !other.scalesIn() {
			continue
		}
		if seen, err := s.Alarms.AlarmReading(of.key.Place, other.low.AlarmName); err == nil && seen.State != "ALARM" {
			return false
		}
	}
	return true
}

// step returns how many tasks a step scaling policy wants while its metric is so far beyond the threshold.
func (s *Service) step(_ *target, run *policy, count ecs.Count, beyond float64) int {
	current := count.Desired
	s.mu.Lock()
	defer s.mu.Unlock()
	chosen := run.step.at(beyond)
	if math.IsNaN(beyond) || chosen == nil {
		return current
	}
	now := s.now()
	wanted := run.step.apply(current, chosen.ScalingAdjustment)
	if wanted > current {
		if now.Before(run.out.until) {
			wanted = max(current, run.step.apply(run.out.base, chosen.ScalingAdjustment))
		}
		return wanted
	}
	if now.Before(run.in.until) || now.Before(run.out.until) {
		return current
	}
	return wanted
}

// at returns the step for a distance from the threshold. Lower bounds are inclusive above the threshold, upper bounds
// are below it (StepAdjustment, API reference).
func (p *stepPolicy) at(beyond float64) *stepAdjustment {
	for i := range p.StepAdjustments {
		step := &p.StepAdjustments[i]
		low, high := math.Inf(-1), math.Inf(1)
		if step.MetricIntervalLowerBound != nil {
			low = *step.MetricIntervalLowerBound
		}
		if step.MetricIntervalUpperBound != nil {
			high = *step.MetricIntervalUpperBound
		}
		if (beyond >= 0 && beyond >= low && beyond < high) || (beyond < 0 && beyond > low && beyond <= high) {
			return step
		}
	}
	return nil
}

// apply returns what an adjustment makes of so many tasks. Percentages are rounded towards zero, but for those below one
// ("Scaling adjustment types", user guide).
func (p *stepPolicy) apply(current, adjustment int) int {
	switch p.AdjustmentType {
	case exactCapacity:
		return adjustment
	case changeInCapacity:
		return current + adjustment
	}
	change := float64(current) * float64(adjustment) / hundred
	rounded := int(math.Trunc(change))
	if rounded == 0 && change != 0 {
		rounded = int(math.Copysign(1, change))
	}
	if p.MinAdjustmentMagnitude != nil && math.Abs(float64(rounded)) < float64(*p.MinAdjustmentMagnitude) {
		rounded = int(math.Copysign(float64(*p.MinAdjustmentMagnitude), change))
	}
	return current + rounded
}

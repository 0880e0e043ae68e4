package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type scheduledBounds struct {
	MinCapacity *int `json:",omitempty"`
	MaxCapacity *int `json:",omitempty"`
}

// scheduleSpec is a scheduled action as the API writes it; CloudFormation's times are texts.
type scheduleSpec struct {
	ScheduledActionName  string
	Schedule             string
	Timezone             string
	StartTime            wire.Time
	EndTime              wire.Time
	ScalableTargetAction *scheduledBounds
}

// schedule is a scheduled action. Its fields are the Service's, under its lock.
type schedule struct {
	spec    scheduleSpec
	arn     string
	created time.Time
	times   timetable
	stop    func()
}

type putScheduledActionInput struct {
	scalable
	scheduleSpec
}

func (s *Service) putScheduledAction(_ context.Context, call *wire.Call, in *putScheduledActionInput) (*empty, error) {
	return &empty{}, s.putSchedule(call.Place(), &in.scalable, in.scheduleSpec)
}

// putSchedule makes a scheduled action or changes what is given of the one of its name.
func (s *Service) putSchedule(place resource.Place, named *scalable, spec scheduleSpec) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		return s.life.Err()
	}
	of, err := s.find(place, named)
	if err != nil {
		return err
	}
	made := &schedule{spec: spec, created: s.now(), arn: fmt.Sprintf(
		"arn:aws:autoscaling:%s:%s:scheduledAction:%s:resource/ecs/%s:scheduledActionName/%s",
		place.Region, place.Account, uuid.NewString(), of.key.id, spec.ScheduledActionName)}
	old, exists := of.schedules[spec.ScheduledActionName]
	if exists {
		made.arn, made.created = old.arn, old.created
		made.spec.keep(&old.spec)
	}
	if made.times, err = made.spec.check(); err != nil {
		return err
	}
	if exists {
		old.stop()
	}
	s.begin(of, made)
	return nil
}

// begin lets a schedule wait for its moments. Call it locked.
func (s *Service) begin(of *target, made *schedule) {
	ended := make(chan struct{})
	made.stop = sync.OnceFunc(func() { close(ended) })
	of.schedules[made.spec.ScheduledActionName] = made
	s.work.Go(func() { s.follow(of.key, made, ended) })
}

// keep takes what a change does not say from what was said before.
func (p *scheduleSpec) keep(old *scheduleSpec) {
	if p.Schedule == "" {
		p.Schedule = old.Schedule
	}
	if p.Timezone == "" {
		p.Timezone = old.Timezone
	}
	if p.ScalableTargetAction == nil {
		p.ScalableTargetAction = old.ScalableTargetAction
	}
	if p.StartTime.IsZero() {
		p.StartTime = old.StartTime
	}
	if p.EndTime.IsZero() {
		p.EndTime = old.EndTime
	}
}

func (p *scheduleSpec) check() (timetable, error) {
	action := p.ScalableTargetAction
	switch {
	case p.ScheduledActionName == "":
		return nil, errValidation("A scheduled action name is required")
	case p.Schedule == "":
		return nil, errValidation("A schedule is required")
	case action == nil || (action.MinCapacity == nil && action.MaxCapacity == nil):
		return nil, errValidation("Scalable target action is required and must have a minimum or maximum capacity")
	case action.MinCapacity != nil && action.MaxCapacity != nil && *action.MaxCapacity < *action.MinCapacity:
		return nil, errValidation("Maximum capacity cannot be less than minimum capacity")
	}
	return parseSchedule(p.Schedule, p.Timezone)
}

// follow waits for the moments of a schedule and acts on them.
func (s *Service) follow(of targetKey, planned *schedule, ended <-chan struct{}) {
	from := s.now()
	if start := planned.spec.StartTime.Time; start.After(from) {
		from = start.Add(-time.Nanosecond)
	}
	for {
		next, ok := planned.times.next(from, s.scaled)
		if end := planned.spec.EndTime.Time; !ok || (!end.IsZero() && next.After(end)) {
			return
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-timer.C:
		case <-ended:
			timer.Stop()
			return
		case <-s.life.Done():
			timer.Stop()
			return
		}
		s.fire(of, planned)
		from = next
	}
}

// scaled is how long a rate lasts here. A clock that does not wait leaves rates as they are.
func (s *Service) scaled(wait time.Duration) time.Duration {
	if scaled := s.Clock.Scale(wait); scaled > 0 {
		return scaled
	}
	return wait
}

// fire changes the bounds of a target, and moves the desired count between them.
func (s *Service) fire(key targetKey, due *schedule) {
	s.acting.Lock()
	defer s.acting.Unlock()
	s.mu.Lock()
	of, ok := s.targets[key]
	if !ok || of.schedules[due.spec.ScheduledActionName] != due || of.suspended.ScheduledScalingSuspended {
		s.mu.Unlock()
		return
	}
	text := ""
	if low := due.spec.ScalableTargetAction.MinCapacity; low != nil {
		of.min = *low
		text = fmt.Sprintf("min capacity to %d", *low)
	}
	if high := due.spec.ScalableTargetAction.MaxCapacity; high != nil {
		of.max = *high
		if text != "" {
			text += " and "
		}
		text += fmt.Sprintf("max capacity to %d", *high)
	}
	of.max = max(of.max, of.min)
	now := s.now()
	of.keep(&activity{
		id: uuid.NewString(), begun: now, ended: now, status: successful, wanted: -1, description: "Setting " + text,
		cause: fmt.Sprintf("scheduled action name %s was triggered", due.spec.ScheduledActionName), message: "Successfully set " + text,
	})
	s.mu.Unlock()
	s.bound(of)
}

type scheduledActionInput struct {
	scalable

	ScheduledActionName string
}

func (s *Service) deleteScheduledAction(_ context.Context, call *wire.Call, in *scheduledActionInput) (*empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of, err := s.find(call.Place(), &in.scalable)
	if err == nil && of.schedules[in.ScheduledActionName] != nil {
		of.schedules[in.ScheduledActionName].stop()
		delete(of.schedules, in.ScheduledActionName)
		return &empty{}, nil
	}
	if _, wrong := in.key(call.Place()); wrong != nil {
		return nil, wrong
	}
	return nil, errNotFound("No scheduled action found for service namespace: %s, resource ID: %s, scalable dimension: %s, "+
		"scheduled action name: %s", in.ServiceNamespace, in.ResourceID, in.ScalableDimension, in.ScheduledActionName)
}

type describeScheduledActionsInput struct {
	pageInput

	ServiceNamespace     string
	ResourceID           string `json:"ResourceId"`
	ScalableDimension    string
	ScheduledActionNames []string
}

type describedSchedule struct {
	ScheduledActionName  string
	ScheduledActionARN   string
	ServiceNamespace     string
	Schedule             string
	Timezone             string `json:",omitempty"`
	ResourceID           string `json:"ResourceId"`
	ScalableDimension    string
	StartTime            wire.Time `json:",omitzero"`
	EndTime              wire.Time `json:",omitzero"`
	ScalableTargetAction *scheduledBounds
	CreationTime         wire.Time
}

type describeScheduledActionsOutput struct {
	ScheduledActions []describedSchedule
	NextToken        string `json:",omitempty"`
}

func (s *Service) describeScheduledActions(
	_ context.Context, call *wire.Call, in *describeScheduledActionsInput,
) (*describeScheduledActionsOutput, error) {
	if err := checkNamespace(in.ServiceNamespace); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []describedSchedule{}
	for key, of := range s.targets {
		if key.Place != call.Place() || (in.ResourceID != "" && in.ResourceID != key.id) {
			continue
		}
		for name, one := range of.schedules {
			if len(in.ScheduledActionNames) == 0 || slices.Contains(in.ScheduledActionNames, name) {
				found = append(found, describedSchedule{
					ScheduledActionName: name, ScheduledActionARN: one.arn, ServiceNamespace: namespaceECS,
					Schedule: one.spec.Schedule, Timezone: one.spec.Timezone, ResourceID: key.id, ScalableDimension: dimensionECS,
					StartTime: one.spec.StartTime, EndTime: one.spec.EndTime, ScalableTargetAction: one.spec.ScalableTargetAction,
					CreationTime: wire.At(one.created),
				})
			}
		}
	}
	page, next, err := pageOf(&in.pageInput, found, func(d describedSchedule) string {
		return d.ResourceID + " " + d.ScheduledActionName
	})
	if err != nil {
		return nil, err
	}
	return &describeScheduledActionsOutput{ScheduledActions: page, NextToken: next}, nil
}

package autoscaling

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// kept is the service as a state file has it. The alarms are CloudWatch's to keep.
type kept struct{ Targets []keptTarget }

type keptTarget struct {
	resource.Place

	ID, ARN, Role string
	Min, Max      int
	Created       time.Time
	Suspended     suspended
	Tags          map[string]string
	Policies      []keptPolicy
	Schedules     []keptSchedule
	Activities    []keptActivity
}

type keptPolicy struct {
	Name, Kind, ARN string
	Created         time.Time
	Step            *stepPolicy     `json:",omitempty"`
	Tracking        *trackingPolicy `json:",omitempty"`
	High, Low       alarmRef
}

type keptSchedule struct {
	ARN     string
	Created time.Time
	Spec    scheduleSpec
}

type keptActivity struct {
	ID                                  string
	Begun, Ended                        time.Time
	Description, Cause, Status, Message string
	Wanted                              int
}

// Keep returns all targets with their policies, schedules and activities. Cooldowns pass by.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all kept
	for key, one := range s.targets {
		target := keptTarget{
			Place: key.Place, ID: key.id, ARN: one.arn, Role: one.role, Min: one.min, Max: one.max, Created: one.created,
			Suspended: one.suspended, Tags: one.tags,
		}
		for _, name := range slices.Sorted(maps.Keys(one.policies)) {
			p := one.policies[name]
			target.Policies = append(target.Policies, keptPolicy{p.name, p.kind, p.arn, p.created, p.step, p.tracking, p.high, p.low})
		}
		for _, name := range slices.Sorted(maps.Keys(one.schedules)) {
			planned := one.schedules[name]
			target.Schedules = append(target.Schedules, keptSchedule{planned.arn, planned.created, planned.spec})
		}
		for _, a := range one.activities {
			target.Activities = append(target.Activities, keptActivity{
				a.id, a.begun, a.ended, a.description, a.cause, a.status, a.message, a.wanted,
			})
		}
		all.Targets = append(all.Targets, target)
	}
	slices.SortFunc(all.Targets, func(a, b keptTarget) int { return strings.Compare(a.Region+a.ID, b.Region+b.ID) })
	return state.Write(all)
}

// Restore takes up what Keep returned; schedules begin to wait again.
func (s *Service) Restore(content json.RawMessage) error {
	var all kept
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range all.Targets {
		if err := s.restore(&all.Targets[i]); err != nil {
			return err
		}
	}
	return nil
}

// restore makes a target as it was. Call it locked.
func (s *Service) restore(from *keptTarget) error {
	made := &target{
		key: targetKey{from.Place, from.ID}, arn: from.ARN, role: from.Role, min: from.Min, max: from.Max, created: from.Created,
		suspended: from.Suspended, tags: maps.Clone(from.Tags), policies: make(map[string]*policy),
		schedules: make(map[string]*schedule),
	}
	if made.tags == nil {
		made.tags = make(map[string]string)
	}
	for _, p := range from.Policies {
		made.policies[p.Name] = &policy{
			name: p.Name, kind: p.Kind, arn: p.ARN, created: p.Created, step: p.Step, tracking: p.Tracking, high: p.High, low: p.Low,
		}
	}
	for _, a := range from.Activities {
		made.activities = append(made.activities, &activity{
			id: a.ID, begun: a.Begun, ended: a.Ended, description: a.Description, cause: a.Cause, status: a.Status, message: a.Message,
			wanted: a.Wanted,
		})
	}
	s.targets[made.key] = made
	for _, planned := range from.Schedules {
		times, err := planned.Spec.check()
		if err != nil {
			return err
		}
		s.begin(made, &schedule{spec: planned.Spec, arn: planned.ARN, created: planned.Created, times: times})
	}
	return nil
}

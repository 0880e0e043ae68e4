package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxActivities is how many activities a target keeps. AWS keeps six weeks.
const maxActivities = 200

// Statuses of an activity.
const (
	inProgress = "InProgress"
	successful = "Successful"
	overridden = "Overridden"
	failedDeed = "Failed"
)

// activity is a change of a target's capacity.
type activity struct {
	id                 string
	begun, ended       time.Time
	description, cause string
	status, message    string
	wanted             int // tasks; -1 if it is not about them
}

// countOf returns how many tasks a target's service has.
func (s *Service) countOf(key targetKey) (ecs.Count, error) {
	cluster, service := key.ecsNames()
	count, err := s.Fleets.DesiredCount(key.Place, cluster, service)
	if err != nil {
		return ecs.Count{}, fmt.Errorf("reading the desired count: %w", err)
	}
	return count, nil
}

// set changes how many tasks a service should run, and keeps the activity. The caller holds acting, but not mu.
func (s *Service) set(of *target, count int, cause string) {
	cluster, service := of.key.ecsNames()
	made := &activity{
		id: uuid.NewString(), begun: s.now(), description: fmt.Sprintf("Setting desired count to %d.", count), cause: cause,
		status: inProgress, wanted: count,
		message: fmt.Sprintf("Successfully set desired count to %d. Waiting for change to be fulfilled by ecs.", count),
	}
	if err := s.Fleets.SetDesiredCount(of.key.Place, cluster, service, count); err != nil {
		made.status, made.ended = failedDeed, s.now()
		made.message = fmt.Sprintf("Failed to set desired count to %d. Reason: %v", count, err)
	} else {
		s.Fleets.TellScaling(of.key.Place, cluster, service, made.message, cause)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, older := range of.activities {
		if older.status == inProgress {
			older.status, older.ended = overridden, s.now()
		}
	}
	of.keep(made)
}

func (t *target) keep(made *activity) {
	t.activities = slices.Insert(t.activities, 0, made)
	t.activities = t.activities[:min(len(t.activities), maxActivities)]
}

// settle notes that a change was fulfilled. Call it locked.
func (t *target) settle(count ecs.Count, now time.Time) {
	for _, one := range t.activities {
		if one.status == inProgress && one.wanted == count.Desired && count.Desired == count.Running {
			one.status, one.ended = successful, now
			one.message = fmt.Sprintf("Successfully set desired count to %d. Change successfully fulfilled by ecs.", one.wanted)
		}
	}
}

type describeScalingActivitiesInput struct {
	pageInput

	ServiceNamespace  string
	ResourceID        string `json:"ResourceId"`
	ScalableDimension string
}

type describedActivity struct {
	ActivityID        string `json:"ActivityId"`
	ServiceNamespace  string
	ResourceID        string `json:"ResourceId"`
	ScalableDimension string
	Description       string
	Cause             string
	StartTime         wire.Time
	EndTime           wire.Time `json:",omitzero"`
	StatusCode        string
	StatusMessage     string `json:",omitempty"`

	order string
}

type describeScalingActivitiesOutput struct {
	ScalingActivities []describedActivity
	NextToken         string `json:",omitempty"`
}

func (s *Service) describeScalingActivities(
	_ context.Context, call *wire.Call, in *describeScalingActivitiesInput,
) (*describeScalingActivitiesOutput, error) {
	if err := checkNamespace(in.ServiceNamespace); err != nil {
		return nil, err
	}
	if in.ScalableDimension != "" && in.ResourceID == "" {
		return nil, errValidation("The scalable dimension cannot be specified without a resource ID")
	}
	found := []describedActivity{}
	for _, key := range s.keys() {
		if key.Place != call.Place() || (in.ResourceID != "" && in.ResourceID != key.id) {
			continue
		}
		count, err := s.countOf(key)
		s.mu.Lock()
		if one, ok := s.targets[key]; ok {
			if err == nil {
				one.settle(count, s.now())
			}
			found = append(found, one.describeActivities()...)
		}
		s.mu.Unlock()
	}
	page, next, err := pageOf(&in.pageInput, found, func(a describedActivity) string { return a.order })
	if err != nil {
		return nil, err
	}
	return &describeScalingActivitiesOutput{ScalingActivities: page, NextToken: next}, nil
}

func (s *Service) keys() []targetKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]targetKey, 0, len(s.targets))
	for key := range s.targets {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b targetKey) int { return strings.Compare(a.id, b.id) })
	return keys
}

// describeActivities are ordered so that the newest come first.
func (t *target) describeActivities() []describedActivity {
	described := make([]describedActivity, 0, len(t.activities))
	for i, one := range t.activities {
		const latest = 1 << 62
		described = append(described, describedActivity{
			ActivityID: one.id, ServiceNamespace: namespaceECS, ResourceID: t.key.id, ScalableDimension: dimensionECS,
			Description: one.description, Cause: one.cause, StartTime: wire.At(one.begun), EndTime: wire.At(one.ended),
			StatusCode: one.status, StatusMessage: one.message,
			order: fmt.Sprintf("%020d %04d %s", latest-one.begun.UnixNano(), i, one.id),
		})
	}
	return described
}

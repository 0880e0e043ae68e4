package autoscaling

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// suspended says what of a target's scaling is suspended.
type suspended struct {
	DynamicScalingInSuspended  bool
	DynamicScalingOutSuspended bool
	ScheduledScalingSuspended  bool
}

// target is a scalable target. Its fields are the Service's, under its lock.
type target struct {
	key        targetKey
	arn        string
	role       string
	min, max   int
	created    time.Time
	suspended  suspended
	tags       map[string]string
	policies   map[string]*policy
	schedules  map[string]*schedule
	activities []*activity // newest first
}

type registerScalableTargetInput struct {
	scalable

	MinCapacity    *int
	MaxCapacity    *int
	RoleARN        string
	SuspendedState *suspended
	Tags           map[string]string
}

type registerScalableTargetOutput struct{ ScalableTargetARN string }

func (s *Service) registerScalableTarget(
	_ context.Context, call *wire.Call, in *registerScalableTargetInput,
) (*registerScalableTargetOutput, error) {
	arn, err := s.register(call.Place(), in)
	if err != nil {
		return nil, err
	}
	return &registerScalableTargetOutput{ScalableTargetARN: arn}, nil
}

// register makes a target or changes it, and moves the service's desired count between the bounds.
func (s *Service) register(place resource.Place, in *registerScalableTargetInput) (string, error) {
	key, err := in.key(place)
	if err != nil {
		return "", err
	}
	cluster, service := key.ecsNames()
	if _, err := s.Fleets.DesiredCount(place, cluster, service); err != nil {
		return "", errValidation("ECS service doesn't exist: %s", key.id)
	}
	s.acting.Lock()
	defer s.acting.Unlock()
	s.mu.Lock()
	found, err := s.putTarget(key, in)
	s.mu.Unlock()
	if err != nil {
		return "", err
	}
	s.bound(found)
	return found.arn, nil
}

// putTarget makes a target or changes it. Call it locked.
func (s *Service) putTarget(key targetKey, in *registerScalableTargetInput) (*target, error) {
	changed, exists := s.targets[key]
	next := target{
		key: key, created: s.now(), role: in.RoleARN, tags: maps.Clone(in.Tags),
		policies: make(map[string]*policy), schedules: make(map[string]*schedule),
	}
	if exists {
		next = *changed
	} else {
		next.arn = fmt.Sprintf("arn:aws:application-autoscaling:%s:%s:scalable-target/%s", key.Region, key.Account, targetID())
		if in.MinCapacity == nil || in.MaxCapacity == nil {
			return nil, errValidation("Both MinCapacity and MaxCapacity are required when registering a new scalable target.")
		}
	}
	if in.MinCapacity != nil {
		next.min = *in.MinCapacity
	}
	if in.MaxCapacity != nil {
		next.max = *in.MaxCapacity
	}
	if next.min < 0 || next.max < next.min {
		return nil, errValidation("Maximum capacity cannot be less than minimum capacity")
	}
	if in.SuspendedState != nil {
		next.suspended = *in.SuspendedState
	}
	if next.role == "" {
		next.role = fmt.Sprintf("arn:aws:iam::%s:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"+
			"AWSServiceRoleForApplicationAutoScaling_ECSService", key.Account)
	}
	if next.tags == nil {
		next.tags = make(map[string]string)
	}
	if !exists {
		changed = &target{}
		s.targets[key] = changed
	}
	*changed = next
	return changed, nil
}

// targetID is what ends the ARN of a target.
func targetID() string {
	return fmt.Sprintf("0ec5%016x%016x", rand.Uint64(), rand.Uint64())[:36] //nolint:gosec // an identifier, not a secret
}

// bound moves the desired count between the target's bounds. The caller holds acting, but not mu.
func (s *Service) bound(of *target) {
	count, err := s.countOf(of.key)
	if err != nil {
		return
	}
	s.mu.Lock()
	low, high := of.min, of.max
	s.mu.Unlock()
	switch {
	case count.Desired < low:
		s.set(of, low, fmt.Sprintf("minimum capacity was set to %d", low))
	case count.Desired > high:
		s.set(of, high, fmt.Sprintf("maximum capacity was set to %d", high))
	}
}

func (s *Service) deregisterScalableTarget(_ context.Context, call *wire.Call, in *scalable) (*empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in)
	if err != nil {
		if told, ok := errors.AsType[*wire.Error](err); ok && told.Code == codeNotFound {
			return nil, errNoTarget("found", in) // the other operations use another word
		}
		return nil, err
	}
	s.remove(found)
	return &empty{}, nil
}

// empty is a result without members, which is not the same as no result.
type empty struct{}

// remove deletes a target with its policies and schedules. Call it locked.
func (s *Service) remove(gone *target) {
	for _, policy := range gone.policies {
		s.removePolicy(gone, policy)
	}
	for _, schedule := range gone.schedules {
		schedule.stop()
	}
	delete(s.targets, gone.key)
}

type describedTarget struct {
	ServiceNamespace  string
	ResourceID        string `json:"ResourceId"`
	ScalableDimension string
	MinCapacity       int
	MaxCapacity       int
	RoleARN           string
	CreationTime      wire.Time
	SuspendedState    suspended
	ScalableTargetARN string
}

func (t *target) describe() describedTarget {
	return describedTarget{
		ServiceNamespace: namespaceECS, ResourceID: t.key.id, ScalableDimension: dimensionECS, MinCapacity: t.min,
		MaxCapacity: t.max, RoleARN: t.role, CreationTime: wire.At(t.created), SuspendedState: t.suspended, ScalableTargetARN: t.arn,
	}
}

type pageInput struct {
	MaxResults *int
	NextToken  string
}

// pageOf cuts a listing that is sorted by key.
func pageOf[T any](in *pageInput, items []T, key func(T) string) ([]T, string, error) {
	const most = 50
	limit := most
	if in.MaxResults != nil {
		if limit = *in.MaxResults; limit < 1 || limit > most {
			return nil, "", errValidation("Maximum results must be between 1 and 50")
		}
	}
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	page, next, err := paging.Page(items, in.NextToken, limit, key)
	if err != nil {
		return nil, "", wire.Errorf("InvalidNextTokenException", "The next token supplied is invalid.")
	}
	return page, next, nil
}

type describeScalableTargetsInput struct {
	pageInput

	ServiceNamespace  string
	ResourceIDs       []string `json:"ResourceIds"`
	ScalableDimension string
}

type describeScalableTargetsOutput struct {
	ScalableTargets []describedTarget
	NextToken       string `json:",omitempty"`
}

func (s *Service) describeScalableTargets(
	_ context.Context, call *wire.Call, in *describeScalableTargetsInput,
) (*describeScalableTargetsOutput, error) {
	if err := checkNamespace(in.ServiceNamespace); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []describedTarget{}
	for key, one := range s.targets {
		if key.Place == call.Place() && (len(in.ResourceIDs) == 0 || slices.Contains(in.ResourceIDs, key.id)) &&
			(in.ScalableDimension == "" || in.ScalableDimension == dimensionECS) {
			found = append(found, one.describe())
		}
	}
	page, next, err := pageOf(&in.pageInput, found, func(t describedTarget) string { return t.ResourceID })
	if err != nil {
		return nil, err
	}
	return &describeScalableTargetsOutput{ScalableTargets: page, NextToken: next}, nil
}

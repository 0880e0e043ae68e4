package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// policySpec is a scaling policy as the API and CloudFormation write it.
type policySpec struct {
	PolicyName                               string
	PolicyType                               string
	StepScalingPolicyConfiguration           *stepPolicy
	TargetTrackingScalingPolicyConfiguration *trackingPolicy
}

type putScalingPolicyInput struct {
	scalable
	policySpec
}

type putScalingPolicyOutput struct {
	PolicyARN string
	Alarms    []alarmRef
}

func (s *Service) putScalingPolicy(
	_ context.Context, call *wire.Call, in *putScalingPolicyInput,
) (*putScalingPolicyOutput, error) {
	made, err := s.putPolicy(call.Place(), &in.scalable, &in.policySpec)
	if err != nil {
		return nil, err
	}
	return &putScalingPolicyOutput{PolicyARN: made.arn, Alarms: made.alarms()}, nil
}

func (p *policySpec) check() error {
	const longest = 256
	if p.PolicyName == "" || len(p.PolicyName) > longest || strings.ContainsAny(p.PolicyName, "|:/") {
		return errValidation("Invalid policy name: %s", p.PolicyName)
	}
	switch p.PolicyType {
	case "", stepScaling:
		if p.StepScalingPolicyConfiguration == nil {
			return errValidation("StepScalingPolicyConfiguration is required for the policy type StepScaling")
		}
		return p.StepScalingPolicyConfiguration.check()
	case targetTracking:
		if p.TargetTrackingScalingPolicyConfiguration == nil {
			return errValidation("TargetTrackingScalingPolicyConfiguration is required for the policy type TargetTrackingScaling")
		}
		return p.TargetTrackingScalingPolicyConfiguration.check()
	case predictive:
		return unsupported("the policy type " + p.PolicyType)
	default:
		return errValidation("1 validation error detected: Value '%s' at 'policyType' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [StepScaling, TargetTrackingScaling, PredictiveScaling]", p.PolicyType)
	}
}

// putPolicy makes a policy or changes the one of its name, with its alarms. It returns a copy.
func (s *Service) putPolicy(place resource.Place, named *scalable, spec *policySpec) (policy, error) {
	if err := spec.check(); err != nil {
		return policy{}, err
	}
	s.mu.Lock()
	of, err := s.find(place, named)
	if err != nil {
		s.mu.Unlock()
		return policy{}, err
	}
	next := policy{
		name: spec.PolicyName, kind: spec.PolicyType, created: s.now(), step: spec.StepScalingPolicyConfiguration,
		tracking: spec.TargetTrackingScalingPolicyConfiguration,
		arn: fmt.Sprintf("arn:aws:autoscaling:%s:%s:scalingPolicy:%s:resource/ecs/%s:policyName/%s", place.Region, place.Account,
			uuid.NewString(), of.key.id, spec.PolicyName),
	}
	if next.kind == "" {
		next.kind = stepScaling
	}
	if old, ok := of.policies[spec.PolicyName]; ok {
		next.arn, next.created, next.high, next.low, next.out, next.in = old.arn, old.created, old.high, old.low, old.out, old.in
	}
	s.mu.Unlock()
	if next.kind == targetTracking {
		if err := s.watch(of.key, &next); err != nil { // outside of the lock: alarms may act at once
			s.unwatch(of.key, &next)
			return policy{}, err
		}
	} else {
		s.unwatch(of.key, &next)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	of.policies[spec.PolicyName] = &next
	return next, nil
}

type policyInput struct {
	scalable

	PolicyName string
}

func (s *Service) deleteScalingPolicy(_ context.Context, call *wire.Call, in *policyInput) (*empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of, err := s.find(call.Place(), &in.scalable)
	if err == nil && of.policies[in.PolicyName] != nil {
		s.removePolicy(of, of.policies[in.PolicyName])
		return &empty{}, nil
	}
	if _, wrong := in.key(call.Place()); wrong != nil {
		return nil, wrong
	}
	return nil, errNotFound("No scaling policy found for service namespace: %s, resource ID: %s, scalable dimension: %s, "+
		"policy name: %s", in.ServiceNamespace, in.ResourceID, in.ScalableDimension, in.PolicyName)
}

// removePolicy deletes a policy and its alarms. Call it locked.
func (s *Service) removePolicy(of *target, gone *policy) {
	s.unwatch(of.key, gone)
	delete(of.policies, gone.name)
}

type describeScalingPoliciesInput struct {
	pageInput

	ServiceNamespace  string
	ResourceID        string `json:"ResourceId"`
	ScalableDimension string
	PolicyNames       []string
}

type describedPolicy struct {
	PolicyARN                                string
	PolicyName                               string
	ServiceNamespace                         string
	ResourceID                               string `json:"ResourceId"`
	ScalableDimension                        string
	PolicyType                               string
	StepScalingPolicyConfiguration           *stepPolicy     `json:",omitempty"`
	TargetTrackingScalingPolicyConfiguration *trackingPolicy `json:",omitempty"`
	Alarms                                   []alarmRef
	CreationTime                             wire.Time
}

type describeScalingPoliciesOutput struct {
	ScalingPolicies []describedPolicy
	NextToken       string `json:",omitempty"`
}

func (s *Service) describePolicy(of *target, one *policy) describedPolicy {
	described := describedPolicy{
		PolicyARN: one.arn, PolicyName: one.name, ServiceNamespace: namespaceECS, ResourceID: of.key.id,
		ScalableDimension: dimensionECS, PolicyType: one.kind, StepScalingPolicyConfiguration: one.step,
		TargetTrackingScalingPolicyConfiguration: one.tracking, Alarms: one.alarms(), CreationTime: wire.At(one.created),
	}
	if one.kind == stepScaling { // the alarms that somebody else gave the policy to
		for _, name := range s.Alarms.AlarmsOf(of.key.Place, one.arn) {
			described.Alarms = append(described.Alarms, alarmRef{
				AlarmName: name,
				AlarmARN:  fmt.Sprintf("arn:aws:cloudwatch:%s:%s:alarm:%s", of.key.Region, of.key.Account, name),
			})
		}
	}
	return described
}

func (s *Service) describeScalingPolicies(
	_ context.Context, call *wire.Call, in *describeScalingPoliciesInput,
) (*describeScalingPoliciesOutput, error) {
	if err := checkNamespace(in.ServiceNamespace); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []describedPolicy{}
	for key, of := range s.targets {
		if key.Place != call.Place() || (in.ResourceID != "" && in.ResourceID != key.id) {
			continue
		}
		for name, one := range of.policies {
			if len(in.PolicyNames) == 0 || slices.Contains(in.PolicyNames, name) {
				found = append(found, s.describePolicy(of, one))
			}
		}
	}
	page, next, err := pageOf(&in.pageInput, found, func(p describedPolicy) string { return p.ResourceID + " " + p.PolicyName })
	if err != nil {
		return nil, err
	}
	return &describeScalingPoliciesOutput{ScalingPolicies: page, NextToken: next}, nil
}

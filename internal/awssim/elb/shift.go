package elb

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ErrNoRule is returned for a listener rule that does not exist or does not forward.
var ErrNoRule = errors.New("listener rule not found")

// Weights returns how a rule spreads requests over target groups, by their ARNs. The ARN of a listener stands for its
// default rule.
func (s *Service) Weights(ruleARN string) (map[string]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, at, err := s.forwarding(ruleARN)
	if err != nil {
		return nil, err
	}
	weights := make(map[string]int)
	for _, group := range found.Actions[at].groups() {
		weights[group.TargetGroupArn] = group.weight()
	}
	return weights, nil
}

// Shift changes the weights of a rule's target groups, by their ARNs; those that it does not forward to yet are added.
// It holds from the next request on. Deployments of ECS shift traffic with it.
func (s *Service) Shift(ruleARN string, weights map[string]int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, at, err := s.forwarding(ruleARN)
	if err != nil {
		return err
	}
	groups := slices.Clone(found.Actions[at].groups())
	for _, arn := range slices.Sorted(maps.Keys(weights)) {
		if _, ok := s.groups[arn]; !ok {
			return fmt.Errorf("shifting to %s: %w", arn, ErrNoGroup)
		}
		weighted := weightedGroup{TargetGroupArn: arn, Weight: new(weights[arn])}
		known := slices.IndexFunc(groups, func(g weightedGroup) bool { return g.TargetGroupArn == arn })
		if known < 0 {
			groups = append(groups, weighted)
		} else {
			groups[known] = weighted
		}
	}
	config := forwardConfig{TargetGroups: groups}
	if former := found.Actions[at].ForwardConfig; former != nil {
		config.TargetGroupStickinessConfig = former.TargetGroupStickinessConfig
	}
	changed := slices.Clone(found.Actions) // requests under way may still read the former ones
	changed[at].TargetGroupArn, changed[at].ForwardConfig = "", &config
	found.Actions = changed
	return nil
}

// forwarding returns a rule and which of its actions forwards. Call it locked.
func (s *Service) forwarding(ruleARN string) (*rule, int, error) {
	found := s.rules[ruleARN]
	if listener, ok := s.listeners[ruleARN]; ok {
		found = listener.defaults
	}
	if found == nil {
		return nil, 0, fmt.Errorf("%s: %w", ruleARN, ErrNoRule)
	}
	at := slices.IndexFunc(found.Actions, func(a action) bool { return len(a.groups()) > 0 })
	if at < 0 {
		return nil, 0, fmt.Errorf("%s: %w", ruleARN, ErrNoRule)
	}
	return found, at, nil
}

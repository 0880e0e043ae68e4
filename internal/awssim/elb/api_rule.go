package elb

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type createRuleInput struct {
	ruleSpec

	Tags []props.Tag
}

func (s *Service) createRule(_ context.Context, _ *wire.Call, in *createRuleInput) (*describeRulesOutput, error) {
	tags, err := uniqueTags(in.Tags)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.addRule(in.ruleSpec, tags)
	if err != nil {
		return nil, err
	}
	return &describeRulesOutput{Rules: []describedRule{made.describe()}}, nil
}

type modifyRuleInput struct {
	RuleArn         string
	Conditions      []condition
	Actions         []action
	Transforms      []transform
	ResetTransforms bool
}

// modifyRule replaces what is given.
func (s *Service) modifyRule(_ context.Context, _ *wire.Call, in *modifyRuleInput) (*describeRulesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.rules[in.RuleArn]
	switch {
	case !ok:
		return nil, errRuleNotFound()
	case found.Priority == 0:
		return nil, wire.Errorf(codeNotPermitted, "Default rule '%s' cannot be modified", found.arn)
	case len(in.Conditions)+len(in.Actions)+len(in.Transforms) == 0 && !in.ResetTransforms:
		return nil, invalid("Either conditions or actions must be specified")
	case len(in.Transforms) > 0 && in.ResetTransforms:
		return nil, invalid("Transforms and ResetTransforms cannot be specified together")
	}
	wanted := found.ruleSpec
	if len(in.Conditions) > 0 {
		wanted.Conditions = in.Conditions
	}
	if len(in.Actions) > 0 {
		wanted.Actions = in.Actions
	}
	if len(in.Transforms) > 0 || in.ResetTransforms {
		wanted.Transforms = in.Transforms
	}
	if err := s.checkRule(found.listener, &wanted, found.Actions); err != nil {
		return nil, err
	}
	found.ruleSpec = wanted
	return &describeRulesOutput{Rules: []describedRule{found.describe()}}, nil
}

type ruleInput struct{ RuleArn string }

func (s *Service) deleteRule(_ context.Context, _ *wire.Call, in *ruleInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.rules[in.RuleArn]
	if !ok {
		return nil, errRuleNotFound()
	}
	if found.Priority == 0 {
		return nil, wire.Errorf(codeNotPermitted, "Default rule '%s' cannot be deleted", found.arn)
	}
	s.removeRule(found)
	return new(emptyOutput), nil
}

type rulePriority struct {
	RuleArn  string
	Priority int
}

type setRulePrioritiesInput struct{ RulePriorities []rulePriority }

// setRulePriorities moves rules, all of them or none.
func (s *Service) setRulePriorities(
	_ context.Context, _ *wire.Call, in *setRulePrioritiesInput,
) (*describeRulesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	moved := make(map[*rule]int)
	taken := make(map[int]bool)
	for _, each := range in.RulePriorities {
		found, ok := s.rules[each.RuleArn]
		switch {
		case !ok:
			return nil, errRuleNotFound()
		case found.Priority == 0:
			return nil, wire.Errorf(codeNotPermitted, "Default rule '%s' cannot be modified", found.arn)
		case taken[each.Priority]:
			return nil, invalid("Priority '%d' was provided multiple times", each.Priority)
		}
		moved[found], taken[each.Priority] = each.Priority, true
	}
	for found, priority := range moved {
		for _, other := range found.listener.rules {
			if _, moves := moved[other]; !moves && other.Priority == priority {
				return nil, wire.Errorf(codePriorityInUse, "Priority '%d' is currently in use", priority)
			}
		}
	}
	out := &describeRulesOutput{Rules: []describedRule{}}
	for found, priority := range moved {
		found.Priority = priority
		found.listener.sort()
		out.Rules = append(out.Rules, found.describe())
	}
	page, _, err := pageOf(out.Rules, "", nil, ruleOrder)
	out.Rules = page
	return out, err
}

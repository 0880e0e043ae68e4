package elb

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// ruleSpec is what a rule is asked to be, by a template or by CreateRule.
type ruleSpec struct {
	ListenerArn string
	Priority    int // 0 for the default
	Conditions  []condition
	Actions     []action
	Transforms  []transform
}

// rule is what a listener does with a request.
type rule struct {
	ruleSpec

	arn      string
	listener *listener
	tags     map[string]string
}

func (r *rule) uses(groupARN string) bool {
	return slices.ContainsFunc(r.Actions, func(a action) bool {
		return slices.ContainsFunc(a.groups(), func(g weightedGroup) bool { return g.TargetGroupArn == groupARN })
	})
}

// checkRule refuses a rule that a listener cannot have, and completes it, also from the actions that it had before. Call it
// locked.
func (s *Service) checkRule(owner *listener, spec *ruleSpec, before []action) error {
	const lowest, highest = 1, 50000
	if outside(spec.Priority, lowest, highest) {
		return invalid("Priority '%d' must be between %d and %d", spec.Priority, lowest, highest)
	}
	if isNetwork(owner.Protocol) {
		return wire.Errorf("UnsupportedProtocol", "Rules are not supported for %s listeners", owner.Protocol)
	}
	if len(spec.Conditions) == 0 {
		return invalid("A rule must have at least one condition")
	}
	for i := range spec.Conditions {
		if err := spec.Conditions[i].check(); err != nil {
			return err
		}
	}
	if err := checkTransforms(spec.Transforms); err != nil {
		return err
	}
	return s.checkActions(s.balancers[owner.LoadBalancerArn], owner.Protocol, spec.Actions, before)
}

// addRule adds a rule to its listener. Call it locked.
func (s *Service) addRule(spec ruleSpec, tags map[string]string) (*rule, error) {
	owner, ok := s.listeners[spec.ListenerArn]
	if !ok {
		return nil, errListenerNotFound()
	}
	if err := s.checkRule(owner, &spec, nil); err != nil {
		return nil, err
	}
	if owner.hasPriority(spec.Priority, nil) {
		return nil, wire.Errorf(codePriorityInUse, "Priority '%d' is currently in use", spec.Priority)
	}
	made := &rule{ruleSpec: spec, arn: ruleARN(owner), listener: owner, tags: tags}
	owner.rules = append(owner.rules, made)
	owner.sort()
	s.rules[made.arn] = made
	return made, nil
}

func (l *listener) hasPriority(priority int, except *rule) bool {
	return slices.ContainsFunc(l.rules, func(other *rule) bool { return other != except && other.Priority == priority })
}

func (l *listener) sort() {
	slices.SortFunc(l.rules, func(a, b *rule) int { return a.Priority - b.Priority })
}

func (s *Service) removeRule(removed *rule) {
	delete(s.rules, removed.arn)
	removed.listener.rules = slices.DeleteFunc(removed.listener.rules, func(other *rule) bool { return other == removed })
}

// ruleProperties are the properties of AWS::ElasticLoadBalancingV2::ListenerRule that are acted on.
type ruleProperties struct {
	ruleSpec

	Tags []props.Tag // other tools write them; the schema has none
}

type ruleProvider struct{ *Service }

var _ resource.Reader = (*ruleProvider)(nil)

// Create adds a rule to a listener.
func (p *ruleProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted ruleProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	made, err := p.addRule(wanted.ruleSpec, props.MergeTags(r.Tags, wanted.Tags))
	if err != nil {
		return resource.Result{}, taken(r.Type, err)
	}
	return ruleResult(made), nil
}

func ruleResult(r *rule) resource.Result {
	return resource.Result{PhysicalID: r.arn, Attributes: map[string]any{"RuleArn": r.arn, "IsDefault": false}}
}

// Update changes priority, conditions, actions, transforms and tags.
func (p *ruleProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted ruleProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.rules[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	if err := p.checkRule(found.listener, &wanted.ruleSpec, found.Actions); err != nil {
		return resource.Result{}, failure(err)
	}
	if found.listener.hasPriority(wanted.Priority, found) {
		return resource.Result{}, taken(r.Type, wire.Errorf(codePriorityInUse, "One or more priorities not found"))
	}
	found.ruleSpec = wanted.ruleSpec
	found.tags = props.MergeTags(r.Tags, wanted.Tags)
	found.listener.sort()
	return ruleResult(found), nil
}

// Delete removes a rule.
func (p *ruleProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found, ok := p.rules[r.PhysicalID]; ok {
		p.removeRule(found)
	}
	return nil
}

// Read returns a rule as it is. Its listener is write-only in the schema.
func (p *ruleProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.rules[r.PhysicalID]
	if !ok {
		return nil, false
	}
	actual, _ := plainly(found.ruleSpec).(map[string]any)
	conditions := []any{}
	for i := range found.Conditions {
		conditions = append(conditions, plainly(found.Conditions[i].described()))
	}
	actual["Conditions"], actual["Actions"] = conditions, plainly(describeActions(found.Actions))
	return conform(r.Properties, actual), true
}

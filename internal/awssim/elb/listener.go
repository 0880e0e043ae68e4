package elb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// lastPriority is the place of a listener's default actions among its rules.
const lastPriority = "default"

// listener is a listener of a load balancer.
type listener struct {
	arn         string
	balancerARN string
	port        int
	protocol    string
	defaults    *rule
	rules       []*rule // by priority, without the default
	tags        map[string]string
}

// rule is what a listener does with a request.
type rule struct {
	arn        string
	listener   *listener
	priority   int // 0 for the default
	conditions []condition
	actions    []action
	tags       map[string]string
}

// action is one of a rule's actions, as properties and answers write it.
type action struct {
	Type                string
	Order               int
	TargetGroupArn      string
	ForwardConfig       *forwardConfig
	RedirectConfig      *redirectConfig
	FixedResponseConfig *fixedResponse
}

type forwardConfig struct {
	TargetGroups                []weightedGroup
	TargetGroupStickinessConfig *struct{ Enabled bool }
}

type weightedGroup struct {
	TargetGroupArn string
	Weight         *int
}

type redirectConfig struct{ Protocol, Host, Port, Path, Query, StatusCode string }

type fixedResponse struct{ StatusCode, ContentType, MessageBody string }

// listenerProperties are the properties of AWS::ElasticLoadBalancingV2::Listener that are acted on.
type listenerProperties struct {
	LoadBalancerArn string
	Port            int
	Protocol        string
	DefaultActions  []action
	Tags            []props.Tag
}

// ruleProperties are the properties of AWS::ElasticLoadBalancingV2::ListenerRule that are acted on.
type ruleProperties struct {
	ListenerArn string
	Priority    int
	Conditions  []condition
	Actions     []action
	Tags        []props.Tag
}

// groups are the target groups that an action forwards to, with their weights.
func (a *action) groups() []weightedGroup {
	if a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) > 0 {
		return a.ForwardConfig.TargetGroups
	}
	if a.TargetGroupArn != "" {
		return []weightedGroup{{TargetGroupArn: a.TargetGroupArn}}
	}
	return nil
}

func (g weightedGroup) weight() int {
	if g.Weight == nil {
		return 1
	}
	return *g.Weight
}

func (l *listener) uses(groupARN string) bool {
	return slices.ContainsFunc(append(slices.Clone(l.rules), l.defaults), func(r *rule) bool { return r.uses(groupARN) })
}

func (r *rule) uses(groupARN string) bool {
	return slices.ContainsFunc(r.actions, func(a action) bool {
		return slices.ContainsFunc(a.groups(), func(g weightedGroup) bool { return g.TargetGroupArn == groupARN })
	})
}

// checkActions refuses what is not acted on. Call it locked.
func (s *Service) checkActions(actions []action) error {
	if len(actions) != 1 {
		return props.Unsupported(fmt.Sprintf("%d actions in one rule: give exactly one", len(actions)))
	}
	only := actions[0]
	switch only.Type {
	case "forward":
		if len(only.groups()) == 0 {
			return props.Invalid("A target group ARN must be specified")
		}
		if config := only.ForwardConfig; config != nil && config.TargetGroupStickinessConfig != nil &&
			config.TargetGroupStickinessConfig.Enabled {
			return props.Unsupported("TargetGroupStickinessConfig")
		}
		for _, group := range only.groups() {
			if _, ok := s.groups[group.TargetGroupArn]; !ok {
				return props.Invalid("Target groups '%s' not found", group.TargetGroupArn)
			}
		}
		return nil
	case "redirect":
		if only.RedirectConfig == nil || redirectStatus(only.RedirectConfig.StatusCode) == 0 {
			return props.Invalid("A redirect needs a RedirectConfig with the StatusCode HTTP_301 or HTTP_302")
		}
		return nil
	case "fixed-response":
		if only.FixedResponseConfig == nil {
			return props.Invalid("A fixed response needs a FixedResponseConfig")
		}
		if _, err := strconv.Atoi(only.FixedResponseConfig.StatusCode); err != nil {
			return props.Invalid("'%s' is not a valid status code", only.FixedResponseConfig.StatusCode)
		}
		return nil
	default:
		return props.Unsupported("the action type " + only.Type)
	}
}

type listenerProvider struct{ *Service }

func readListener(r resource.Request) (listenerProperties, error) {
	wanted := listenerProperties{Protocol: protocolHTTP}
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, err
	}
	if wanted.Protocol != protocolHTTP {
		return wanted, props.Unsupported("listeners of Protocol " + wanted.Protocol)
	}
	return wanted, nil
}

// Create makes a listener. A load balancer here has one port, so it serves one listener for plain HTTP.
func (p *listenerProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readListener(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	owner, ok := p.balancers[wanted.LoadBalancerArn]
	if !ok {
		return resource.Result{}, props.Invalid("Load balancer '%s' not found", wanted.LoadBalancerArn)
	}
	if err := p.checkActions(wanted.DefaultActions); err != nil {
		return resource.Result{}, err
	}
	if others := p.listenersOf(owner.arn); len(others) > 0 {
		if others[0].port == wanted.Port {
			return resource.Result{}, props.AlreadyExists(r.Type, others[0].arn)
		}
		return resource.Result{}, props.Unsupported("a second HTTP listener of a load balancer")
	}
	made := &listener{
		arn: arn(r.Place, "listener/"+owner.fullName+"/"+hexID()), balancerARN: owner.arn,
		port: wanted.Port, protocol: wanted.Protocol, tags: props.MergeTags(r.Tags, wanted.Tags),
	}
	made.defaults = &rule{arn: ruleARN(made), listener: made, actions: wanted.DefaultActions}
	p.listeners[made.arn] = made
	p.rules[made.defaults.arn] = made.defaults
	return listenerResult(made), nil
}

func listenerResult(l *listener) resource.Result {
	return resource.Result{PhysicalID: l.arn, Attributes: map[string]any{"ListenerArn": l.arn}}
}

func ruleARN(l *listener) string {
	return strings.Replace(l.arn, ":listener/", ":listener-rule/", 1) + "/" + hexID()
}

// Update changes port, default actions and tags.
func (p *listenerProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readListener(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.listeners[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	if err := p.checkActions(wanted.DefaultActions); err != nil {
		return resource.Result{}, err
	}
	found.port, found.defaults.actions = wanted.Port, wanted.DefaultActions
	found.tags = props.MergeTags(r.Tags, wanted.Tags)
	return listenerResult(found), nil
}

// Delete removes a listener with its rules.
func (p *listenerProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found, ok := p.listeners[r.PhysicalID]; ok {
		p.removeListener(found)
	}
	return nil
}

func (s *Service) removeListener(removed *listener) {
	delete(s.listeners, removed.arn)
	delete(s.rules, removed.defaults.arn)
	for _, rule := range removed.rules {
		delete(s.rules, rule.arn)
	}
}

// listenersOf returns a load balancer's listeners by port. Call it locked.
func (s *Service) listenersOf(balancerARN string) []*listener {
	var found []*listener
	for _, candidate := range s.listeners {
		if candidate.balancerARN == balancerARN {
			found = append(found, candidate)
		}
	}
	slices.SortFunc(found, func(a, b *listener) int { return a.port - b.port })
	return found
}

type ruleProvider struct{ *Service }

func (p *ruleProvider) read(r resource.Request) (ruleProperties, error) {
	var wanted ruleProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, err
	}
	for i := range wanted.Conditions {
		if err := wanted.Conditions[i].check(); err != nil {
			return wanted, err
		}
	}
	return wanted, p.checkActions(wanted.Actions)
}

// Create adds a rule to a listener.
func (p *ruleProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wanted, err := p.read(r)
	if err != nil {
		return resource.Result{}, err
	}
	owner, ok := p.listeners[wanted.ListenerArn]
	if !ok {
		return resource.Result{}, props.Invalid("One or more listeners not found")
	}
	if slices.ContainsFunc(owner.rules, func(other *rule) bool { return other.priority == wanted.Priority }) {
		return resource.Result{}, props.Invalid("Priority '%d' is currently in use", wanted.Priority)
	}
	made := &rule{arn: ruleARN(owner), listener: owner}
	made.set(r, wanted)
	owner.rules = append(owner.rules, made)
	owner.sort()
	p.rules[made.arn] = made
	return ruleResult(made), nil
}

func (r *rule) set(request resource.Request, wanted ruleProperties) {
	r.priority, r.conditions, r.actions = wanted.Priority, wanted.Conditions, wanted.Actions
	r.tags = props.MergeTags(request.Tags, wanted.Tags)
}

func (l *listener) sort() {
	slices.SortFunc(l.rules, func(a, b *rule) int { return a.priority - b.priority })
}

func ruleResult(r *rule) resource.Result {
	return resource.Result{PhysicalID: r.arn, Attributes: map[string]any{"RuleArn": r.arn, "IsDefault": false}}
}

// Update changes priority, conditions, actions and tags.
func (p *ruleProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wanted, err := p.read(r)
	if err != nil {
		return resource.Result{}, err
	}
	found, ok := p.rules[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	found.set(r, wanted)
	found.listener.sort()
	return ruleResult(found), nil
}

// Delete removes a rule.
func (p *ruleProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found, ok := p.rules[r.PhysicalID]; ok {
		delete(p.rules, found.arn)
		found.listener.rules = slices.DeleteFunc(found.listener.rules, func(other *rule) bool { return other == found })
	}
	return nil
}

package elb

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// groupProperties are the properties of AWS::ElasticLoadBalancingV2::TargetGroup that are acted on.
type groupProperties struct {
	groupSpec

	Targets               []targetID
	TargetGroupAttributes []attribute
	Tags                  []props.Tag
}

type groupProvider struct{ *Service }

var _ resource.Reader = (*groupProvider)(nil)

func readGroup(r resource.Request) (groupProperties, error) {
	var wanted groupProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, err
	}
	wanted.complete()
	return wanted, nil
}

// Create makes a target group and registers its targets.
func (p *groupProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readGroup(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.Name == "" {
		wanted.Name = generatedName(r)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.groupNamed(r.Place, wanted.Name) != nil {
		return resource.Result{}, props.AlreadyExists(r.Type, wanted.Name)
	}
	made, err := p.addGroup(r.Place, wanted.groupSpec, wanted.TargetGroupAttributes, props.MergeTags(r.Tags, wanted.Tags))
	if err != nil {
		return resource.Result{}, failure(err)
	}
	if err := p.registerAll(made, wanted.Targets); err != nil { //nolint:contextcheck // health checks outlive the call
		delete(p.groups, made.arn)
		made.discard()
		return resource.Result{}, failure(err)
	}
	return p.groupResult(made), nil
}

// Update changes the health check, targets, attributes and tags.
func (p *groupProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readGroup(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.groups[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	wanted.Name = found.Name
	if err := found.set(wanted.groupSpec, wanted.TargetGroupAttributes); err != nil {
		return resource.Result{}, failure(err)
	}
	found.tags = props.MergeTags(r.Tags, wanted.Tags)
	if err := p.retarget(found, r, wanted.Targets); err != nil { //nolint:contextcheck // health checks outlive the call
		return resource.Result{}, failure(err)
	}
	return p.groupResult(found), nil
}

// retarget registers the targets that a template has, and deregisters those that it had before.
func (s *Service) retarget(g *group, r resource.Request, wanted []targetID) error {
	var before groupProperties
	if err := props.Decode(r.Previous, &before); err != nil {
		return err
	}
	for _, old := range before.Targets {
		if !containsTarget(g, wanted, old) {
			s.deregister(g, old.Id, positive(old.Port, g.Port))
		}
	}
	return s.registerAll(g, wanted)
}

func containsTarget(g *group, list []targetID, wanted targetID) bool {
	for _, each := range list {
		if each.Id == wanted.Id && positive(each.Port, g.Port) == positive(wanted.Port, g.Port) {
			return true
		}
	}
	return false
}

// Delete removes a target group that no listener uses.
func (p *groupProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.groups[r.PhysicalID]
	if !ok {
		return nil
	}
	return failure(p.removeGroup(found))
}

func (s *Service) groupResult(g *group) resource.Result {
	return resource.Result{PhysicalID: g.arn, Attributes: map[string]any{
		"TargetGroupArn": g.arn, "TargetGroupFullName": g.fullName, "TargetGroupName": g.Name,
		"LoadBalancerArns": anyList(s.balancersOf(g.arn)),
	}}
}

// Read returns a target group as it is. Its targets are only told to a template that lists some: those of ECS
// services come and go.
func (p *groupProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.groups[r.PhysicalID]
	if !ok {
		return nil, false
	}
	actual, _ := plainly(found.groupSpec).(map[string]any)
	actual["TargetGroupAttributes"] = likeAttributes(r.Properties["TargetGroupAttributes"], found.attributes)
	actual["Tags"] = likeTags(r.Properties["Tags"], found.tags, r.Tags)
	if given, ok := r.Properties["Targets"].([]any); ok {
		actual["Targets"] = found.likeTargets(given)
	}
	return conform(r.Properties, actual), true
}

func (g *group) likeTargets(given []any) []any {
	list := []any{}
	var known []*target
	for _, item := range given {
		var asked targetID
		members, _ := item.(map[string]any)
		if props.Decode(members, &asked) != nil {
			continue
		}
		if found := g.find(asked.Id, positive(asked.Port, g.Port)); found != nil && found.health.State != Draining {
			list, known = append(list, found.asProperty()), append(known, found)
		}
	}
	for _, each := range g.targets {
		if each.health.State != Draining && !slices.Contains(known, each) {
			list = append(list, each.asProperty())
		}
	}
	return list
}

func (t *target) asProperty() map[string]any {
	return map[string]any{"Id": t.ID, "Port": float64(t.Port), "AvailabilityZone": t.AvailabilityZone}
}

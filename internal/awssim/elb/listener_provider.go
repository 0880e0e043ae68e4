package elb

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// listenerProperties are the properties of AWS::ElasticLoadBalancingV2::Listener that are acted on.
type listenerProperties struct {
	listenerSpec

	ListenerAttributes []attribute
	Tags               []props.Tag // other tools write them; the schema has none
}

type listenerProvider struct{ *Service }

var _ resource.Reader = (*listenerProvider)(nil)

// Create makes a listener.
func (p *listenerProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted listenerProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	made, err := p.addListener(r.Place, wanted.listenerSpec, wanted.ListenerAttributes, props.MergeTags(r.Tags, wanted.Tags))
	if err != nil {
		return resource.Result{}, taken(r.Type, err)
	}
	return listenerResult(made), nil
}

func listenerResult(l *listener) resource.Result {
	return resource.Result{PhysicalID: l.arn, Attributes: map[string]any{"ListenerArn": l.arn}}
}

// Update changes everything but the load balancer.
func (p *listenerProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted listenerProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.listeners[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	kinds := listenerAttributes(wanted.Protocol)
	attributes, err := kinds.merge(kinds.defaults(), wanted.ListenerAttributes)
	if err != nil {
		return resource.Result{}, failure(err)
	}
	if err := p.changeListener(found, wanted.listenerSpec); err != nil {
		return resource.Result{}, failure(err)
	}
	found.attributes, found.tags = attributes, props.MergeTags(r.Tags, wanted.Tags)
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

// Read returns a listener as it is.
func (p *listenerProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.listeners[r.PhysicalID]
	if !ok {
		return nil, false
	}
	actual, _ := plainly(found.listenerSpec).(map[string]any)
	actual["DefaultActions"] = plainly(describeActions(found.defaults.Actions))
	actual["ListenerAttributes"] = likeAttributes(r.Properties["ListenerAttributes"], found.attributes)
	return conform(r.Properties, actual), true
}

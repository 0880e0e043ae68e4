package elb

import (
	"context"
	"fmt"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// balancerProperties are the properties of AWS::ElasticLoadBalancingV2::LoadBalancer that are acted on.
type balancerProperties struct {
	balancerSpec

	LoadBalancerAttributes []attribute
	Tags                   []props.Tag
}

type balancerProvider struct{ *Service }

var _ resource.Reader = (*balancerProvider)(nil)

func readBalancer(r resource.Request) (balancerProperties, error) {
	var wanted balancerProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, err
	}
	wanted.complete()
	return wanted, nil
}

// Create makes a load balancer that listens at once and is active after the time that AWS takes.
func (p *balancerProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readBalancer(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.Name == "" {
		wanted.Name = generatedName(r)
	}
	made, err := p.make(r, wanted)
	if err != nil {
		return resource.Result{}, err
	}
	if r.Initiated != nil {
		r.Initiated(made.arn)
	}
	if err := p.clock.Sleep(ctx, provisioning); err != nil {
		return resource.Result{}, fmt.Errorf("waiting for %s: %w", made.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	made.active = true
	return made.result(), nil
}

func (p *balancerProvider) make(r resource.Request, wanted balancerProperties) (*balancer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.balancerNamed(r.Place, wanted.Name) != nil {
		return nil, props.AlreadyExists(r.Type, wanted.Name)
	}
	made, err := p.addBalancer(r.Place, wanted.balancerSpec, wanted.LoadBalancerAttributes, props.MergeTags(r.Tags, wanted.Tags))
	if err != nil {
		return nil, failure(err)
	}
	return made, nil
}

func (b *balancer) result() resource.Result {
	return resource.Result{PhysicalID: b.arn, Attributes: map[string]any{
		"DNSName": b.front.address, "CanonicalHostedZoneID": b.hostedZone(), "LoadBalancerArn": b.arn,
		"LoadBalancerFullName": b.fullName, "LoadBalancerName": b.Name, "SecurityGroups": anyList(b.SecurityGroups),
	}}
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// Update changes subnets, security groups, attributes and tags.
func (p *balancerProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readBalancer(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.balancers[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	if wanted.Name == "" {
		wanted.Name = found.Name
	}
	if err := wanted.check(); err != nil {
		return resource.Result{}, failure(err)
	}
	attributes, err := found.kinds().merge(found.kinds().defaults(), wanted.LoadBalancerAttributes)
	if err != nil {
		return resource.Result{}, failure(err)
	}
	found.balancerSpec, found.attributes = wanted.balancerSpec, attributes
	found.setTags(r, wanted.Tags)
	return found.result(), nil
}

// Delete closes the load balancer with its listeners, unless it is protected.
func (p *balancerProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.balancers[r.PhysicalID]
	if !ok {
		return nil
	}
	return failure(p.removeBalancer(found))
}

// Read returns a load balancer as it is.
func (p *balancerProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.balancers[r.PhysicalID]
	if !ok {
		return nil, false
	}
	actual := resource.Properties{
		"Name": found.Name, "Type": found.Type, "Scheme": found.Scheme, "IpAddressType": found.IpAddressType,
		"Subnets": likeTexts(r.Properties["Subnets"], found.Subnets), "SubnetMappings": plainly(found.SubnetMappings),
		"SecurityGroups":         likeTexts(r.Properties["SecurityGroups"], found.SecurityGroups),
		"LoadBalancerAttributes": likeAttributes(r.Properties["LoadBalancerAttributes"], found.attributes),
		"Tags":                   likeTags(r.Properties["Tags"], found.tags, r.Tags),
	}
	return conform(r.Properties, actual), true
}

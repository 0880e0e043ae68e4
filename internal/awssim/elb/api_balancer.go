package elb

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type createLoadBalancerInput struct {
	balancerSpec

	Tags []props.Tag
}

// createLoadBalancer makes a load balancer, which becomes active later. One that exists with the same settings is the
// answer too.
func (s *Service) createLoadBalancer(
	_ context.Context, call *wire.Call, in *createLoadBalancerInput,
) (*describeLoadBalancersOutput, error) {
	in.complete()
	tags, err := uniqueTags(in.Tags)
	if err != nil {
		return nil, err
	}
	if in.Name == "" {
		return nil, invalid("The load balancer name cannot be empty")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.balancerNamed(call.Place(), in.Name); found != nil && found.equal(&in.balancerSpec) {
		return &describeLoadBalancersOutput{LoadBalancers: []loadBalancer{s.describeBalancer(found)}}, nil
	}
	made, err := s.addBalancer(call.Place(), in.balancerSpec, nil, tags)
	if err != nil {
		return nil, err
	}
	s.work.Go(func() {
		if s.clock.Sleep(s.life, provisioning) != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		made.active = true
	})
	return &describeLoadBalancersOutput{LoadBalancers: []loadBalancer{s.describeBalancer(made)}}, nil
}

// deleteLoadBalancer removes a load balancer; deleting one that is gone succeeds (API reference).
func (s *Service) deleteLoadBalancer(_ context.Context, _ *wire.Call, in *balancerInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.balancers[in.LoadBalancerArn]
	if !ok {
		return new(emptyOutput), nil
	}
	return new(emptyOutput), s.removeBalancer(found)
}

// emptyOutput is an answer that has a result without members.
type emptyOutput struct{}

type setSecurityGroupsInput struct {
	LoadBalancerArn string
	SecurityGroups  []string
}

type setSecurityGroupsOutput struct{ SecurityGroupIds []string }

func (s *Service) setSecurityGroups(
	_ context.Context, _ *wire.Call, in *setSecurityGroupsInput,
) (*setSecurityGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.balancers[in.LoadBalancerArn]
	if !ok {
		return nil, errBalancerNotFound()
	}
	found.SecurityGroups = in.SecurityGroups
	return &setSecurityGroupsOutput{SecurityGroupIds: in.SecurityGroups}, nil
}

type setSubnetsInput struct {
	LoadBalancerArn string
	Subnets         []string
	SubnetMappings  []subnetMapping
}

type setSubnetsOutput struct{ AvailabilityZones []zone }

func (s *Service) setSubnets(_ context.Context, _ *wire.Call, in *setSubnetsInput) (*setSubnetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.balancers[in.LoadBalancerArn]
	if !ok {
		return nil, errBalancerNotFound()
	}
	wanted := found.balancerSpec
	wanted.Subnets, wanted.SubnetMappings = in.Subnets, in.SubnetMappings
	wanted.complete()
	if err := wanted.check(); err != nil {
		return nil, err
	}
	if err := s.place(&balancer{balancerSpec: wanted, place: found.place}); err != nil {
		return nil, err
	}
	found.balancerSpec = wanted
	return &setSubnetsOutput{AvailabilityZones: s.describeBalancer(found).AvailabilityZones}, nil
}

type limit struct{ Name, Max string }

type pageInput struct {
	Marker   string
	PageSize *int
}

type describeAccountLimitsOutput struct {
	Limits     []limit
	NextMarker string
}

// describeAccountLimits tells the quotas that a new account has ("Quotas", user guides); the simulator enforces that of
// certificates.
func (s *Service) describeAccountLimits(
	_ context.Context, _ *wire.Call, in *pageInput,
) (*describeAccountLimitsOutput, error) {
	all := []limit{
		{"application-load-balancers", "50"},
		{"certificates-per-application-load-balancer", "25"},
		{"certificates-per-network-load-balancer", "25"},
		{"condition-values-per-alb-rule", "5"},
		{"condition-wildcards-per-alb-rule", "6"},
		{"gateway-load-balancers", "100"},
		{"geneve-target-groups", "100"},
		{"listeners-per-application-load-balancer", "50"},
		{"listeners-per-network-load-balancer", "50"},
		{"network-load-balancers", "50"},
		{"rules-per-application-load-balancer", "100"},
		{"target-groups", "3000"},
		{"target-groups-per-action-on-application-load-balancer", "5"},
		{"target-groups-per-action-on-network-load-balancer", "1"},
		{"target-groups-per-application-load-balancer", "100"},
		{"target-id-registrations-per-application-load-balancer", "1000"},
		{"targets-per-application-load-balancer", "1000"},
		{"targets-per-availability-zone-per-network-load-balancer", "500"},
		{"targets-per-network-load-balancer", "3000"},
	}
	page, next, err := pageOf(all, in.Marker, in.PageSize, func(l limit) string { return l.Name })
	return &describeAccountLimitsOutput{Limits: page, NextMarker: next}, err
}

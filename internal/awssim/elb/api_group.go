package elb

import (
	"context"
	"net"
	"net/netip"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type createTargetGroupInput struct {
	groupSpec

	Tags []props.Tag
}

// createTargetGroup makes a target group. One that exists with the same settings is the answer too.
func (s *Service) createTargetGroup(
	_ context.Context, call *wire.Call, in *createTargetGroupInput,
) (*describeTargetGroupsOutput, error) {
	in.complete()
	tags, err := uniqueTags(in.Tags)
	if err != nil {
		return nil, err
	}
	if in.Name == "" {
		return nil, invalid("Target group name cannot be empty")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made := s.groupNamed(call.Place(), in.Name)
	if made == nil || !made.sameAs(&in.groupSpec) {
		if made, err = s.addGroup(call.Place(), in.groupSpec, nil, tags); err != nil {
			return nil, err
		}
	}
	return &describeTargetGroupsOutput{TargetGroups: []targetGroup{s.describeGroup(made)}}, nil
}

// deleteTargetGroup removes a target group; deleting one that is gone succeeds (API reference has no such error).
func (s *Service) deleteTargetGroup(_ context.Context, _ *wire.Call, in *groupInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.groups[in.TargetGroupArn]
	if !ok {
		return new(emptyOutput), nil
	}
	return new(emptyOutput), s.removeGroup(found)
}

type modifyTargetGroupInput struct {
	TargetGroupArn             string
	HealthCheckProtocol        string
	HealthCheckPort            string
	HealthCheckPath            string
	HealthCheckEnabled         *bool
	HealthCheckIntervalSeconds int
	HealthCheckTimeoutSeconds  int
	HealthyThresholdCount      int
	UnhealthyThresholdCount    int
	Matcher                    *matcher
}

// modifyTargetGroup changes the health check; what is left out stays.
func (s *Service) modifyTargetGroup(
	_ context.Context, _ *wire.Call, in *modifyTargetGroupInput,
) (*describeTargetGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.groups[in.TargetGroupArn]
	if !ok {
		return nil, errGroupNotFound()
	}
	wanted := found.groupSpec
	wanted.HealthCheckProtocol = otherwise(in.HealthCheckProtocol, wanted.HealthCheckProtocol)
	wanted.HealthCheckPort = otherwise(in.HealthCheckPort, wanted.HealthCheckPort)
	wanted.HealthCheckPath = otherwise(in.HealthCheckPath, wanted.HealthCheckPath)
	wanted.HealthCheckIntervalSeconds = positive(in.HealthCheckIntervalSeconds, wanted.HealthCheckIntervalSeconds)
	wanted.HealthCheckTimeoutSeconds = positive(in.HealthCheckTimeoutSeconds, wanted.HealthCheckTimeoutSeconds)
	wanted.HealthyThresholdCount = positive(in.HealthyThresholdCount, wanted.HealthyThresholdCount)
	wanted.UnhealthyThresholdCount = positive(in.UnhealthyThresholdCount, wanted.UnhealthyThresholdCount)
	if in.HealthCheckEnabled != nil {
		wanted.HealthCheckEnabled = in.HealthCheckEnabled
	}
	if in.Matcher != nil {
		wanted.Matcher = *in.Matcher
	}
	wanted.complete()
	if err := wanted.check(); err != nil {
		return nil, err
	}
	check, err := wanted.healthCheck()
	if err != nil {
		return nil, err
	}
	found.groupSpec, found.check = wanted, check
	return &describeTargetGroupsOutput{TargetGroups: []targetGroup{s.describeGroup(found)}}, nil
}

type targetsInput struct {
	TargetGroupArn string
	Targets        []targetID
}

func (s *Service) registerTargets(_ context.Context, _ *wire.Call, in *targetsInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.groups[in.TargetGroupArn]
	if !ok {
		return nil, errGroupNotFound()
	}
	if len(in.Targets) == 0 {
		return nil, invalid("At least one target must be specified")
	}
	return new(emptyOutput), s.registerAll(found, in.Targets) //nolint:contextcheck // health checks outlive the call
}

// registerAll registers targets by their addresses: those of tasks, and of what listens on the loopback interface. An
// address of a private network that is no task's is registered and never healthy, as one where nobody listens.
func (s *Service) registerAll(into *group, targets []targetID) error {
	registered := make([]Target, 0, len(targets))
	for _, given := range targets {
		made, err := s.targetAt(into, given)
		if err != nil {
			return err
		}
		registered = append(registered, made)
	}
	for _, each := range registered {
		if err := s.register(into, each); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) targetAt(into *group, given targetID) (Target, error) {
	if into.TargetType != "ip" {
		return Target{}, wire.Errorf("InvalidTarget",
			"The following targets are not in a running state and cannot be registered: '%s'", given.Id)
	}
	address, err := netip.ParseAddr(given.Id)
	if err != nil || !address.Is4() {
		return Target{}, invalid("The IP address '%s' is not a valid IPv4 address", given.Id)
	}
	port := positive(given.Port, into.Port)
	made := Target{ID: given.Id, Port: port, AvailabilityZone: given.AvailabilityZone}
	switch {
	case address.IsLoopback():
		made.AddressOf = func(port int) string { return net.JoinHostPort(given.Id, strconv.Itoa(port)) }
		made.Address = made.AddressOf(port)
	case address.IsPrivate() || netip.MustParsePrefix("100.64.0.0/10").Contains(address):
		known := s.known(given.Id, port)
		made.Address, made.AddressOf = known.Address, known.AddressOf
	default:
		return Target{}, wire.Errorf("InvalidTarget", "The IP address '%s' is not within a range of private addresses", given.Id)
	}
	return made, nil
}

// known is an address and port as they were registered elsewhere, with where its process listens. Call it locked.
func (s *Service) known(id string, port int) Target {
	for _, each := range s.groups {
		if known := each.find(id, port); known != nil {
			return known.Target
		}
	}
	return Target{}
}

func (s *Service) deregisterTargets(_ context.Context, _ *wire.Call, in *targetsInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.groups[in.TargetGroupArn]
	if !ok {
		return nil, errGroupNotFound()
	}
	for _, each := range in.Targets {
		if _, err := netip.ParseAddr(each.Id); err != nil {
			return nil, wire.Errorf("InvalidTarget", "The following targets are not registered: '%s:%s'",
				each.Id, strconv.Itoa(positive(each.Port, found.Port)))
		}
		if each.Port != 0 {
			s.deregister(found, each.Id, each.Port)
			continue
		}
		for _, target := range found.targets { // without a port all of its registrations end (API reference)
			if target.ID == each.Id {
				s.deregister(found, target.ID, target.Port)
			}
		}
	}
	return new(emptyOutput), nil
}

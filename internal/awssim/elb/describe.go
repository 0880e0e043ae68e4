package elb

import (
	"context"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxPage is the largest page of the describe operations (API reference).
const maxPage = 400

func pageOf[T any](items []T, marker string, size *int, key func(T) string) ([]T, string, error) {
	limit := maxPage
	if size != nil {
		limit = *size
	}
	if limit < 1 || limit > maxPage {
		return nil, "", wire.Errorf("ValidationError", "1 validation error detected: Value '%d' at 'pageSize' failed to "+
			"satisfy constraint: Member must have value between 1 and 400", limit)
	}
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	page, next, err := paging.Page(items, marker, limit, key)
	if err != nil {
		return nil, "", wire.Errorf("ValidationError", "The marker is not valid")
	}
	return page, next, nil
}

type describeLoadBalancersInput struct {
	LoadBalancerArns []string
	Names            []string
	Marker           string
	PageSize         *int
}

type loadBalancer struct {
	LoadBalancerArn       string
	DNSName               string
	CanonicalHostedZoneID string `query:"CanonicalHostedZoneId"`
	CreatedTime           wire.Time
	LoadBalancerName      string
	Scheme                string
	VpcID                 string `query:"VpcId"`
	State                 balancerState
	Type                  string
	AvailabilityZones     []zone
	SecurityGroups        []string
	IPAddressType         string `query:"IpAddressType"`
}

type balancerState struct{ Code string }

type zone struct {
	ZoneName string
	SubnetID string `query:"SubnetId"`
	// LoadBalancerAddresses are those that were chosen, of network load balancers; none are.
	LoadBalancerAddresses []struct{}
}

type describeLoadBalancersOutput struct {
	LoadBalancers []loadBalancer
	NextMarker    string
}

func (s *Service) describeLoadBalancers(
	_ context.Context, call *wire.Call, in *describeLoadBalancersInput,
) (*describeLoadBalancersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []loadBalancer{}
	names := make(map[string]bool)
	for _, candidate := range s.balancers {
		if inPlace(candidate.arn, call.Place()) && selected(in.LoadBalancerArns, candidate.arn) &&
			selected(in.Names, candidate.Name) {
			found = append(found, s.describeBalancer(candidate))
			names[candidate.arn], names[candidate.Name] = true, true
		}
	}
	if missing := lacking(in.Names, names); len(missing) > 0 {
		return nil, wire.Errorf(codeBalancerNotFound, "Load balancers '[%s]' not found", strings.Join(missing, ", "))
	}
	if len(lacking(in.LoadBalancerArns, names)) > 0 {
		return nil, errBalancerNotFound()
	}
	page, next, err := pageOf(found, in.Marker, in.PageSize, func(l loadBalancer) string { return l.LoadBalancerArn })
	return &describeLoadBalancersOutput{LoadBalancers: page, NextMarker: next}, err
}

func selected(wanted []string, value string) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

func lacking(wanted []string, found map[string]bool) []string {
	var missing []string
	for _, name := range wanted {
		if !found[name] {
			missing = append(missing, name)
		}
	}
	return missing
}

func (s *Service) describeBalancer(b *balancer) loadBalancer {
	state := "provisioning"
	if b.active {
		state = "active"
	}
	described := loadBalancer{
		LoadBalancerArn: b.arn, DNSName: b.front.address, CanonicalHostedZoneID: b.hostedZone(), CreatedTime: wire.At(b.created),
		LoadBalancerName: b.Name, Scheme: b.Scheme, VpcID: b.vpcID, State: balancerState{state}, Type: b.Type,
		SecurityGroups: b.SecurityGroups, IPAddressType: b.IpAddressType,
	}
	for _, id := range b.Subnets {
		found, _ := s.subnets(b.place.Account, b.place.Region, id) // one that is gone has no zone
		described.AvailabilityZones = append(described.AvailabilityZones, zone{
			ZoneName: found.AvailabilityZone, SubnetID: id, LoadBalancerAddresses: []struct{}{},
		})
	}
	return described
}

type describeTargetGroupsInput struct {
	LoadBalancerArn string
	TargetGroupArns []string
	Names           []string
	Marker          string
	PageSize        *int
}

type targetGroup struct {
	TargetGroupArn             string
	TargetGroupName            string
	Protocol                   string
	Port                       int
	VpcID                      string `query:"VpcId"`
	HealthCheckProtocol        string
	HealthCheckPort            string
	HealthCheckEnabled         bool
	HealthCheckIntervalSeconds int
	HealthCheckTimeoutSeconds  int
	HealthyThresholdCount      int
	UnhealthyThresholdCount    int
	HealthCheckPath            string
	Matcher                    *matcher
	LoadBalancerArns           []string
	TargetType                 string
	ProtocolVersion            string
	IPAddressType              string `query:"IpAddressType"`
}

type describeTargetGroupsOutput struct {
	TargetGroups []targetGroup
	NextMarker   string
}

func (s *Service) describeTargetGroups(
	_ context.Context, call *wire.Call, in *describeTargetGroupsInput,
) (*describeTargetGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []targetGroup{}
	names := make(map[string]bool)
	for _, candidate := range s.groups {
		described := s.describeGroup(candidate)
		if inPlace(candidate.arn, call.Place()) && selected(in.TargetGroupArns, candidate.arn) &&
			selected(in.Names, candidate.Name) &&
			(in.LoadBalancerArn == "" || slices.Contains(described.LoadBalancerArns, in.LoadBalancerArn)) {
			found = append(found, described)
			names[candidate.arn], names[candidate.Name] = true, true
		}
	}
	if len(lacking(append(slices.Clone(in.Names), in.TargetGroupArns...), names)) > 0 {
		return nil, errGroupNotFound()
	}
	page, next, err := pageOf(found, in.Marker, in.PageSize, func(g targetGroup) string { return g.TargetGroupArn })
	return &describeTargetGroupsOutput{TargetGroups: page, NextMarker: next}, err
}

func (s *Service) describeGroup(g *group) targetGroup {
	described := targetGroup{
		TargetGroupArn: g.arn, TargetGroupName: g.Name, Protocol: g.Protocol, Port: g.Port, VpcID: g.VpcId,
		HealthCheckProtocol: g.HealthCheckProtocol, HealthCheckPort: g.HealthCheckPort, HealthCheckEnabled: true,
		HealthCheckIntervalSeconds: g.HealthCheckIntervalSeconds, HealthCheckTimeoutSeconds: g.HealthCheckTimeoutSeconds,
		HealthyThresholdCount: g.HealthyThresholdCount, UnhealthyThresholdCount: g.UnhealthyThresholdCount,
		HealthCheckPath: g.HealthCheckPath, LoadBalancerArns: append([]string{}, s.balancersOf(g.arn)...),
		TargetType: g.TargetType, ProtocolVersion: g.ProtocolVersion, IPAddressType: g.IpAddressType,
	}
	if g.Matcher != (matcher{}) {
		described.Matcher = &g.Matcher
	}
	return described
}

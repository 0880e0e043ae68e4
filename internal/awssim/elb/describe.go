package elb

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxPage is the largest page of the describe operations (API reference).
const maxPage = 400

func errNotFound(code, message string) error { return wire.Errorf(code, "%s", message) }

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
		if inPlace(candidate.arn, placeOf(call)) && selected(in.LoadBalancerArns, candidate.arn) &&
			selected(in.Names, candidate.name) {
			found = append(found, s.describeBalancer(candidate))
			names[candidate.arn], names[candidate.name] = true, true
		}
	}
	if missing := lacking(in.Names, names); len(missing) > 0 {
		return nil, errNotFound("LoadBalancerNotFound", "Load balancers '["+strings.Join(missing, ", ")+"]' not found")
	}
	if len(lacking(in.LoadBalancerArns, names)) > 0 {
		return nil, errNotFound("LoadBalancerNotFound", "One or more load balancers not found")
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
		LoadBalancerArn: b.arn, DNSName: b.address, CanonicalHostedZoneID: hostedZone, CreatedTime: wire.At(b.created),
		LoadBalancerName: b.name, Scheme: b.scheme, VpcID: b.vpcID, State: balancerState{state}, Type: application,
		SecurityGroups: b.securityGroups, IPAddressType: "ipv4",
	}
	for _, id := range b.subnets {
		found, _ := s.subnets(b.place.Account, b.place.Region, id) // one that is gone has no zone
		described.AvailabilityZones = append(described.AvailabilityZones, zone{ZoneName: found.AvailabilityZone, SubnetID: id})
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

type matcher struct {
	HTTPCode string `query:"HttpCode"`
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
	Matcher                    matcher
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
		if inPlace(candidate.arn, placeOf(call)) && selected(in.TargetGroupArns, candidate.arn) &&
			selected(in.Names, candidate.name) &&
			(in.LoadBalancerArn == "" || slices.Contains(described.LoadBalancerArns, in.LoadBalancerArn)) {
			found = append(found, described)
			names[candidate.arn], names[candidate.name] = true, true
		}
	}
	if len(lacking(append(slices.Clone(in.Names), in.TargetGroupArns...), names)) > 0 {
		return nil, errNotFound("TargetGroupNotFound", "One or more target groups not found")
	}
	page, next, err := pageOf(found, in.Marker, in.PageSize, func(g targetGroup) string { return g.TargetGroupArn })
	return &describeTargetGroupsOutput{TargetGroups: page, NextMarker: next}, err
}

func (s *Service) describeGroup(g *group) targetGroup {
	return targetGroup{
		TargetGroupArn: g.arn, TargetGroupName: g.name, Protocol: g.protocol, Port: g.port, VpcID: g.vpcID,
		HealthCheckProtocol: protocolHTTP, HealthCheckPort: trafficPort, HealthCheckEnabled: true,
		HealthCheckIntervalSeconds: int(g.check.interval.Seconds()), HealthCheckTimeoutSeconds: int(g.check.timeout.Seconds()),
		HealthyThresholdCount: g.check.healthy, UnhealthyThresholdCount: g.check.unhealthy, HealthCheckPath: g.check.path,
		Matcher: matcher{g.check.matcher}, LoadBalancerArns: append([]string{}, s.balancersOf(g.arn)...),
		TargetType: "ip", ProtocolVersion: "HTTP1", IPAddressType: "ipv4",
	}
}

type targetID struct {
	ID               string `query:"Id"`
	Port             int
	AvailabilityZone string
}

type describeTargetHealthInput struct {
	TargetGroupArn string
	Targets        []targetID
}

type targetHealth struct{ State, Reason, Description string }

type targetHealthDescription struct {
	Target          targetID
	HealthCheckPort string
	TargetHealth    targetHealth
}

type describeTargetHealthOutput struct {
	TargetHealthDescriptions []targetHealthDescription
}

func (s *Service) describeTargetHealth(
	_ context.Context, _ *wire.Call, in *describeTargetHealthInput,
) (*describeTargetHealthOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.groups[in.TargetGroupArn]
	if !ok {
		return nil, errNotFound("TargetGroupNotFound", "One or more target groups not found")
	}
	out := &describeTargetHealthOutput{TargetHealthDescriptions: []targetHealthDescription{}}
	for _, found := range from.targets {
		if len(in.Targets) == 0 {
			id := targetID{found.ID, found.Port, found.AvailabilityZone}
			out.add(id, s.healthOf(found))
		}
	}
	for _, asked := range in.Targets {
		if asked.Port == 0 {
			asked.Port = from.port
		}
		health := Health{Unused, "Target.NotRegistered", "Target is not registered to the target group"}
		if found := from.find(asked.ID, asked.Port); found != nil {
			asked.AvailabilityZone, health = found.AvailabilityZone, s.healthOf(found)
		}
		out.add(asked, health)
	}
	return out, nil
}

func (out *describeTargetHealthOutput) add(id targetID, health Health) {
	out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, targetHealthDescription{
		Target: id, HealthCheckPort: strconv.Itoa(id.Port),
		TargetHealth: targetHealth{string(health.State), health.Reason, health.Description},
	})
}

type attributesOutput struct{ Attributes []props.Tag }

type balancerInput struct{ LoadBalancerArn string }

func (s *Service) describeLoadBalancerAttributes(
	_ context.Context, _ *wire.Call, in *balancerInput,
) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.balancers[in.LoadBalancerArn]
	if !ok {
		return nil, errNotFound("LoadBalancerNotFound", "One or more load balancers not found")
	}
	return &attributesOutput{Attributes: props.SortedTags(found.attributes)}, nil
}

type groupInput struct{ TargetGroupArn string }

func (s *Service) describeTargetGroupAttributes(_ context.Context, _ *wire.Call, in *groupInput) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.groups[in.TargetGroupArn]
	if !ok {
		return nil, errNotFound("TargetGroupNotFound", "One or more target groups not found")
	}
	return &attributesOutput{Attributes: props.SortedTags(found.attributes)}, nil
}

type describeTagsInput struct{ ResourceArns []string }

type tagDescription struct {
	ResourceArn string
	Tags        []props.Tag
}

type describeTagsOutput struct{ TagDescriptions []tagDescription }

func (s *Service) describeTags(_ context.Context, _ *wire.Call, in *describeTagsInput) (*describeTagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &describeTagsOutput{TagDescriptions: []tagDescription{}}
	for _, wanted := range in.ResourceArns {
		tags, err := s.tagsOf(wanted)
		if err != nil {
			return nil, err
		}
		out.TagDescriptions = append(out.TagDescriptions, tagDescription{ResourceArn: wanted, Tags: props.SortedTags(tags)})
	}
	return out, nil
}

func (s *Service) tagsOf(wanted string) (map[string]string, error) {
	if found, ok := s.balancers[wanted]; ok {
		return found.tags, nil
	}
	if found, ok := s.groups[wanted]; ok {
		return found.tags, nil
	}
	if found, ok := s.listeners[wanted]; ok {
		return found.tags, nil
	}
	if found, ok := s.rules[wanted]; ok {
		return found.tags, nil
	}
	switch {
	case strings.Contains(wanted, ":loadbalancer/"):
		return nil, errNotFound("LoadBalancerNotFound", "One or more load balancers not found")
	case strings.Contains(wanted, ":targetgroup/"):
		return nil, errNotFound("TargetGroupNotFound", "One or more target groups not found")
	case strings.Contains(wanted, ":listener/"):
		return nil, errNotFound("ListenerNotFound", "One or more listeners not found")
	default:
		return nil, errNotFound("RuleNotFound", "One or more rules not found")
	}
}

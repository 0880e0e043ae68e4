package elb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Attributes of target groups that are acted on.
const (
	deregistrationDelay = "deregistration_delay.timeout_seconds"
	algorithm           = "load_balancing.algorithm.type"
	stickyEnabled       = "stickiness.enabled"
	stickySeconds       = "stickiness.lb_cookie.duration_seconds"
)

const (
	roundRobin       = "round_robin"
	leastOutstanding = "least_outstanding_requests"
)

// group is a target group.
type group struct {
	arn, name, fullName string
	place               resource.Place
	vpcID               string
	port                int
	protocol            string
	check               healthCheck
	attributes          map[string]string
	tags                map[string]string
	targets             []*target // in the order of their registration
	next                uint64    // round robin
}

// groupDefaults are the attributes of a new target group. Those that are not acted on keep these values.
func groupDefaults() map[string]string {
	return map[string]string{
		deregistrationDelay: "300", algorithm: roundRobin, "load_balancing.algorithm.anomaly_mitigation": "off",
		"load_balancing.cross_zone.enabled":      "use_load_balancer_configuration",
		"slow_start.duration_seconds":            "0",
		stickyEnabled:                            "false",
		"stickiness.type":                        "lb_cookie",
		stickySeconds:                            "86400",
		"stickiness.app_cookie.cookie_name":      "",
		"stickiness.app_cookie.duration_seconds": "86400",
		"target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
		"target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
	}
}

// groupProperties are the properties of AWS::ElasticLoadBalancingV2::TargetGroup that are acted on.
type groupProperties struct {
	Name                       string
	VpcId                      string //nolint:staticcheck // as the property is called
	Port                       int
	Protocol                   string
	ProtocolVersion            string
	TargetType                 string
	IpAddressType              string //nolint:staticcheck // as the property is called
	HealthCheckEnabled         *bool
	HealthCheckProtocol        string
	HealthCheckPort            string
	HealthCheckPath            string
	HealthCheckIntervalSeconds int
	HealthCheckTimeoutSeconds  int
	HealthyThresholdCount      int
	UnhealthyThresholdCount    int
	Matcher                    struct{ HttpCode string } //nolint:staticcheck // as the property is called
	TargetGroupAttributes      []attribute
	Tags                       []props.Tag
}

// Defaults of health checks (CreateTargetGroup, API reference).
const (
	defaultPath      = "/"
	defaultInterval  = 30
	defaultTimeout   = 5
	defaultHealthy   = 5
	defaultUnhealthy = 2
	defaultCodes     = "200"
	trafficPort      = "traffic-port"
	protocolHTTP     = "HTTP"
)

func readGroup(r resource.Request) (groupProperties, map[string]string, error) {
	wanted := groupProperties{
		Protocol: protocolHTTP, ProtocolVersion: "HTTP1", TargetType: "instance", IpAddressType: "ipv4",
		HealthCheckProtocol: protocolHTTP, HealthCheckPort: trafficPort, HealthCheckPath: defaultPath,
		HealthCheckIntervalSeconds: defaultInterval, HealthCheckTimeoutSeconds: defaultTimeout,
		HealthyThresholdCount: defaultHealthy, UnhealthyThresholdCount: defaultUnhealthy,
	}
	wanted.Matcher.HttpCode = defaultCodes
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, nil, err
	}
	if err := wanted.check(); err != nil {
		return wanted, nil, err
	}
	attributes, err := mergeAttributes(groupDefaults(), wanted.TargetGroupAttributes,
		deregistrationDelay, algorithm, stickyEnabled, stickySeconds)
	if err != nil {
		return wanted, nil, err
	}
	const longestDelay = 3600
	if delay, err := strconv.Atoi(attributes[deregistrationDelay]); err != nil || delay < 0 || delay > longestDelay {
		return wanted, nil, props.Invalid("'%s' must be a number of seconds from 0 to 3600", deregistrationDelay)
	}
	const longestStick = 604800
	if stick, err := strconv.Atoi(attributes[stickySeconds]); err != nil || outside(stick, 1, longestStick) {
		return wanted, nil, props.Invalid("'%s' must be a number of seconds from 1 to 604800", stickySeconds)
	}
	if !slices.Contains([]string{roundRobin, leastOutstanding}, attributes[algorithm]) {
		return wanted, nil, props.Unsupported(algorithm + " " + attributes[algorithm])
	}
	return wanted, attributes, nil
}

func (p *groupProperties) check() error {
	for property, values := range map[string][2]string{
		"Protocol":            {p.Protocol, protocolHTTP},
		"ProtocolVersion":     {p.ProtocolVersion, "HTTP1"},
		"TargetType":          {p.TargetType, "ip"},
		"IpAddressType":       {p.IpAddressType, "ipv4"},
		"HealthCheckProtocol": {p.HealthCheckProtocol, protocolHTTP},
		"HealthCheckPort":     {p.HealthCheckPort, trafficPort},
	} {
		if values[0] != values[1] {
			return props.Unsupported(fmt.Sprintf("the %s %s of target groups", property, values[0]))
		}
	}
	const shortest, longest, fewest, most = 5, 300, 2, 10
	switch {
	case p.HealthCheckEnabled != nil && !*p.HealthCheckEnabled:
		return props.Unsupported("HealthCheckEnabled false")
	case len(p.Name) > maxName:
		return props.Invalid("Target group name '%s' cannot be longer than '32' characters", p.Name)
	case p.HealthCheckIntervalSeconds < shortest || p.HealthCheckIntervalSeconds > longest:
		return props.Invalid("Health check interval must be between 5 and 300")
	case p.HealthCheckTimeoutSeconds >= p.HealthCheckIntervalSeconds:
		return props.Invalid("Health check interval must be greater than the timeout.")
	case outside(p.HealthyThresholdCount, fewest, most):
		return props.Invalid("Healthy threshold count must be between 2 and 10 inclusive")
	case outside(p.UnhealthyThresholdCount, fewest, most):
		return props.Invalid("Unhealthy threshold count must be between 2 and 10 inclusive")
	case !strings.HasPrefix(p.HealthCheckPath, "/"):
		return props.Invalid("Health check path '%s' must begin with a '/' character", p.HealthCheckPath)
	}
	_, err := parseCodes(p.Matcher.HttpCode)
	return err
}

func outside(value, low, high int) bool { return value < low || value > high }

func (p *groupProperties) healthCheck() healthCheck {
	codes, _ := parseCodes(p.Matcher.HttpCode) // checked before
	return healthCheck{
		path: p.HealthCheckPath, interval: seconds(p.HealthCheckIntervalSeconds), timeout: seconds(p.HealthCheckTimeoutSeconds),
		healthy: p.HealthyThresholdCount, unhealthy: p.UnhealthyThresholdCount, matcher: p.Matcher.HttpCode, codes: codes,
	}
}

type groupProvider struct{ *Service }

// Create makes a target group.
func (p *groupProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, attributes, err := readGroup(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.Name == "" {
		wanted.Name = generatedName(r)
	}
	made := &group{
		name: wanted.Name, fullName: "targetgroup/" + wanted.Name + "/" + hexID(), place: r.Place, vpcID: wanted.VpcId,
		port: wanted.Port, protocol: wanted.Protocol, check: wanted.healthCheck(),
		attributes: attributes, tags: props.MergeTags(r.Tags, wanted.Tags),
	}
	made.arn = arn(r.Place, made.fullName)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, other := range p.groups {
		if other.place == made.place && other.name == made.name {
			return resource.Result{}, props.AlreadyExists(r.Type, made.name)
		}
	}
	p.groups[made.arn] = made
	return p.groupResult(made), nil
}

// Update changes the health check, attributes and tags.
func (p *groupProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, attributes, err := readGroup(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.groups[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	found.check, found.attributes = wanted.healthCheck(), attributes
	found.tags = props.MergeTags(r.Tags, wanted.Tags)
	return p.groupResult(found), nil
}

// Delete removes a target group that no listener uses.
func (p *groupProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.groups[r.PhysicalID]
	if !ok {
		return nil
	}
	if len(p.balancersOf(found.arn)) > 0 {
		return &resource.Failure{
			Message:          fmt.Sprintf("Target group '%s' is currently in use by a listener or a rule", found.arn),
			HandlerErrorCode: "ResourceConflict",
		}
	}
	delete(p.groups, found.arn)
	found.discard()
	return nil
}

// discard ends the group's health checks.
func (g *group) discard() {
	for _, target := range g.targets {
		target.discard()
	}
	g.targets = nil
}

func (s *Service) groupResult(g *group) resource.Result {
	return resource.Result{PhysicalID: g.arn, Attributes: map[string]any{
		"TargetGroupArn": g.arn, "TargetGroupFullName": g.fullName, "TargetGroupName": g.name,
		"LoadBalancerArns": anyList(s.balancersOf(g.arn)),
	}}
}

// balancersOf returns the ARNs of the load balancers whose listeners or rules use a group. Call it locked.
func (s *Service) balancersOf(groupARN string) []string {
	var users []string
	for _, listener := range s.listeners {
		if listener.uses(groupARN) {
			users = append(users, listener.balancerARN)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// delay is how long a target is drained.
func (g *group) delay() time.Duration {
	count, err := strconv.Atoi(g.attributes[deregistrationDelay])
	if err != nil {
		return 0
	}
	return seconds(count)
}

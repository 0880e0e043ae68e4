package elb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Protocols of listeners, target groups and health checks.
const (
	protocolHTTP  = "HTTP"
	protocolHTTPS = "HTTPS"
	protocolTCP   = "TCP"
	protocolTLS   = "TLS"
)

// Versions of HTTP that targets are spoken to in.
const (
	versionHTTP1 = "HTTP1"
	versionHTTP2 = "HTTP2"
	versionGRPC  = "GRPC"
)

func isNetwork(protocol string) bool { return protocol == protocolTCP || protocol == protocolTLS }

// groupSpec is what a target group is asked to be, by a template or by CreateTargetGroup.
type groupSpec struct {
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
	Matcher                    matcher
}

// matcher says which codes of a health check's answer are good.
type matcher struct{ HttpCode, GrpcCode string } //nolint:staticcheck // as the properties are called

// group is a target group.
type group struct {
	groupSpec

	arn, fullName string
	place         resource.Place
	check         healthCheck
	attributes    map[string]string
	tags          map[string]string
	targets       []*target // in the order of their registration
	next          uint64    // round robin
}

// Defaults of health checks (CreateTargetGroup, API reference); network load balancers wait longer.
const (
	defaultInterval    = 30
	defaultTimeout     = 5
	networkTimeout     = 10
	networkHTTPTimeout = 6
	defaultHealthy     = 5
	defaultUnhealthy   = 2
	defaultCodes       = "200"
	networkCodes       = "200-399"
	defaultGRPCCodes   = "12"
	defaultGRPCPath    = "/AWS.ALB/healthcheck"
	trafficPort        = "traffic-port"
)

// complete sets what was left out.
func (g *groupSpec) complete() {
	g.Protocol = otherwise(g.Protocol, protocolHTTP)
	g.TargetType = otherwise(g.TargetType, "instance")
	g.IpAddressType = otherwise(g.IpAddressType, "ipv4")
	g.HealthCheckPort = otherwise(g.HealthCheckPort, trafficPort)
	g.HealthCheckIntervalSeconds = positive(g.HealthCheckIntervalSeconds, defaultInterval)
	g.HealthyThresholdCount = positive(g.HealthyThresholdCount, defaultHealthy)
	g.UnhealthyThresholdCount = positive(g.UnhealthyThresholdCount, defaultUnhealthy)
	if g.HealthCheckEnabled == nil {
		g.HealthCheckEnabled = new(true)
	}
	if isNetwork(g.Protocol) {
		g.completeNetwork()
		return
	}
	g.ProtocolVersion = otherwise(g.ProtocolVersion, versionHTTP1)
	g.HealthCheckProtocol = otherwise(g.HealthCheckProtocol, protocolHTTP)
	g.HealthCheckTimeoutSeconds = positive(g.HealthCheckTimeoutSeconds, defaultTimeout)
	if g.ProtocolVersion == versionGRPC {
		g.HealthCheckPath = otherwise(g.HealthCheckPath, defaultGRPCPath)
		g.Matcher.GrpcCode = otherwise(g.Matcher.GrpcCode, defaultGRPCCodes)
		return
	}
	g.HealthCheckPath = otherwise(g.HealthCheckPath, "/")
	g.Matcher.HttpCode = otherwise(g.Matcher.HttpCode, defaultCodes)
}

func (g *groupSpec) completeNetwork() {
	g.HealthCheckProtocol = otherwise(g.HealthCheckProtocol, protocolTCP)
	if g.HealthCheckProtocol == protocolTCP {
		g.HealthCheckTimeoutSeconds = positive(g.HealthCheckTimeoutSeconds, networkTimeout)
		return
	}
	g.HealthCheckPath = otherwise(g.HealthCheckPath, "/")
	g.Matcher.HttpCode = otherwise(g.Matcher.HttpCode, networkCodes)
	timeout := networkTimeout
	if g.HealthCheckProtocol == protocolHTTP {
		timeout = networkHTTPTimeout
	}
	g.HealthCheckTimeoutSeconds = positive(g.HealthCheckTimeoutSeconds, timeout)
}

func positive(value, fallback int) int {
	if value == 0 {
		return fallback
	}
	return value
}

func (g *groupSpec) check() error {
	if err := g.checkProtocols(); err != nil {
		return err
	}
	if err := checkName("Target group name", g.Name); err != nil {
		return err
	}
	const shortest, longest, fewest, most, shortestTimeout, longestTimeout = 5, 300, 2, 10, 2, 120
	switch {
	case !*g.HealthCheckEnabled:
		return misconfigured("Health checks must be enabled for target groups with target type '%s'", g.TargetType)
	case g.Port == 0:
		return invalid("A port must be specified")
	case outside(g.HealthCheckIntervalSeconds, shortest, longest):
		return invalid("Health check interval must be between 5 and 300")
	case outside(g.HealthCheckTimeoutSeconds, shortestTimeout, longestTimeout):
		return invalid("Health check timeout must be between 2 and 120")
	case g.HealthCheckTimeoutSeconds >= g.HealthCheckIntervalSeconds:
		return invalid("Health check interval must be greater than the timeout.")
	case outside(g.HealthyThresholdCount, fewest, most):
		return invalid("Healthy threshold count must be between 2 and 10 inclusive")
	case outside(g.UnhealthyThresholdCount, fewest, most):
		return invalid("Unhealthy threshold count must be between 2 and 10 inclusive")
	case g.HealthCheckProtocol != protocolTCP && !strings.HasPrefix(g.HealthCheckPath, "/"):
		return invalid("Health check path '%s' must begin with a '/' character", g.HealthCheckPath)
	}
	_, err := g.healthCheck()
	return err
}

func (g *groupSpec) checkProtocols() error {
	versions, checks := []string{versionHTTP1, versionHTTP2, versionGRPC}, []string{protocolHTTP, protocolHTTPS}
	switch g.Protocol {
	case protocolHTTP, protocolHTTPS:
	case protocolTCP, protocolTLS:
		versions, checks = []string{""}, []string{protocolTCP, protocolHTTP, protocolHTTPS}
	default:
		return refused("target groups of Protocol " + g.Protocol)
	}
	switch {
	case g.TargetType != "ip" && g.TargetType != "instance":
		return refused("target groups of TargetType " + g.TargetType)
	case g.IpAddressType != "ipv4":
		return refused("target groups of IpAddressType " + g.IpAddressType)
	case !slices.Contains(versions, g.ProtocolVersion):
		return invalid("Protocol version '%s' is not valid for protocol '%s'", g.ProtocolVersion, g.Protocol)
	case !slices.Contains(checks, g.HealthCheckProtocol):
		return invalid("Health check protocol '%s' must be one of '%s'", g.HealthCheckProtocol, strings.Join(checks, ", "))
	}
	if port, err := strconv.Atoi(g.HealthCheckPort); g.HealthCheckPort != trafficPort && (err != nil || outside(port, 1, maxPort)) {
		return invalid("Health check port '%s' must be '%s' or between 1 and %d", g.HealthCheckPort, trafficPort, maxPort)
	}
	return nil
}

func outside(value, low, high int) bool { return value < low || value > high }

func (g *groupSpec) healthCheck() (healthCheck, error) {
	made := healthCheck{
		protocol: g.HealthCheckProtocol, grpc: g.ProtocolVersion == versionGRPC, path: g.HealthCheckPath,
		interval: seconds(g.HealthCheckIntervalSeconds), timeout: seconds(g.HealthCheckTimeoutSeconds),
		healthy: g.HealthyThresholdCount, unhealthy: g.UnhealthyThresholdCount, http2: g.ProtocolVersion == versionHTTP2,
	}
	var err error
	if g.HealthCheckPort != trafficPort {
		if made.port, err = strconv.Atoi(g.HealthCheckPort); err != nil {
			return made, fmt.Errorf("the port of a health check: %w", err) // refused before
		}
	}
	switch {
	case g.HealthCheckProtocol == protocolTCP:
	case made.grpc:
		made.codes, err = parseCodes(g.Matcher.GrpcCode, 0, highestGRPC)
	default:
		made.codes, err = parseCodes(g.Matcher.HttpCode, lowestHTTP, highestHTTP)
	}
	return made, err
}

// sameAs says whether two specs ask for the same.
func (g *groupSpec) sameAs(other *groupSpec) bool {
	a, b := *g, *other
	a.HealthCheckEnabled, b.HealthCheckEnabled = nil, nil
	return a == b
}

// addGroup makes a target group. Call it locked.
func (s *Service) addGroup(
	place resource.Place, spec groupSpec, attributes []attribute, tags map[string]string,
) (*group, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	if s.groupNamed(place, spec.Name) != nil {
		return nil, wire.Errorf(codeDuplicateGroup,
			"A target group with the same name '%s' exists, but with different settings", spec.Name)
	}
	made := &group{groupSpec: spec, fullName: "targetgroup/" + spec.Name + "/" + hexID(), place: place, tags: tags}
	made.arn = arn(place, made.fullName)
	if err := made.set(spec, attributes); err != nil {
		return nil, err
	}
	s.groups[made.arn] = made
	return made, nil
}

// set takes the health check and the attributes over; the rest of a target group does not change.
func (g *group) set(spec groupSpec, attributes []attribute) error {
	if err := spec.check(); err != nil {
		return err
	}
	kinds := groupAttributes(g.Protocol)
	merged, err := kinds.merge(kinds.defaults(), attributes)
	if err != nil {
		return err
	}
	if err := checkSticky(merged); err != nil {
		return err
	}
	g.groupSpec, g.attributes = spec, merged
	g.check, err = spec.healthCheck()
	return err
}

func (s *Service) groupNamed(place resource.Place, name string) *group {
	for _, candidate := range s.groups {
		if candidate.place == place && candidate.Name == name {
			return candidate
		}
	}
	return nil
}

// removeGroup removes a target group that no listener uses. Call it locked.
func (s *Service) removeGroup(removed *group) error {
	if len(s.balancersOf(removed.arn)) > 0 {
		return wire.Errorf(codeResourceInUse, "Target group '%s' is currently in use by a listener or a rule", removed.arn)
	}
	delete(s.groups, removed.arn)
	removed.discard()
	return nil
}

// discard ends the group's health checks.
func (g *group) discard() {
	for _, target := range g.targets {
		target.discard()
	}
	g.targets = nil
}

// balancersOf returns the ARNs of the load balancers whose listeners or rules use a group. Call it locked.
func (s *Service) balancersOf(groupARN string) []string {
	var users []string
	for _, listener := range s.listeners {
		if listener.uses(groupARN) {
			users = append(users, listener.LoadBalancerArn)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// delay is how long a target is drained.
func (g *group) delay() time.Duration { return lasting(g.attributes, deregistrationDelay) }

package elb

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	// provisioning is about how long AWS takes to make a load balancer.
	provisioning = 2 * time.Minute
	// minSubnets is in how many zones an application load balancer must be.
	minSubnets = 2
	// Where AWS keeps the names of load balancers of us-east-1 (general reference, endpoints).
	hostedZone        = "Z35SXDOTRQ7X7K"
	hostedZoneNetwork = "Z26RNL4JYFTOTI"

	defaultScheme   = "internet-facing"
	internalScheme  = "internal"
	applicationType = "application"
	networkType     = "network"
)

// balancerSpec is what a load balancer is asked to be, by a template or by CreateLoadBalancer.
type balancerSpec struct {
	Name           string
	Type           string
	Scheme         string
	IpAddressType  string //nolint:staticcheck // as the property is called
	Subnets        []string
	SubnetMappings []subnetMapping
	SecurityGroups []string
}

// subnetMapping is a subnet and, in a network load balancer, the addresses that are wished for there: they are only stored.
type subnetMapping struct{ SubnetId, AllocationId, PrivateIPv4Address string } //nolint:staticcheck // as properties are called

// balancer is a load balancer.
type balancer struct {
	balancerSpec

	arn, fullName string
	place         resource.Place
	vpcID         string
	created       time.Time
	active        bool
	attributes    map[string]string
	tags          map[string]string
	front         *socket      // where its DNS name leads
	plain, secure *http.Server // of an application load balancer
}

func (s *balancerSpec) complete() {
	if s.Scheme == "" {
		s.Scheme = defaultScheme
	}
	if s.Type == "" {
		s.Type = applicationType
	}
	if s.IpAddressType == "" {
		s.IpAddressType = "ipv4"
	}
	for _, mapping := range s.SubnetMappings {
		s.Subnets = append(s.Subnets, mapping.SubnetId)
	}
}

func (s *balancerSpec) check() error {
	fewest := minSubnets
	switch s.Type {
	case applicationType:
	case networkType:
		fewest = 1
	default:
		return refused("load balancers of Type " + s.Type)
	}
	switch {
	case s.IpAddressType != "ipv4" && s.IpAddressType != "dualstack": // which answers at its IPv4 address alone
		return refused("IpAddressType " + s.IpAddressType)
	case s.Scheme != defaultScheme && s.Scheme != internalScheme:
		return invalid("1 validation error detected: Value '%s' at 'scheme' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [internet-facing, internal]", s.Scheme)
	case len(s.Subnets) == 0:
		return invalid("At least one subnet must be specified")
	case len(s.Subnets) < fewest:
		return invalid("At least two subnets in two different Availability Zones must be specified")
	case strings.HasPrefix(s.Name, internalScheme+"-"):
		return invalid("The load balancer name '%s' cannot begin with 'internal-'", s.Name)
	}
	return checkName("The load balancer name", s.Name)
}

// maxName is the longest name of a load balancer or target group.
const maxName = 32

var nameLetters = regexp.MustCompile(`^[A-Za-z0-9-]*$`)

// checkName refuses what is no name of a load balancer or target group; an empty one will be made up.
func checkName(what, name string) error {
	switch {
	case len(name) > maxName:
		return invalid("%s '%s' cannot be longer than '%d' characters", what, name, maxName)
	case !nameLetters.MatchString(name):
		return invalid("%s '%s' can only contain characters that are alphanumeric characters or hyphens(-)", what, name)
	case strings.HasPrefix(name, "-"), strings.HasSuffix(name, "-"):
		return invalid("%s '%s' cannot begin or end with a hyphen(-)", what, name)
	}
	return nil
}

// equal says whether two specs ask for the same; the order of their lists does not matter.
func (s *balancerSpec) equal(other *balancerSpec) bool {
	return s.Type == other.Type && s.Scheme == other.Scheme && s.IpAddressType == other.IpAddressType &&
		sameSet(s.Subnets, other.Subnets) && sameSet(s.SecurityGroups, other.SecurityGroups)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (b *balancer) kinds() attributeKinds {
	if b.Type == networkType {
		return networkAttributes()
	}
	return applicationAttributes()
}

// addBalancer adds a load balancer and lets it listen. Call it locked.
func (s *Service) addBalancer(
	place resource.Place, spec balancerSpec, attributes []attribute, tags map[string]string,
) (*balancer, error) {
	if s.life.Err() != nil {
		return nil, ErrClosed
	}
	if err := spec.check(); err != nil {
		return nil, err
	}
	if s.balancerNamed(place, spec.Name) != nil {
		return nil, wire.Errorf(codeDuplicateBalancer,
			"A load balancer with the same name '%s' exists, but with different settings", spec.Name)
	}
	prefix := "app/"
	if spec.Type == networkType {
		prefix = "net/"
	}
	made := &balancer{
		balancerSpec: spec, fullName: prefix + spec.Name + "/" + hexID(), place: place, created: s.clock.Now(), tags: tags,
	}
	made.arn = arn(place, "loadbalancer/"+made.fullName)
	var err error
	if made.attributes, err = made.kinds().merge(made.kinds().defaults(), attributes); err != nil {
		return nil, err
	}
	if err := s.place(made); err != nil {
		return nil, err
	}
	if err := s.open(made); err != nil {
		return nil, err
	}
	s.balancers[made.arn] = made
	return made, nil
}

// place finds out where a load balancer's subnets are: in one VPC and, if they are known, in different zones.
func (s *Service) place(b *balancer) error {
	zones := make(map[string]bool)
	for _, id := range b.Subnets {
		subnet, ok := s.subnets(b.place.Account, b.place.Region, id)
		if !ok {
			continue // templates may name subnets that nobody made here
		}
		if zones[subnet.AvailabilityZone] {
			return misconfigured("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		zones[subnet.AvailabilityZone], b.vpcID = true, subnet.VpcID
	}
	return nil
}

func (s *Service) balancerNamed(place resource.Place, name string) *balancer {
	for _, candidate := range s.balancers {
		if candidate.place == place && candidate.Name == name {
			return candidate
		}
	}
	return nil
}

// removeBalancer closes a load balancer with its listeners, unless it is protected. Call it locked.
func (s *Service) removeBalancer(removed *balancer) error {
	if is(removed.attributes, deletionProtection) {
		return wire.Errorf(codeNotPermitted,
			"Load balancer '%s' cannot be deleted because deletion protection is enabled", removed.arn)
	}
	delete(s.balancers, removed.arn)
	for _, listener := range s.listenersOf(removed.arn) {
		s.removeListener(listener)
	}
	return removed.close()
}

// listenersOf returns a load balancer's listeners by port. Call it locked.
func (s *Service) listenersOf(balancerARN string) []*listener {
	var found []*listener
	for _, candidate := range s.listeners {
		if candidate.LoadBalancerArn == balancerARN {
			found = append(found, candidate)
		}
	}
	slices.SortFunc(found, func(a, b *listener) int { return a.Port - b.Port })
	return found
}

func (b *balancer) hostedZone() string {
	if b.Type == networkType {
		return hostedZoneNetwork
	}
	return hostedZone
}

func (b *balancer) setTags(request resource.Request, own []props.Tag) {
	b.tags = props.MergeTags(request.Tags, own)
}

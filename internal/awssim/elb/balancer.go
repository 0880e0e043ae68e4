package elb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	// provisioning is about how long AWS takes to make an application load balancer.
	provisioning = 2 * time.Minute
	// minSubnets is in how many zones an application load balancer must be.
	minSubnets = 2
	// hostedZone is where AWS keeps the names of load balancers of us-east-1 (general reference, endpoints).
	hostedZone = "Z35SXDOTRQ7X7K"
	// readHeader bounds how long a client may take to send its request's headers; real time.
	readHeader = time.Minute

	defaultScheme  = "internet-facing"
	internalScheme = "internal"
	application    = "application"
)

// Attributes of load balancers that are acted on.
const (
	idleTimeout        = "idle_timeout.timeout_seconds"
	deletionProtection = "deletion_protection.enabled"
)

// balancer is an application load balancer.
type balancer struct {
	arn, name, fullName string
	place               resource.Place
	scheme              string
	subnets             []string
	securityGroups      []string
	vpcID               string
	created             time.Time
	active              bool
	attributes          map[string]string
	tags                map[string]string
	address             string // host:port where it listens
	server              *http.Server
}

// balancerDefaults are the attributes of a new load balancer. Those that are not acted on keep these values.
func balancerDefaults() map[string]string {
	return map[string]string{
		idleTimeout: "60", deletionProtection: "false",
		"access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": "",
		"connection_logs.s3.enabled": "false", "connection_logs.s3.bucket": "", "connection_logs.s3.prefix": "",
		"client_keep_alive.seconds": "3600", "ipv6.deny_all_igw_traffic": "false",
		"load_balancing.cross_zone.enabled":                        "true",
		"routing.http.desync_mitigation_mode":                      "defensive",
		"routing.http.drop_invalid_header_fields.enabled":          "false",
		"routing.http.preserve_host_header.enabled":                "false",
		"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
		"routing.http.xff_client_port.enabled":                     "false",
		"routing.http.xff_header_processing.mode":                  "append",
		"routing.http2.enabled":                                    "true",
		"waf.fail_open.enabled":                                    "false",
		"zonal_shift.config.enabled":                               "false",
	}
}

// attribute is a key and a value as resources write them.
type attribute struct{ Key, Value string }

// balancerProperties are the properties of AWS::ElasticLoadBalancingV2::LoadBalancer that are acted on.
type balancerProperties struct {
	Name                   string
	Type                   string
	Scheme                 string
	IpAddressType          string //nolint:staticcheck // as the property is called
	Subnets                []string
	SecurityGroups         []string
	LoadBalancerAttributes []attribute
	Tags                   []props.Tag
}

type balancerProvider struct{ *Service }

func readBalancer(r resource.Request) (balancerProperties, map[string]string, error) {
	wanted := balancerProperties{Scheme: defaultScheme}
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, nil, err
	}
	switch {
	case wanted.Type != "" && wanted.Type != application:
		return wanted, nil, props.Unsupported("load balancers of Type " + wanted.Type)
	case wanted.IpAddressType != "" && wanted.IpAddressType != "ipv4":
		return wanted, nil, props.Unsupported("IpAddressType " + wanted.IpAddressType)
	case wanted.Scheme != defaultScheme && wanted.Scheme != internalScheme:
		return wanted, nil, props.Invalid("Scheme must be internet-facing or internal, not %s", wanted.Scheme)
	case len(wanted.Subnets) < minSubnets:
		return wanted, nil, props.Invalid("At least two subnets in two different Availability Zones must be specified")
	case len(wanted.Name) > maxName:
		return wanted, nil, props.Invalid("The load balancer name '%s' cannot be longer than '32' characters", wanted.Name)
	}
	attributes, err := mergeAttributes(balancerDefaults(), wanted.LoadBalancerAttributes, idleTimeout, deletionProtection)
	return wanted, attributes, err
}

// mergeAttributes sets attributes over the defaults. Only those named last may differ from their default.
func mergeAttributes(defaults map[string]string, given []attribute, actedOn ...string) (map[string]string, error) {
	merged := maps.Clone(defaults)
	for _, set := range given {
		current, known := defaults[set.Key]
		if !known {
			return nil, props.Invalid("Attribute key '%s' is not recognized", set.Key)
		}
		if set.Value != current && !slices.Contains(actedOn, set.Key) {
			return nil, props.Unsupported(fmt.Sprintf("the attribute %s with the value %s", set.Key, set.Value))
		}
		merged[set.Key] = set.Value
	}
	return merged, nil
}

// Create makes a load balancer that listens at once and is active after the time that AWS takes.
func (p *balancerProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, attributes, err := readBalancer(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.Name == "" {
		wanted.Name = generatedName(r)
	}
	made := &balancer{
		name: wanted.Name, fullName: "app/" + wanted.Name + "/" + hexID(), place: r.Place, scheme: wanted.Scheme,
		subnets: wanted.Subnets, securityGroups: wanted.SecurityGroups, created: time.Now().UTC(),
		attributes: attributes, tags: props.MergeTags(r.Tags, wanted.Tags),
	}
	made.arn = arn(r.Place, "loadbalancer/"+made.fullName)
	if subnet, ok := p.subnets(r.Account, r.Region, wanted.Subnets[0]); ok {
		made.vpcID = subnet.VpcID
	}
	if err := p.open(made); err != nil {
		return resource.Result{}, err
	}
	if r.Initiated != nil {
		r.Initiated(made.arn)
	}
	if err := p.clock.Sleep(ctx, provisioning); err != nil {
		return resource.Result{}, fmt.Errorf("waiting for %s: %w", made.name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	made.active = true
	return made.result(), nil
}

// open adds a load balancer and lets it listen.
func (s *Service) open(made *balancer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		return ErrClosed
	}
	for _, other := range s.balancers {
		if other.place == made.place && other.name == made.name {
			return props.AlreadyExists("AWS::ElasticLoadBalancingV2::LoadBalancer", made.name)
		}
	}
	socket, err := net.Listen("tcp4", "127.0.0.1:0") //nolint:noctx // instantaneous
	if err != nil {
		return fmt.Errorf("listening for %s: %w", made.name, err)
	}
	made.address = socket.Addr().String()
	made.server = &http.Server{
		Handler:           &frontend{service: s, balancer: made},
		ReadHeaderTimeout: readHeader, ErrorLog: log.New(io.Discard, "", 0),
	}
	s.work.Go(func() { _ = made.server.Serve(socket) }) // ends with close
	s.balancers[made.arn] = made
	return nil
}

func (b *balancer) close() error {
	if err := b.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing %s: %w", b.name, err)
	}
	return nil
}

func (b *balancer) result() resource.Result {
	return resource.Result{PhysicalID: b.arn, Attributes: map[string]any{
		"DNSName": b.address, "CanonicalHostedZoneID": hostedZone, "LoadBalancerArn": b.arn,
		"LoadBalancerFullName": b.fullName, "LoadBalancerName": b.name, "SecurityGroups": anyList(b.securityGroups),
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
	wanted, attributes, err := readBalancer(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.balancers[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	found.subnets, found.securityGroups = wanted.Subnets, wanted.SecurityGroups
	found.attributes, found.tags = attributes, props.MergeTags(r.Tags, wanted.Tags)
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
	if found.attributes[deletionProtection] == "true" {
		return &resource.Failure{
			Message:          fmt.Sprintf("Load balancer '%s' cannot be deleted because deletion protection is enabled", found.arn),
			HandlerErrorCode: "ResourceConflict",
		}
	}
	delete(p.balancers, found.arn)
	for _, listener := range p.listenersOf(found.arn) {
		p.removeListener(listener)
	}
	return found.close()
}

// Package elb is Elastic Load Balancing v2: load balancers that really balance.
//
// Every load balancer listens on a loopback port of its own, which its DNS name says ("127.0.0.1:49160"), for HTTP and
// for TLS, and so does each of its listeners. An application load balancer is a reverse proxy in front of its healthy
// targets, a network load balancer passes connections on to them. A target's address (10.0.11.4:8000) is what the API shows;
// where its process really listens is said by whoever registers it. Intervals and delays are scaled by the clock,
// timeouts of real connections are not.
//
// Behaviour and texts follow the user guide for Application Load Balancers and the ELBv2 API reference of 2015-12-01.
package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb/login"
	vpc "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/network"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("the load balancing service is closed")

// Service is the load balancers of all accounts and regions.
type Service struct {
	clock    clock.Clock
	subnets  vpc.Lookup
	recorder Recorder // of metrics; may be nil
	// certificates may be nil.
	certificates Certificates
	gate         *login.Gate     // where users log in
	life         context.Context //nolint:containedctx // ends with Close, not with a request
	end          context.CancelFunc
	work         sync.WaitGroup // health checks and drainings

	mu        sync.Mutex
	balancers map[string]*balancer // this map and the following by ARN
	groups    map[string]*group
	listeners map[string]*listener
	rules     map[string]*rule
	meters    map[meterKey]*meter
}

// Certificates finds a certificate by its ARN; false if there is none. It is nil if it cannot be used yet, or never.
type Certificates func(place resource.Place, arn string) (*tls.Certificate, bool)

// Option changes how a service is made.
type Option func(*Service)

// WithCertificates gives listeners their certificates. Without it none is found.
func WithCertificates(find Certificates) Option { return func(s *Service) { s.certificates = find } }

// WithOutside lets load balancers reach identity providers by a transport. Without it they do as other programs do.
func WithOutside(transport http.RoundTripper) Option {
	return func(s *Service) { s.gate = login.New(&http.Client{Transport: transport, CheckRedirect: stay}) }
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// LoginKey returns the key, in PEM, that verifies what load balancers tell targets about users; false if none has this id.
func (s *Service) LoginKey(id string) ([]byte, bool) { return s.gate.PublicKey(id) }

// New returns a service without load balancers. It looks subnets up to tell zones and VPCs.
func New(clock clock.Clock, subnets vpc.Lookup, options ...Option) *Service {
	life, end := context.WithCancel(context.Background())
	made := &Service{
		clock: clock, subnets: subnets, life: life, end: end, gate: login.New(&http.Client{CheckRedirect: stay}),
		balancers: make(map[string]*balancer), groups: make(map[string]*group),
		listeners: make(map[string]*listener), rules: make(map[string]*rule), meters: make(map[meterKey]*meter),
	}
	for _, option := range options {
		option(made)
	}
	return made
}

// Providers makes the types of AWS::ElasticLoadBalancingV2 real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		"AWS::ElasticLoadBalancingV2::LoadBalancer": &balancerProvider{s},
		"AWS::ElasticLoadBalancingV2::TargetGroup":  &groupProvider{s},
		listenerType: &listenerProvider{s},
		"AWS::ElasticLoadBalancingV2::ListenerRule":        &ruleProvider{s},
		"AWS::ElasticLoadBalancingV2::ListenerCertificate": &certificateProvider{s},
	}
}

// Close ends all listeners, connections and health checks.
func (s *Service) Close() error {
	s.end()
	s.mu.Lock()
	var failures []error
	for _, listener := range s.listeners {
		listener.own.close()
	}
	for _, balancer := range s.balancers {
		failures = append(failures, balancer.close())
	}
	for _, group := range s.groups {
		group.discard()
	}
	s.mu.Unlock()
	s.work.Wait()
	return errors.Join(failures...)
}

// hexID returns the 16 hexadecimal digits that end the ARNs of this service.
func hexID() string {
	return fmt.Sprintf("%016x", rand.Uint64()) //nolint:gosec // an identifier, not a secret
}

func arn(place resource.Place, path string) string {
	return fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:%s", place.Region, place.Account, path)
}

// generatedName is how CloudFormation names what has such a short name: parts of the stack's name and the
// logical id, and twelve random characters.
func generatedName(r resource.Request) string {
	const stackPart, logicalPart = 12, 6
	stack, logical := r.StackName[:min(stackPart, len(r.StackName))], r.LogicalID[:min(logicalPart, len(r.LogicalID))]
	random := strings.ToUpper(hexID())[:maxName-stackPart-logicalPart-2]
	return strings.Trim(stack, "-") + "-" + logical + "-" + random
}

// inPlace says whether an ARN belongs to an account and region.
func inPlace(arnText string, place resource.Place) bool {
	return strings.HasPrefix(arnText, arn(place, ""))
}

// seconds is a duration as attributes and properties write it.
func seconds(count int) time.Duration { return time.Duration(count) * time.Second }

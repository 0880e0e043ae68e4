// Package servicediscovery is AWS Cloud Map: namespaces, the services in them, and the instances that ECS or a client
// registers. Private DNS namespaces have a hosted zone of Route 53, in which healthy instances have their records.
//
// What the API does takes effect at once; its operations are PENDING for as long as AWS takes. Texts are believed unless they
// say where they were seen.
package servicediscovery

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Zones is where private DNS namespaces have their hosted zones: [route53.Service].
type Zones interface {
	CreatePrivate(place resource.Place, name, vpc, comment string) (string, error)
	SetTTL(zoneID string, seconds int64)
	Remove(zoneID string)
	Publish(zoneID string, entry route53.Entry) error
	Withdraw(zoneID, identifier string)
}

// Deps are what the service works with.
type Deps struct {
	Clock clock.Clock
	Zones Zones
}

// Service is the namespaces of all accounts and regions.
type Service struct {
	Deps

	mu         sync.Mutex
	namespaces map[string]*namespace // by id
	services   map[string]*service   // by id
	operations map[string]*operation // by id
}

// New returns a service without namespaces.
func New(deps Deps) *Service {
	return &Service{
		Deps: deps, namespaces: make(map[string]*namespace), services: make(map[string]*service),
		operations: make(map[string]*operation),
	}
}

// API returns the operations of Cloud Map.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "servicediscovery", Protocol: wire.JSON11, TargetPrefix: "Route53AutoNaming_v20170314",
		Operations: map[string]wire.Handler{
			"CreateHttpNamespace":              wire.Op(s.createHTTPNamespace),
			"CreatePrivateDnsNamespace":        wire.Op(s.createPrivateDNSNamespace),
			"UpdateHttpNamespace":              wire.Op(s.updateHTTPNamespace),
			"UpdatePrivateDnsNamespace":        wire.Op(s.updatePrivateDNSNamespace),
			"DeleteNamespace":                  wire.Op(s.deleteNamespace),
			"GetNamespace":                     wire.Op(s.getNamespace),
			"ListNamespaces":                   wire.Op(s.listNamespaces),
			"CreateService":                    wire.Op(s.createService),
			"UpdateService":                    wire.Op(s.updateService),
			"DeleteService":                    wire.Op(s.deleteService),
			"GetService":                       wire.Op(s.getService),
			"ListServices":                     wire.Op(s.listServices),
			"RegisterInstance":                 wire.Op(s.registerInstance),
			"DeregisterInstance":               wire.Op(s.deregisterInstance),
			"GetInstance":                      wire.Op(s.getInstance),
			"ListInstances":                    wire.Op(s.listInstances),
			"GetInstancesHealthStatus":         wire.Op(s.getInstancesHealthStatus),
			"UpdateInstanceCustomHealthStatus": wire.Op(s.updateInstanceCustomHealthStatus),
			"DiscoverInstances":                wire.Op(s.discoverInstances),
			"DiscoverInstancesRevision":        wire.Op(s.discoverInstancesRevision),
			"GetOperation":                     wire.Op(s.getOperation),
			"ListTagsForResource":              wire.Op(s.listTagsForResource),
			"TagResource":                      wire.Op(s.tagResource),
			"UntagResource":                    wire.Op(s.untagResource),
		},
	}
}

// Providers makes the types of AWS::ServiceDiscovery real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		"AWS::ServiceDiscovery::HttpNamespace":       &namespaceProvider{s, kindHTTP},
		"AWS::ServiceDiscovery::PrivateDnsNamespace": &namespaceProvider{s, kindPrivate},
		"AWS::ServiceDiscovery::Service":             &serviceProvider{s},
	}
}

func errInput(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidInput", format, args...)
}

// newID returns an id as namespaces (ns) and services (srv) have it.
func newID(prefix string) string {
	const length = 16
	return prefix + "-" + letters(length)
}

// letters are random lower-case letters and digits.
func letters(count int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	text := make([]byte, count)
	for i := range text {
		text[i] = alphabet[rand.IntN(len(alphabet))] //nolint:gosec // an identifier, not a secret
	}
	return string(text)
}

func arn(place resource.Place, kind, id string) string {
	return fmt.Sprintf("arn:aws:servicediscovery:%s:%s:%s/%s", place.Region, place.Account, kind, id)
}

// idOf returns the id of what is named by its id or its ARN.
func idOf(given string) string { return given[strings.LastIndex(given, "/")+1:] }

package ecs

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// connectConfig is Service Connect of a service.
type connectConfig struct {
	Enabled   bool             `json:"enabled"`
	Namespace string           `json:"namespace,omitempty"` // a name or an ARN
	Services  []connectService `json:"services,omitempty"`
	// LogConfiguration is of the proxy, which writes nothing here.
	LogConfiguration       *LogConfiguration `json:"logConfiguration,omitempty"`
	AccessLogConfiguration *struct {
		Format                 string `json:"format"`
		IncludeQueryParameters string `json:"includeQueryParameters,omitempty"`
	} `json:"accessLogConfiguration,omitempty"`
}

// connectService is a port of the tasks that others of the namespace reach.
type connectService struct {
	PortName      string         `json:"portName"`
	DiscoveryName string         `json:"discoveryName,omitempty"`
	ClientAliases []connectAlias `json:"clientAliases,omitempty"`
	// IngressPortOverride is told: proxies here have addresses of their own.
	IngressPortOverride int             `json:"ingressPortOverride,omitempty"`
	Timeout             *connectTimeout `json:"timeout,omitempty"`
	TLS                 *struct {
		IssuerCertificateAuthority struct {
			AwsPcaAuthorityArn string `json:"awsPcaAuthorityArn,omitempty"`
		} `json:"issuerCertificateAuthority"`
		KmsKey  string `json:"kmsKey,omitempty"`
		RoleArn string `json:"roleArn,omitempty"`
	} `json:"tls,omitempty"`
}

// connectAlias is a name and a port that clients use.
type connectAlias struct {
	Port             int            `json:"port"`
	DNSName          string         `json:"dnsName,omitempty"`
	TestTrafficRules map[string]any `json:"testTrafficRules,omitempty"`
}

// connectTimeout are limits in seconds; 0 is none.
type connectTimeout struct {
	IdleTimeoutSeconds       *int `json:"idleTimeoutSeconds,omitempty"`
	PerRequestTimeoutSeconds *int `json:"perRequestTimeoutSeconds,omitempty"`
}

// Names of ports and discovered services, and of aliases (API reference).
var (
	connectName = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,63}$`)
	aliasName   = regexp.MustCompile(`^[a-z0-9_][a-z0-9_.-]{0,126}$`)
)

// discovered is the name of the service in AWS Cloud Map.
func (c *connectService) discovered() string {
	if c.DiscoveryName != "" {
		return c.DiscoveryName
	}
	return c.PortName
}

// connect completes and checks what a service says about Service Connect; nil if it is off. The texts are believed. Call it
// locked.
func (s *Service) connect(in *cluster, wanted *connectConfig, of *definition) (*connectConfig, error) {
	if wanted == nil || !wanted.Enabled {
		return nil, nil //nolint:nilnil // it is off
	}
	made := *wanted
	if made.Namespace == "" && in.ServiceConnectDefaults != nil {
		made.Namespace = in.ServiceConnectDefaults.Namespace
	}
	switch {
	case made.Namespace == "":
		return nil, errInvalid("Service Connect requires a namespace. Specify one in serviceConnectConfiguration or as the " +
			"cluster's default.")
	case made.AccessLogConfiguration != nil:
		return nil, errInvalid("awssim does not implement serviceConnectConfiguration.accessLogConfiguration.")
	case s.Registries == nil:
		return nil, errNoNamespace(made.Namespace)
	}
	if _, ok := s.Registries.FindNamespace(in.place, made.Namespace); !ok {
		return nil, errNoNamespace(made.Namespace)
	}
	for i := range made.Services {
		if err := made.Services[i].check(of); err != nil {
			return nil, err
		}
	}
	return &made, nil
}

func (c *connectService) check(of *definition) error {
	_, mapping, ok := of.namedPort(c.PortName)
	if !ok {
		return errInvalid("The portName %s of serviceConnectConfiguration is not the name of a port mapping of the task definition.",
			c.PortName)
	}
	switch {
	case mapping.protocol() != tcp:
		return errInvalid("Service Connect supports port mappings of the protocol tcp only, unlike %s.", c.PortName)
	case !connectName.MatchString(c.discovered()):
		return errInvalid("The discoveryName %s is not valid.", c.discovered())
	case len(c.ClientAliases) != 1:
		return errInvalid("A service of serviceConnectConfiguration must have one client alias.")
	case c.TLS != nil:
		return errInvalid("awssim does not implement serviceConnectConfiguration.services.tls.")
	case c.ClientAliases[0].TestTrafficRules != nil:
		return errInvalid("awssim does not implement serviceConnectConfiguration.services.clientAliases.testTrafficRules.")
	}
	const lastPort = 65535
	alias := c.ClientAliases[0]
	if alias.Port < 1 || alias.Port > lastPort {
		return errInvalid("The port of a client alias must be between 1 and 65535.")
	}
	if alias.DNSName != "" && !aliasName.MatchString(alias.DNSName) {
		return errInvalid("The dnsName %s is not valid.", alias.DNSName)
	}
	return nil
}

// namedPort finds a port mapping by its name, and whose it is.
func (t *TaskSpec) namedPort(name string) (string, PortMapping, bool) {
	for _, container := range t.ContainerDefinitions {
		for _, mapping := range container.PortMappings {
			if mapping.Name == name && name != "" {
				return container.Name, mapping, true
			}
		}
	}
	return "", PortMapping{}, false
}

// connectResource is what a service of Service Connect is in AWS Cloud Map.
type connectResource struct {
	DiscoveryName string `json:"discoveryName"`
	DiscoveryArn  string `json:"discoveryArn"`
}

// offer makes the services in AWS Cloud Map that Service Connect of a revision has. Call it locked.
func (s *Service) offer(owner string, place resource.Place, of *connectConfig) ([]connectResource, error) {
	if of == nil {
		return nil, nil
	}
	space, ok := s.Registries.FindNamespace(place, of.Namespace)
	if !ok {
		return nil, errNoNamespace(of.Namespace)
	}
	var made []connectResource
	for i := range of.Services {
		name := of.Services[i].discovered()
		arn, err := s.Registries.MakeService(space.ARN, name, owner)
		if err != nil {
			return nil, errInvalid("The discoveryName %s is in use in the namespace already.", name) // believed
		}
		made = append(made, connectResource{name, arn})
	}
	return made, nil
}

// resolveDefaults makes the namespace of a cluster's Service Connect defaults if it is not there, and names it by its ARN. An
// empty name takes the defaults away (UpdateCluster, API reference). Call it locked.
func (s *Service) resolveDefaults(place resource.Place, wanted *connectDefaults) (*connectDefaults, error) {
	if wanted == nil || wanted.Namespace == "" || s.Registries == nil {
		return nil, nil //nolint:nilnil // none
	}
	found, ok := s.Registries.FindNamespace(place, wanted.Namespace)
	if ok {
		return &connectDefaults{found.ARN}, nil
	}
	if strings.HasPrefix(wanted.Namespace, "arn:") {
		return nil, errNoNamespace(wanted.Namespace)
	}
	arn, err := s.Registries.MakeNamespace(place, wanted.Namespace)
	if err != nil {
		return nil, errInvalid("%s", err)
	}
	return &connectDefaults{arn}, nil
}

// endpoint is an alias of Service Connect, and who is behind it.
type endpoint struct {
	key    aliasKey
	fleet  *fleet
	offers connectService
}

// aliasKey is a name and a port that clients of a namespace use.
type aliasKey struct {
	namespace, name string
	port            int
}

// endpoints are the aliases of a namespace, sorted by name and port; of every namespace if that is empty. Call it locked.
func (s *Service) endpoints(namespace string) []endpoint {
	var found []endpoint
	for _, cluster := range s.clusters {
		for _, each := range cluster.fleets {
			if each.status == active && len(each.deployments) > 0 {
				found = append(found, s.endpointsOf(each, namespace)...)
			}
		}
	}
	slices.SortFunc(found, func(a, b endpoint) int {
		if a.key.name != b.key.name {
			return strings.Compare(a.key.name, b.key.name)
		}
		return a.key.port - b.key.port
	})
	return found
}

func (s *Service) endpointsOf(f *fleet, namespace string) []endpoint {
	config := f.deployments[0].revision.connect
	if config == nil {
		return nil
	}
	space, ok := s.Registries.FindNamespace(f.place, config.Namespace)
	if !ok || (namespace != "" && space.ARN != namespace) {
		return nil
	}
	var found []endpoint
	for _, each := range config.Services {
		alias := each.ClientAliases[0]
		name := alias.DNSName
		if name == "" {
			name = each.discovered() + "." + space.Name // "the default value of discoveryName.namespace" (API reference)
		}
		found = append(found, endpoint{aliasKey{space.ARN, name, alias.Port}, f, each})
	}
	return found
}

func seconds(given *int) *time.Duration {
	if given == nil {
		return nil
	}
	return new(time.Duration(*given) * time.Second)
}

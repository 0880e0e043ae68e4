package servicediscovery

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Routing policies of DNS records.
const (
	multivalue = "MULTIVALUE"
	weighted   = "WEIGHTED"
)

// service is a service of a namespace. Its fields are the Service's, under its lock.
type service struct {
	id, name, description, creator string
	namespace                      *namespace
	created                        time.Time
	dns                            *DNSConfig
	custom                         *CustomHealth // nil: instances have no health
	tags                           map[string]string
	instances                      map[string]*instance
	revision                       int64  // of its instances
	owner                          string // the service of ECS that made it for Service Connect; empty for others
}

// DNSConfig is which records instances get.
type DNSConfig struct {
	NamespaceID   string      `json:"NamespaceId,omitempty"`
	RoutingPolicy string      `json:",omitempty"`
	DNSRecords    []DNSRecord `json:"DnsRecords"`
}

// DNSRecord is a kind of record and its time to live in seconds.
type DNSRecord struct {
	Type string
	TTL  int64
}

// CustomHealth lets the owner of instances say whether they are healthy. Its threshold is always 1 (API reference).
type CustomHealth struct {
	FailureThreshold int `json:",omitempty"`
}

// ServiceSpec is a service as CloudFormation (by field name) and the API write it.
type ServiceSpec struct {
	Name                    string
	NamespaceID             string `json:"NamespaceId"`
	Description             string
	DNSConfig               *DNSConfig `json:"DnsConfig"`
	HealthCheckCustomConfig *CustomHealth
	HealthCheckConfig       *struct {
		Type, ResourcePath string
		FailureThreshold   int
	}
	Type string
}

// serviceName has no look-ahead, unlike the API reference's form: the length is counted apart.
var serviceName = regexp.MustCompile(
	`^([a-zA-Z0-9_][a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_]|[a-zA-Z0-9])(\.([a-zA-Z0-9_][a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_]|[a-zA-Z0-9]))*$`)

func (s *service) arn() string { return arn(s.namespace.place, "service", s.id) }

// published says whether instances have DNS records.
func (s *service) published() bool { return s.dns != nil && s.namespace.zone != "" }

// addService makes a service in a namespace. Call it locked.
func (s *Service) addService(
	place resource.Place, wanted *ServiceSpec, creator string, tags map[string]string,
) (*service, error) {
	id := wanted.NamespaceID
	if id == "" && wanted.DNSConfig != nil {
		id = wanted.DNSConfig.NamespaceID
	}
	if id == "" {
		return nil, errInput("NamespaceId must be specified.")
	}
	into, err := s.namespaceOf(place, id)
	if err != nil {
		return nil, err
	}
	if err := wanted.check(into); err != nil {
		return nil, err
	}
	for _, other := range s.services {
		same := other.name == wanted.Name || (into.zone != "" && strings.EqualFold(other.name, wanted.Name))
		if other.namespace != into || !same {
			continue
		}
		if creator != "" && other.creator == creator {
			return other, nil
		}
		return nil, wire.Errorf("ServiceAlreadyExists", "Service already exists.")
	}
	made := &service{
		id: newID("srv"), name: wanted.Name, description: wanted.Description, creator: creator, namespace: into,
		created: s.Clock.Now(), custom: wanted.HealthCheckCustomConfig, tags: tags, instances: make(map[string]*instance), revision: 1,
	}
	if wanted.DNSConfig != nil {
		made.dns = &DNSConfig{into.id, wanted.DNSConfig.RoutingPolicy, slices.Clone(wanted.DNSConfig.DNSRecords)}
		if made.dns.RoutingPolicy == "" {
			made.dns.RoutingPolicy = multivalue // weighted for CNAME records
			if made.dns.has("CNAME") {
				made.dns.RoutingPolicy = weighted
			}
		}
	}
	if made.custom != nil {
		made.custom = &CustomHealth{1}
	}
	s.services[made.id] = made
	return made, nil
}

func (d *DNSConfig) has(kind string) bool {
	return slices.ContainsFunc(d.DNSRecords, func(r DNSRecord) bool { return r.Type == kind })
}

func (w *ServiceSpec) check(into *namespace) error {
	const longest = 127
	switch {
	case len(w.Name) > longest || !serviceName.MatchString(w.Name):
		return errInput("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular "+
			"expression pattern: %s", w.Name, serviceName)
	case w.HealthCheckConfig != nil && into.kind == kindPrivate:
		return errInput("HealthCheckConfig is not supported for namespaces of type DNS_PRIVATE.")
	case w.HealthCheckConfig != nil:
		return errInput("awssim does not implement HealthCheckConfig of servicediscovery:CreateService")
	case w.Type != "" && w.Type != kindHTTP:
		return errInput("1 validation error detected: Value '%s' at 'type' failed to satisfy constraint: Member must satisfy enum "+
			"value set: [HTTP]", w.Type)
	case w.DNSConfig == nil:
		return nil
	case into.kind == kindHTTP:
		return errInput("DnsConfig is not supported for namespaces of type HTTP.")
	case w.Type == kindHTTP:
		return errInput("DnsConfig is not supported for services of type HTTP.")
	}
	return w.DNSConfig.check()
}

// check refuses records that Route 53 could not have. SRV beside A is not among the combinations that the API reference
// lists, but services are made with it: every one of AWS Copilot has both.
func (d *DNSConfig) check() error {
	if len(d.DNSRecords) == 0 {
		return errInput("DnsRecords must not be empty.")
	}
	for _, each := range d.DNSRecords {
		switch {
		case !slices.Contains([]string{"A", "AAAA", "SRV", "CNAME"}, each.Type):
			return errInput("1 validation error detected: Value '%s' at 'dnsConfig.dnsRecords.1.member.type' failed to satisfy "+
				"constraint: Member must satisfy enum value set: [SRV, A, AAAA, CNAME]", each.Type)
		case each.Type == "CNAME" && len(d.DNSRecords) > 1:
			return errInput("A record of type CNAME cannot be combined with others.") // believed
		case each.Type == "CNAME" && d.RoutingPolicy == multivalue:
			return errInput("The routing policy of CNAME records must be WEIGHTED.")
		}
	}
	if !slices.Contains([]string{"", multivalue, weighted}, d.RoutingPolicy) {
		return errInput("1 validation error detected: Value '%s' at 'dnsConfig.routingPolicy' failed to satisfy constraint: Member "+
			"must satisfy enum value set: [MULTIVALUE, WEIGHTED]", d.RoutingPolicy)
	}
	return nil
}

// serviceOf finds a service by its id or ARN. Call it locked.
func (s *Service) serviceOf(place resource.Place, given string) (*service, error) {
	found := s.services[idOf(given)]
	if found == nil || found.namespace.place != place {
		return nil, wire.Errorf("ServiceNotFound", "Could not find service with id: %s", idOf(given))
	}
	return found, nil
}

// removeService removes a service without instances. Call it locked. The text is quoted in
// github.com/hashicorp/terraform-provider-aws/issues/4853.
func (s *Service) removeService(removed *service) error {
	if len(removed.instances) > 0 {
		return wire.Errorf("ResourceInUse",
			"Service contains registered instances; delete the instances before deleting the service")
	}
	delete(s.services, removed.id)
	return nil
}

// retime gives a service's records new times to live. Call it locked.
func (s *Service) retime(found *service, records []DNSRecord) error {
	if found.dns == nil || len(records) != len(found.dns.DNSRecords) {
		return errInput("The records of a service cannot be added or removed.")
	}
	for _, each := range records {
		if !found.dns.has(each.Type) {
			return errInput("The type of a service's records cannot be changed.")
		}
	}
	found.dns = &DNSConfig{found.dns.NamespaceID, found.dns.RoutingPolicy, slices.Clone(records)}
	for _, each := range found.instances {
		if err := s.publish(found, each); err != nil {
			return err
		}
	}
	return nil
}

// unlist takes a service's records away. Call it locked.
func (s *Service) unlist(found *service) {
	for _, each := range found.instances {
		s.withdraw(found, each)
	}
	found.dns = nil
}

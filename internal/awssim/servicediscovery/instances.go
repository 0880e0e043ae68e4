package servicediscovery

import (
	"errors"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Attributes with a meaning of their own (RegisterInstance, API reference).
const (
	AttributeIPv4   = "AWS_INSTANCE_IPV4"
	AttributeIPv6   = "AWS_INSTANCE_IPV6"
	AttributePort   = "AWS_INSTANCE_PORT"
	AttributeCNAME  = "AWS_INSTANCE_CNAME"
	AttributeHealth = "AWS_INIT_HEALTH_STATUS"

	attributeAlias = "AWS_ALIAS_DNS_NAME"
	attributeEC2   = "AWS_EC2_INSTANCE_ID"
)

// Health of instances.
const (
	Healthy   = "HEALTHY"
	Unhealthy = "UNHEALTHY"

	unknown = "UNKNOWN"
)

// instance is an instance of a service. Its fields are the Service's, under its lock.
type instance struct {
	id, creator string
	attributes  map[string]string
	health      string // custom
	ofTask      bool   // ECS registered it
}

// status is an instance's health as it is told.
func (s *service) status(of *instance) string {
	if s.custom == nil {
		return unknown
	}
	return of.health
}

var instanceID = regexp.MustCompile(`^[0-9a-zA-Z_/:.@-]{1,64}$`)

// register adds an instance, or replaces the one with the same id. Call it locked.
func (s *Service) register(into *service, made *instance) error {
	if err := into.checkInstance(made); err != nil {
		return err
	}
	made.health = Healthy
	if initial := made.attributes[AttributeHealth]; initial != "" {
		made.health = initial
	}
	if old := into.instances[made.id]; old != nil {
		s.withdraw(into, old)
	}
	if err := s.publish(into, made); err != nil {
		return err
	}
	into.instances[made.id] = made
	into.revision++
	return nil
}

// checkInstance refuses an instance without what its records say.
func (s *service) checkInstance(made *instance) error {
	given := made.attributes
	switch {
	case !instanceID.MatchString(made.id):
		return errInput("1 validation error detected: Value '%s' at 'instanceId' failed to satisfy constraint: Member must satisfy "+
			"regular expression pattern: %s", made.id, instanceID)
	case given[attributeAlias] != "" || given[attributeEC2] != "":
		return errInput("awssim does not implement the attributes %s and %s of servicediscovery:RegisterInstance",
			attributeAlias, attributeEC2)
	case !slices.Contains([]string{"", Healthy, Unhealthy}, given[AttributeHealth]):
		return errInput("Invalid value for %s: %s.", AttributeHealth, given[AttributeHealth])
	case given[AttributeHealth] != "" && s.custom == nil:
		return errInput("%s can only be specified for services with HealthCheckCustomConfig.", AttributeHealth)
	}
	if text := given[AttributeIPv4]; text != "" {
		if address, err := netip.ParseAddr(text); err != nil || !address.Is4() {
			return errInput("Invalid IPv4 address: %s.", text)
		}
	}
	if text := given[AttributePort]; text != "" {
		if number, err := strconv.Atoi(text); err != nil || number < 0 || number > 65535 {
			return errInput("Invalid port: %s.", text)
		}
	}
	if s.dns == nil {
		return nil
	}
	needed := map[string][]string{
		"A": {AttributeIPv4}, "AAAA": {AttributeIPv6}, "CNAME": {AttributeCNAME}, "SRV": {AttributePort, AttributeIPv4},
	}
	for _, each := range s.dns.DNSRecords {
		for _, attribute := range needed[each.Type] {
			if given[attribute] == "" {
				return errInput("The attribute %s is required for records of type %s.", attribute, each.Type)
			}
		}
	}
	return nil
}

// deregister removes an instance. Call it locked.
func (s *Service) deregister(from *service, gone *instance) {
	s.withdraw(from, gone)
	delete(from.instances, gone.id)
	from.revision++
}

// publish writes an instance's records, if it is healthy and its service has any. Call it locked.
func (s *Service) publish(of *service, one *instance) error {
	if !of.published() {
		return nil
	}
	if of.status(one) == Unhealthy {
		s.withdraw(of, one)
		return nil
	}
	for _, each := range of.entries(one) {
		if err := s.Zones.Publish(of.namespace.zone, each); err != nil {
			return errInput("%s", err)
		}
	}
	return nil
}

// entries are an instance's records. The target of an SRV record is a name of the instance's own (API reference).
func (s *service) entries(one *instance) []route53.Entry {
	name := s.name + "." + s.namespace.name
	var made []route53.Entry
	for _, each := range s.dns.DNSRecords {
		entry := route53.Entry{
			Name: name, Type: each.Type, Identifier: one.id, TTL: each.TTL, Weighted: s.dns.RoutingPolicy == weighted,
		}
		switch each.Type {
		case "A":
			entry.Value = one.attributes[AttributeIPv4]
		case "AAAA":
			entry.Value = one.attributes[AttributeIPv6]
		case "CNAME":
			entry.Value = one.attributes[AttributeCNAME]
		default:
			host := one.id + "." + name
			entry.Value = "1 1 " + one.attributes[AttributePort] + " " + host
			made = append(made, route53.Entry{
				Name: host, Type: "A", Identifier: one.id, TTL: each.TTL, Value: one.attributes[AttributeIPv4],
			})
		}
		made = append(made, entry)
	}
	return made
}

// withdraw removes an instance's records. Call it locked.
func (s *Service) withdraw(of *service, one *instance) {
	if of.published() {
		s.Zones.Withdraw(of.namespace.zone, one.id)
	}
}

// instanceOf finds an instance. Call it locked.
func (s *Service) instanceOf(place resource.Place, serviceID, id string) (*service, *instance, error) {
	in, err := s.serviceOf(place, serviceID)
	if err != nil {
		return nil, nil, err
	}
	found := in.instances[id]
	if found == nil {
		return nil, nil, wire.Errorf("InstanceNotFound", "Could not find instance with id: %s", id)
	}
	return in, found, nil
}

// ErrNoService is returned for a service that does not exist.
var ErrNoService = errors.New("the service does not exist in AWS Cloud Map")

// Register registers an instance in the service with the ARN, as ECS does. An instance with the same id is replaced. Its
// health counts where the service has a custom health check.
func (s *Service) Register(serviceARN, id string, attributes map[string]string, healthy bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	into := s.byARN(serviceARN)
	if into == nil {
		return ErrNoService
	}
	made := &instance{id: id, attributes: maps.Clone(attributes), ofTask: true}
	if into.custom != nil {
		made.attributes[AttributeHealth] = healthText(healthy)
	}
	return s.register(into, made)
}

// byARN finds a service; nil if there is none. Call it locked.
func (s *Service) byARN(serviceARN string) *service {
	if found := s.services[idOf(serviceARN)]; found != nil && found.arn() == serviceARN {
		return found
	}
	return nil
}

// Exists says whether there is a service with the ARN.
func (s *Service) Exists(serviceARN string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byARN(serviceARN) != nil
}

func healthText(healthy bool) string {
	if healthy {
		return Healthy
	}
	return Unhealthy
}

// Deregister removes an instance, as ECS does. One that is gone already is no error.
func (s *Service) Deregister(serviceARN, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from := s.byARN(serviceARN); from != nil && from.instances[id] != nil {
		s.deregister(from, from.instances[id])
	}
}

// SetHealth changes the custom health of an instance.
func (s *Service) SetHealth(serviceARN, id string, healthy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.byARN(serviceARN)
	if of == nil || of.custom == nil || of.instances[id] == nil {
		return
	}
	_ = s.judge(of, of.instances[id], healthText(healthy)) // its records were there before
}

// judge changes an instance's health. Call it locked.
func (s *Service) judge(of *service, one *instance, status string) error {
	if one.health == status {
		return nil
	}
	one.health = status
	of.revision++
	return s.publish(of, one)
}

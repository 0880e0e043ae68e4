package servicediscovery

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Kinds of namespaces and services.
const (
	kindHTTP    = "HTTP"
	kindPrivate = "DNS_PRIVATE"
	kindDNSHTTP = "DNS_HTTP"
)

// namespace is a namespace. Its fields are the Service's, under its lock.
type namespace struct {
	id, name, httpName, kind, description, creator string
	place                                          resource.Place
	created                                        time.Time
	vpc, zone                                      string // of private DNS namespaces
	soa                                            int64  // the TTL of their SOA record, in seconds
	tags                                           map[string]string
}

// Limits of names (CreateHttpNamespace and CreatePrivateDnsNamespace, API reference).
const (
	longestHTTP    = 1024
	longestPrivate = 253
)

var namespaceName = regexp.MustCompile(`^[!-~]+$`)

// defaultSOA is the TTL of a private namespace's SOA record, in seconds (believed).
const defaultSOA = 15

func (n *namespace) arn() string { return arn(n.place, "namespace", n.id) }

// wantedNamespace is what a namespace is made of.
type wantedNamespace struct {
	kind, name, description, creator, vpc string
	soa                                   *int64
	tags                                  map[string]string
}

// addNamespace makes a namespace. One that has no hosted zone because Route 53 refuses it is an operation that fails. Call it
// locked.
func (s *Service) addNamespace(place resource.Place, wanted *wantedNamespace) (*operation, *namespace, error) {
	if err := wanted.check(); err != nil {
		return nil, nil, err
	}
	if before := s.begunBy(place, wanted.creator); before != nil {
		return before, s.namespaces[before.targets[targetNamespace]], nil
	}
	made := &namespace{
		id: newID("ns"), name: wanted.name, httpName: wanted.name, kind: wanted.kind, description: wanted.description,
		creator: wanted.creator, place: place, created: s.Clock.Now(), vpc: wanted.vpc, soa: defaultSOA, tags: wanted.tags,
	}
	if wanted.soa != nil {
		made.soa = *wanted.soa
	}
	for _, other := range s.namespaces {
		switch {
		case other.place != place || other.httpName != made.httpName:
		case wanted.kind == kindHTTP:
			return nil, nil, wire.Errorf("NamespaceAlreadyExists", "Namespace with name %s already exists.", wanted.name)
		default: // "a generated hash is added to HttpName" (API reference)
			const length = 16
			made.httpName = wanted.name + "-" + letters(length)
		}
	}
	begun := operation{
		kind: createNamespaceKind, place: place, creator: wanted.creator, lasts: shortTime,
		targets: map[string]string{targetNamespace: made.id},
	}
	if made.kind == kindPrivate {
		begun.lasts = zoneTime
		zone, err := s.Zones.CreatePrivate(place, made.name, made.vpc, "Created by AWS Cloud Map namespace with ARN "+made.arn())
		if refused, ok := errors.AsType[*wire.Error](err); ok { // the code is quoted in hashicorp/terraform-provider-aws#2830
			begun.code, begun.message = "CANNOT_CREATE_HOSTED_ZONE", refused.Message
			return s.begin(begun), nil, nil
		}
		made.zone = zone
		s.Zones.SetTTL(zone, made.soa)
	}
	s.namespaces[made.id] = made
	return s.begin(begun), made, nil
}

func (w *wantedNamespace) check() error {
	longest := longestHTTP
	if w.kind == kindPrivate {
		longest = longestPrivate
	}
	switch {
	case len(w.name) > longest || !namespaceName.MatchString(w.name) || strings.HasPrefix(w.name, "arn:"):
		return errInput("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy "+
			"regular expression pattern: ^(?!arn:)[!-~]{1,%d}$", w.name, longest)
	case w.kind == kindPrivate && w.vpc == "":
		return errInput("1 validation error detected: Value null at 'vpc' failed to satisfy constraint: Member must not be null")
	}
	return nil
}

// begunBy returns the operation that a CreatorRequestId began before.
func (s *Service) begunBy(place resource.Place, creator string) *operation {
	for _, each := range s.operations {
		if creator != "" && each.creator == creator && each.place == place && each.kind == createNamespaceKind {
			return each
		}
	}
	return nil
}

// namespaceOf finds a namespace by its id or ARN. Call it locked.
func (s *Service) namespaceOf(place resource.Place, given string) (*namespace, error) {
	found := s.namespaces[idOf(given)]
	if found == nil || found.place != place {
		return nil, wire.Errorf("NamespaceNotFound", "Could not find namespace with id: %s", idOf(given))
	}
	return found, nil
}

// removeNamespace removes a namespace without services. Call it locked.
func (s *Service) removeNamespace(removed *namespace) error {
	if s.countServices(removed) > 0 {
		return wire.Errorf("ResourceInUse",
			"Namespace has associated services; delete the services before deleting the namespace")
	}
	if removed.zone != "" {
		s.Zones.Remove(removed.zone)
	}
	delete(s.namespaces, removed.id)
	return nil
}

func (s *Service) countServices(in *namespace) int {
	count := 0
	for _, each := range s.services {
		if each.namespace == in {
			count++
		}
	}
	return count
}

type soa struct{ TTL int64 }

type dnsMutable struct{ SOA soa }

type namespaceChange struct {
	DNSProperties dnsMutable `json:"DnsProperties"`
}

type createHTTPInput struct {
	Name, Description string
	CreatorRequestID  string `json:"CreatorRequestId"`
	Tags              []props.Tag
}

func (s *Service) createHTTPNamespace(_ context.Context, call *wire.Call, in *createHTTPInput) (*operationOutput, error) {
	return s.create(call, &wantedNamespace{
		kind: kindHTTP, name: in.Name, description: in.Description, creator: in.CreatorRequestID, tags: props.MergeTags(nil, in.Tags),
	})
}

type createPrivateInput struct {
	createHTTPInput

	Vpc        string
	Properties *namespaceChange
}

func (s *Service) createPrivateDNSNamespace(
	_ context.Context, call *wire.Call, in *createPrivateInput,
) (*operationOutput, error) {
	wanted := &wantedNamespace{
		kind: kindPrivate, name: in.Name, description: in.Description, creator: in.CreatorRequestID, vpc: in.Vpc,
		tags: props.MergeTags(nil, in.Tags),
	}
	if in.Properties != nil {
		wanted.soa = &in.Properties.DNSProperties.SOA.TTL
	}
	return s.create(call, wanted)
}

func (s *Service) create(call *wire.Call, wanted *wantedNamespace) (*operationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	begun, _, err := s.addNamespace(call.Place(), wanted)
	if err != nil {
		return nil, err
	}
	return &operationOutput{begun.id}, nil
}

type updateHTTPInput struct {
	ID               string `json:"Id"`
	UpdaterRequestID string `json:"UpdaterRequestId"`
	Namespace        struct{ Description *string }
}

func (s *Service) updateHTTPNamespace(_ context.Context, call *wire.Call, in *updateHTTPInput) (*operationOutput, error) {
	return s.change(call, in.ID, kindHTTP, in.Namespace.Description, nil)
}

type updatePrivateInput struct {
	ID               string `json:"Id"`
	UpdaterRequestID string `json:"UpdaterRequestId"`
	Namespace        struct {
		Description *string
		Properties  *namespaceChange
	}
}

func (s *Service) updatePrivateDNSNamespace(
	_ context.Context, call *wire.Call, in *updatePrivateInput,
) (*operationOutput, error) {
	var lifetime *int64
	if in.Namespace.Properties != nil {
		lifetime = &in.Namespace.Properties.DNSProperties.SOA.TTL
	}
	return s.change(call, in.ID, kindPrivate, in.Namespace.Description, lifetime)
}

func (s *Service) change(call *wire.Call, id, kind string, description *string, lifetime *int64) (*operationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.namespaceOf(call.Place(), id)
	if err != nil {
		return nil, err
	}
	if found.kind != kind {
		return nil, errInput("Namespace %s is of type %s, not %s.", found.id, found.kind, kind)
	}
	s.alter(found, description, lifetime)
	begun := s.begin(operation{
		kind: updateNamespaceKind, place: found.place, lasts: shortTime, targets: map[string]string{targetNamespace: found.id},
	})
	return &operationOutput{begun.id}, nil
}

// alter changes what can be changed of a namespace; nil leaves it. Call it locked.
func (s *Service) alter(found *namespace, description *string, lifetime *int64) {
	if description != nil {
		found.description = *description
	}
	if lifetime != nil && found.zone != "" {
		found.soa = *lifetime
		s.Zones.SetTTL(found.zone, found.soa)
	}
}

type idInput struct {
	ID string `json:"Id"`
}

func (s *Service) deleteNamespace(_ context.Context, call *wire.Call, in *idInput) (*operationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.namespaceOf(call.Place(), in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.removeNamespace(found); err != nil {
		return nil, err
	}
	begun := operation{
		kind: deleteNamespaceKind, place: found.place, lasts: shortTime, targets: map[string]string{targetNamespace: found.id},
	}
	if found.kind == kindPrivate {
		begun.lasts = zoneTime
	}
	return &operationOutput{s.begin(begun).id}, nil
}

package servicediscovery

import (
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Namespace is what ECS knows of one.
type Namespace struct{ ARN, Name string }

// ownedBy is the tag of what ECS made for itself.
const ownedBy = "AmazonECSManaged"

// FindNamespace finds a namespace by its name or ARN.
func (s *Service) FindNamespace(place resource.Place, given string) (Namespace, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, each := range s.namespaces {
		if each.place == place && (each.arn() == given || each.httpName == given) {
			return Namespace{each.arn(), each.name}, true
		}
	}
	return Namespace{}, false
}

// MakeNamespace makes a namespace for API calls, as ECS does for the Service Connect defaults of a cluster, and returns its
// ARN.
func (s *Service) MakeNamespace(place resource.Place, name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, made, err := s.addNamespace(place, &wantedNamespace{
		kind: kindHTTP, name: name, tags: map[string]string{ownedBy: "true"},
	})
	if err != nil {
		return "", err
	}
	return made.arn(), nil
}

// MakeService returns the ARN of a service in a namespace that belongs to a service of ECS. It is made if it is not there.
func (s *Service) MakeService(namespaceARN, name, owner string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.namespaces[idOf(namespaceARN)]
	if in == nil {
		return "", wire.Errorf("NamespaceNotFound", "Could not find namespace with id: %s", idOf(namespaceARN))
	}
	for _, each := range s.services {
		if each.namespace == in && each.owner == owner && strings.EqualFold(each.name, name) {
			return each.arn(), nil
		}
	}
	made, err := s.addService(in.place, &ServiceSpec{Name: name, NamespaceID: in.id, Type: kindHTTP}, "",
		map[string]string{ownedBy: "true"})
	if err != nil {
		return "", err
	}
	made.owner = owner
	return made.arn(), nil
}

// DropServices removes what belongs to a service of ECS, with the instances that are left.
func (s *Service) DropServices(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, each := range s.services {
		if each.owner == owner {
			delete(s.services, id)
		}
	}
}

package ecs

import (
	"fmt"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/servicediscovery"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Registries is where tasks are discovered: [servicediscovery.Service].
type Registries interface {
	Exists(serviceARN string) bool
	Register(serviceARN, id string, attributes map[string]string, healthy bool) error
	Deregister(serviceARN, id string)
	SetHealth(serviceARN, id string, healthy bool)

	Namespaces
}

// Namespaces is where Service Connect has its names: [servicediscovery.Service].
type Namespaces interface {
	// FindNamespace finds a namespace by its name or ARN.
	FindNamespace(place resource.Place, given string) (servicediscovery.Namespace, bool)
	// MakeNamespace makes one for API calls, and returns its ARN.
	MakeNamespace(place resource.Place, name string) (string, error)
	// MakeService returns the ARN of a service in a namespace, which belongs to a service of ECS.
	MakeService(namespaceARN, name, owner string) (string, error)
	// DropServices removes what belongs to a service of ECS.
	DropServices(owner string)
}

// errNoNamespace is recorded in github.com/terraform-aws-modules/terraform-aws-ecs/issues/116.
func errNoNamespace(name string) error {
	return wire.Errorf("NamespaceNotFoundException", "Failed to retrieve namespace for %s", name)
}

// ServiceRegistry is a service of AWS Cloud Map in which tasks are registered.
type ServiceRegistry struct {
	RegistryArn   string `json:"registryArn"`
	Port          int    `json:"port,omitempty"`
	ContainerName string `json:"containerName,omitempty"`
	ContainerPort int    `json:"containerPort,omitempty"`
}

// checkRegistries refuses registries that there are not, and ports that no container has (ServiceRegistry, API reference; the
// texts are believed).
func (s *Service) checkRegistries(deployed *revision) error {
	if len(deployed.registries) > 1 {
		return errInvalid("Maximum of 1 service registry is allowed per service.")
	}
	for _, each := range deployed.registries {
		switch {
		case s.Registries == nil || !s.Registries.Exists(each.RegistryArn):
			return errInvalid("The service registry %s does not exist.", each.RegistryArn)
		case each.Port != 0 && each.ContainerPort != 0:
			return errInvalid("Both port and containerPort cannot be specified for a service registry.")
		case (each.ContainerPort != 0) && each.ContainerName == "":
			return errInvalid("containerName must be specified with containerPort for a service registry.")
		case each.ContainerName == "":
			continue
		}
		found, ok := deployed.definition.container(each.ContainerName)
		if !ok {
			return errInvalid("The container %s does not exist in the task definition.", each.ContainerName)
		}
		if each.ContainerPort != 0 && !found.listens(each.ContainerPort, tcp) && !found.listens(each.ContainerPort, udp) {
			return errInvalid("The container %s did not have a container port %d defined.", each.ContainerName, each.ContainerPort)
		}
	}
	return nil
}

// enlist registers a task in its registries, with the attributes of ECS ("Service discovery concepts", developer guide).
func (s *Service) enlist(t *task) error {
	for _, each := range t.deployment.revision.registries {
		attributes := map[string]string{
			servicediscovery.AttributeIPv4: t.address.String(), "AVAILABILITY_ZONE": t.subnet.AvailabilityZone,
			"REGION": t.fleet.place.Region, "ECS_SERVICE_NAME": t.fleet.name, "ECS_CLUSTER_NAME": t.fleet.cluster.name,
			"ECS_TASK_DEFINITION_FAMILY": t.definition.Family,
		}
		if port := max(each.Port, each.ContainerPort); port != 0 {
			attributes[servicediscovery.AttributePort] = strconv.Itoa(port)
		}
		if err := s.record(t, each.RegistryArn, attributes); err != nil {
			return err
		}
	}
	return s.enter(t)
}

func (s *Service) record(t *task, registry string, attributes map[string]string) error {
	s.mu.Lock()
	healthy := t.health() == healthyStatus
	t.enlisted = append(t.enlisted, registry)
	s.mu.Unlock()
	if err := s.Registries.Register(registry, t.id, attributes, healthy); err != nil {
		return fmt.Errorf("registering the task in AWS Cloud Map: %w", err)
	}
	return nil
}

// delist takes a task out of its registries.
func (s *Service) delist(t *task) {
	for _, each := range t.enlisted {
		s.Registries.Deregister(each, t.id)
	}
}

// tellHealth lets the registries know of a task's health. Call it locked.
func (s *Service) tellHealth(t *task) {
	for _, each := range t.enlisted {
		s.Registries.SetHealth(each, t.id, t.health() == healthyStatus)
	}
}

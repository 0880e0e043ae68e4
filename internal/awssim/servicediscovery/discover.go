package servicediscovery

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Which instances DiscoverInstances looks for, besides Healthy and Unhealthy ones.
const (
	anyHealth     = "ALL"
	healthyOrElse = "HEALTHY_OR_ELSE_ALL"
)

type discoverInput struct {
	NamespaceName, ServiceName          string
	MaxResults                          *int
	QueryParameters, OptionalParameters map[string]string
	HealthStatus, OwnerAccount          string
}

type discoveredInstance struct {
	InstanceID    string `json:"InstanceId"`
	NamespaceName string
	ServiceName   string
	HealthStatus  string
	Attributes    map[string]string `json:",omitempty"`
}

type discoverOutput struct {
	Instances         []discoveredInstance
	InstancesRevision int64
}

// named finds a service by the names with which it is discovered. Call it locked.
func (s *Service) named(place resource.Place, inNamespace, name string) (*service, error) {
	var in *namespace
	for _, each := range s.namespaces {
		if each.place == place && each.httpName == inNamespace {
			in = each
		}
	}
	if in == nil {
		return nil, wire.Errorf("NamespaceNotFound", "Could not find namespace with name: %s", inNamespace)
	}
	for _, each := range s.services {
		if each.namespace == in && each.name == name {
			return each, nil
		}
	}
	return nil, wire.Errorf("ServiceNotFound", "Could not find service with name: %s", name)
}

func (s *Service) discoverInstances(_ context.Context, call *wire.Call, in *discoverInput) (*discoverOutput, error) {
	const standard, most = 100, 1000
	limit := standard
	if in.MaxResults != nil {
		limit = *in.MaxResults
	}
	wanted := cmp.Or(in.HealthStatus, healthyOrElse) // the default is believed
	switch {
	case limit < 1 || limit > most:
		return nil, errInput("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have "+
			"value between 1 and 1000", limit)
	case !slices.Contains([]string{Healthy, Unhealthy, anyHealth, healthyOrElse}, wanted):
		return nil, errInput("1 validation error detected: Value '%s' at 'healthStatus' failed to satisfy constraint: Member must "+
			"satisfy enum value set: [HEALTHY, UNHEALTHY, ALL, HEALTHY_OR_ELSE_ALL]", wanted)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.named(call.Place(), in.NamespaceName, in.ServiceName)
	if err != nil {
		return nil, err
	}
	picked := found.matching(in)
	if found.custom != nil { // health is looked at where there is one (API reference)
		picked = found.ofHealth(picked, wanted)
	}
	out := &discoverOutput{Instances: []discoveredInstance{}, InstancesRevision: found.revision}
	for _, each := range picked[:min(limit, len(picked))] {
		out.Instances = append(out.Instances, discoveredInstance{
			each.id, found.namespace.httpName, found.name, found.status(each), maps.Clone(each.attributes),
		})
	}
	return out, nil
}

// matching are the instances with the attributes that are asked for, in the order of their ids: those of the optional ones
// too, if there are any.
func (s *service) matching(in *discoverInput) []*instance {
	var plain, better []*instance
	for _, id := range slices.Sorted(maps.Keys(s.instances)) {
		each := s.instances[id]
		if !each.has(in.QueryParameters) {
			continue
		}
		plain = append(plain, each)
		if each.has(in.OptionalParameters) {
			better = append(better, each)
		}
	}
	if len(better) > 0 {
		return better
	}
	return plain
}

func (i *instance) has(wanted map[string]string) bool {
	for name, value := range wanted {
		if i.attributes[name] != value {
			return false
		}
	}
	return true
}

func (s *service) ofHealth(instances []*instance, wanted string) []*instance {
	with := func(health string) []*instance {
		return slices.DeleteFunc(slices.Clone(instances), func(i *instance) bool { return i.health != health })
	}
	switch wanted {
	case anyHealth:
		return instances
	case Unhealthy:
		return with(Unhealthy)
	case Healthy:
		return with(Healthy)
	}
	if healthy := with(Healthy); len(healthy) > 0 {
		return healthy
	}
	return instances
}

type revisionInput struct{ NamespaceName, ServiceName, OwnerAccount string }

type revisionOutput struct{ InstancesRevision int64 }

func (s *Service) discoverInstancesRevision(_ context.Context, call *wire.Call, in *revisionInput) (*revisionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.named(call.Place(), in.NamespaceName, in.ServiceName)
	if err != nil {
		return nil, err
	}
	return &revisionOutput{found.revision}, nil
}

type healthInput struct {
	ServiceID  string `json:"ServiceId"`
	Instances  []string
	MaxResults *int
	NextToken  string
}

type healthOutput struct {
	Status    map[string]string
	NextToken string `json:",omitempty"`
}

func (s *Service) getInstancesHealthStatus(_ context.Context, call *wire.Call, in *healthInput) (*healthOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of, err := s.serviceOf(call.Place(), in.ServiceID)
	if err != nil {
		return nil, err
	}
	ids := in.Instances
	if len(ids) == 0 {
		ids = slices.Collect(maps.Keys(of.instances))
	}
	page, next, err := pageOf(ids, in.NextToken, in.MaxResults, func(id string) string { return id })
	if err != nil {
		return nil, err
	}
	out := &healthOutput{make(map[string]string, len(page)), next}
	for _, id := range page {
		_, found, err := s.instanceOf(call.Place(), in.ServiceID, id)
		if err != nil {
			return nil, err
		}
		out.Status[id] = of.status(found)
	}
	return out, nil
}

type updateHealthInput struct {
	instanceInput

	Status string
}

// updateInstanceCustomHealthStatus changes it at once, where AWS waits for about thirty seconds.
func (s *Service) updateInstanceCustomHealthStatus(
	_ context.Context, call *wire.Call, in *updateHealthInput,
) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of, found, err := s.instanceOf(call.Place(), in.ServiceID, in.InstanceID)
	if err != nil {
		return nil, err
	}
	switch {
	case of.custom == nil:
		return nil, wire.Errorf("CustomHealthNotFound", "The service %s has no custom health check.", of.id)
	case in.Status != Healthy && in.Status != Unhealthy:
		return nil, errInput("1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy "+
			"enum value set: [HEALTHY, UNHEALTHY]", in.Status)
	}
	return &wire.None{}, s.judge(of, found, in.Status)
}

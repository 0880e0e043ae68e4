package ecs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

var (
	_ resource.Reader = (*clusterProvider)(nil)
	_ resource.Reader = (*associationProvider)(nil)
	_ resource.Reader = (*definitionProvider)(nil)
	_ resource.Reader = (*fleetProvider)(nil)
)

// Read returns the cluster as it is.
func (p *clusterProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.cluster(r.Place, r.PhysicalID)
	if err != nil {
		return nil, false
	}
	return alike(r.Properties, map[string]any{
		"ClusterName": found.name, "CapacityProviders": found.CapacityProviders,
		"DefaultCapacityProviderStrategy": found.DefaultCapacityProviderStrategy, "ClusterSettings": found.allSettings(),
		"Configuration": found.Configuration, "ServiceConnectDefaults": p.defaultsLike(r, found.ServiceConnectDefaults),
		"Tags": tagsLike(r, found.tags),
	}), true
}

// defaultsLike returns the defaults of Service Connect, with the namespace as the template names it.
func (p *clusterProvider) defaultsLike(r resource.Request, actual *connectDefaults) any {
	given, _ := r.Properties["ServiceConnectDefaults"].(map[string]any)
	name, _ := given["Namespace"].(string)
	if actual == nil || name == "" || p.Registries == nil {
		return actual
	}
	if found, ok := p.Registries.FindNamespace(r.Place, name); ok && found.ARN == actual.Namespace {
		return given
	}
	return actual
}

// Read returns the capacity providers that the cluster has. Without any the association is gone.
func (p *associationProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.cluster(r.Place, r.PhysicalID)
	if err != nil || len(found.CapacityProviders) == 0 {
		return nil, false
	}
	return alike(r.Properties, map[string]any{
		"Cluster": r.PhysicalID, "CapacityProviders": found.CapacityProviders,
		"DefaultCapacityProviderStrategy": found.DefaultCapacityProviderStrategy,
	}), true
}

// Read returns the definition as it was registered, which nothing changes. One that was deregistered is gone.
func (p *definitionProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.definitions[r.PhysicalID]
	if !ok || found.status != active {
		return nil, false
	}
	actual := maps.Clone(r.Properties)
	if _, ok := actual["Tags"]; ok {
		actual["Tags"] = tagsLike(r, found.tags)
	}
	return actual, true
}

// Read returns the service as it is.
func (p *fleetProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.byARN(r.PhysicalID)
	if found == nil || found.status != active {
		return nil, false
	}
	current := found.deployments[0].revision
	return alike(r.Properties, map[string]any{
		"ServiceName": found.name, "Cluster": p.named(r, "Cluster", found.cluster.arn, clusterARN),
		"TaskDefinition": p.named(r, "TaskDefinition", current.definition.arn, p.definitionARN),
		"DesiredCount":   found.desired, "LaunchType": current.launchType, "PlatformVersion": r.Properties["PlatformVersion"],
		"CapacityProviderStrategy": current.strategy, "NetworkConfiguration": NetworkConfiguration{current.network},
		"LoadBalancers": current.balancers, "ServiceRegistries": current.registries,
		"HealthCheckGracePeriodSeconds": int(found.grace / time.Second),
		"DeploymentConfiguration":       found.config, "DeploymentController": Controller{Type: "ECS"}, "SchedulingStrategy": replica,
		"AvailabilityZoneRebalancing": found.rebalancing, "EnableECSManagedTags": found.managedTags,
		"EnableExecuteCommand": found.execute, "PropagateTags": found.propagate, "Tags": tagsLike(r, found.tags),
		"ServiceConnectConfiguration": r.Properties["ServiceConnectConfiguration"],
	}), true
}

// named returns what the template says if that means the ARN, and the ARN otherwise.
func (s *Service) named(r resource.Request, property, actual string, arnOf func(resource.Place, string) string) any {
	if name, ok := r.Properties[property].(string); ok && arnOf(r.Place, name) == actual {
		return name
	}
	return actual
}

func (s *Service) definitionARN(place resource.Place, name string) string {
	found, err := s.definition(place, name)
	if err != nil {
		return ""
	}
	return found.arn
}

// alike writes actual values as properties, and as the template writes them if they are the same: 80 may be a text
// there. What the template does not have is left out.
func alike(template resource.Properties, actual map[string]any) resource.Properties {
	written := make(resource.Properties)
	for name, expected := range template {
		if value, ok := actual[name]; ok {
			written[name] = conform(expected, asProperties(value))
		}
	}
	return written
}

// asProperties turns a value with JSON names into one with the names of properties.
func asProperties(value any) any {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	var plain any
	if json.Unmarshal(encoded, &plain) != nil {
		return nil
	}
	return capitalized(plain)
}

func capitalized(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		renamed := make(map[string]any, len(typed))
		for name, member := range typed {
			renamed[strings.ToUpper(name[:1])+name[1:]] = capitalized(member)
		}
		return renamed
	case []any:
		for i := range typed {
			typed[i] = capitalized(typed[i])
		}
	}
	return value
}

func conform(template, actual any) any {
	switch typed := actual.(type) {
	case map[string]any:
		members, _ := template.(map[string]any)
		for name := range typed {
			typed[name] = conform(members[name], typed[name])
		}
		return typed
	case []any:
		items, _ := template.([]any)
		for i := range min(len(items), len(typed)) {
			typed[i] = conform(items[i], typed[i])
		}
		return typed
	default:
		if template != nil && fmt.Sprint(template) == fmt.Sprint(actual) {
			return template
		}
		return actual
	}
}

// tagsLike returns tags in the template's order, without those that the stack or CloudFormation gave.
func tagsLike(r resource.Request, actual map[string]string) []any {
	own := maps.Clone(actual)
	maps.DeleteFunc(own, func(key, value string) bool { return strings.HasPrefix(key, "aws:") || r.Tags[key] == value })
	given, _ := r.Properties["Tags"].([]any)
	var order []string
	for _, item := range given {
		members, _ := item.(map[string]any)
		if key, ok := members["Key"].(string); ok {
			order = append(order, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(own)) {
		if !slices.Contains(order, key) {
			order = append(order, key)
		}
	}
	list := []any{}
	for _, key := range order {
		if value, ok := actual[key]; ok {
			list = append(list, map[string]any{"Key": key, "Value": value})
		}
	}
	return list
}

package ecs

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

type clusterProvider struct{ *Service }

// clusterProperties are the properties of AWS::ECS::Cluster that are acted on.
type clusterProperties struct {
	ClusterName                     string
	CapacityProviders               []string
	DefaultCapacityProviderStrategy []StrategyItem
	ClusterSettings                 []setting
	Configuration                   *clusterConfiguration
	ServiceConnectDefaults          *connectDefaults
	Tags                            []Tag
}

func readCluster(r resource.Request) (clusterProperties, error) {
	var wanted clusterProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, err
	}
	return wanted, nil
}

func (c *clusterProperties) settings() clusterSettings {
	return clusterSettings{
		describedSettings: describedSettings{c.ClusterSettings, c.Configuration, c.ServiceConnectDefaults},
		CapacityProviders: c.CapacityProviders, DefaultCapacityProviderStrategy: c.DefaultCapacityProviderStrategy,
	}
}

// Create makes a cluster.
func (p *clusterProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readCluster(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.ClusterName == "" {
		wanted.ClusterName = props.GeneratedName(r.StackName, r.LogicalID)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.cluster(r.Place, wanted.ClusterName); err == nil {
		return resource.Result{}, props.AlreadyExists(r.Type, wanted.ClusterName)
	}
	made, err := p.newCluster(r.Place, wanted.ClusterName, wanted.settings(), mergeTags(r, wanted.Tags))
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	return made.result(), nil
}

func mergeTags(r resource.Request, own []Tag) map[string]string {
	converted := make([]props.Tag, 0, len(own))
	for _, tag := range own {
		converted = append(converted, props.Tag(tag))
	}
	return props.MergeTags(r.Tags, converted)
}

func (c *cluster) result() resource.Result {
	return resource.Result{PhysicalID: c.name, Attributes: map[string]any{"Arn": c.arn}}
}

// Update changes capacity providers and tags.
func (p *clusterProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readCluster(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.cluster(r.Place, r.PhysicalID)
	if err != nil {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	settings := wanted.settings()
	if r.Properties["CapacityProviders"] == nil && r.Properties["DefaultCapacityProviderStrategy"] == nil {
		settings.CapacityProviders = found.CapacityProviders // those that were associated stay
		settings.DefaultCapacityProviderStrategy = found.DefaultCapacityProviderStrategy
	}
	if err := settings.check(); err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	if settings.ServiceConnectDefaults, err = p.resolveDefaults(r.Place, settings.ServiceConnectDefaults); err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	found.clusterSettings, found.tags = settings, mergeTags(r, wanted.Tags)
	return found.result(), nil
}

// Delete removes a cluster without services.
func (p *clusterProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.cluster(r.Place, r.PhysicalID)
	if err != nil {
		return nil
	}
	if err := p.removeCluster(found); err != nil {
		return handlerFailure(err)
	}
	return nil
}

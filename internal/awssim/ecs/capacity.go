package ecs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxStrategy is how many capacity providers a strategy can have (API reference).
const maxStrategy = 20

// checkStrategy checks a capacity provider strategy.
func checkStrategy(strategy []StrategyItem) error {
	if len(strategy) > maxStrategy {
		return errInvalid("The capacity provider strategy cannot have more than 20 items.")
	}
	bases := 0
	for _, item := range strategy {
		if item.Base > 0 {
			bases++
		}
	}
	if bases > 1 {
		return errInvalid("The specified capacity provider strategy cannot contain more than one capacity provider with a base.")
	}
	return nil
}

// weighs says whether tasks can be spread by a strategy: one in which every weight is 0 is refused when it is used
// (CapacityProviderStrategyItem, API reference).
func weighs(strategy []StrategyItem) bool {
	return len(strategy) == 0 || slices.ContainsFunc(strategy, func(item StrategyItem) bool { return item.Weight > 0 })
}

type putProvidersInput struct {
	Cluster                         string         `json:"cluster"`
	CapacityProviders               []string       `json:"capacityProviders"`
	DefaultCapacityProviderStrategy []StrategyItem `json:"defaultCapacityProviderStrategy"`
}

func (s *Service) putClusterCapacityProviders(_ context.Context, call *wire.Call, in *putProvidersInput) (*clusterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := found.associate(in.CapacityProviders, in.DefaultCapacityProviderStrategy); err != nil {
		return nil, err
	}
	return &clusterOutput{Cluster: found.describe(nil)}, nil
}

// associate replaces the cluster's capacity providers. Those that services use have to stay.
func (c *cluster) associate(providers []string, strategy []StrategyItem) error {
	changed := c.clusterSettings
	changed.CapacityProviders, changed.DefaultCapacityProviderStrategy = providers, strategy
	if err := changed.check(); err != nil {
		return err
	}
	for _, fleet := range c.fleets {
		for _, deployment := range fleet.deployments {
			for _, item := range deployment.revision.strategy {
				if !slices.Contains(providers, item.CapacityProvider) {
					return wire.Errorf("ResourceInUseException", "The specified capacity provider is in use and cannot be removed.")
				}
			}
		}
	}
	c.clusterSettings = changed
	return nil
}

type describeProvidersInput struct {
	CapacityProviders []string `json:"capacityProviders"`
	Cluster           string   `json:"cluster"`
	Include           []string `json:"include"`
	MaxResults        int      `json:"maxResults"`
	NextToken         string   `json:"nextToken"`
}

type describedProvider struct {
	CapacityProviderArn string `json:"capacityProviderArn"`
	Name                string `json:"name"`
	Status              string `json:"status"`
	Tags                []Tag  `json:"tags"`
}

type describeProvidersOutput struct {
	CapacityProviders []describedProvider `json:"capacityProviders"`
	Failures          []failure           `json:"failures"`
}

// describeCapacityProviders tells of the two that every account has.
func (s *Service) describeCapacityProviders(
	_ context.Context, call *wire.Call, in *describeProvidersInput,
) (*describeProvidersOutput, error) {
	if in.NextToken != "" {
		return nil, errInvalid("Invalid token.")
	}
	names := in.CapacityProviders
	if len(names) == 0 {
		names = []string{launchFargate, fargateSpot}
	}
	out := &describeProvidersOutput{CapacityProviders: []describedProvider{}, Failures: []failure{}}
	for _, name := range names {
		made := arn(call.Place(), "capacity-provider/"+lastPart(name))
		if !fargate(lastPart(name)) {
			out.Failures = append(out.Failures, missing(made))
			continue
		}
		out.CapacityProviders = append(out.CapacityProviders, describedProvider{made, lastPart(name), active, []Tag{}})
	}
	return out, nil
}

// associationProvider makes AWS::ECS::ClusterCapacityProviderAssociations real.
type associationProvider struct{ *Service }

type associationProperties struct {
	Cluster                         string
	CapacityProviders               []string
	DefaultCapacityProviderStrategy []StrategyItem
}

// Create associates capacity providers with a cluster.
func (p *associationProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	return p.put(r)
}

// Update replaces them.
func (p *associationProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	return p.put(r)
}

func (p *associationProvider) put(r resource.Request) (resource.Result, error) {
	var wanted associationProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.cluster(r.Place, wanted.Cluster)
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	if err := found.associate(wanted.CapacityProviders, wanted.DefaultCapacityProviderStrategy); err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	return resource.Result{PhysicalID: wanted.Cluster}, nil
}

// Delete leaves the cluster without capacity providers. While services use them it is tried again, for a stack deletes its
// services at the same time. The words at the end are quoted in aws-cdk #15366; how long it tries is believed.
func (p *associationProvider) Delete(ctx context.Context, r resource.Request) error {
	const (
		tries    = 60
		usual    = 10 * time.Second
		shortest = 50 * time.Millisecond
	)
	for left := tries; ; left-- {
		err := p.dissociate(r)
		used, ok := errors.AsType[*wire.Error](err)
		switch {
		case err == nil:
			return nil
		case !ok || used.Code != "ResourceInUseException":
			return handlerFailure(err)
		case left == 0:
			return handlerFailure(wire.Errorf(used.Code, "Out of retries. Last encountered error was: %s", used.Message))
		}
		select {
		case <-time.After(max(p.Clock.Scale(usual), shortest)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *associationProvider) dissociate(r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.cluster(r.Place, r.PhysicalID)
	if err != nil {
		return nil // it is gone, and its providers with it
	}
	return found.associate([]string{}, []StrategyItem{})
}

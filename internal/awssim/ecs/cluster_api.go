package ecs

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type createClusterInput struct {
	clusterSettings

	ClusterName string `json:"clusterName"`
	Tags        []Tag  `json:"tags"`
}

type describedCluster struct {
	clusterSettings

	ClusterArn                        string     `json:"clusterArn"`
	ClusterName                       string     `json:"clusterName"`
	Status                            string     `json:"status"`
	RegisteredContainerInstancesCount int        `json:"registeredContainerInstancesCount"`
	RunningTasksCount                 int        `json:"runningTasksCount"`
	PendingTasksCount                 int        `json:"pendingTasksCount"`
	ActiveServicesCount               int        `json:"activeServicesCount"`
	Statistics                        []KeyValue `json:"statistics"`
	Tags                              []Tag      `json:"tags"`
}

type clusterOutput struct {
	Cluster describedCluster `json:"cluster"`
}

// describe tells of the cluster with what is asked for: SETTINGS, CONFIGURATIONS, TAGS; with everything if that is nil.
func (c *cluster) describe(include []string) describedCluster {
	described := describedCluster{
		ClusterArn: c.arn, ClusterName: c.name, Status: c.status, clusterSettings: c.clusterSettings,
		Statistics: []KeyValue{}, Tags: []Tag{},
	}
	described.CapacityProviders = append([]string{}, c.CapacityProviders...)
	described.DefaultCapacityProviderStrategy = append([]StrategyItem{}, c.DefaultCapacityProviderStrategy...)
	for _, fleet := range c.everyFleet() {
		if fleet.status == active && !fleet.standalone {
			described.ActiveServicesCount++
		}
		described.RunningTasksCount += fleet.count(nil, (*task).running)
		described.PendingTasksCount += fleet.count(nil, (*task).pending)
	}
	wants := func(what string) bool { return include == nil || slices.Contains(include, what) }
	if wants("TAGS") {
		described.Tags = sortedTags(c.tags)
	}
	described.Settings = c.allSettings()
	if !wants("SETTINGS") {
		described.Settings = []setting{}
	}
	if !wants("CONFIGURATIONS") {
		described.Configuration = nil
	}
	return described
}

func sortedTags(table map[string]string) []Tag {
	tags := []Tag{}
	for _, tag := range props.SortedTags(table) {
		tags = append(tags, Tag{tag.Key, tag.Value})
	}
	return tags
}

func (s *Service) createCluster(_ context.Context, call *wire.Call, in *createClusterInput) (*clusterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := in.ClusterName
	if name == "" {
		name = defaultCluster
	}
	if existing, err := s.cluster(call.Place(), name); err == nil {
		return &clusterOutput{Cluster: existing.describe(nil)}, nil // creating what exists is no error
	}
	made, err := s.newCluster(call.Place(), name, in.clusterSettings, tagMap(in.Tags))
	if err != nil {
		return nil, err
	}
	return &clusterOutput{Cluster: made.describe(nil)}, nil
}

type updateClusterInput struct {
	describedSettings

	Cluster string `json:"cluster"`
}

// updateCluster changes what is given.
func (s *Service) updateCluster(_ context.Context, call *wire.Call, in *updateClusterInput) (*clusterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	changed := found.clusterSettings
	if len(in.Settings) > 0 {
		changed.Settings = in.Settings
	}
	if in.Configuration != nil {
		changed.Configuration = in.Configuration
	}
	if in.ServiceConnectDefaults != nil {
		changed.ServiceConnectDefaults, err = s.resolveDefaults(found.place, in.ServiceConnectDefaults)
	}
	if err != nil {
		return nil, err
	}
	if err := changed.check(); err != nil {
		return nil, err
	}
	found.clusterSettings = changed
	return &clusterOutput{Cluster: found.describe(nil)}, nil
}

type updateClusterSettingsInput struct {
	Cluster  string    `json:"cluster"`
	Settings []setting `json:"settings"`
}

func (s *Service) updateClusterSettings(
	ctx context.Context, call *wire.Call, in *updateClusterSettingsInput,
) (*clusterOutput, error) {
	return s.updateCluster(ctx, call, &updateClusterInput{
		Cluster: in.Cluster, describedSettings: describedSettings{Settings: in.Settings},
	})
}

type clusterInput struct {
	Cluster string `json:"cluster"`
}

func (s *Service) deleteCluster(_ context.Context, call *wire.Call, in *clusterInput) (*clusterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := s.removeCluster(found); err != nil {
		return nil, err
	}
	return &clusterOutput{Cluster: found.describe(nil)}, nil
}

type describeClustersInput struct {
	Clusters []string `json:"clusters"`
	Include  []string `json:"include"`
}

type failure struct {
	Arn    string `json:"arn"`
	Reason string `json:"reason"`
}

func missing(arn string) failure { return failure{Arn: arn, Reason: "MISSING"} }

type describeClustersOutput struct {
	Clusters []describedCluster `json:"clusters"`
	Failures []failure          `json:"failures"`
}

func (s *Service) describeClusters(
	_ context.Context, call *wire.Call, in *describeClustersInput,
) (*describeClustersOutput, error) {
	names := in.Clusters
	if len(names) == 0 {
		names = []string{defaultCluster}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &describeClustersOutput{Clusters: []describedCluster{}, Failures: []failure{}}
	for _, name := range names {
		found, ok := s.clusters[clusterARN(call.Place(), name)]
		if !ok {
			out.Failures = append(out.Failures, missing(clusterARN(call.Place(), name)))
			continue
		}
		out.Clusters = append(out.Clusters, found.describe(append([]string{}, in.Include...)))
	}
	return out, nil
}

type pageInput struct {
	NextToken  string `json:"nextToken"`
	MaxResults int    `json:"maxResults"`
}

// page cuts a sorted listing of ARNs.
func (in *pageInput) page(arns []string) ([]string, string, error) {
	const defaultSize = 100
	size := in.MaxResults
	if size == 0 {
		size = defaultSize
	}
	slices.Sort(arns)
	page, next, err := paging.Page(arns, in.NextToken, size, func(arn string) string { return arn })
	if err != nil {
		return nil, "", errInvalid("Invalid token.")
	}
	return append([]string{}, page...), next, nil
}

type listClustersOutput struct {
	ClusterArns []string `json:"clusterArns"`
	NextToken   string   `json:"nextToken,omitempty"`
}

func (s *Service) listClusters(_ context.Context, call *wire.Call, in *pageInput) (*listClustersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var arns []string
	for _, found := range s.clusters {
		if found.place == call.Place() && found.status == active {
			arns = append(arns, found.arn)
		}
	}
	page, next, err := in.page(arns)
	return &listClustersOutput{ClusterArns: page, NextToken: next}, err
}

package ecs

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Statuses of clusters, services and task definitions.
const (
	active   = "ACTIVE"
	draining = "DRAINING"
	inactive = "INACTIVE"
)

const defaultCluster = "default"

// clusterName is what a cluster, service or family may be called (API reference).
var entityName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// StrategyItem is how tasks are spread over capacity providers.
type StrategyItem struct {
	CapacityProvider string `json:"capacityProvider"`
	Weight           int    `json:"weight"`
	Base             int    `json:"base"`
}

// setting is a cluster's setting, such as containerInsights.
type setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// cluster is an ECS cluster.
type cluster struct {
	clusterSettings

	arn, name string
	place     resource.Place
	status    string
	tags      map[string]string
	fleets    map[string]*fleet // by name; those that were deleted stay as INACTIVE
	loose     *fleet            // runs the tasks of no service; nil until there are some
}

// clusterSettings are what can be said about a cluster, in CloudFormation and in the API.
type clusterSettings struct {
	describedSettings

	CapacityProviders               []string       `json:"capacityProviders"`
	DefaultCapacityProviderStrategy []StrategyItem `json:"defaultCapacityProviderStrategy"`
}

// describedSettings are kept and told; nothing here depends on them.
type describedSettings struct {
	Settings               []setting             `json:"settings"`
	Configuration          *clusterConfiguration `json:"configuration,omitempty"`
	ServiceConnectDefaults *connectDefaults      `json:"serviceConnectDefaults,omitempty"`
}

// clusterConfiguration is how sessions in containers are logged, and disks encrypted.
type clusterConfiguration struct {
	ExecuteCommandConfiguration *executeConfiguration `json:"executeCommandConfiguration,omitempty"`
	ManagedStorageConfiguration *storageConfiguration `json:"managedStorageConfiguration,omitempty"`
}

type executeConfiguration struct {
	KmsKeyID         string      `json:"kmsKeyId,omitempty"`
	LogConfiguration *executeLog `json:"logConfiguration,omitempty"`
	Logging          string      `json:"logging,omitempty"`
}

type executeLog struct {
	CloudWatchEncryptionEnabled bool   `json:"cloudWatchEncryptionEnabled,omitempty"`
	CloudWatchLogGroupName      string `json:"cloudWatchLogGroupName,omitempty"`
	S3BucketName                string `json:"s3BucketName,omitempty"`
	S3EncryptionEnabled         bool   `json:"s3EncryptionEnabled,omitempty"`
	S3KeyPrefix                 string `json:"s3KeyPrefix,omitempty"`
}

type storageConfiguration struct {
	FargateEphemeralStorageKmsKeyID string `json:"fargateEphemeralStorageKmsKeyId,omitempty"`
	KmsKeyID                        string `json:"kmsKeyId,omitempty"`
}

type connectDefaults struct {
	Namespace string `json:"namespace"`
}

func (c *clusterSettings) check() error {
	for _, name := range c.CapacityProviders {
		if !fargate(name) {
			return errInvalid("The specified capacity provider %s was not found.", name)
		}
	}
	for _, item := range c.DefaultCapacityProviderStrategy {
		if !slices.Contains(c.CapacityProviders, item.CapacityProvider) {
			return errInvalid("The specified capacity provider strategy cannot contain a capacity provider that is not " +
				"associated with the cluster. Associate the capacity provider with the cluster and try again.")
		}
	}
	if err := checkStrategy(c.DefaultCapacityProviderStrategy); err != nil {
		return err
	}
	return checkSettings(c.Settings)
}

func fargate(provider string) bool { return provider == launchFargate || provider == fargateSpot }

// cluster returns the cluster that a request names by name or ARN; without a name, "default". Call it locked.
func (s *Service) cluster(place resource.Place, name string) (*cluster, error) {
	if name == "" {
		name = defaultCluster
	}
	found, ok := s.clusters[clusterARN(place, name)]
	if !ok || found.status != active {
		return nil, wire.Errorf("ClusterNotFoundException", "Cluster not found.")
	}
	return found, nil
}

func clusterARN(place resource.Place, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return arn(place, "cluster/"+name)
}

func (s *Service) newCluster(
	place resource.Place, name string, settings clusterSettings, tags map[string]string,
) (*cluster, error) {
	if !entityName.MatchString(name) {
		return nil, errInvalid("Identifier was an unexpected format.")
	}
	if err := settings.check(); err != nil {
		return nil, err
	}
	var err error
	if settings.ServiceConnectDefaults, err = s.resolveDefaults(place, settings.ServiceConnectDefaults); err != nil {
		return nil, err
	}
	made := &cluster{
		arn: clusterARN(place, name), name: name, place: place, status: active, clusterSettings: settings, tags: tags,
		fleets: make(map[string]*fleet),
	}
	s.clusters[made.arn] = made
	return made, nil
}

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

func (s *Service) removeCluster(found *cluster) error {
	for _, fleet := range found.everyFleet() {
		if fleet.status == active && !fleet.standalone {
			return wire.Errorf("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
		}
		if fleet.count(nil, func(t *task) bool { return t.last != stopped }) > 0 {
			return wire.Errorf("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
		}
	}
	found.status = inactive
	return nil
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

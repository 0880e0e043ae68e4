package ecs

import (
	"regexp"
	"slices"
	"strings"

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

// Package ecs is the Elastic Container Service on Fargate: its tasks are real processes.
//
// A service keeps its desired number of tasks running through deployments: minimum and maximum percent, health
// of load balancer and container, replacement with back-off, the deployment circuit breaker and its rollback. A
// task pulls its images, starts its containers, joins its target groups, and on its way out leaves them, is
// drained, and is asked to end before it is killed.
//
// Waits of AWS are scaled by the clock, those of real processes are not. Texts follow the developer guide
// ("Service event messages", "Stopped tasks error codes") and public recordings.
package ecs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/connect"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	awsevent "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/network"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Logs is where containers write: [logs.Service].
type Logs interface {
	CreateStream(place resource.Place, group, stream string) error
	// CreateGroup makes a group if it is not there.
	CreateGroup(place resource.Place, group string)
	Append(place resource.Place, group, stream, line string)
}

// Balancers is where tasks register: [elb.Service].
type Balancers interface {
	Register(groupARN string, target elb.Target) error
	Deregister(groupARN, id string, port int) <-chan struct{}
	Health(groupARN, id string, port int) (elb.Health, bool)

	Groups
	Rules
}

// Groups is what target groups are like.
type Groups interface {
	// InUse says whether a load balancer forwards to the target group.
	InUse(groupARN string) bool
	// TargetType returns what the target group has targets of; nothing for one that does not exist.
	TargetType(groupARN string) string
}

// Rules is how traffic is shifted.
type Rules interface {
	// Weights returns how a listener rule spreads requests over target groups, by their ARNs; Shift changes it.
	Weights(ruleARN string) (map[string]int, error)
	Shift(ruleARN string, weights map[string]int) error
}

// Deps are what the service works with.
type Deps struct {
	Clock      clock.Clock
	Containers Containers // closed by Service.Close
	Logs       Logs
	Balancers  Balancers
	Subnets    network.Lookup
	Secrets    Secrets       // nil: definitions with secrets do not start
	Events     awsevent.Sink // of EventBridge; nil drops them
	Alarms     Alarms        // of CloudWatch; nil has none
	Metrics    Metrics       // of CloudWatch; nil drops them
	Records    Records       // of EFS; nil has no file systems
	Registries Registries    // of Cloud Map; nil has none
	Objects    Objects       // of S3; nil: definitions with environment files do not start
	Folder     string        // of file systems; empty: they end with the service
}

// Service is the clusters of all accounts and regions.
type Service struct {
	Deps

	life      context.Context //nolint:containedctx // ends with Close, not with a request
	end       context.CancelFunc
	work      sync.WaitGroup // schedulers and tasks
	addresses network.Pool
	disk      disk
	mesh      mesh

	mu          sync.Mutex
	clusters    map[string]*cluster    // by ARN
	definitions map[string]*definition // by ARN
	revisions   map[familyKey]int      // the last revision of each family
	memories    map[*task]*time.Timer  // when stopped tasks are forgotten
}

type familyKey struct {
	resource.Place

	family string
}

// New returns a service without clusters.
func New(deps Deps) *Service {
	life, end := context.WithCancel(context.Background())
	return &Service{
		Deps: deps, life: life, end: end, disk: disk{folder: deps.Folder},
		mesh:     mesh{make(map[aliasKey]*connect.Proxy), make(map[aliasKey]int)},
		clusters: make(map[string]*cluster), definitions: make(map[string]*definition), revisions: make(map[familyKey]int),
		memories: make(map[*task]*time.Timer),
	}
}

// Close ends all tasks and waits for their processes to be gone.
func (s *Service) Close() error {
	s.mu.Lock()
	s.end()
	for _, timer := range s.memories {
		timer.Stop()
	}
	for _, proxy := range s.mesh.proxies {
		_ = proxy.Close()
	}
	s.mu.Unlock()
	err := s.Containers.Close()
	s.work.Wait()
	if err != nil {
		return fmt.Errorf("ending the containers: %w", err)
	}
	return s.disk.close()
}

// Providers makes the types of AWS::ECS real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		"AWS::ECS::Cluster":                             &clusterProvider{s},
		"AWS::ECS::TaskDefinition":                      &definitionProvider{s},
		"AWS::ECS::Service":                             &fleetProvider{s},
		"AWS::ECS::ClusterCapacityProviderAssociations": &associationProvider{s},
	}
}

// API returns the operations of ECS.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "ecs", Protocol: wire.JSON11, TargetPrefix: "AmazonEC2ContainerServiceV20141113",
		Operations: map[string]wire.Handler{
			"CreateCluster":               wire.Op(s.createCluster),
			"DeleteCluster":               wire.Op(s.deleteCluster),
			"DescribeClusters":            wire.Op(s.describeClusters),
			"ListClusters":                wire.Op(s.listClusters),
			"RegisterTaskDefinition":      wire.Op(s.registerTaskDefinition),
			"DeregisterTaskDefinition":    wire.Op(s.deregisterTaskDefinition),
			"DescribeTaskDefinition":      wire.Op(s.describeTaskDefinition),
			"ListTaskDefinitions":         wire.Op(s.listTaskDefinitions),
			"CreateService":               wire.Op(s.createService),
			"UpdateService":               wire.Op(s.updateService),
			"DeleteService":               wire.Op(s.deleteService),
			"DescribeServices":            wire.Op(s.describeServices),
			"ListServices":                wire.Op(s.listServices),
			"ListServiceDeployments":      wire.Op(s.listServiceDeployments),
			"DescribeServiceDeployments":  wire.Op(s.describeServiceDeployments),
			"DescribeServiceRevisions":    wire.Op(s.describeServiceRevisions),
			"StopServiceDeployment":       wire.Op(s.stopServiceDeployment),
			"ContinueServiceDeployment":   wire.Op(s.continueServiceDeployment),
			"RunTask":                     wire.Op(s.runTask),
			"ExecuteCommand":              wire.Op(s.executeCommand),
			"ListTaskDefinitionFamilies":  wire.Op(s.listTaskDefinitionFamilies),
			"PutClusterCapacityProviders": wire.Op(s.putClusterCapacityProviders),
			"DescribeCapacityProviders":   wire.Op(s.describeCapacityProviders),
			"UpdateCluster":               wire.Op(s.updateCluster),
			"UpdateClusterSettings":       wire.Op(s.updateClusterSettings),
			"DescribeTasks":               wire.Op(s.describeTasks),
			"ListTasks":                   wire.Op(s.listTasks),
			"StopTask":                    wire.Op(s.stopTask),
			"ListTagsForResource":         wire.Op(s.listTagsForResource),
			"TagResource":                 wire.Op(s.tagResource),
			"UntagResource":               wire.Op(s.untagResource),
		},
	}
}

func arn(place resource.Place, path string) string {
	return fmt.Sprintf("arn:aws:ecs:%s:%s:%s", place.Region, place.Account, path)
}

// hexID returns the 32 hexadecimal digits that identify a task.
func hexID() string {
	return fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()) //nolint:gosec // an identifier, not a secret
}

// lastPart is what follows the last slash of an ARN.
func lastPart(text string) string { return text[strings.LastIndex(text, "/")+1:] }

// Tag is a resource's tag.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func tagMap(tags []Tag) map[string]string {
	table := make(map[string]string, len(tags))
	for _, tag := range tags {
		table[tag.Key] = tag.Value
	}
	return table
}

func errInvalid(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidParameterException", format, args...)
}

func errClient(format string, args ...any) *wire.Error {
	return wire.Errorf("ClientException", format, args...)
}

// handlerFailure words an API error as CloudFormation's resource handler does.
func handlerFailure(err error) error {
	refused, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	code := "InvalidRequest"
	if strings.HasSuffix(refused.Code, "NotFoundException") {
		code = "NotFound"
	}
	return &resource.Failure{Message: refused.Message, HandlerErrorCode: code}
}

// elapsed returns the time that passed, or nothing for a moment that has not come.
func elapsed(since, now time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return now.Sub(since)
}

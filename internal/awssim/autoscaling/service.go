// Package autoscaling is Application Auto Scaling for ECS services: targets, policies that alarms run, and schedules.
//
// Target tracking makes its two alarms as AWS does and acts when they go off: out in proportion to the metric, in by a
// tenth at a time. Cooldowns and rates are scaled by the clock; at and cron name moments of the wall clock.
//
// Behaviour and texts follow the user guide ("Target tracking scaling policies", "Scaling activities"), the API
// reference of 2016-02-06 and messages quoted in public issues.
package autoscaling

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudwatch"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Fleets is what is scaled: [ecs.Service].
type Fleets interface {
	DesiredCount(place resource.Place, cluster, service string) (ecs.Count, error)
	SetDesiredCount(place resource.Place, cluster, service string, count int) error
	// TellScaling adds to the service's events what was done and why.
	TellScaling(place resource.Place, cluster, service, message, cause string)
}

// Alarms is what watches metrics: [cloudwatch.Service].
type Alarms interface {
	PutWatch(place resource.Place, wanted cloudwatch.Watch) (string, error)
	RemoveAlarm(place resource.Place, name string)
	AlarmReading(place resource.Place, name string) (cloudwatch.Reading, error)
	AlarmsOf(place resource.Place, action string) []string
}

// Deps are what the service works with.
type Deps struct {
	Clock  clock.Clock
	Fleets Fleets
	Alarms Alarms
}

// Service is the scalable targets of all accounts and regions.
type Service struct {
	Deps

	life context.Context //nolint:containedctx // ends with Close, not with a request
	end  context.CancelFunc
	work sync.WaitGroup // schedules

	acting sync.Mutex // one scaling at a time; it is taken before mu

	mu      sync.Mutex
	targets map[targetKey]*target
}

// The only things that can be scaled here.
const (
	namespaceECS = "ecs"
	dimensionECS = "ecs:service:DesiredCount"
)

// targetKey finds a scalable target: service/CLUSTER/NAME.
type targetKey struct {
	resource.Place

	id string
}

// New returns a service without targets.
func New(deps Deps) *Service {
	life, end := context.WithCancel(context.Background())
	return &Service{Deps: deps, life: life, end: end, targets: make(map[targetKey]*target)}
}

// Close ends all schedules.
func (s *Service) Close() error {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.work.Wait()
	return nil
}

// API returns the operations of Application Auto Scaling.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "application-autoscaling", Protocol: wire.JSON11, TargetPrefix: "AnyScaleFrontendService",
		Capitals: []string{"InvalidNextTokenException", "ObjectNotFoundException", "ResourceNotFoundException", "ValidationException"},
		Operations: map[string]wire.Handler{
			"RegisterScalableTarget":    wire.Op(s.registerScalableTarget),
			"DeregisterScalableTarget":  wire.Op(s.deregisterScalableTarget),
			"DescribeScalableTargets":   wire.Op(s.describeScalableTargets),
			"PutScalingPolicy":          wire.Op(s.putScalingPolicy),
			"DeleteScalingPolicy":       wire.Op(s.deleteScalingPolicy),
			"DescribeScalingPolicies":   wire.Op(s.describeScalingPolicies),
			"PutScheduledAction":        wire.Op(s.putScheduledAction),
			"DeleteScheduledAction":     wire.Op(s.deleteScheduledAction),
			"DescribeScheduledActions":  wire.Op(s.describeScheduledActions),
			"DescribeScalingActivities": wire.Op(s.describeScalingActivities),
			"TagResource":               wire.Op(s.tagResource),
			"UntagResource":             wire.Op(s.untagResource),
			"ListTagsForResource":       wire.Op(s.listTagsForResource),
		},
	}
}

func errValidation(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

const codeNotFound = "ObjectNotFoundException"

func errNotFound(format string, args ...any) error {
	return wire.Errorf(codeNotFound, format, args...)
}

// unsupported is the error for what the simulator knows but does not act on.
func unsupported(what string) error { return errValidation("awssim does not implement %s", what) }

// scalable names what is scaled, as requests write it.
type scalable struct {
	ServiceNamespace  string
	ResourceID        string `json:"ResourceId"`
	ScalableDimension string
}

// known are the namespaces that exist besides ECS.
func known(namespace string) bool {
	switch namespace {
	case "elasticmapreduce", "ec2", "appstream", "dynamodb", "rds", "sagemaker", "custom-resource", "comprehend", "lambda",
		"cassandra", "kafka", "elasticache", "neptune", "workspaces":
		return true
	default:
		return false
	}
}

var serviceID = regexp.MustCompile(`^service/[a-zA-Z0-9_-]{1,255}/[a-zA-Z0-9_-]{1,255}$`)

func checkNamespace(namespace string) error {
	switch {
	case namespace == namespaceECS:
		return nil
	case known(namespace):
		return unsupported("the service namespace " + namespace)
	default:
		return errValidation("1 validation error detected: Value '%s' at 'serviceNamespace' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [ecs, elasticmapreduce, ec2, appstream, dynamodb, rds, sagemaker, custom-resource, "+
			"comprehend, lambda, cassandra, kafka, elasticache, neptune, workspaces]", namespace)
	}
}

func (t *scalable) key(place resource.Place) (targetKey, error) {
	if err := checkNamespace(t.ServiceNamespace); err != nil {
		return targetKey{}, err
	}
	if t.ScalableDimension != dimensionECS || !serviceID.MatchString(t.ResourceID) {
		return targetKey{}, errValidation("Unsupported service namespace, resource type or scalable dimension")
	}
	return targetKey{place, t.ResourceID}, nil
}

// ecsNames returns the names of the cluster and the service.
func (k targetKey) ecsNames() (string, string) {
	cluster, service, _ := strings.Cut(strings.TrimPrefix(k.id, "service/"), "/")
	return cluster, service
}

// find returns the target that a request names. Call it locked.
func (s *Service) find(place resource.Place, named *scalable) (*target, error) {
	key, err := named.key(place)
	if err != nil {
		return nil, err
	}
	found, ok := s.targets[key]
	if !ok {
		return nil, errNoTarget("registered", named)
	}
	return found, nil
}

func errNoTarget(verb string, named *scalable) error {
	return errNotFound("No scalable target %s for service namespace: %s, resource ID: %s, scalable dimension: %s",
		verb, named.ServiceNamespace, named.ResourceID, named.ScalableDimension)
}

// now is the time of the wall clock.
func (s *Service) now() time.Time { return s.Clock.Now() }

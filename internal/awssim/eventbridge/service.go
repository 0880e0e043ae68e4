// Package eventbridge is EventBridge's default bus: rules match events by pattern or come with the clock, and send them
// to queues and topics whose policies let them.
//
// Texts of errors are those of public recordings where there are some, and otherwise believed.
package eventbridge

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/pattern"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sqs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	principal  = "events.amazonaws.com"
	defaultBus = "default"

	enabled  = "ENABLED"
	disabled = "DISABLED"
)

// Queues is where events go: [sqs.Service].
type Queues interface {
	Deliver(queueARN string, d sqs.Delivery) error
}

// Topics is where events go: sns.Service.
type Topics interface {
	// Deliver publishes for another service, such as "events.amazonaws.com", on behalf of a source, if the topic's
	// policy allows it.
	Deliver(topicARN, service, source, message string) error
}

// Deps are what the service works with.
type Deps struct {
	Clock  clock.Clock
	Queues Queues
	Topics Topics
	// Logger gets what could not be delivered; nil logs nothing.
	Logger *slog.Logger
}

// Service is the default buses of all accounts and regions.
type Service struct {
	Deps

	tasks Tasks // nil runs none

	life context.Context //nolint:containedctx // ends with Close, not with a request
	end  context.CancelFunc
	work sync.WaitGroup // schedules

	mu    sync.Mutex
	rules map[key]*rule
	since map[resource.Place]time.Time // when a bus was first asked for
}

type key struct {
	resource.Place

	name string
}

// rule is one rule. Its fields are the Service's, under its lock.
type rule struct {
	key

	description, role string
	state             string
	pattern           string
	matches           pattern.Pattern
	schedule          string
	stop              context.CancelFunc // of the schedule; nil without one
	targets           []Target
	tags              map[string]string
}

func (k key) arn() string {
	return fmt.Sprintf("arn:aws:events:%s:%s:rule/%s", k.Region, k.Account, k.name)
}

// New returns a service without rules.
func New(deps Deps) *Service {
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	life, end := context.WithCancel(context.Background())
	return &Service{Deps: deps, life: life, end: end, rules: make(map[key]*rule), since: make(map[resource.Place]time.Time)}
}

// Close ends all schedules.
func (s *Service) Close() error {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.work.Wait()
	return nil
}

// API returns the operations of EventBridge.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "events", Protocol: wire.JSON11, TargetPrefix: "AWSEvents",
		Operations: map[string]wire.Handler{
			"PutRule":               wire.Op(s.putRule),
			"DescribeRule":          wire.Op(s.describeRule),
			"ListRules":             wire.Op(s.listRules),
			"DeleteRule":            wire.Op(s.deleteRule),
			"EnableRule":            wire.Op(s.enableRule),
			"DisableRule":           wire.Op(s.disableRule),
			"PutTargets":            wire.Op(s.putTargets),
			"RemoveTargets":         wire.Op(s.removeTargets),
			"ListTargetsByRule":     wire.Op(s.listTargetsByRule),
			"ListRuleNamesByTarget": wire.Op(s.listRuleNamesByTarget),
			"PutEvents":             wire.Op(s.putEvents),
			"DescribeEventBus":      wire.Op(s.describeEventBus),
			"ListEventBuses":        wire.Op(s.listEventBuses),
			"TestEventPattern":      wire.Op(s.testEventPattern),
			"ListTagsForResource":   wire.Op(s.listTagsForResource),
			"TagResource":           wire.Op(s.tagResource),
			"UntagResource":         wire.Op(s.untagResource),
		},
	}
}

func errInvalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

func errNoRule(name string) error {
	return wire.Errorf("ResourceNotFoundException", "Rule %s does not exist on EventBus default.", name)
}

// checkBus refuses all buses but the default one, which is named, or given by its ARN, or left out.
func checkBus(name string) error {
	if _, after, ok := strings.Cut(name, ":event-bus/"); ok {
		name = after
	}
	if name == "" || name == defaultBus {
		return nil
	}
	return wire.Errorf("ResourceNotFoundException", "Event bus %s does not exist.", name)
}

// find returns a rule. Call it locked.
func (s *Service) find(call *wire.Call, name, bus string) (*rule, error) {
	if err := checkBus(bus); err != nil {
		return nil, err
	}
	if found := s.rules[key{call.Place(), name}]; found != nil {
		return found, nil
	}
	return nil, errNoRule(name)
}

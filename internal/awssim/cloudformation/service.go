// Package cloudformation is the simulated CloudFormation: stacks whose operations run asynchronously, in
// dependency order, through the states and with the events of the real one.
//
// The pieces: document parses templates, intrinsic evaluates expressions; here are the stacks (stack.go,
// store.go), the engine that moves them (operation.go, walk.go, provision.go, run_*.go) and the API
// (api_*.go). Resources are made real by providers, which the engine knows by type only.
package cloudformation

import (
	"context"
	"log/slog"
	"maps"
	"sync"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	awsevent "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Config is what the service is made of.
type Config struct {
	// Clock scales the waits of the engine; providers have clocks of their own.
	Clock clock.Clock
	// Providers by resource type. A type without one is refused by CreateStack.
	Providers map[string]resource.Provider
	// Alarms are what rollback triggers watch; without them triggers are refused.
	Alarms Alarms
	// Roles are what stacks may be given; without it any role will do.
	Roles Roles
	// References finds the values of SSM parameters and secrets; without it templates cannot have any.
	References References
	// Topics get the events of stacks that name them, in order and without waiting; nil tells nobody.
	Topics Topics
	// Objects is where templates and policies lie that are given by URL; without it they cannot be.
	Objects Objects
	// Events is told of every change of a status; nil tells nobody.
	Events awsevent.Sink
	// Wrap puts something around the providers of the service's own types, such as faults; nil leaves them as they are.
	Wrap func(resource.Provider) resource.Provider
	// Base is the address at which clients reach the simulator, such as "http://127.0.0.1:4566": wait conditions are
	// signalled there.
	Base func() string
	// Logger gets what goes wrong in the simulator itself; nil logs nothing.
	Logger *slog.Logger
}

// Service is the simulated CloudFormation.
type Service struct {
	clock      clock.Clock
	providers  map[string]resource.Provider
	alarms     Alarms
	roles      Roles
	references References
	objects    Objects
	topics     Topics
	bus        awsevent.Sink
	mail       *mail // to topics and bus
	log        *slog.Logger
	base       func() string // nil without a server
	waits      *waits
	store      *store
	templates  *templates

	ctx      context.Context //nolint:containedctx // the life of the service, which operations must not outlive
	stop     context.CancelFunc
	running  sync.WaitGroup
	starting sync.Mutex // held to start an operation, so that Close does not miss one
}

// New returns a service without stacks.
func New(config Config) *Service {
	log := config.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{
		clock: config.Clock, providers: make(map[string]resource.Provider), alarms: config.Alarms, roles: config.Roles,
		references: config.References,
		objects:    config.Objects, log: log, mail: newMail(),
		base: config.Base, waits: newWaits(), store: newStore(), templates: newTemplates(), ctx: ctx, stop: stop,
	}
	maps.Copy(s.providers, config.Providers)
	for name, provider := range s.own() {
		if config.Wrap != nil {
			provider = config.Wrap(provider)
		}
		s.providers[name] = provider
	}
	if config.Topics != nil {
		s.topics = postedTopics{s.mail, config.Topics}
	}
	if config.Events != nil {
		s.bus = postedSink{s.mail, config.Events}
	}
	return s
}

// own are the providers of the types that are CloudFormation's.
func (s *Service) own() map[string]resource.Provider {
	return map[string]resource.Provider{stackType: nested{s}, waitType: waiting{s}, handleType: waiting{s}}
}

// Types returns the resource types that the service itself makes real, sorted.
func (s *Service) Types() []string { return sortedKeys(s.own()) }

// Close stops all operations where they are and waits for their goroutines, and until what they told is delivered.
func (s *Service) Close() error {
	s.starting.Lock()
	s.stop()
	s.starting.Unlock()
	s.running.Wait()
	s.mail.wait()
	return nil
}

// Package sns is the Simple Notification Service: topics that hand messages on to queues and to servers on this machine.
//
// Messages are not signed: their Signature is a placeholder. Mail is not sent: such subscriptions stay pending. Texts of
// errors are believed.
package sns

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sqs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const principal = "sns.amazonaws.com"

// Queues is where messages go: [sqs.Service].
type Queues interface {
	Deliver(queueARN string, d sqs.Delivery) error
}

// Deps are what the service works with.
type Deps struct {
	Clock  clock.Clock
	Queues Queues
	// Base returns the URL at which clients reach the simulator.
	Base func() string
	// Logger gets what could not be delivered; nil logs nothing.
	Logger *slog.Logger
}

// Service is the topics of all accounts and regions.
type Service struct {
	Deps

	client *http.Client
	life   context.Context //nolint:containedctx // ends with Close, not with a request
	end    context.CancelFunc
	work   sync.WaitGroup // deliveries to servers

	mu       sync.Mutex
	topics   map[string]*topic // by ARN
	last     int64             // sequence number
	policies map[string]policyProperties
}

// topic is one topic. Its fields are the Service's, under its lock.
type topic struct {
	resource.Place

	arn, name     string
	attributes    map[string]string // those that were set
	tags          map[string]string
	subscriptions []*subscription // oldest first
	deleted       int             // subscriptions
}

func (t *topic) fifo() bool { return t.attributes["FifoTopic"] == "true" }

// New returns a service without topics.
func New(deps Deps) *Service {
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	life, end := context.WithCancel(context.Background())
	return &Service{
		Deps: deps, life: life, end: end, topics: make(map[string]*topic), policies: make(map[string]policyProperties),
		client: &http.Client{Timeout: serverPatience, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
}

// Close ends all deliveries.
func (s *Service) Close() error {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.work.Wait()
	s.client.CloseIdleConnections()
	return nil
}

// API returns the operations of SNS.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "sns", Protocol: wire.Query, Version: "2010-03-31", Namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
		Operations: map[string]wire.Handler{
			"CreateTopic":               wire.Op(s.createTopic),
			"DeleteTopic":               wire.Op(s.deleteTopic),
			"ListTopics":                wire.Op(s.listTopics),
			"GetTopicAttributes":        wire.Op(s.getTopicAttributes),
			"SetTopicAttributes":        wire.Op(s.setTopicAttributes),
			"Subscribe":                 wire.Op(s.subscribe),
			"ConfirmSubscription":       wire.Op(s.confirmSubscription),
			"Unsubscribe":               wire.Op(s.unsubscribe),
			"ListSubscriptions":         wire.Op(s.listSubscriptions),
			"ListSubscriptionsByTopic":  wire.Op(s.listSubscriptionsByTopic),
			"GetSubscriptionAttributes": wire.Op(s.getSubscriptionAttributes),
			"SetSubscriptionAttributes": wire.Op(s.setSubscriptionAttributes),
			"Publish":                   wire.Op(s.publish),
			"PublishBatch":              wire.Op(s.publishBatch),
			"ListTagsForResource":       wire.Op(s.listTagsForResource),
			"TagResource":               wire.Op(s.tagResource),
			"UntagResource":             wire.Op(s.untagResource),
		},
	}
}

func errParameter(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidParameter", "Invalid parameter: "+format, args...)
}

func errNotFound(what string) *wire.Error {
	return &wire.Error{Code: "NotFound", Message: what + " does not exist", Status: http.StatusNotFound}
}

func arnOf(place resource.Place, name string) string {
	return fmt.Sprintf("arn:aws:sns:%s:%s:%s", place.Region, place.Account, name)
}

// find returns the topic with an ARN. Call it locked.
func (s *Service) find(arn string) (*topic, error) {
	const parts = 6 // arn:aws:sns:REGION:ACCOUNT:NAME
	if split := strings.Split(arn, ":"); len(split) != parts || split[2] != "sns" {
		return nil, errParameter("TopicArn Reason: An ARN must have at least 6 elements, not %d", len(split))
	}
	if found := s.topics[arn]; found != nil {
		return found, nil
	}
	return nil, errNotFound("Topic")
}

// in returns the topics of a place, by ARN. Call it locked.
func (s *Service) in(place resource.Place) []*topic {
	var found []*topic
	for _, each := range s.topics {
		if each.Place == place {
			found = append(found, each)
		}
	}
	slices.SortFunc(found, func(a, b *topic) int { return cmp.Compare(a.arn, b.arn) })
	return found
}

package sns

import (
	"context"
	"encoding/json"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/pattern"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// pendingARN is what listings show in the place of an ARN before a subscription is confirmed.
const pendingARN = "PendingConfirmation"

// subscription is one subscription of a topic.
type subscription struct {
	arn, protocol, endpoint string
	token                   string // to confirm with; "" once it is confirmed
	attributes              map[string]string
	filter                  pattern.Pattern // nil takes everything
}

func (s *subscription) raw() bool { return s.attributes["RawMessageDelivery"] == "true" }

// set checks attributes and takes them over.
func (s *subscription) set(attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		switch name {
		case "RawMessageDelivery":
			if value != "true" && value != "false" {
				return errParameter("Attributes Reason: RawMessageDelivery: Invalid value [%s]. Must be true or false.", value)
			}
		case "FilterPolicyScope":
			if value != "MessageAttributes" && value != "MessageBody" {
				return errParameter("Attributes Reason: FilterPolicyScope: Invalid value [%s]. "+
					"Please use either MessageBody or MessageAttributes", value)
			}
		case "FilterPolicy":
			if err := s.narrow(value); err != nil {
				return err
			}
		case "RedrivePolicy":
			if value != "" && !json.Valid([]byte(value)) {
				return errParameter("RedrivePolicy: failed to parse JSON.")
			}
		case "SubscriptionRoleArn", "DeliveryPolicy": // how AWS reaches streams, and how often it tries servers again
		default:
			return errParameter("AttributeName")
		}
		s.attributes[name] = value
	}
	return nil
}

// narrow sets the filter policy; an empty one takes everything.
func (s *subscription) narrow(text string) error {
	s.filter = nil
	if text == "" || text == "{}" {
		return nil
	}
	read, err := pattern.Read(text)
	if err != nil {
		_, reason, _ := strings.Cut(err.Error(), "Reason: ")
		return errParameter("FilterPolicy: %s", reason)
	}
	s.filter = read
	return nil
}

// checkEndpoint refuses endpoints that are none, or that the simulator must not reach.
func checkEndpoint(protocol, endpoint string, fifo bool) error {
	switch protocol {
	case "sqs":
		switch {
		case !strings.HasPrefix(endpoint, "arn:aws:sqs:"):
			return errParameter("SQS endpoint ARN")
		case !fifo && strings.HasSuffix(endpoint, ".fifo"):
			return errParameter("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
		}
		return nil
	case "http", "https":
		parsed, err := url.Parse(endpoint)
		if err != nil || parsed.Scheme != protocol {
			return errParameter("Endpoint must match the specified protocol")
		}
		if address := net.ParseIP(parsed.Hostname()); parsed.Hostname() != "localhost" && (address == nil || !address.IsLoopback()) {
			return errParameter("awssim does not reach the Endpoint %s: it knows servers on this machine", endpoint)
		}
		return nil
	case "email", "email-json":
		if !strings.Contains(endpoint, "@") {
			return errParameter("Email address")
		}
		return nil
	default:
		return errParameter("awssim does not implement the Protocol %s", protocol)
	}
}

// join adds a subscription to a topic, or finds the one that is there, and asks servers to confirm. Call it locked.
func (s *Service) join(to *topic, protocol, endpoint string, attributes map[string]string) (*subscription, error) {
	if err := checkEndpoint(protocol, endpoint, to.fifo()); err != nil {
		return nil, err
	}
	made := &subscription{
		arn: to.arn + ":" + uuid.NewString(), protocol: protocol, endpoint: endpoint, attributes: make(map[string]string),
	}
	if err := made.set(attributes); err != nil {
		return nil, err
	}
	for _, each := range to.subscriptions {
		if each.protocol != protocol || each.endpoint != endpoint {
			continue
		}
		for name, value := range attributes {
			if each.attributes[name] != value {
				return nil, errParameter("Attributes Reason: Subscription already exists with different attributes")
			}
		}
		return each, nil
	}
	if protocol != "sqs" {
		made.token = strings.ReplaceAll(uuid.NewString()+uuid.NewString(), "-", "")
	}
	to.subscriptions = append(to.subscriptions, made)
	if strings.HasPrefix(protocol, "http") {
		s.askToConfirm(to, made)
	}
	return made, nil
}

type subscribeInput struct {
	TopicArn, Protocol, Endpoint string
	Attributes                   map[string]string
	ReturnSubscriptionArn        bool
}

type subscriptionArn struct{ SubscriptionArn string }

func (s *Service) subscribe(_ context.Context, _ *wire.Call, in *subscribeInput) (*subscriptionArn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(in.TopicArn)
	if err != nil {
		return nil, err
	}
	made, err := s.join(found, in.Protocol, in.Endpoint, in.Attributes)
	if err != nil {
		return nil, err
	}
	if made.token != "" && !in.ReturnSubscriptionArn {
		return &subscriptionArn{"pending confirmation"}, nil
	}
	return &subscriptionArn{made.arn}, nil
}

type confirmInput struct {
	TopicArn, Token           string
	AuthenticateOnUnsubscribe bool // callers are not told apart
}

func (s *Service) confirmSubscription(_ context.Context, _ *wire.Call, in *confirmInput) (*subscriptionArn, error) {
	arn, err := s.Confirm(in.TopicArn, in.Token)
	if err != nil {
		return nil, err
	}
	return &subscriptionArn{arn}, nil
}

// Confirm confirms a subscription with the token that its endpoint got, and returns its ARN.
func (s *Service) Confirm(topicARN, token string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(topicARN)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(found.subscriptions, func(each *subscription) bool { return each.token == token })
	if token == "" || at < 0 {
		return "", errParameter("Token")
	}
	found.subscriptions[at].token = ""
	return found.subscriptions[at].arn, nil
}

// member finds a subscription by its ARN. Call it locked.
func (s *Service) member(arn string) (*topic, *subscription, error) {
	if cut := strings.LastIndex(arn, ":"); cut > 0 {
		if found := s.topics[arn[:cut]]; found != nil {
			for _, each := range found.subscriptions {
				if each.arn == arn {
					return found, each, nil
				}
			}
		}
	}
	return nil, nil, errNotFound("Subscription")
}

func (s *Service) unsubscribe(_ context.Context, _ *wire.Call, in *subscriptionArn) (*wire.None, error) {
	const parts = 7 // those of a topic, and the subscription's id
	if len(strings.Split(in.SubscriptionArn, ":")) != parts {
		return nil, errParameter("SubscriptionArn Reason: An ARN must have at least 6 elements, not %d",
			len(strings.Split(in.SubscriptionArn, ":")))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(in.SubscriptionArn) // leaving twice is no error
	return &wire.None{}, nil
}

// leave ends a subscription. Call it locked.
func (s *Service) leave(arn string) {
	if from, doomed, err := s.member(arn); err == nil {
		from.deleted++
		from.subscriptions = slices.DeleteFunc(slices.Clone(from.subscriptions), func(each *subscription) bool {
			return each == doomed
		})
	}
}

type described struct{ SubscriptionArn, Owner, Protocol, Endpoint, TopicArn string }

func (t *topic) listed() []described {
	all := []described{}
	for _, each := range t.subscriptions {
		shown := described{each.arn, t.Account, each.protocol, each.endpoint, t.arn}
		if each.token != "" {
			shown.SubscriptionArn = pendingARN
		}
		all = append(all, shown)
	}
	return all
}

type listSubscriptionsInput struct{ TopicArn, NextToken string }

type listSubscriptionsOutput struct {
	Subscriptions []described
	NextToken     string
}

func (s *Service) listSubscriptions(_ context.Context, call *wire.Call, in *listTopicsInput) (*listSubscriptionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []described{}
	for _, each := range s.in(call.Place()) {
		all = append(all, each.listed()...)
	}
	return pageOfSubscriptions(all, in.NextToken)
}

func pageOfSubscriptions(all []described, token string) (*listSubscriptionsOutput, error) {
	order := func(d described) string { return d.TopicArn + " " + d.Protocol + " " + d.Endpoint }
	slices.SortFunc(all, func(a, b described) int { return strings.Compare(order(a), order(b)) })
	page, next, err := pageOf(all, token, order)
	return &listSubscriptionsOutput{page, next}, err
}

func (s *Service) listSubscriptionsByTopic(
	_ context.Context, _ *wire.Call, in *listSubscriptionsInput,
) (*listSubscriptionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(in.TopicArn)
	if err != nil {
		return nil, err
	}
	return pageOfSubscriptions(found.listed(), in.NextToken)
}

func (s *Service) getSubscriptionAttributes(_ context.Context, _ *wire.Call, in *subscriptionArn) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of, found, err := s.member(in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	all := map[string]string{
		"SubscriptionArn": found.arn, "TopicArn": of.arn, "Protocol": found.protocol, "Endpoint": found.endpoint, "Owner": of.Account,
		"RawMessageDelivery": "false", "PendingConfirmation": "false", "ConfirmationWasAuthenticated": "true",
		"SubscriptionPrincipal": "arn:aws:iam::" + of.Account + ":user/awssim",
	}
	if found.token != "" {
		all["PendingConfirmation"], all["ConfirmationWasAuthenticated"] = "true", "false"
	}
	maps.Copy(all, found.attributes)
	if found.filter != nil && all["FilterPolicyScope"] == "" {
		all["FilterPolicyScope"] = "MessageAttributes"
	}
	return &attributesOutput{all}, nil
}

type setSubscriptionInput struct{ SubscriptionArn, AttributeName, AttributeValue string }

func (s *Service) setSubscriptionAttributes(_ context.Context, _ *wire.Call, in *setSubscriptionInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found, err := s.member(in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	return &wire.None{}, found.set(map[string]string{in.AttributeName: in.AttributeValue})
}

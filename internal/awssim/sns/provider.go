package sns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	topicType = "AWS::SNS::Topic"
	// topicTakes is how long a topic takes, rounded from event logs that people publish.
	topicTakes = 11 * time.Second
	// longest is the longest name of a topic (CreateTopic, API reference).
	longest = 256
)

// Providers makes topics, their subscriptions and their policies real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		topicType: &topicProvider{s}, "AWS::SNS::Subscription": &subscriptionProvider{s}, "AWS::SNS::TopicPolicy": &policyProvider{s},
	}
}

type topicProvider struct{ *Service }

// topicProperties are the properties of AWS::SNS::Topic that are acted on.
type topicProperties struct {
	TopicName, DisplayName, KmsMasterKeyID, SignatureVersion, TracingConfig string
	FifoThroughputScope                                                     string
	FifoTopic, ContentBasedDeduplication                                    *bool
	Subscription                                                            []struct{ Endpoint, Protocol string }
	Tags                                                                    []props.Tag
}

func (w *topicProperties) attributes() map[string]string {
	set := make(map[string]string)
	for name, value := range map[string]string{
		"DisplayName": w.DisplayName, "KmsMasterKeyId": w.KmsMasterKeyID, "SignatureVersion": w.SignatureVersion,
		"TracingConfig": w.TracingConfig, "FifoThroughputScope": w.FifoThroughputScope,
	} {
		if value != "" {
			set[name] = value
		}
	}
	for name, value := range map[string]*bool{
		"FifoTopic": w.FifoTopic, "ContentBasedDeduplication": w.ContentBasedDeduplication,
	} {
		if value != nil {
			set[name] = strconv.FormatBool(*value)
		}
	}
	return set
}

func (p *topicProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	var wanted topicProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	made, err := p.create(r, &wanted)
	if err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	if r.Initiated != nil {
		r.Initiated(made.PhysicalID)
	}
	if err := p.Clock.Sleep(ctx, topicTakes); err != nil {
		return resource.Result{}, fmt.Errorf("creating %s: %w", made.PhysicalID, err)
	}
	return made, nil
}

func (p *topicProvider) create(r resource.Request, wanted *topicProperties) (resource.Result, error) {
	named := wanted.TopicName
	if named == "" {
		suffix := ""
		if wanted.FifoTopic != nil && *wanted.FifoTopic {
			suffix = ".fifo"
		}
		named = props.NameWithin(longest, r, suffix)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.topics[arnOf(r.Place, named)] != nil {
		return resource.Result{}, props.AlreadyExists(topicType, arnOf(r.Place, named))
	}
	made, err := p.make(r.Place, named, wanted.attributes(), props.MergeTags(r.Tags, wanted.Tags))
	if err != nil {
		return resource.Result{}, err
	}
	for _, each := range wanted.Subscription {
		if _, err := p.join(made, each.Protocol, each.Endpoint, nil); err != nil {
			delete(p.topics, made.arn)
			return resource.Result{}, err
		}
	}
	return made.result(), nil
}

func (t *topic) result() resource.Result {
	return resource.Result{PhysicalID: t.arn, Attributes: map[string]any{"TopicArn": t.arn, "TopicName": t.name}}
}

func (p *topicProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted, before topicProperties
	if err := errors.Join(props.Decode(r.Properties, &wanted), props.Decode(r.Previous, &before)); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.topics[r.PhysicalID]
	if found == nil {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	kept := map[string]string{"Policy": found.attributes["Policy"]} // which has a resource of its own
	found.attributes = wanted.attributes()
	if kept["Policy"] != "" {
		found.attributes["Policy"] = kept["Policy"]
	}
	found.tags = props.MergeTags(r.Tags, wanted.Tags)
	for _, each := range before.Subscription {
		if !slices.Contains(wanted.Subscription, each) {
			for _, one := range found.subscriptions {
				if one.protocol == each.Protocol && one.endpoint == each.Endpoint {
					p.leave(one.arn)
				}
			}
		}
	}
	for _, each := range wanted.Subscription {
		if _, err := p.join(found, each.Protocol, each.Endpoint, nil); err != nil {
			return resource.Result{}, props.Refusal(err, nil)
		}
	}
	return found.result(), nil
}

func (p *topicProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.topics, r.PhysicalID)
	return nil
}

// Read returns the properties that the topic has. Its subscriptions are left out: others may add some.
func (p *topicProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.topics[r.PhysicalID]
	if found == nil {
		return nil, false
	}
	all := resource.Properties{"TopicName": found.name}
	for name, value := range found.attributes {
		switch {
		case name == "Policy" || value == "":
		case value == "true" || value == "false":
			all[name] = value == "true"
		default:
			all[name] = value
		}
	}
	subscriptions := []any{}
	for _, each := range found.subscriptions {
		subscriptions = append(subscriptions, map[string]any{"Endpoint": each.endpoint, "Protocol": each.protocol})
	}
	if len(subscriptions) > 0 {
		all["Subscription"] = subscriptions
	}
	props.SetTags(all, r, found.tags)
	return all, true
}

type subscriptionProvider struct{ *Service }

// subscriptionProperties are the properties of AWS::SNS::Subscription that are acted on.
type subscriptionProperties struct {
	TopicArn, Protocol, Endpoint, FilterPolicyScope, SubscriptionRoleArn string
	FilterPolicy, RedrivePolicy, DeliveryPolicy                          any
	RawMessageDelivery                                                   *bool
}

func (w *subscriptionProperties) attributes() map[string]string {
	set := make(map[string]string)
	for name, value := range map[string]string{
		"FilterPolicy": props.Document(w.FilterPolicy), "RedrivePolicy": props.Document(w.RedrivePolicy),
		"DeliveryPolicy":    props.Document(w.DeliveryPolicy),
		"FilterPolicyScope": w.FilterPolicyScope, "SubscriptionRoleArn": w.SubscriptionRoleArn,
	} {
		if value != "" {
			set[name] = value
		}
	}
	if w.RawMessageDelivery != nil {
		set["RawMessageDelivery"] = strconv.FormatBool(*w.RawMessageDelivery)
	}
	return set
}

func (p *subscriptionProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted subscriptionProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	to, err := p.find(wanted.TopicArn)
	if err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	made, err := p.join(to, wanted.Protocol, wanted.Endpoint, wanted.attributes())
	if err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	return resource.Result{PhysicalID: made.arn, Attributes: map[string]any{"Arn": made.arn}}, nil
}

func (p *subscriptionProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted subscriptionProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, found, err := p.member(r.PhysicalID)
	if err != nil {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	found.attributes, found.filter = make(map[string]string), nil
	if err := found.set(wanted.attributes()); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	return resource.Result{PhysicalID: found.arn, Attributes: map[string]any{"Arn": found.arn}}, nil
}

func (p *subscriptionProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leave(r.PhysicalID)
	return nil
}

// Read returns the properties that the subscription has.
func (p *subscriptionProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of, found, err := p.member(r.PhysicalID)
	if err != nil {
		return nil, false
	}
	all := resource.Properties{"TopicArn": of.arn, "Protocol": found.protocol, "Endpoint": found.endpoint}
	for name, value := range found.attributes {
		var object any
		switch {
		case value == "true" || value == "false":
			all[name] = value == "true"
		case strings.HasSuffix(name, "Policy") && json.Unmarshal([]byte(value), &object) == nil:
			all[name] = object
		default:
			all[name] = value
		}
	}
	return all, true
}

// policyProvider gives topics their policies.
type policyProvider struct{ *Service }

type policyProperties struct {
	PolicyDocument any
	Topics         []string
}

func (p *policyProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	return p.apply(r, props.GeneratedName(r.StackName, r.LogicalID))
}

func (p *policyProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	p.withdraw(r.PhysicalID)
	return p.apply(r, r.PhysicalID)
}

func (p *policyProvider) apply(r resource.Request, id string) (resource.Result, error) {
	var wanted policyProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, arn := range wanted.Topics {
		found, err := p.find(arn)
		if err == nil {
			err = checkAttribute("Policy", props.Document(wanted.PolicyDocument), found.fifo())
		}
		if err != nil {
			return resource.Result{}, props.Refusal(err, nil)
		}
		found.attributes["Policy"] = props.Document(wanted.PolicyDocument)
	}
	p.policies[id] = wanted
	return resource.Result{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

func (p *policyProvider) Delete(_ context.Context, r resource.Request) error {
	p.withdraw(r.PhysicalID)
	return nil
}

// withdraw gives topics the policy back that they had at first.
func (p *policyProvider) withdraw(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, arn := range p.policies[id].Topics {
		if found := p.topics[arn]; found != nil {
			delete(found.attributes, "Policy")
		}
	}
	delete(p.policies, id)
}

// Read returns the policy that the topics have.
func (p *policyProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	given, ok := p.policies[r.PhysicalID]
	if !ok {
		return nil, false
	}
	topics := []any{}
	for _, arn := range given.Topics {
		topics = append(topics, arn)
	}
	for _, arn := range given.Topics {
		var has any
		if found := p.topics[arn]; found != nil && json.Unmarshal([]byte(found.policy()), &has) == nil {
			return resource.Properties{"PolicyDocument": has, "Topics": topics}, true
		}
	}
	return nil, false
}

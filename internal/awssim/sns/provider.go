package sns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

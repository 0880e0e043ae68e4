package sns

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

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

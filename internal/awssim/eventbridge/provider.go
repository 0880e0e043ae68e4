package eventbridge

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	ruleType = "AWS::Events::Rule"
	// ruleTakes is how long a rule takes, rounded from event logs that people publish.
	ruleTakes = 60 * time.Second
)

// Providers makes rules real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{ruleType: &ruleProvider{s}}
}

type ruleProvider struct{ *Service }

// ruleProperties are the properties of AWS::Events::Rule that are acted on.
type ruleProperties struct {
	Name, Description, EventBusName, RoleArn, ScheduleExpression, State string
	EventPattern                                                        any
	Targets                                                             []Target
	Tags                                                                []props.Tag
}

func read(r resource.Request) (ruleProperties, error) {
	var wanted ruleProperties
	return wanted, props.Decode(r.Properties, &wanted)
}

func (w *ruleProperties) input(name string) *putRuleInput {
	in := &putRuleInput{
		Name: name, ScheduleExpression: w.ScheduleExpression, State: w.State, Description: w.Description, RoleArn: w.RoleArn,
		EventBusName: w.EventBusName,
	}
	switch typed := w.EventPattern.(type) {
	case nil:
	case string:
		in.EventPattern = typed
	default:
		in.EventPattern = encode(typed)
	}
	return in
}

func (p *ruleProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := read(r)
	if err != nil {
		return resource.Result{}, err
	}
	at := key{r.Place, wanted.Name}
	if at.name == "" {
		at.name = props.NameWithin(maxName, r, "")
	}
	err = p.make(at, &wanted, props.MergeTags(r.Tags, wanted.Tags)) //nolint:contextcheck // a schedule outlives the call
	if err != nil {
		return resource.Result{}, err
	}
	if r.Initiated != nil {
		r.Initiated(at.name)
	}
	if err := p.Clock.Sleep(ctx, ruleTakes); err != nil {
		return resource.Result{}, fmt.Errorf("creating %s: %w", at.name, err)
	}
	return result(at), nil
}

func (p *ruleProvider) make(at key, wanted *ruleProperties, tags map[string]string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rules[at] != nil {
		return props.AlreadyExists(ruleType, at.name)
	}
	if err := p.apply(at, wanted, tags); err != nil {
		if made := p.rules[at]; made != nil {
			p.remove(made)
		}
		return err
	}
	return nil
}

// apply makes the rule as wanted. Call it locked.
func (p *ruleProvider) apply(at key, wanted *ruleProperties, tags map[string]string) error {
	if err := p.put(at, wanted.input(at.name)); err != nil {
		return props.Refusal(err, nil)
	}
	made := p.rules[at]
	made.targets, made.tags = nil, tags
	return props.Refusal(made.aim(wanted.Targets), nil)
}

func result(at key) resource.Result {
	return resource.Result{PhysicalID: at.name, Attributes: map[string]any{"Arn": at.arn()}}
}

func (p *ruleProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := read(r)
	if err != nil {
		return resource.Result{}, err
	}
	at := key{r.Place, r.PhysicalID}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rules[at] == nil {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	err = p.apply(at, &wanted, props.MergeTags(r.Tags, wanted.Tags)) //nolint:contextcheck // a schedule outlives the call
	return result(at), err
}

func (p *ruleProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found := p.rules[key{r.Place, r.PhysicalID}]; found != nil {
		p.remove(found)
	}
	return nil
}

// Read returns the properties that the rule has.
func (p *ruleProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.rules[key{r.Place, r.PhysicalID}]
	if found == nil {
		return nil, false
	}
	all := resource.Properties{"Name": found.name, "State": found.state, "EventBusName": defaultBus}
	for name, value := range map[string]string{
		"Description": found.description, "RoleArn": found.role, "ScheduleExpression": found.schedule,
	} {
		if value != "" {
			all[name] = value
		}
	}
	if found.pattern != "" {
		all["EventPattern"] = map[string]any(found.matches)
	}
	var targets []any
	if json.Unmarshal([]byte(encode(found.targets)), &targets) == nil && len(targets) > 0 {
		all["Targets"] = targets
	}
	props.SetTags(all, r, found.tags)
	return all, true
}

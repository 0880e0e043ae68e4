package autoscaling

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Providers makes the types of AWS::ApplicationAutoScaling real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		"AWS::ApplicationAutoScaling::ScalableTarget": &targetProvider{s},
		"AWS::ApplicationAutoScaling::ScalingPolicy":  &policyProvider{s},
	}
}

var (
	_ resource.Reader = (*targetProvider)(nil)
	_ resource.Reader = (*policyProvider)(nil)
)

// handlerFailure words an API error as CloudFormation's resource handler does.
func handlerFailure(err error) error {
	return props.Refusal(err, map[string]string{"ObjectNotFoundException": "NotFound"})
}

// joined is the physical id of a target: service/CLUSTER/NAME|ecs:service:DesiredCount|ecs.
func (t *scalable) joined() string {
	return strings.Join([]string{t.ResourceID, t.ScalableDimension, t.ServiceNamespace}, "|")
}

func split(id string) scalable {
	parts := append(strings.Split(id, "|"), "", "")
	return scalable{ResourceID: parts[0], ScalableDimension: parts[1], ServiceNamespace: parts[2]}
}

// properties are values as a template has them, without those that are empty.
func properties(value any) resource.Properties {
	var all resource.Properties
	data, _ := json.Marshal(value) //nolint:errchkjson // our own types
	_ = json.Unmarshal(data, &all) // which we just wrote
	for name, member := range all {
		if member == nil {
			delete(all, name)
		}
	}
	return all
}

type targetProvider struct{ *Service }

type scheduledProperties struct {
	ScheduledActionName  string
	Schedule             string
	Timezone             string `json:",omitempty"`
	StartTime            string `json:",omitempty"`
	EndTime              string `json:",omitempty"`
	ScalableTargetAction *scheduledBounds
}

type targetProperties struct {
	scalable

	MinCapacity      *int
	MaxCapacity      *int
	RoleARN          string `json:",omitempty"`
	SuspendedState   *suspended
	ScheduledActions []scheduledProperties `json:",omitempty"`
}

func (p *scheduledProperties) spec() (scheduleSpec, error) {
	made := scheduleSpec{
		ScheduledActionName: p.ScheduledActionName, Schedule: p.Schedule, Timezone: p.Timezone,
		ScalableTargetAction: p.ScalableTargetAction,
	}
	for text, into := range map[string]*wire.Time{p.StartTime: &made.StartTime, p.EndTime: &made.EndTime} {
		if text == "" {
			continue
		}
		if err := into.UnmarshalText([]byte(text)); err != nil {
			return made, props.Invalid("%v", err)
		}
	}
	return made, nil
}

// put makes a target with its schedules, or changes it.
func (p *targetProvider) put(r resource.Request) (resource.Result, error) {
	var wanted targetProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	in := &registerScalableTargetInput{
		scalable: wanted.scalable, MinCapacity: wanted.MinCapacity, MaxCapacity: wanted.MaxCapacity, RoleARN: wanted.RoleARN,
		SuspendedState: wanted.SuspendedState, Tags: r.Tags,
	}
	if in.SuspendedState == nil {
		in.SuspendedState = &suspended{}
	}
	if _, err := p.register(r.Place, in); err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	id := wanted.joined()
	for _, one := range wanted.ScheduledActions {
		spec, err := one.spec()
		if err == nil {
			err = handlerFailure(p.putSchedule(r.Place, &wanted.scalable, spec))
		}
		if err != nil {
			return resource.Result{}, err
		}
	}
	p.forgetSchedules(r.Place, &wanted)
	return resource.Result{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

// forgetSchedules removes those that the template does not have.
func (p *targetProvider) forgetSchedules(place resource.Place, wanted *targetProperties) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of, err := p.find(place, &wanted.scalable)
	if err != nil {
		return
	}
	for name, one := range of.schedules {
		if !slices.ContainsFunc(wanted.ScheduledActions, func(s scheduledProperties) bool { return s.ScheduledActionName == name }) {
			one.stop()
			delete(of.schedules, name)
		}
	}
}

// Create registers a target.
func (p *targetProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted targetProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	r.PhysicalID = wanted.joined()
	if _, exists := p.Read(r); exists {
		return resource.Result{}, props.AlreadyExists(r.Type, r.PhysicalID)
	}
	return p.put(r)
}

// Update changes a target's bounds and schedules.
func (p *targetProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	if _, exists := p.Read(r); !exists {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	return p.put(r)
}

// Delete deregisters a target.
func (p *targetProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	named := split(r.PhysicalID)
	if found, err := p.find(r.Place, &named); err == nil {
		p.remove(found)
	}
	return nil
}

// Read returns how the target is now.
func (p *targetProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	named := split(r.PhysicalID)
	found, err := p.find(r.Place, &named)
	if err != nil {
		return nil, false
	}
	described := targetProperties{
		scalable: named, MinCapacity: &found.min, MaxCapacity: &found.max, SuspendedState: &found.suspended,
	}
	for _, one := range found.schedules {
		spec := scheduledProperties{
			ScheduledActionName: one.spec.ScheduledActionName, Schedule: one.spec.Schedule, Timezone: one.spec.Timezone,
			ScalableTargetAction: one.spec.ScalableTargetAction,
		}
		described.ScheduledActions = append(described.ScheduledActions, spec)
	}
	slices.SortFunc(described.ScheduledActions, func(a, b scheduledProperties) int {
		return strings.Compare(a.ScheduledActionName, b.ScheduledActionName)
	})
	all := properties(described)
	all["Id"] = r.PhysicalID
	return all, true
}

type policyProvider struct{ *Service }

type policyProperties struct {
	scalable
	policySpec

	ScalingTargetID string `json:"-"`
}

// put makes a policy or changes it.
func (p *policyProvider) put(r resource.Request) (resource.Result, error) {
	var wanted policyProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if wanted.ScalingTargetID != "" {
		wanted.scalable = split(wanted.ScalingTargetID)
	}
	made, err := p.putPolicy(r.Place, &wanted.scalable, &wanted.policySpec)
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	return resource.Result{PhysicalID: made.arn, Attributes: map[string]any{
		"Arn": made.arn, "ScalableDimension": wanted.ScalableDimension,
	}}, nil
}

// Create makes a policy.
func (p *policyProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	return p.put(r)
}

// Update changes a policy.
func (p *policyProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	if _, exists := p.Read(r); !exists {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	return p.put(r)
}

// Delete removes a policy and its alarms.
func (p *policyProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if of, found := p.policyOf(r.Place, r.PhysicalID); found != nil {
		p.removePolicy(of, found)
	}
	return nil
}

// Read returns how the policy is now.
func (p *policyProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of, found := p.policyOf(r.Place, r.PhysicalID)
	if found == nil {
		return nil, false
	}
	named := scalable{ServiceNamespace: namespaceECS, ResourceID: of.key.id, ScalableDimension: dimensionECS}
	all := properties(policyProperties{scalable: named, policySpec: policySpec{
		PolicyName: found.name, PolicyType: found.kind, StepScalingPolicyConfiguration: found.step,
		TargetTrackingScalingPolicyConfiguration: found.tracking,
	}})
	if target, ok := r.Properties["ScalingTargetId"]; ok {
		all["ScalingTargetId"] = target // it cannot be read
	}
	all["Arn"] = found.arn
	return all, true
}

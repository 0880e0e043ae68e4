package cloudwatch

import (
	"context"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// wanted is an alarm as templates describe it.
type wanted interface {
	// shared are the properties that both types have.
	shared() *common
	// put makes or changes the alarm; tags that are nil stay.
	put(s *Service, r resource.Request, tags map[string]string) error
}

type common struct {
	AlarmName string
	Tags      []Tag
}

func (c *common) shared() *common { return c }

type metricProperties struct {
	actions
	metricAlarm
	common
}

func (m *metricProperties) put(s *Service, r resource.Request, tags map[string]string) error {
	return s.setMetric(r.Place, r.PhysicalID, &m.metricAlarm, m.actions, tags)
}

func describeMetric(found *alarm) any {
	return metricProperties{actions: found.actions, metricAlarm: found.metricAlarm, common: common{AlarmName: found.key.name}}
}

type compositeProperties struct {
	compositeAlarm
	common
}

func (c *compositeProperties) put(s *Service, r resource.Request, tags map[string]string) error {
	due, err := s.setComposite(r.Place, r.PhysicalID, &c.compositeAlarm, tags)
	if err != nil {
		return err
	}
	s.perform(due)
	return nil
}

func describeComposite(found *alarm) any {
	return compositeProperties{
		compositeAlarm: compositeAlarm{actions: found.actions, AlarmRule: found.text}, common: common{AlarmName: found.key.name},
	}
}

// alarmProvider serves a type of alarms.
type alarmProvider struct {
	*Service

	empty    func() wanted
	describe func(*alarm) any
}

// Create makes an alarm.
func (p *alarmProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted := p.empty()
	if err := props.Decode(r.Properties, wanted); err != nil {
		return resource.Result{}, err
	}
	name := wanted.shared().AlarmName
	if name == "" {
		name = props.GeneratedName(r.StackName, r.LogicalID)
	}
	r.PhysicalID = name
	if _, exists := p.alarmAt(r); exists {
		return resource.Result{}, props.AlreadyExists(r.Type, name)
	}
	if err := wanted.put(p.Service, r, mergeTags(r, wanted.shared().Tags)); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	return alarmResult(r, name), nil
}

// Update changes what an alarm watches and does.
func (p *alarmProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted := p.empty()
	if err := props.Decode(r.Properties, wanted); err != nil {
		return resource.Result{}, err
	}
	if _, exists := p.alarmAt(r); !exists {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	if err := wanted.put(p.Service, r, nil); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	p.retag(r, wanted.shared().Tags)
	return alarmResult(r, r.PhysicalID), nil
}

// Delete removes an alarm.
func (p *alarmProvider) Delete(_ context.Context, r resource.Request) error { return p.deleteAlarm(r) }

// Read returns how the alarm is now.
func (p *alarmProvider) Read(r resource.Request) (resource.Properties, bool) {
	found, ok := p.alarmAt(r)
	if !ok {
		return nil, false
	}
	all := properties(p.describe(found), "Tags")
	props.SetTags(all, r, found.tags)
	all["Arn"] = found.arn
	return all, true
}

// alarmResult is what an alarm answers to Ref and Fn::GetAtt.
func alarmResult(r resource.Request, name string) resource.Result {
	return resource.Result{PhysicalID: name, Attributes: map[string]any{"Arn": arnOf(r.Place, "alarm:"+name)}}
}

// alarmAt returns an alarm as it is now, with its tags, and whether there is one.
func (s *Service) alarmAt(r resource.Request) (*alarm, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.alarms[alarmKey{r.Place, r.PhysicalID}]
	if !ok {
		return nil, false
	}
	copied := *found
	copied.tags = maps.Clone(found.tags)
	return &copied, true
}

// retag replaces the tags of an alarm.
func (s *Service) retag(r resource.Request, own []Tag) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.alarms[alarmKey{r.Place, r.PhysicalID}]; ok {
		found.tags = mergeTags(r, own)
	}
}

// deleteAlarm removes the alarm of a stack.
func (s *Service) deleteAlarm(r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.alarms[alarmKey{r.Place, r.PhysicalID}]
	if !ok {
		return nil
	}
	if parent := s.parentOf(r.Place, r.PhysicalID, nil); parent != "" {
		return props.Invalid("Alarm %s cannot be deleted as there are composite alarms depending on it: %s", r.PhysicalID, parent)
	}
	s.remove(found)
	return nil
}

package cloudwatch

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Providers makes the types of AWS::CloudWatch real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		"AWS::CloudWatch::Alarm":          &metricProvider{s},
		"AWS::CloudWatch::CompositeAlarm": &compositeProvider{s},
		"AWS::CloudWatch::Dashboard":      &dashboardProvider{s},
	}
}

var (
	_ resource.Reader = (*metricProvider)(nil)
	_ resource.Reader = (*compositeProvider)(nil)
	_ resource.Reader = (*dashboardProvider)(nil)
)

// properties are described values as a template has them: without those that are empty, and without the others named.
func properties(described any, leave ...string) resource.Properties {
	var all resource.Properties
	data, _ := json.Marshal(described) //nolint:errchkjson // our own types
	_ = json.Unmarshal(data, &all)     // which we just wrote
	for name, value := range all {
		if list, ok := value.([]any); ok && len(list) == 0 {
			delete(all, name)
		}
	}
	for _, name := range leave {
		delete(all, name)
	}
	return all
}

// mergeTags puts the stack's tags and the resource's own together.
func mergeTags(r resource.Request, own []Tag) map[string]string {
	converted := make([]props.Tag, 0, len(own))
	for _, tag := range own {
		converted = append(converted, props.Tag(tag))
	}
	return props.MergeTags(r.Tags, converted)
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

type metricProvider struct{ *Service }

type metricProperties struct {
	actions
	metricAlarm

	AlarmName string
	Tags      []Tag
}

// Create makes a metric alarm.
func (p *metricProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted metricProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if wanted.AlarmName == "" {
		wanted.AlarmName = props.GeneratedName(r.StackName, r.LogicalID)
	}
	r.PhysicalID = wanted.AlarmName
	if _, exists := p.alarmAt(r); exists {
		return resource.Result{}, props.AlreadyExists(r.Type, wanted.AlarmName)
	}
	if err := p.setMetric(r.Place, wanted.AlarmName, &wanted.metricAlarm, wanted.actions, mergeTags(r, wanted.Tags)); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	return alarmResult(r, wanted.AlarmName), nil
}

// Update changes what a metric alarm watches and does.
func (p *metricProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted metricProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if _, exists := p.alarmAt(r); !exists {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	if err := p.setMetric(r.Place, r.PhysicalID, &wanted.metricAlarm, wanted.actions, nil); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	p.retag(r, wanted.Tags)
	return alarmResult(r, r.PhysicalID), nil
}

// Delete removes a metric alarm.
func (p *metricProvider) Delete(_ context.Context, r resource.Request) error { return p.deleteAlarm(r) }

// Read returns how the alarm is now.
func (p *metricProvider) Read(r resource.Request) (resource.Properties, bool) {
	found, ok := p.alarmAt(r)
	if !ok {
		return nil, false
	}
	all := properties(metricProperties{
		actions: found.actions, metricAlarm: found.metricAlarm, AlarmName: found.key.name,
	}, "Tags")
	props.SetTags(all, r, found.tags)
	all["Arn"] = found.arn
	return all, true
}

type compositeProvider struct{ *Service }

type compositeProperties struct {
	compositeAlarm

	AlarmName string
	Tags      []Tag
}

// Create makes a composite alarm.
func (p *compositeProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted compositeProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if wanted.AlarmName == "" {
		wanted.AlarmName = props.GeneratedName(r.StackName, r.LogicalID)
	}
	r.PhysicalID = wanted.AlarmName
	if _, exists := p.alarmAt(r); exists {
		return resource.Result{}, props.AlreadyExists(r.Type, wanted.AlarmName)
	}
	due, err := p.setComposite(r.Place, wanted.AlarmName, &wanted.compositeAlarm, mergeTags(r, wanted.Tags))
	if err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	p.perform(due)
	return alarmResult(r, wanted.AlarmName), nil
}

// Update changes a composite alarm's rule and actions.
func (p *compositeProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted compositeProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if _, exists := p.alarmAt(r); !exists {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	due, err := p.setComposite(r.Place, r.PhysicalID, &wanted.compositeAlarm, nil)
	if err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	p.perform(due)
	p.retag(r, wanted.Tags)
	return alarmResult(r, r.PhysicalID), nil
}

// Delete removes a composite alarm.
func (p *compositeProvider) Delete(_ context.Context, r resource.Request) error {
	return p.deleteAlarm(r)
}

// Read returns how the alarm is now.
func (p *compositeProvider) Read(r resource.Request) (resource.Properties, bool) {
	found, ok := p.alarmAt(r)
	if !ok {
		return nil, false
	}
	all := properties(compositeProperties{
		compositeAlarm: compositeAlarm{actions: found.actions, AlarmRule: found.text}, AlarmName: found.key.name,
	}, "Tags")
	props.SetTags(all, r, found.tags)
	all["Arn"] = found.arn
	return all, true
}

type dashboardProvider struct{ *Service }

type dashboardProperties struct {
	DashboardName string
	DashboardBody string
}

func (p *dashboardProvider) set(r resource.Request, name string, wanted *dashboardProperties) (resource.Result, error) {
	if err := p.setDashboard(dashboardKey{r.Account, name}, wanted.DashboardBody, nil); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	return resource.Result{PhysicalID: name, Attributes: map[string]any{}}, nil
}

// Create makes a dashboard.
func (p *dashboardProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted dashboardProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if wanted.DashboardName == "" {
		wanted.DashboardName = props.GeneratedName(r.StackName, r.LogicalID)
	}
	r.PhysicalID = wanted.DashboardName
	if _, exists := p.Read(r); exists {
		return resource.Result{}, props.AlreadyExists(r.Type, wanted.DashboardName)
	}
	return p.set(r, wanted.DashboardName, &wanted)
}

// Update changes a dashboard's body.
func (p *dashboardProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted dashboardProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if _, exists := p.Read(r); !exists {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	return p.set(r, r.PhysicalID, &wanted)
}

// Delete removes a dashboard.
func (p *dashboardProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.dashboards, dashboardKey{r.Account, r.PhysicalID})
	return nil
}

// Read returns how the dashboard is now.
func (p *dashboardProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.dashboards[dashboardKey{r.Account, r.PhysicalID}]
	if !ok {
		return nil, false
	}
	return resource.Properties{"DashboardName": found.key.name, "DashboardBody": found.body}, true
}

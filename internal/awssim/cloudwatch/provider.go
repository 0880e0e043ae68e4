package cloudwatch

import (
	"context"
	"encoding/json"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Providers makes the types of AWS::CloudWatch real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		"AWS::CloudWatch::Alarm":          &alarmProvider{s, func() wanted { return &metricProperties{} }, describeMetric},
		"AWS::CloudWatch::CompositeAlarm": &alarmProvider{s, func() wanted { return &compositeProperties{} }, describeComposite},
		"AWS::CloudWatch::Dashboard":      &dashboardProvider{s},
	}
}

var (
	_ resource.Reader = (*alarmProvider)(nil)
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

package ssm

import (
	"context"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// nameLength is how many random characters end the name that CloudFormation gives to a parameter without one, such as
// CFN-MyResource-ywXNmT4uRH69 (recorded).
const nameLength = 12

// Providers makes AWS::SSM::Parameter real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{"AWS::SSM::Parameter": &parameterProvider{s}}
}

type parameterProvider struct{ *Service }

var _ resource.Reader = (*parameterProvider)(nil)

// parameterProperties are the properties of AWS::SSM::Parameter that are acted on.
type parameterProperties struct {
	Name, Type, Value, Description, AllowedPattern, Tier, DataType string
	Tags                                                           map[string]string
}

// Create makes the parameter.
func (p *parameterProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readParameter(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.Name == "" {
		wanted.Name = "CFN-" + r.LogicalID + "-" + props.RandomID(nameLength)
	}
	if err := checkName(wanted.Name); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := parameterKey{r.Place, wanted.Name}
	if _, exists := p.parameters[key]; exists {
		return resource.Result{}, props.AlreadyExists(r.Type, wanted.Name)
	}
	if _, err := p.put(key, wanted.version(), wanted.allTags(r), props.DeclaredBy(r)); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	return p.parameters[key].result(), nil
}

// Update adds a version.
func (p *parameterProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readParameter(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := parameterKey{r.Place, r.PhysicalID}
	found, ok := p.parameters[key]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	tags := wanted.allTags(r)
	if _, err := p.put(key, wanted.version(), tags, found.declared); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	found.tags, found.declared = tags, props.DeclaredBy(r)
	return found.result(), nil
}

// Delete removes the parameter.
func (p *parameterProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.parameters, parameterKey{r.Place, r.PhysicalID})
	return nil
}

// Read returns the parameter as it is.
func (p *parameterProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.parameters[parameterKey{r.Place, r.PhysicalID}]
	if !ok {
		return nil, false
	}
	latest := found.latest()
	now := resource.Properties{"Name": found.key.name, "Type": latest.kind, "Value": latest.value, "DataType": latest.dataType}
	return found.declared.Read(now, found.tags), true
}

func (p *parameter) result() resource.Result {
	latest := p.latest()
	return resource.Result{PhysicalID: p.key.name, Attributes: map[string]any{
		"Name": p.key.name, "Type": latest.kind, "Value": latest.value, "DataType": latest.dataType,
	}}
}

func (w *parameterProperties) version() *version {
	return &version{
		value: w.Value, kind: w.Type, description: w.Description, allowedPattern: w.AllowedPattern, tier: w.Tier, dataType: w.DataType,
	}
}

func (w *parameterProperties) allTags(r resource.Request) map[string]string {
	tags := maps.Clone(r.Tags)
	if tags == nil {
		tags = make(map[string]string)
	}
	maps.Copy(tags, w.Tags)
	return tags
}

func readParameter(r resource.Request) (*parameterProperties, error) {
	wanted := &parameterProperties{}
	err := props.Decode(r.Properties, wanted)
	return wanted, err
}

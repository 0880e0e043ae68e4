package logs

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Providers makes log groups, streams and metric filters of stacks real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		"AWS::Logs::LogGroup": &groupProvider{s}, "AWS::Logs::LogStream": &streamProvider{s},
		"AWS::Logs::MetricFilter": &filterProvider{s},
	}
}

type groupProvider struct{ *Service }

var _ resource.Reader = (*groupProvider)(nil)

// groupProperties are the properties of AWS::Logs::LogGroup that are acted on.
type groupProperties struct {
	LogGroupName    string
	RetentionInDays int
	LogGroupClass   string
	KmsKeyID        string // is told, and encrypts nothing
	Tags            []props.Tag
}

func (p *groupProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readGroup(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.LogGroupName == "" {
		wanted.LogGroupName = props.GeneratedName(r.StackName, r.LogicalID)
	}
	key := groupKey{r.Place, wanted.LogGroupName}
	err = p.create(key, wanted.RetentionInDays, props.MergeTags(r.Tags, wanted.Tags))
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		return resource.Result{}, handlerFailure(refused, wanted.LogGroupName)
	}
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if made, ok := p.groups[key]; ok {
		made.kmsKeyID, made.declared = wanted.KmsKeyID, props.DeclaredBy(r)
	}
	return result(key), nil
}

func (p *groupProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readGroup(r)
	if err != nil {
		return resource.Result{}, err
	}
	key := groupKey{r.Place, r.PhysicalID}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.groups[key]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	found.retention, found.kmsKeyID, found.declared = wanted.RetentionInDays, wanted.KmsKeyID, props.DeclaredBy(r)
	found.tags = maps.Clone(props.MergeTags(r.Tags, wanted.Tags))
	return result(key), nil
}

func (p *groupProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.groups, groupKey{r.Place, r.PhysicalID})
	return nil
}

// Read returns the group as it is.
func (p *groupProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.groups[groupKey{r.Place, r.PhysicalID}]
	if !ok {
		return nil, false
	}
	now := resource.Properties{"LogGroupName": found.key.name, "RetentionInDays": nil, "LogGroupClass": found.class}
	if found.retention != 0 {
		now["RetentionInDays"] = found.retention
	}
	return found.declared.Read(now, found.tags), true
}

func readGroup(r resource.Request) (groupProperties, error) {
	var wanted groupProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, err
	}
	if wanted.LogGroupClass != "" && wanted.LogGroupClass != standardClass {
		return wanted, props.Unsupported("LogGroupClass " + wanted.LogGroupClass)
	}
	if wanted.RetentionInDays != 0 {
		if err := checkRetention(wanted.RetentionInDays); err != nil {
			return wanted, props.Invalid("%s", err.Error())
		}
	}
	return wanted, nil
}

func result(key groupKey) resource.Result {
	arn := (&group{key: key}).arn() + ":*"
	return resource.Result{PhysicalID: key.name, Attributes: map[string]any{"Arn": arn}}
}

// handlerFailure words an API error as the resource's handler does.
func handlerFailure(refused *wire.Error, name string) *resource.Failure {
	if refused.Code != "ResourceAlreadyExistsException" {
		return props.Invalid("%s", refused.Message)
	}
	return &resource.Failure{
		Message: fmt.Sprintf(`Resource of type 'AWS::Logs::LogGroup' with identifier `+
			`'{"/properties/LogGroupName":"%s"}' already exists.`, name),
		HandlerErrorCode: "AlreadyExists",
	}
}

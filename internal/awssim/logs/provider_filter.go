package logs

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// filterProvider makes AWS::Logs::MetricFilter real. Ref answers the filter's name.
type filterProvider struct{ *Service }

var _ resource.Reader = (*filterProvider)(nil)

type filterProperties struct {
	LogGroupName, FilterName, FilterPattern string
	MetricTransformations                   []templateTransformation
}

// templateTransformation is a transformation as templates write it: with a list of dimensions.
type templateTransformation struct {
	MetricName, MetricNamespace, MetricValue, Unit string
	DefaultValue                                   *float64
	Dimensions                                     []props.Tag
}

func (p *filterProvider) put(r resource.Request) (resource.Result, error) {
	var wanted filterProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if r.PhysicalID != "" {
		wanted.FilterName = r.PhysicalID
	}
	if wanted.FilterName == "" {
		wanted.FilterName = props.GeneratedName(r.StackName, r.LogicalID)
	}
	var into []transformation
	for _, each := range wanted.MetricTransformations {
		one := transformation{
			MetricName: each.MetricName, MetricNamespace: each.MetricNamespace, MetricValue: each.MetricValue,
			DefaultValue: each.DefaultValue, Unit: each.Unit,
		}
		for _, dimension := range each.Dimensions {
			if one.Dimensions == nil {
				one.Dimensions = make(map[string]string)
			}
			one.Dimensions[dimension.Key] = dimension.Value
		}
		into = append(into, one)
	}
	made, err := newFilter(wanted.FilterName, wanted.FilterPattern, into, time.Now().UTC())
	if err != nil {
		return resource.Result{}, filterFailure(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	group, ok := p.groups[groupKey{r.Place, wanted.LogGroupName}]
	switch {
	case !ok:
		return resource.Result{}, filterFailure(errNoGroup())
	case r.PhysicalID == "" && group.filters[made.name] != nil:
		return resource.Result{}, props.AlreadyExists(r.Type, wanted.LogGroupName+"|"+made.name)
	}
	if err := group.put(made); err != nil {
		return resource.Result{}, filterFailure(err)
	}
	return resource.Result{PhysicalID: made.name}, nil
}

// filterFailure words an API error as the resource's handler does.
func filterFailure(err error) error {
	told, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	code := "InvalidRequest"
	switch told.Code {
	case "ResourceNotFoundException":
		code = "NotFound"
	case "LimitExceededException":
		code = "ServiceLimitExceeded"
	}
	return &resource.Failure{Message: told.Message, HandlerErrorCode: code}
}

// Create adds a filter to a group.
func (p *filterProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	return p.put(r)
}

// Update changes what a filter matches and what it makes of it.
func (p *filterProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	return p.put(r)
}

// Delete removes a filter, if its group has it still.
func (p *filterProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if group, ok := p.groups[groupKey{r.Place, groupOf(r)}]; ok {
		delete(group.filters, r.PhysicalID)
	}
	return nil
}

func groupOf(r resource.Request) string {
	name, _ := r.Properties["LogGroupName"].(string)
	return name
}

// Read returns a filter as it is.
func (p *filterProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	group, ok := p.groups[groupKey{r.Place, groupOf(r)}]
	if !ok || group.filters[r.PhysicalID] == nil {
		return nil, false
	}
	found := group.filters[r.PhysicalID]
	into := map[string]any{
		"MetricName": found.into.MetricName, "MetricNamespace": found.into.MetricNamespace,
		"MetricValue": found.into.MetricValue,
	}
	if found.into.Unit != "" {
		into["Unit"] = found.into.Unit
	}
	if found.into.DefaultValue != nil {
		into["DefaultValue"] = *found.into.DefaultValue
	}
	template, _ := r.Properties["MetricTransformations"].([]any)
	likeTemplate(template, into, found.into.Dimensions)
	return resource.Properties{
		"LogGroupName": group.key.name, "FilterName": found.name, "FilterPattern": found.text, "MetricTransformations": []any{into},
	}, true
}

// likeTemplate writes dimensions in the order of a template, and numbers as it does: 0 may be a text there.
func likeTemplate(template []any, into map[string]any, dimensions map[string]string) {
	var given map[string]any
	if len(template) > 0 {
		given, _ = template[0].(map[string]any)
	}
	for _, name := range []string{"DefaultValue", "MetricValue"} {
		if text, ok := given[name].(string); ok {
			if number, isNumber := into[name].(float64); isNumber && sameNumber(text, number) {
				into[name] = text
			}
		} else if number, ok := given[name].(float64); ok && into[name] == strconv.FormatFloat(number, 'f', -1, 64) {
			into[name] = number
		}
	}
	list := []any{}
	listed, _ := given["Dimensions"].([]any)
	for _, each := range listed {
		pair, _ := each.(map[string]any)
		key, _ := pair["Key"].(string)
		if value, ok := dimensions[key]; ok {
			list = append(list, map[string]any{"Key": key, "Value": value})
		}
	}
	if len(list) > 0 || len(dimensions) > 0 {
		into["Dimensions"] = list
	}
}

func sameNumber(text string, number float64) bool {
	value, err := strconv.ParseFloat(text, 64)
	return err == nil && value == number
}

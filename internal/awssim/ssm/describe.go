package ssm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// metadata is a parameter without its value.
type metadata struct {
	Name             string     `json:"Name"`
	ARN              string     `json:"ARN,omitempty"`
	Type             string     `json:"Type"`
	KeyID            string     `json:"KeyId,omitempty"`
	LastModifiedDate wire.Time  `json:"LastModifiedDate"`
	LastModifiedUser string     `json:"LastModifiedUser"`
	Description      string     `json:"Description,omitempty"`
	AllowedPattern   string     `json:"AllowedPattern,omitempty"`
	Version          int        `json:"Version"`
	Tier             string     `json:"Tier"`
	Policies         []struct{} `json:"Policies"`
	DataType         string     `json:"DataType"`
}

func (p *parameter) metadata(v *version) metadata {
	return metadata{
		Name: p.key.name, ARN: p.arn(), Type: v.kind, KeyID: v.keyID, LastModifiedDate: wire.At(v.modified),
		LastModifiedUser: fmt.Sprintf("arn:aws:iam::%s:root", p.key.Account), Description: v.description,
		AllowedPattern: v.allowedPattern, Version: v.number, Tier: v.tier, Policies: []struct{}{}, DataType: v.dataType,
	}
}

// filter selects parameters by one of their values.
type filter struct {
	Key    string   `json:"Key"`
	Option string   `json:"Option"`
	Values []string `json:"Values"`
}

type describeParametersInput struct {
	Filters          []filter `json:"Filters"`
	ParameterFilters []filter `json:"ParameterFilters"`
	MaxResults       *int     `json:"MaxResults"`
	NextToken        string   `json:"NextToken"`
}

type describeParametersOutput struct {
	Parameters []metadata `json:"Parameters"`
	NextToken  string     `json:"NextToken,omitempty"`
}

func (s *Service) describeParameters(
	_ context.Context, call *wire.Call, in *describeParametersInput,
) (*describeParametersOutput, error) {
	limit, err := limitOf(in.MaxResults, maxDescribed)
	if err != nil {
		return nil, err
	}
	if len(in.Filters) > 0 && len(in.ParameterFilters) > 0 {
		return nil, errValidation("You can use either Filters or ParameterFilters in a single request.")
	}
	filters := in.ParameterFilters
	for _, old := range in.Filters { // the older form, whose names match by their beginning
		if old.Key == "Name" {
			old.Option = "BeginsWith"
		}
		filters = append(filters, old)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.matching(call, filters, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(found, in.NextToken, limit, (*parameter).name)
	if err != nil {
		return nil, err
	}
	out := &describeParametersOutput{Parameters: []metadata{}, NextToken: next}
	for _, each := range page {
		out.Parameters = append(out.Parameters, each.metadata(each.latest()))
	}
	return out, nil
}

// matching returns the parameters, sorted by name, whose name is wanted and that pass all filters. Call it locked.
func (s *Service) matching(call *wire.Call, filters []filter, wanted func(name string) bool) ([]*parameter, error) {
	for _, each := range filters {
		if _, err := each.test(call, nil); err != nil {
			return nil, err
		}
	}
	var found []*parameter
	for key, candidate := range s.parameters {
		if key.Place != call.Place() || !wanted(key.name) {
			continue
		}
		rejected := slices.ContainsFunc(filters, func(f filter) bool {
			passes, _ := f.test(call, candidate) // its error was looked for above
			return !passes
		})
		if !rejected {
			found = append(found, candidate)
		}
	}
	slices.SortFunc(found, func(a, b *parameter) int { return strings.Compare(a.key.name, b.key.name) })
	return found, nil
}

// test reports whether a parameter passes. Without one it only refuses filters that are not implemented.
func (f filter) test(call *wire.Call, candidate *parameter) (bool, error) {
	var values []string
	switch key, tagged := strings.CutPrefix(f.Key, "tag:"); {
	case tagged:
		if candidate != nil {
			content, has := candidate.tags[key]
			if len(f.Values) == 0 {
				return has, nil
			}
			values = []string{content}
		}
	case f.Key == "Path":
		return candidate != nil && f.below(candidate.key.name), nil
	case slices.Contains([]string{"Name", "Type", "KeyId", "Tier", "DataType", "Label"}, f.Key):
		if candidate != nil {
			values = candidate.values(f.Key)
		}
	default:
		return false, wire.Errorf("InvalidFilterKey",
			"awssim does not implement the filter %q of %s:%s", f.Key, call.Service, call.Operation)
	}
	compare, err := f.comparison()
	if err != nil || candidate == nil {
		return false, err
	}
	return slices.ContainsFunc(values, func(value string) bool {
		return slices.ContainsFunc(f.Values, func(wanted string) bool { return compare(value, wanted) })
	}), nil
}

func (f filter) comparison() (func(text, wanted string) bool, error) {
	switch f.Option {
	case "", "Equals":
		return func(text, wanted string) bool { return text == wanted }, nil
	case "BeginsWith":
		return strings.HasPrefix, nil
	case "Contains":
		return strings.Contains, nil
	default:
		return nil, wire.Errorf("InvalidFilterOption", "The filter option %s is not valid.", f.Option)
	}
}

// below reports whether a name is in one of the paths: directly, or anywhere below for the option Recursive.
func (f filter) below(name string) bool {
	return slices.ContainsFunc(f.Values, func(path string) bool {
		rest, ok := strings.CutPrefix(name, strings.TrimSuffix(path, "/")+"/")
		return ok && (f.Option == "Recursive" || !strings.Contains(rest, "/"))
	})
}

func (p *parameter) values(key string) []string {
	latest := p.latest()
	switch key {
	case "Name":
		return []string{p.key.name}
	case "Type":
		return []string{latest.kind}
	case "KeyId":
		return []string{latest.keyID}
	case "Tier":
		return []string{latest.tier}
	case "DataType":
		return []string{latest.dataType}
	default:
		return latest.labels
	}
}

package logs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/logs/filter"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type putMetricFilterInput struct {
	LogGroupName          string           `json:"logGroupName"`
	FilterName            string           `json:"filterName"`
	FilterPattern         string           `json:"filterPattern"`
	MetricTransformations []transformation `json:"metricTransformations"`
}

func (s *Service) putMetricFilter(_ context.Context, call *wire.Call, in *putMetricFilterInput) (*wire.None, error) {
	made, err := newFilter(in.FilterName, in.FilterPattern, in.MetricTransformations, time.Now().UTC())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	return &wire.None{}, found.put(made)
}

// put adds a filter to a group, or replaces the one of its name.
func (g *group) put(made *metricFilter) error {
	if before := g.filters[made.name]; before != nil {
		made.created = before.created
	} else if len(g.filters) >= maxFilters {
		return wire.Errorf("LimitExceededException", "Resource limit exceeded.")
	}
	if g.filters == nil {
		g.filters = make(map[string]*metricFilter)
	}
	g.filters[made.name] = made
	return nil
}

type deleteMetricFilterInput struct {
	LogGroupName string `json:"logGroupName"`
	FilterName   string `json:"filterName"`
}

func (s *Service) deleteMetricFilter(_ context.Context, call *wire.Call, in *deleteMetricFilterInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	if found.filters[in.FilterName] == nil {
		return nil, wire.Errorf("ResourceNotFoundException", "The specified metric filter does not exist.")
	}
	delete(found.filters, in.FilterName)
	return &wire.None{}, nil
}

type describeMetricFiltersInput struct {
	LogGroupName     string `json:"logGroupName"`
	FilterNamePrefix string `json:"filterNamePrefix"`
	MetricName       string `json:"metricName"`
	MetricNamespace  string `json:"metricNamespace"`
	NextToken        string `json:"nextToken"`
	Limit            *int   `json:"limit"`
}

type describedFilter struct {
	FilterName             string           `json:"filterName"`
	FilterPattern          string           `json:"filterPattern"`
	MetricTransformations  []transformation `json:"metricTransformations"`
	CreationTime           int64            `json:"creationTime"`
	LogGroupName           string           `json:"logGroupName"`
	ApplyOnTransformedLogs bool             `json:"applyOnTransformedLogs"`
}

type describeMetricFiltersOutput struct {
	MetricFilters []describedFilter `json:"metricFilters"`
	NextToken     string            `json:"nextToken,omitempty"`
}

func (s *Service) describeMetricFilters(
	_ context.Context, call *wire.Call, in *describeMetricFiltersInput,
) (*describeMetricFiltersOutput, error) {
	limit, err := limitOf(in.Limit, maxDescribed)
	if err != nil {
		return nil, err
	}
	if (in.MetricName == "") != (in.MetricNamespace == "") {
		return nil, wire.Errorf("InvalidParameterException", "metricName and metricNamespace must be specified together.") // believed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.LogGroupName != "" {
		if _, err := s.find(call, in.LogGroupName, ""); err != nil {
			return nil, err
		}
	}
	described := []describedFilter{}
	for key, group := range s.groups {
		if key.Place != call.Place() || in.LogGroupName != "" && key.name != in.LogGroupName {
			continue
		}
		for _, each := range group.filters {
			if strings.HasPrefix(each.name, in.FilterNamePrefix) && (in.MetricName == "" ||
				in.MetricName == each.into.MetricName && in.MetricNamespace == each.into.MetricNamespace) {
				described = append(described, describedFilter{
					each.name, each.text, []transformation{each.into}, each.created.UnixMilli(), key.name, false,
				})
			}
		}
	}
	order := func(f describedFilter) string { return f.FilterName + " " + f.LogGroupName }
	slices.SortFunc(described, func(a, b describedFilter) int { return strings.Compare(order(a), order(b)) })
	page, next, err := paging.Page(described, in.NextToken, limit, order)
	if err != nil {
		return nil, badToken(err)
	}
	return &describeMetricFiltersOutput{MetricFilters: page, NextToken: next}, nil
}

type testMetricFilterInput struct {
	FilterPattern    string   `json:"filterPattern"`
	LogEventMessages []string `json:"logEventMessages"`
}

type matchRecord struct {
	EventNumber     int               `json:"eventNumber"`
	EventMessage    string            `json:"eventMessage"`
	ExtractedValues map[string]string `json:"extractedValues"`
}

type testMetricFilterOutput struct {
	Matches []matchRecord `json:"matches"`
}

func (s *Service) testMetricFilter(_ context.Context, _ *wire.Call, in *testMetricFilterInput) (*testMetricFilterOutput, error) {
	const most = 50
	if count := len(in.LogEventMessages); count < 1 || count > most {
		return nil, errInvalid("logEventMessages", count, fmt.Sprintf("Member must have length between 1 and %d", most))
	}
	pattern, err := filter.Parse(in.FilterPattern)
	if err != nil {
		return nil, wire.Errorf("InvalidParameterException", "Invalid metric filter pattern")
	}
	out := &testMetricFilterOutput{Matches: []matchRecord{}}
	for i, message := range in.LogEventMessages {
		if extracted, ok := pattern.Match(message); ok {
			if extracted == nil {
				extracted = map[string]string{}
			}
			out.Matches = append(out.Matches, matchRecord{i + 1, message, extracted})
		}
	}
	return out, nil
}

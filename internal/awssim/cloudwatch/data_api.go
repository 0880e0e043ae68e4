package cloudwatch

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Orders of data.
const (
	ascending  = "TimestampAscending"
	descending = "TimestampDescending"
)

// maxPoints is how many points an answer of GetMetricData has at most (API reference).
const maxPoints = 100_800

type getMetricDataInput struct {
	MetricDataQueries []metricDataQuery
	StartTime         wire.Time
	EndTime           wire.Time
	ScanBy            string
	MaxDatapoints     *int
}

type message struct{ Code, Value string }

type metricDataResult struct {
	Id         string //nolint:staticcheck // as the API writes it
	Label      string
	Timestamps []wire.Time
	Values     []float64
	StatusCode string
	Messages   []message `json:",omitempty"`
}

type getMetricDataOutput struct {
	MetricDataResults []metricDataResult
	Messages          []message
}

func (s *Service) getMetricData(_ context.Context, call *wire.Call, in *getMetricDataInput) (*getMetricDataOutput, error) {
	all, err := in.check()
	if err != nil {
		return nil, err
	}
	s.collect(time.Time{})
	out := &getMetricDataOutput{MetricDataResults: []metricDataResult{}, Messages: []message{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	left := maxPoints
	if in.MaxDatapoints != nil {
		left = min(left, *in.MaxDatapoints)
	}
	for _, one := range all.list {
		if !one.returned() {
			continue
		}
		windows := grid(in.StartTime.Time, in.EndTime.Time, one.period)
		made := s.evaluate(call.Place(), all, one, windows)
		if made.many {
			return nil, unsupported("the expression " + one.Id + ", which makes several time series")
		}
		described := describeResult(one, made, windows, in.ScanBy)
		if left -= len(described.Values); left < 0 {
			return nil, unsupported("answers in several pages: ask for fewer data points")
		}
		out.MetricDataResults = append(out.MetricDataResults, described)
	}
	return out, nil
}

func (in *getMetricDataInput) check() (*queries, error) {
	const most = 500
	switch {
	case len(in.MetricDataQueries) == 0:
		return nil, errValidation("The parameter MetricDataQueries is required.")
	case len(in.MetricDataQueries) > most:
		return nil, errValidation("The collection MetricDataQueries must not have a size greater than 500.")
	case in.StartTime.IsZero() || in.EndTime.IsZero():
		return nil, errValidation("The parameters StartTime and EndTime are required.")
	case !in.StartTime.Before(in.EndTime.Time):
		return nil, errValidation("The parameter EndTime must be greater than StartTime.")
	case !slices.Contains([]string{"", ascending, descending}, in.ScanBy):
		return nil, errMember("scanBy", in.ScanBy, "Member must satisfy enum value set: [TimestampDescending, TimestampAscending]")
	case in.MaxDatapoints != nil && (*in.MaxDatapoints < 1 || *in.MaxDatapoints > maxPoints):
		return nil, errValidation("The parameter MaxDatapoints must be between 1 and %d.", maxPoints)
	}
	all, err := parseQueries(in.MetricDataQueries)
	if err != nil {
		return nil, err
	}
	span := in.EndTime.Sub(in.StartTime.Time)
	for _, one := range all.list {
		if span/one.period > maxPoints {
			return nil, errValidation("The requested time range has more than %d periods of %v.", maxPoints, one.period)
		}
	}
	return all, nil
}

// describeResult lists the points that are not missing, the newest first unless asked otherwise.
func describeResult(one *query, made result, windows []window, order string) metricDataResult {
	described := metricDataResult{
		Id: one.Id, Label: one.label(), StatusCode: "Complete", Timestamps: []wire.Time{}, Values: []float64{},
	}
	for i, point := range made.points {
		if !math.IsNaN(point) {
			described.Timestamps = append(described.Timestamps, wire.At(windows[i].from))
			described.Values = append(described.Values, point)
		}
	}
	if order != ascending {
		slices.Reverse(described.Timestamps)
		slices.Reverse(described.Values)
	}
	if len(made.units) > 1 {
		described.Messages = []message{{
			Code: "MultipleUnits", Value: "Multiple units returned: '[" + strings.Join(made.units, ", ") + "]'",
		}}
	}
	return described
}

package cloudwatch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Limits of PutMetricData (API reference).
const (
	maxData       = 1000
	maxValues     = 150
	maxDimensions = 30
	oldest        = 14 * 24 * time.Hour
	newest        = 2 * time.Hour
	secondsPerDay = 86_400
)

type statisticSet struct {
	SampleCount, Sum, Minimum, Maximum float64
}

type metricDatum struct {
	MetricName      string
	Dimensions      []Dimension
	Timestamp       wire.Time
	Value           *float64
	StatisticValues *statisticSet
	Values          []float64
	Counts          []float64
	Unit            string
	// StorageResolution says how long high resolution is kept; here all of it is.
	StorageResolution *int
}

type putMetricDataInput struct {
	Namespace  string
	MetricData []metricDatum
}

func (s *Service) putMetricData(_ context.Context, call *wire.Call, in *putMetricDataInput) (*wire.None, error) {
	if err := in.check(s.clock.Now()); err != nil {
		return nil, err
	}
	touched := make(map[seriesKey]bool)
	s.mu.Lock()
	for i := range in.MetricData {
		datum := &in.MetricData[i]
		key := keyOf(call.Place(), in.Namespace, datum.MetricName, datum.Dimensions)
		touched[key] = true
		for _, added := range datum.samples(s.clock.Now()) {
			s.add(key, slices.Clone(datum.Dimensions), added)
		}
	}
	s.mu.Unlock()
	if s.eager() {
		s.lookAtAll(call.Place())
	}
	return &wire.None{}, nil
}

func (d *metricDatum) samples(now time.Time) []sample {
	at := d.Timestamp.Time
	if at.IsZero() {
		at = now
	}
	switch {
	case d.StatisticValues != nil:
		set := d.StatisticValues
		return []sample{{at: at, unit: d.Unit, count: set.SampleCount, sum: set.Sum, min: set.Minimum, max: set.Maximum}}
	case d.Values != nil:
		samples := make([]sample, 0, len(d.Values))
		for i, value := range d.Values {
			count := 1.0
			if len(d.Counts) > 0 {
				count = d.Counts[i]
			}
			samples = append(samples, valueSample(at, d.Unit, value, count))
		}
		return samples
	case d.Value != nil:
		return []sample{valueSample(at, d.Unit, *d.Value, 1)}
	default:
		return nil
	}
}

func (in *putMetricDataInput) check(now time.Time) error {
	switch {
	case in.Namespace == "":
		return wire.Errorf(codeMissing, "The parameter Namespace is required.")
	case strings.HasPrefix(in.Namespace, "AWS/"):
		return errValue("The value AWS/ for parameter Namespace is invalid.")
	case len(in.MetricData) == 0:
		return wire.Errorf(codeMissing, "The parameter MetricData is required.")
	case len(in.MetricData) > maxData:
		return errValue("The collection MetricData must not have a size greater than %d.", maxData)
	}
	for i := range in.MetricData {
		if err := in.MetricData[i].check(fmt.Sprintf("MetricData.member.%d", i+1), now); err != nil {
			return err
		}
	}
	return nil
}

func (d *metricDatum) check(path string, now time.Time) error {
	if d.MetricName == "" {
		return wire.Errorf(codeMissing, "The parameter %s.MetricName is required.", path)
	}
	if err := checkDimensions(d.Dimensions, path+"."); err != nil {
		return err
	}
	if at := d.Timestamp.Time; !at.IsZero() && (at.Before(now.Add(-oldest)) || at.After(now.Add(newest))) {
		return errValue("The parameter %s.Timestamp must specify a time no more than two weeks in the past and two hours in the "+
			"future.", path)
	}
	if err := checkUnit(d.Unit, path+".Unit"); err != nil {
		return err
	}
	return d.checkValues(path)
}

func (d *metricDatum) checkValues(path string) error {
	exclusive := func(a, b string) error {
		return wire.Errorf(codeCombination,
			"The parameters %[1]s.%[2]s and %[1]s.%[3]s are mutually exclusive and you have specified both.", path, a, b)
	}
	switch {
	case d.Value != nil && d.StatisticValues != nil:
		return exclusive("Value", "StatisticValues")
	case d.Value != nil && d.Values != nil:
		return exclusive("Value", "Values")
	case d.StatisticValues != nil && d.Values != nil:
		return exclusive("StatisticValues", "Values")
	case d.Value == nil && d.StatisticValues == nil && d.Values == nil:
		return wire.Errorf(codeMissing,
			"At least one of the parameters %[1]s.Value, %[1]s.Values and %[1]s.StatisticValues is required.", path)
	case d.Counts != nil && len(d.Counts) != len(d.Values):
		return errValue("The parameters %[1]s.Values and %[1]s.Counts must be of the same size.", path)
	case len(d.Values) > maxValues:
		return errValue("The collection %s.Values must not have a size greater than %d.", path, maxValues)
	case d.StorageResolution != nil && *d.StorageResolution != 1 && *d.StorageResolution != 60:
		return errValue("The parameter %s.StorageResolution must be 1 or 60.", path)
	default:
		return nil
	}
}

func checkDimensions(dimensions []Dimension, path string) error {
	if len(dimensions) > maxDimensions {
		return errValue("The collection %sDimensions must not have a size greater than %d.", path, maxDimensions)
	}
	for i, dimension := range dimensions {
		if dimension.Name == "" || dimension.Value == "" {
			return errValue("The parameter %sDimensions.member.%d needs a name and a value.", path, i+1)
		}
	}
	return nil
}

// knownUnits are the units of the API model.
func knownUnits() []string {
	return []string{
		"Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits",
		"Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second",
		"Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second",
		"Gigabits/Second", "Terabits/Second", "Count/Second", noUnit,
	}
}

func checkUnit(unit, path string) error {
	if unit == "" || slices.Contains(knownUnits(), unit) {
		return nil
	}
	return errValue("The parameter %s must be a value in the set [%s].", path, strings.Join(knownUnits(), ", "))
}

type dimensionFilter struct {
	Name  string
	Value *string
}

type listMetricsInput struct {
	Namespace      string
	MetricName     string
	Dimensions     []dimensionFilter
	NextToken      string
	RecentlyActive string
}

type metricName struct {
	Namespace  string
	MetricName string
	Dimensions []Dimension
}

type listMetricsOutput struct {
	Metrics   []metricName
	NextToken string `json:",omitempty"`
}

// recentlyActive is the only span that ListMetrics knows.
const recentlyActive = "PT3H"

func (s *Service) listMetrics(_ context.Context, call *wire.Call, in *listMetricsInput) (*listMetricsOutput, error) {
	if in.RecentlyActive != "" && in.RecentlyActive != recentlyActive {
		return nil, errMember("recentlyActive", in.RecentlyActive, "Member must satisfy enum value set: [PT3H]")
	}
	s.collect(time.Time{})
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*series
	for _, one := range s.series {
		if one.key.Place == call.Place() && in.wants(one, s.clock.Now()) {
			found = append(found, one)
		}
	}
	order := func(one *series) string {
		return one.key.namespace + "\x00" + one.key.name + "\x00" + one.key.dimensions
	}
	slices.SortFunc(found, func(a, b *series) int { return strings.Compare(order(a), order(b)) })
	const pageSize = 500
	page, next, err := paging.Page(found, in.NextToken, pageSize, order)
	if err != nil {
		return nil, errValue("The specified token is not valid.")
	}
	out := &listMetricsOutput{Metrics: []metricName{}, NextToken: next}
	for _, one := range page {
		out.Metrics = append(out.Metrics, metricName{one.key.namespace, one.key.name, append([]Dimension{}, one.dimensions...)})
	}
	return out, nil
}

func (in *listMetricsInput) wants(one *series, now time.Time) bool {
	const recent = 3 * time.Hour
	if in.RecentlyActive != "" && (len(one.samples) == 0 || one.samples[len(one.samples)-1].at.Before(now.Add(-recent))) {
		return false
	}
	if (in.Namespace != "" && in.Namespace != one.key.namespace) || (in.MetricName != "" && in.MetricName != one.key.name) {
		return false
	}
	for _, filter := range in.Dimensions {
		if !slices.ContainsFunc(one.dimensions, func(d Dimension) bool {
			return d.Name == filter.Name && (filter.Value == nil || *filter.Value == d.Value)
		}) {
			return false
		}
	}
	return true
}

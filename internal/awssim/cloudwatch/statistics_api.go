package cloudwatch

import (
	"context"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type getMetricStatisticsInput struct {
	Namespace          string
	MetricName         string
	Dimensions         []Dimension
	StartTime          wire.Time
	EndTime            wire.Time
	Period             *int
	Statistics         []string
	ExtendedStatistics []string
	Unit               string
}

type datapoint struct {
	Timestamp          wire.Time
	SampleCount        *float64           `json:",omitempty"`
	Average            *float64           `json:",omitempty"`
	Sum                *float64           `json:",omitempty"`
	Minimum            *float64           `json:",omitempty"`
	Maximum            *float64           `json:",omitempty"`
	Unit               string             `json:",omitempty"`
	ExtendedStatistics map[string]float64 `json:",omitempty"`
}

type getMetricStatisticsOutput struct {
	Label      string
	Datapoints []datapoint
}

func (s *Service) getMetricStatistics(
	_ context.Context, call *wire.Call, in *getMetricStatisticsInput,
) (*getMetricStatisticsOutput, error) {
	wanted, err := in.check()
	if err != nil {
		return nil, err
	}
	s.collect(time.Time{})
	out := &getMetricStatisticsOutput{Label: in.MetricName, Datapoints: []datapoint{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.series[keyOf(call.Place(), in.Namespace, in.MetricName, in.Dimensions)]
	for _, each := range grid(in.StartTime.Time, in.EndTime.Time, time.Duration(*in.Period)*time.Second) {
		samples := from.within(each, in.Unit)
		for _, unit := range units(samples) {
			ofUnit := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.unit != unit })
			out.Datapoints = append(out.Datapoints, describePoint(each, unit, ofUnit, wanted))
		}
	}
	return out, nil
}

// grid cuts the time from start to end into periods that begin at whole ones.
func grid(start, end time.Time, period time.Duration) []window {
	var cut []window
	for from := start.Truncate(period); from.Before(end); from = from.Add(period) {
		cut = append(cut, window{from, from.Add(period)})
	}
	return cut
}

func describePoint(w window, unit string, samples []sample, wanted []statistic) datapoint {
	described := datapoint{Timestamp: wire.At(w.from), Unit: unit}
	for _, one := range wanted {
		value, ok := one.of(samples)
		if !ok {
			continue
		}
		switch one.name {
		case sampleCount:
			described.SampleCount = &value
		case average:
			described.Average = &value
		case sum:
			described.Sum = &value
		case minimum:
			described.Minimum = &value
		case maximum:
			described.Maximum = &value
		default:
			if described.ExtendedStatistics == nil {
				described.ExtendedStatistics = make(map[string]float64)
			}
			described.ExtendedStatistics[one.name] = value
		}
	}
	return described
}

func (in *getMetricStatisticsInput) check() ([]statistic, error) {
	const most = 1440
	switch {
	case in.Namespace == "":
		return nil, wire.Errorf(codeMissing, "The parameter Namespace is required.")
	case in.MetricName == "":
		return nil, wire.Errorf(codeMissing, "The parameter MetricName is required.")
	case in.StartTime.IsZero() || in.EndTime.IsZero():
		return nil, wire.Errorf(codeMissing, "The parameters StartTime and EndTime are required.")
	case in.Period == nil:
		return nil, wire.Errorf(codeMissing, "The parameter Period is required.")
	case !in.StartTime.Before(in.EndTime.Time):
		return nil, errValue("The parameter StartTime must be less than the parameter EndTime.")
	case !validPeriod(*in.Period):
		return nil, errValue("The parameter Period must be a value of 1, 5, 10, 30, or any multiple of 60.")
	case len(in.Statistics)+len(in.ExtendedStatistics) == 0:
		return nil, wire.Errorf(codeMissing, "At least one of the parameters Statistics and ExtendedStatistics must be specified.")
	}
	if count := int(in.EndTime.Sub(in.StartTime.Time).Seconds()) / *in.Period; count > most {
		return nil, wire.Errorf(codeCombination, "You have requested up to %d datapoints, which exceeds the limit of 1,440. "+
			"You may reduce the datapoints requested by increasing Period, or decreasing the time range.", count)
	}
	return parseStatistics(in.Statistics, in.ExtendedStatistics)
}

func parseStatistics(plain, extended []string) ([]statistic, error) {
	var wanted []statistic
	for _, name := range plain {
		if !slices.Contains(plainStatistics(), name) {
			return nil, errMember("statistics", name,
				"Member must satisfy enum value set: [SampleCount, Average, Sum, Minimum, Maximum]")
		}
		wanted = append(wanted, statistic{name: name})
	}
	for _, name := range extended {
		one, ok := parseStatistic(name)
		if !ok {
			return nil, unsupported("the statistic " + name)
		}
		wanted = append(wanted, one)
	}
	return wanted, nil
}

// validPeriod says whether data can be asked for in periods of that many seconds.
func validPeriod(seconds int) bool {
	const minute = 60
	return slices.Contains([]int{1, 5, 10, 20, 30}, seconds) || (seconds > 0 && seconds%minute == 0)
}

package cloudwatch

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// The plain statistics.
const (
	sampleCount = "SampleCount"
	average     = "Average"
	sum         = "Sum"
	minimum     = "Minimum"
	maximum     = "Maximum"
)

func plainStatistics() []string { return []string{sampleCount, average, sum, minimum, maximum} }

// statistic is what is made of the samples of a period.
type statistic struct {
	name       string
	percentile float64 // of p90 and the like
}

// parseStatistic reads Average, p99.9 and the like. It returns false for what does not exist here.
func parseStatistic(text string) (statistic, bool) {
	if slices.Contains(plainStatistics(), text) {
		return statistic{name: text}, true
	}
	digits, ok := strings.CutPrefix(text, "p")
	if !ok {
		return statistic{}, false
	}
	const hundred = 100
	percentile, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(percentile >= 0 && percentile <= hundred) {
		return statistic{}, false
	}
	return statistic{name: text, percentile: percentile}, true
}

// of returns the statistic of samples; false if there are none, or none that it can be made of: sets of values have no
// percentiles ("Percentiles", user guide).
func (s statistic) of(samples []sample) (float64, bool) {
	if len(samples) == 0 {
		return 0, false
	}
	all := samples[0]
	for _, one := range samples[1:] {
		all.count += one.count
		all.sum += one.sum
		all.min, all.max = math.Min(all.min, one.min), math.Max(all.max, one.max)
	}
	switch s.name {
	case sampleCount:
		return all.count, true
	case sum:
		return all.sum, true
	case average:
		return all.sum / all.count, all.count > 0
	case minimum:
		return all.min, true
	case maximum:
		return all.max, true
	default:
		return percentileOf(samples, s.percentile, all.count)
	}
}

// percentileOf returns the value below which that many percent of the values are, interpolated between its neighbours.
func percentileOf(samples []sample, percentile, count float64) (float64, bool) {
	const hundred = 100
	sorted := slices.Clone(samples)
	slices.SortFunc(sorted, func(a, b sample) int {
		switch {
		case a.min < b.min:
			return -1
		case a.min > b.min:
			return 1
		default:
			return 0
		}
	})
	if slices.ContainsFunc(sorted, func(s sample) bool { return s.min != s.max }) {
		return 0, false
	}
	rank := percentile / hundred * (count - 1)
	low, high := valueAt(sorted, math.Floor(rank)), valueAt(sorted, math.Ceil(rank))
	return low + (high-low)*(rank-math.Floor(rank)), true
}

func valueAt(sorted []sample, rank float64) float64 {
	for _, one := range sorted {
		if rank -= one.count; rank < 0 {
			return one.min
		}
	}
	return sorted[len(sorted)-1].max
}

package cloudwatch

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// maxKept is how many samples a metric keeps: a simulator that runs for days must not fill the machine's memory. When
// there are more, the oldest tenth goes.
const maxKept = 20_000

// noUnit is the unit of data without one.
const noUnit = "None"

// Dimension is a part of a metric's identity.
type Dimension struct{ Name, Value string }

// seriesKey finds a metric.
type seriesKey struct {
	resource.Place

	namespace, name, dimensions string
}

// series are the data of one metric.
type series struct {
	key        seriesKey
	dimensions []Dimension // as they were first given
	samples    []sample    // by time
}

// sample is a value that was seen so many times, or a set of values of which only this is known.
type sample struct {
	at                   time.Time
	unit                 string
	count, sum, min, max float64
}

func valueSample(at time.Time, unit string, value, count float64) sample {
	return sample{at: at, unit: unit, count: count, sum: value * count, min: value, max: value}
}

// keyOf returns the key of a metric, for which the order of its dimensions does not matter.
func keyOf(place resource.Place, namespace, name string, dimensions []Dimension) seriesKey {
	sorted := slices.Clone(dimensions)
	slices.SortFunc(sorted, func(a, b Dimension) int { return strings.Compare(a.Name, b.Name) })
	var text strings.Builder
	for _, dimension := range sorted {
		text.WriteString(dimension.Name + "\x00" + dimension.Value + "\x00")
	}
	return seriesKey{Place: place, namespace: namespace, name: name, dimensions: text.String()}
}

// Record adds a value that was seen once, now.
func (s *Service) Record(
	place resource.Place, namespace, name string, dimensions map[string]string, unit string, value float64,
) {
	s.RecordAt(place, namespace, name, dimensions, unit, value, 1, s.clock.Now())
}

// RecordAt adds a value that was seen so many times at a moment.
func (s *Service) RecordAt(
	place resource.Place, namespace, name string, dimensions map[string]string, unit string, value, count float64, at time.Time,
) {
	listed := make([]Dimension, 0, len(dimensions))
	for _, key := range slices.Sorted(maps.Keys(dimensions)) {
		listed = append(listed, Dimension{key, dimensions[key]})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(keyOf(place, namespace, name, listed), listed, valueSample(at, unit, value, count))
}

// add stores a sample. Call it locked.
func (s *Service) add(key seriesKey, dimensions []Dimension, added sample) {
	into, ok := s.series[key]
	if !ok {
		into = &series{key: key, dimensions: dimensions}
		s.series[key] = into
	}
	if added.unit == "" {
		added.unit = noUnit
	}
	at := len(into.samples)
	if at > 0 && added.at.Before(into.samples[at-1].at) {
		at, _ = slices.BinarySearchFunc(into.samples, added.at, func(s sample, t time.Time) int {
			if s.at.After(t) {
				return 1
			}
			return -1
		})
	}
	into.samples = slices.Insert(into.samples, at, added)
	if len(into.samples) > maxKept {
		into.samples = slices.Clone(into.samples[maxKept/10:])
	}
}

// window is a stretch of time: from its beginning to just before its end.
type window struct{ from, to time.Time }

// within returns the samples of a window, of one unit unless that is empty. Call it locked.
func (s *series) within(w window, unit string) []sample {
	if s == nil {
		return nil
	}
	before := func(s sample, t time.Time) int {
		if s.at.Before(t) {
			return -1
		}
		return 1
	}
	start, _ := slices.BinarySearchFunc(s.samples, w.from, before)
	end, _ := slices.BinarySearchFunc(s.samples, w.to, before)
	found := s.samples[start:end]
	if unit == "" {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), func(s sample) bool { return s.unit != unit })
}

// units returns the units of samples, sorted.
func units(samples []sample) []string {
	seen := make(map[string]bool)
	for _, one := range samples {
		seen[one.unit] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

package logs

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/logs/filter"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Recorder is where metrics go: [cloudwatch.Service].
type Recorder interface {
	// Record adds a value that was seen now.
	Record(place resource.Place, namespace, name string, dimensions map[string]string, unit string, value float64)
	// Minute is how long a minute of AWS lasts here.
	Minute() time.Duration
}

// Option changes how a service is made.
type Option func(*Service)

// WithMetrics lets metric filters count. Without it they count nothing.
func WithMetrics(recorder Recorder) Option { return func(s *Service) { s.recorder = recorder } }

// transformation is what a metric filter makes of an event that matches.
type transformation struct {
	MetricName      string            `json:"metricName"`
	MetricNamespace string            `json:"metricNamespace"`
	MetricValue     string            `json:"metricValue"`
	DefaultValue    *float64          `json:"defaultValue,omitempty"`
	Dimensions      map[string]string `json:"dimensions,omitempty"`
	Unit            string            `json:"unit,omitempty"`
}

// metricFilter counts events of a log group.
type metricFilter struct {
	name, text string
	pattern    filter.Pattern
	into       transformation
	created    time.Time
	minute     time.Time // the last one in which something was recorded
}

const (
	// maxFilters is how many metric filters a log group may have (PutMetricFilter, API reference).
	maxFilters    = 100
	maxPattern    = 1024
	maxMetric     = 255
	maxDimensions = 3
)

var (
	filterName  = regexp.MustCompile(`^[^:*]{1,512}$`)
	metricName  = regexp.MustCompile(`^[^:*$]+$`)
	metricValue = regexp.MustCompile(`^(-?[0-9]+(\.[0-9]+)?|\$.+)$`)
)

// newFilter checks what a metric filter is to be. Texts about patterns are the service's, the others are believed.
func newFilter(name, pattern string, into []transformation, now time.Time) (*metricFilter, error) {
	switch {
	case !filterName.MatchString(name):
		return nil, errInvalid("filterName", name, "Member must satisfy regular expression pattern: [^:*]*")
	case len(pattern) > maxPattern:
		return nil, errInvalid("filterPattern", pattern, "Member must have length less than or equal to 1024")
	case len(into) != 1:
		return nil, errInvalid("metricTransformations", len(into), "Member must have length 1")
	}
	parsed, err := filter.Parse(pattern)
	if err != nil {
		return nil, wire.Errorf("InvalidParameterException", "Invalid metric filter pattern")
	}
	made := &metricFilter{name: name, text: pattern, pattern: parsed, into: into[0], created: now}
	return made, made.into.check()
}

func (t *transformation) check() error {
	for _, each := range []struct{ member, value string }{
		{"metricName", t.MetricName}, {"metricNamespace", t.MetricNamespace},
	} {
		if !metricName.MatchString(each.value) || len(each.value) > maxMetric {
			return errInvalid("metricTransformations.1.member."+each.member, each.value,
				"Member must satisfy regular expression pattern: [^:*$]*")
		}
	}
	switch {
	case !metricValue.MatchString(t.MetricValue):
		return wire.Errorf("InvalidParameterException", "Invalid metric transformation: the metric value '%s'", t.MetricValue)
	case len(t.Dimensions) > maxDimensions:
		return wire.Errorf("InvalidParameterException", "Invalid metric transformation: a metric can have at most three dimensions")
	case len(t.Dimensions) > 0 && t.DefaultValue != nil:
		return wire.Errorf("InvalidParameterException",
			"Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
	}
	return nil
}

// measure is a value that a filter found.
type measure struct {
	place resource.Place
	into  *transformation
	names map[string]string // dimensions
	value float64
}

// count returns what the filters of a group find in an event. Call it locked.
func (s *Service) count(in *group, message string, now time.Time) []measure {
	if s.recorder == nil {
		return nil
	}
	var found []measure
	for _, each := range in.filters {
		if value, names, ok := each.valueOf(message); ok {
			each.minute = now.Truncate(s.recorder.Minute())
			found = append(found, measure{in.key.Place, &each.into, names, value})
			continue
		}
		if value := each.into.DefaultValue; value != nil && each.isNew(now.Truncate(s.recorder.Minute())) {
			found = append(found, measure{in.key.Place, &each.into, nil, *value})
		}
	}
	return found
}

// isNew says whether nothing was recorded in a minute so far. Then the default value is, at once: AWS waits for the minute's
// end, which makes a difference only for default values other than 0.
func (f *metricFilter) isNew(minute time.Time) bool {
	if f.minute.Equal(minute) {
		return false
	}
	f.minute = minute
	return true
}

// valueOf is what the filter makes of an event. One without a number, or without one of the dimensions, counts for nothing.
func (f *metricFilter) valueOf(message string) (float64, map[string]string, bool) {
	extracted, ok := f.pattern.Match(message)
	if !ok {
		return 0, nil, false
	}
	text := f.into.MetricValue
	if strings.HasPrefix(text, "$") {
		text = filter.Value(text, message, extracted)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, nil, false
	}
	names := make(map[string]string, len(f.into.Dimensions))
	for name, selector := range f.into.Dimensions {
		found := filter.Value(selector, message, extracted)
		if found == "" {
			return 0, nil, false
		}
		names[name] = found
	}
	return value, names, true
}

// record tells what was found. Call it unlocked.
func (s *Service) record(found []measure) {
	for _, each := range found {
		s.recorder.Record(each.place, each.into.MetricNamespace, each.into.MetricName, each.names, each.into.Unit, each.value)
	}
}

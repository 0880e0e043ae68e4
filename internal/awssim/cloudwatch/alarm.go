package cloudwatch

import (
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// States of an alarm.
const (
	stateOK           = "OK"
	stateAlarm        = "ALARM"
	stateInsufficient = "INSUFFICIENT_DATA"
)

// Treatments of missing data.
const (
	missing      = "missing"
	ignore       = "ignore"
	breaching    = "breaching"
	notBreaching = "notBreaching"
)

// Kinds of alarms.
const (
	kindMetric    = "MetricAlarm"
	kindComposite = "CompositeAlarm"
)

const initialReason = "Unchecked: Initial alarm creation"

// Tag is a resource's tag.
type Tag struct{ Key, Value string }

// actions are what alarms of both kinds have in common, as the API and CloudFormation write it.
type actions struct {
	AlarmDescription        *string `json:",omitempty"`
	ActionsEnabled          *bool
	OKActions               []string
	AlarmActions            []string
	InsufficientDataActions []string
}

// metricAlarm is what a metric alarm watches, as the API and CloudFormation write it. What is not here is refused.
type metricAlarm struct {
	MetricName                       string            `json:",omitempty"`
	Namespace                        string            `json:",omitempty"`
	Statistic                        string            `json:",omitempty"`
	ExtendedStatistic                string            `json:",omitempty"`
	Dimensions                       []Dimension       `json:""`
	Period                           *int              `json:",omitempty"`
	Unit                             string            `json:",omitempty"`
	EvaluationPeriods                *int              `json:",omitempty"`
	DatapointsToAlarm                *int              `json:",omitempty"`
	Threshold                        *float64          `json:",omitempty"`
	ComparisonOperator               string            `json:",omitempty"`
	TreatMissingData                 string            `json:",omitempty"`
	EvaluateLowSampleCountPercentile string            `json:",omitempty"`
	Metrics                          []metricDataQuery `json:",omitempty"`
}

// state is an alarm's state and since when it has it.
type state struct {
	value, reason, data string
	at                  time.Time
}

// alarm is an alarm. Its fields are the Service's, under its lock.
type alarm struct {
	actions
	metricAlarm

	key        alarmKey
	arn        string
	configured time.Time
	state      state
	tags       map[string]string

	queries *queries // of a metric alarm, of which it watches one
	watched *query
	rule    *rule // of a composite alarm
	text    string
	stop    func() // ends its watcher
}

func (a *alarm) kind() string {
	if a.rule != nil {
		return kindComposite
	}
	return kindMetric
}

// put makes an alarm or changes the one of its name; it keeps its state and tags. Call it locked.
func (s *Service) put(place resource.Place, name string, wanted *alarm, tags map[string]string) (*alarm, error) {
	if s.life.Err() != nil {
		return nil, ErrClosed
	}
	now := s.clock.Now()
	wanted.key, wanted.arn, wanted.configured = alarmKey{place, name}, arnOf(place, "alarm:"+name), now
	wanted.tags = maps.Clone(tags)
	wanted.state = state{value: stateInsufficient, reason: initialReason, at: now}
	wanted.normalize()
	deed := "created"
	if old, ok := s.alarms[wanted.key]; ok {
		if old.kind() != wanted.kind() {
			return nil, errValidation("An alarm of type %s with the name %s exists.", old.kind(), name)
		}
		deed = "updated"
		wanted.state, wanted.tags = old.state, old.tags
		old.stop()
	}
	ended := make(chan struct{})
	wanted.stop = sync.OnceFunc(func() { close(ended) })
	s.alarms[wanted.key] = wanted
	s.noteConfiguration(wanted, deed)
	if wanted.rule == nil {
		s.work.Go(func() { s.watch(wanted, ended) })
	}
	return wanted, nil
}

// normalize makes lists that answers always have.
func (a *alarm) normalize() {
	if a.ActionsEnabled == nil {
		a.ActionsEnabled = new(true)
	}
	a.OKActions = append([]string{}, a.OKActions...)
	a.AlarmActions = append([]string{}, a.AlarmActions...)
	a.InsufficientDataActions = append([]string{}, a.InsufficientDataActions...)
	a.Dimensions = append([]Dimension{}, a.Dimensions...)
}

// remove deletes an alarm. Its history stays. Call it locked.
func (s *Service) remove(gone *alarm) {
	gone.stop()
	delete(s.alarms, gone.key)
	s.noteConfiguration(gone, "deleted")
}

func (a *actions) check() error {
	const most = 5
	for _, list := range [][]string{a.OKActions, a.AlarmActions, a.InsufficientDataActions} {
		if len(list) > most {
			return errValidation("Member must have length less than or equal to 5")
		}
		for _, arn := range list {
			switch {
			case isTopic(arn), isPolicy(arn):
			case strings.HasPrefix(arn, "arn:"):
				return unsupported("the alarm action " + arn)
			default:
				return errValidation("Invalid arn syntax: %s", arn)
			}
		}
	}
	return nil
}

func isTopic(arn string) bool { return strings.HasPrefix(arn, "arn:aws:sns:") }

// isPolicy says whether an ARN is that of a scaling policy of Application Auto Scaling.
func isPolicy(arn string) bool {
	return strings.HasPrefix(arn, "arn:aws:autoscaling:") && strings.Contains(arn, ":resource/")
}

// comparison is how values are held against the threshold, and in which words.
type comparison struct {
	words    string
	breaches func(value, threshold float64) bool
}

func comparisons() map[string]comparison {
	return map[string]comparison{
		"GreaterThanOrEqualToThreshold": {"greater than or equal to", func(v, t float64) bool { return v >= t }},
		"GreaterThanThreshold":          {"greater than", func(v, t float64) bool { return v > t }},
		"LessThanThreshold":             {"less than", func(v, t float64) bool { return v < t }},
		"LessThanOrEqualToThreshold":    {"less than or equal to", func(v, t float64) bool { return v <= t }},
	}
}

// build checks a metric alarm and reads what it watches.
func (m *metricAlarm) build() (*alarm, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	given := m.Metrics
	if len(given) == 0 {
		stat := m.Statistic + m.ExtendedStatistic
		given = []metricDataQuery{{Id: "m1", MetricStat: &metricStat{
			Metric: metricName{m.Namespace, m.MetricName, m.Dimensions}, Period: m.Period, Stat: stat, Unit: m.Unit,
		}}}
	}
	all, err := parseQueries(given)
	if err != nil {
		return nil, err
	}
	made := &alarm{metricAlarm: *m, queries: all}
	for _, one := range all.list {
		if !one.returned() {
			continue
		}
		if made.watched != nil {
			return nil, errValidation("Exactly one element of the metrics list should return data.")
		}
		made.watched = one
	}
	if made.watched == nil {
		return nil, errValidation("Exactly one element of the metrics list should return data.")
	}
	return made, made.checkSpan()
}

func (m *metricAlarm) check() error {
	_, compares := comparisons()[m.ComparisonOperator]
	switch {
	case m.EvaluationPeriods == nil:
		return errNull("evaluationPeriods")
	case *m.EvaluationPeriods < 1:
		return errMember("evaluationPeriods", *m.EvaluationPeriods, "Member must have value greater than or equal to 1")
	case m.ComparisonOperator == "":
		return errNull("comparisonOperator")
	case strings.Contains(m.ComparisonOperator, "LowerThreshold") || strings.Contains(m.ComparisonOperator, "UpperThreshold"):
		return unsupported("anomaly detection: the comparison operator " + m.ComparisonOperator)
	case !compares:
		return errMember("comparisonOperator", m.ComparisonOperator, "Member must satisfy enum value set: "+
			"[GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold, LessThanOrEqualToThreshold]")
	case m.Threshold == nil || math.IsNaN(*m.Threshold) || math.IsInf(*m.Threshold, 0):
		return errValidation("The parameter Threshold is required.")
	case !slices.Contains([]string{"", missing, ignore, breaching, notBreaching}, m.TreatMissingData):
		return errValidation("Option %s for TreatMissingData is not supported; the supported options are breaching, notBreaching, "+
			"ignore and missing.", m.TreatMissingData)
	case m.EvaluateLowSampleCountPercentile != "" && m.EvaluateLowSampleCountPercentile != "evaluate":
		return unsupported("EvaluateLowSampleCountPercentile " + m.EvaluateLowSampleCountPercentile)
	case m.DatapointsToAlarm != nil && (*m.DatapointsToAlarm < 1 || *m.DatapointsToAlarm > *m.EvaluationPeriods):
		return errValidation("DatapointsToAlarm must be between 1 and EvaluationPeriods.")
	}
	return m.checkMetric()
}

func (m *metricAlarm) checkMetric() error {
	single := m.MetricName != "" || m.Namespace != "" || m.Statistic != "" || m.ExtendedStatistic != "" || m.Period != nil ||
		len(m.Dimensions) > 0
	switch {
	case len(m.Metrics) > 0 && single:
		return errValidation("The parameters MetricName, Namespace, Dimensions, Period, Unit, Statistic and ExtendedStatistic " +
			"cannot be used with Metrics.")
	case len(m.Metrics) > 0:
		return nil
	case m.MetricName == "" || m.Namespace == "":
		return errValidation("The parameters MetricName and Namespace are required unless Metrics is given.")
	case (m.Statistic == "") == (m.ExtendedStatistic == ""):
		return errValidation("Exactly one of Statistic and ExtendedStatistic must be specified.")
	case m.Statistic != "" && !slices.Contains(plainStatistics(), m.Statistic):
		return errMember("statistic", m.Statistic, "Member must satisfy enum value set: [SampleCount, Average, Sum, Minimum, Maximum]")
	}
	return nil
}

// checkSpan bounds how far back an alarm looks (PutMetricAlarm, API reference).
func (a *alarm) checkSpan() error {
	const hour, week = 3600, 7
	span := *a.EvaluationPeriods * int(a.watched.period.Seconds())
	switch {
	case span > secondsPerDay*week:
		return errValidation("Metrics cannot be checked across more than 7 days (EvaluationPeriods * Period must be <= 604800).")
	case span > secondsPerDay && a.watched.period.Seconds() < hour:
		return errValidation("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).")
	default:
		return nil
	}
}

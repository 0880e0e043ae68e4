package cloudwatch

import (
	"errors"
	"math"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// ErrNoAlarm is returned for an alarm that does not exist.
var ErrNoAlarm = errors.New("alarm not found")

// Query is a metric in periods of a minute, or an expression.
type Query struct {
	ID         string
	Expression string
	Namespace  string
	MetricName string
	Dimensions []Dimension
	Statistic  string
	Unit       string
	Hidden     bool // it is only there for expressions
}

// Watch is an alarm that another service makes for itself.
type Watch struct {
	Name        string
	Description string
	// Queries of which one is not hidden.
	Queries    []Query
	Comparison string // such as GreaterThanThreshold
	Threshold  float64
	Periods    int // minutes that have to cross the threshold
	Action     string
}

// PutWatch makes an alarm, or changes the one of its name, and returns its ARN.
func (s *Service) PutWatch(place resource.Place, wanted Watch) (string, error) {
	const minute = 60
	given := &metricAlarm{
		EvaluationPeriods: &wanted.Periods, Threshold: &wanted.Threshold, ComparisonOperator: wanted.Comparison,
	}
	if one := wanted.Queries[0]; len(wanted.Queries) == 1 {
		given.Namespace, given.MetricName, given.Dimensions = one.Namespace, one.MetricName, one.Dimensions
		given.Statistic, given.Unit, given.Period = one.Statistic, one.Unit, new(minute)
	} else {
		for _, one := range wanted.Queries {
			query := metricDataQuery{Id: one.ID, Expression: one.Expression, ReturnData: new(!one.Hidden)}
			if one.Expression == "" {
				query.MetricStat = &metricStat{
					Metric: metricName{one.Namespace, one.MetricName, one.Dimensions}, Period: new(minute), Stat: one.Statistic, Unit: one.Unit,
				}
			}
			given.Metrics = append(given.Metrics, query)
		}
	}
	what := actions{AlarmDescription: &wanted.Description, AlarmActions: []string{wanted.Action}}
	if err := s.setMetric(place, wanted.Name, given, what, nil); err != nil {
		return "", err
	}
	return arnOf(place, "alarm:"+wanted.Name), nil
}

// RemoveAlarm deletes an alarm; one that does not exist is no error.
func (s *Service) RemoveAlarm(place resource.Place, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.alarms[alarmKey{place, name}]; ok {
		s.remove(found)
	}
}

// Reading is what an alarm sees: its newest value, the threshold that it is held against, and the state that it has.
type Reading struct {
	Value, Threshold float64
	State            string
}

// AlarmReading returns what an alarm sees now. The value is NaN if there are no data.
func (s *Service) AlarmReading(place resource.Place, name string) (Reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.alarms[alarmKey{place, name}]
	if !ok || found.rule != nil {
		return Reading{}, ErrNoAlarm
	}
	windows := s.windows(found, s.clock.Now())
	seen := Reading{Value: math.NaN(), Threshold: *found.Threshold, State: found.state.value}
	for _, point := range s.evaluate(place, found.queries, found.watched, windows).points {
		if !math.IsNaN(point) {
			seen.Value = point
		}
	}
	return seen, nil
}

// AlarmsOf returns the names of the alarms that have an ARN among the actions that they take in the state ALARM.
func (s *Service) AlarmsOf(place resource.Place, action string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for key, one := range s.alarms {
		if key.Place == place && slices.Contains(one.AlarmActions, action) {
			names = append(names, key.name)
		}
	}
	slices.Sort(names)
	return names
}

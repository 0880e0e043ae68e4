package cloudwatch

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// deed is what an alarm does after it changed its state: what to run, outside of any lock.
type deed struct {
	alarm   alarmKey
	kind    string
	arn     string // of the topic or policy
	subject string
	message string
	at      time.Time // of the state
}

// move changes an alarm's state, and then that of the composite alarms that it decides. Call it locked.
func (s *Service) move(a *alarm, value, reason, data string) []deed {
	now := s.clock.Now()
	old := a.state
	a.state = state{value: value, reason: reason, data: data, at: now}
	s.noteState(a, old)
	due := s.deeds(a, old)
	if old.value == value {
		return due
	}
	for _, above := range s.alarms {
		if above.rule != nil && above.key.Place == a.key.Place && above != a {
			due = append(due, s.decide(above, a)...)
		}
	}
	return due
}

// deeds are the actions of the state that an alarm has come to. Call it locked.
func (s *Service) deeds(a *alarm, old state) []deed {
	if old.value == a.state.value || !*a.ActionsEnabled {
		return nil
	}
	var due []deed
	for _, arn := range a.actionsOf(a.state.value) {
		due = append(due, deed{
			alarm: a.key, kind: a.kind(), arn: arn, at: a.state.at, subject: a.subject(), message: a.notification(old),
		})
	}
	return due
}

// again are the actions that are taken as long as an alarm lasts: those of scaling policies ("Alarm actions", user
// guide). Call it locked.
func (s *Service) again(a *alarm) []deed {
	if !*a.ActionsEnabled {
		return nil
	}
	var due []deed
	for _, arn := range a.AlarmActions {
		if isPolicy(arn) {
			due = append(due, deed{alarm: a.key, kind: a.kind(), arn: arn, at: time.Time{}})
		}
	}
	return due
}

func (a *actions) actionsOf(value string) []string {
	switch value {
	case stateOK:
		return a.OKActions
	case stateAlarm:
		return a.AlarmActions
	default:
		return a.InsufficientDataActions
	}
}

// perform does what is due, in order.
func (s *Service) perform(due []deed) {
	for _, one := range due {
		err := s.run(one)
		if one.at.IsZero() {
			continue // repetitions are not told
		}
		s.mu.Lock()
		s.noteAction(one, err)
		s.mu.Unlock()
	}
}

var (
	errNoTopics   = errors.New("there are no topics")
	errNoPolicies = errors.New("there are no scaling policies")
)

func (s *Service) run(one deed) error {
	if isTopic(one.arn) {
		if s.topics == nil {
			return errNoTopics
		}
		if err := s.topics.Publish(one.alarm.Place, one.arn, one.subject, one.message); err != nil {
			return fmt.Errorf("publishing: %w", err)
		}
		return nil
	}
	s.mu.Lock()
	policies := s.policies
	s.mu.Unlock()
	if policies == nil {
		return errNoPolicies
	}
	if err := policies.RunPolicy(one.alarm.Place, one.arn, one.alarm.name); err != nil {
		return fmt.Errorf("running the scaling policy: %w", err)
	}
	return nil
}

// subject is what the change is published under. A long name is cut, so that the topic takes it (believed).
func (a *alarm) subject() string {
	const longest, dots = 100, "..."
	region, name := regionName(a.key.Region), a.key.name
	write := func(name string) string { return fmt.Sprintf("%s: %q in %s", a.state.value, name, region) }
	if over := len(write(name)) - longest; over > 0 {
		name = name[:max(0, len(name)-over-len(dots))] + dots
	}
	return write(name)
}

// notification is what is published of a change, in the order of the service's fields.
type notification struct {
	AlarmName                          string
	AlarmDescription                   *string
	AWSAccountId                       string //nolint:staticcheck // as the message has it
	AlarmConfigurationUpdatedTimestamp string
	AlarmRule                          string `json:",omitempty"`
	NewStateValue                      string
	NewStateReason                     string
	StateChangeTime                    string
	Region                             string
	AlarmArn                           string
	OldStateValue                      string
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	Trigger                            *trigger `json:",omitempty"`
}

type triggerDimension struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

type trigger struct {
	MetricName                       string             `json:",omitempty"`
	Namespace                        string             `json:",omitempty"`
	StatisticType                    string             `json:",omitempty"`
	Statistic                        string             `json:",omitempty"`
	ExtendedStatistic                string             `json:",omitempty"`
	Unit                             *string            `json:",omitempty"`
	Dimensions                       []triggerDimension `json:",omitzero"`
	Period                           int
	EvaluationPeriods                int
	DatapointsToAlarm                *int `json:",omitempty"`
	ComparisonOperator               string
	Threshold                        double
	TreatMissingData                 string
	EvaluateLowSampleCountPercentile string
	Metrics                          []triggerQuery `json:",omitempty"`
}

type triggerQuery struct {
	Id         string             //nolint:staticcheck // as the message has it
	Label      string             `json:",omitempty"`
	MetricStat *triggerMetricStat `json:",omitempty"`
	Expression string             `json:",omitempty"`
	ReturnData bool
}

type triggerMetricStat struct {
	Metric triggerMetric
	Period int
	Stat   string
	Unit   string `json:",omitempty"`
}

type triggerMetric struct {
	Dimensions []triggerDimension
	MetricName string
	Namespace  string
}

func (a *alarm) notification(old state) string {
	told := notification{
		AlarmName: a.key.name, AlarmDescription: a.AlarmDescription, AWSAccountId: a.key.Account,
		AlarmConfigurationUpdatedTimestamp: a.configured.Format(jsonTime), NewStateValue: a.state.value,
		NewStateReason: a.state.reason, StateChangeTime: a.state.at.Format(jsonTime),
		Region: regionName(a.key.Region), AlarmArn: a.arn, OldStateValue: old.value,
		OKActions: a.OKActions, AlarmActions: a.AlarmActions, InsufficientDataActions: a.InsufficientDataActions,
	}
	if a.rule != nil {
		told.AlarmRule = a.text
	} else {
		told.Trigger = a.trigger()
	}
	return compactJSON(told)
}

func (a *alarm) trigger() *trigger {
	made := &trigger{
		MetricName: a.MetricName, Namespace: a.Namespace, Period: int(a.watched.period.Seconds()),
		EvaluationPeriods: *a.EvaluationPeriods, DatapointsToAlarm: a.DatapointsToAlarm,
		ComparisonOperator: a.ComparisonOperator, Threshold: double(*a.Threshold), TreatMissingData: a.TreatMissingData,
		EvaluateLowSampleCountPercentile: a.EvaluateLowSampleCountPercentile,
	}
	if a.MetricName != "" {
		made.Dimensions = triggerDimensions(a.Dimensions)
		made.Unit = &a.Unit
		if a.Unit == "" {
			made.Unit = nil
		}
	}
	switch {
	case a.Statistic != "":
		made.StatisticType, made.Statistic = "Statistic", strings.ToUpper(a.Statistic)
	case a.ExtendedStatistic != "":
		made.StatisticType, made.ExtendedStatistic = "ExtendedStatistic", a.ExtendedStatistic
	}
	for _, one := range a.Metrics {
		described := triggerQuery{
			Id: one.Id, Label: one.Label, Expression: one.Expression, ReturnData: one.ReturnData == nil || *one.ReturnData,
		}
		if stat := one.MetricStat; stat != nil {
			described.MetricStat = &triggerMetricStat{
				Metric: triggerMetric{triggerDimensions(stat.Metric.Dimensions), stat.Metric.MetricName, stat.Metric.Namespace},
				Period: *stat.Period, Stat: stat.Stat, Unit: stat.Unit,
			}
		}
		made.Metrics = append(made.Metrics, described)
	}
	return made
}

func triggerDimensions(given []Dimension) []triggerDimension {
	made := make([]triggerDimension, 0, len(given))
	for _, one := range given {
		made = append(made, triggerDimension{Value: one.Value, Name: one.Name})
	}
	return made
}

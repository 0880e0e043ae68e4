package cloudwatch

import (
	"context"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type putMetricAlarmInput struct {
	actions
	metricAlarm

	AlarmName string
	Tags      []Tag
}

func (s *Service) putMetricAlarm(_ context.Context, call *wire.Call, in *putMetricAlarmInput) (*wire.None, error) {
	err := s.setMetric(call.Place(), in.AlarmName, &in.metricAlarm, in.actions, tagMap(in.Tags))
	return &wire.None{}, err
}

// setMetric makes or changes a metric alarm.
func (s *Service) setMetric(
	place resource.Place, name string, given *metricAlarm, what actions, tags map[string]string,
) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := what.check(); err != nil {
		return err
	}
	made, err := given.build()
	if err != nil {
		return err
	}
	made.actions = what
	s.mu.Lock()
	made, err = s.put(place, name, made, tags)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if s.eager() {
		s.look(made.key)
	}
	return nil
}

func checkName(name string) error {
	const longest = 255
	if name == "" {
		return errMember("alarmName", name, "Member must have length greater than or equal to 1")
	}
	if len(name) > longest {
		return errMember("alarmName", name, "Member must have length less than or equal to 255")
	}
	return nil
}

func tagMap(tags []Tag) map[string]string {
	table := make(map[string]string, len(tags))
	for _, tag := range tags {
		table[tag.Key] = tag.Value
	}
	return table
}

type describedState struct {
	AlarmArn                           string
	AlarmName                          string
	AlarmConfigurationUpdatedTimestamp wire.Time
	StateReason                        string
	StateReasonData                    string `json:",omitempty"`
	StateTransitionedTimestamp         wire.Time
	StateUpdatedTimestamp              wire.Time
	StateValue                         string
}

type describedMetricAlarm struct {
	actions
	metricAlarm
	describedState
}

type describedCompositeAlarm struct {
	compositeAlarm
	describedState
}

func (a *alarm) describeState() describedState {
	return describedState{
		AlarmArn: a.arn, AlarmName: a.key.name, AlarmConfigurationUpdatedTimestamp: wire.At(a.configured),
		StateReason: a.state.reason, StateReasonData: a.state.data, StateValue: a.state.value,
		StateTransitionedTimestamp: wire.At(a.state.at), StateUpdatedTimestamp: wire.At(a.state.at),
	}
}

func (a *alarm) describeMetric() describedMetricAlarm {
	return describedMetricAlarm{actions: a.actions, metricAlarm: a.metricAlarm, describedState: a.describeState()}
}

func (a *alarm) describeComposite() describedCompositeAlarm {
	return describedCompositeAlarm{
		compositeAlarm: compositeAlarm{actions: a.actions, AlarmRule: a.text}, describedState: a.describeState(),
	}
}

type describeAlarmsInput struct {
	AlarmNames          []string
	AlarmNamePrefix     string
	AlarmTypes          []string
	ChildrenOfAlarmName string
	ParentsOfAlarmName  string
	StateValue          string
	ActionPrefix        string
	MaxRecords          *int
	NextToken           string
}

type describeAlarmsOutput struct {
	CompositeAlarms []describedCompositeAlarm
	MetricAlarms    []describedMetricAlarm
	NextToken       string `json:",omitempty"`
}

func limitOf(given *int) (int, error) {
	const usual, most = 50, 100
	switch {
	case given == nil:
		return usual, nil
	case *given < 1:
		return 0, errMember("maxRecords", *given, "Member must have value greater than or equal to 1")
	case *given > most:
		return 0, errMember("maxRecords", *given, "Member must have value less than or equal to 100")
	default:
		return *given, nil
	}
}

func (s *Service) describeAlarms(_ context.Context, call *wire.Call, in *describeAlarmsInput) (*describeAlarmsOutput, error) {
	limit, err := limitOf(in.MaxRecords)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*alarm
	for key, one := range s.alarms {
		if key.Place == call.Place() && in.wants(one) && s.related(one, in) {
			found = append(found, one)
		}
	}
	name := func(a *alarm) string { return a.key.name }
	slices.SortFunc(found, func(a, b *alarm) int { return strings.Compare(name(a), name(b)) })
	page, next, err := paging.Page(found, in.NextToken, limit, name)
	if err != nil {
		return nil, errToken()
	}
	out := &describeAlarmsOutput{
		CompositeAlarms: []describedCompositeAlarm{}, MetricAlarms: []describedMetricAlarm{}, NextToken: next,
	}
	for _, one := range page {
		if one.rule != nil {
			out.CompositeAlarms = append(out.CompositeAlarms, one.describeComposite())
		} else {
			out.MetricAlarms = append(out.MetricAlarms, one.describeMetric())
		}
	}
	return out, nil
}

func (in *describeAlarmsInput) check() error {
	for _, kind := range in.AlarmTypes {
		if kind != kindMetric && kind != kindComposite {
			return errMember("alarmTypes", kind, "Member must satisfy enum value set: [CompositeAlarm, MetricAlarm]")
		}
	}
	if in.AlarmNamePrefix != "" && len(in.AlarmNames) > 0 {
		return wire.Errorf(codeCombination, "AlarmNamePrefix and AlarmNames cannot be specified together.")
	}
	if in.StateValue == "" {
		return nil
	}
	return checkState(in.StateValue)
}

func checkState(value string) error {
	if slices.Contains([]string{stateOK, stateAlarm, stateInsufficient}, value) {
		return nil
	}
	return errMember("stateValue", value, "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]")
}

func (in *describeAlarmsInput) wants(a *alarm) bool {
	types := in.AlarmTypes
	if len(types) == 0 && in.ChildrenOfAlarmName == "" && in.ParentsOfAlarmName == "" {
		types = []string{kindMetric} // unless asked for, composite alarms are not described
	}
	acts := in.ActionPrefix == ""
	for _, list := range [][]string{a.OKActions, a.AlarmActions, a.InsufficientDataActions} {
		acts = acts || slices.ContainsFunc(list, func(arn string) bool { return strings.HasPrefix(arn, in.ActionPrefix) })
	}
	return acts && (len(types) == 0 || slices.Contains(types, a.kind())) &&
		(len(in.AlarmNames) == 0 || slices.Contains(in.AlarmNames, a.key.name)) &&
		strings.HasPrefix(a.key.name, in.AlarmNamePrefix) && (in.StateValue == "" || in.StateValue == a.state.value)
}

// related says whether an alarm is a child or parent of the one that is asked for, if one is. Call it locked.
func (s *Service) related(a *alarm, in *describeAlarmsInput) bool {
	if in.ChildrenOfAlarmName != "" {
		parent, ok := s.alarms[alarmKey{a.key.Place, in.ChildrenOfAlarmName}]
		if !ok || parent.rule == nil || !slices.Contains(parent.rule.names, a.key.name) {
			return false
		}
	}
	return in.ParentsOfAlarmName == "" || (a.rule != nil && slices.Contains(a.rule.names, in.ParentsOfAlarmName))
}

type describeAlarmsForMetricInput struct {
	MetricName        string
	Namespace         string
	Statistic         string
	ExtendedStatistic string
	Dimensions        []Dimension
	Period            *int
	Unit              string
}

type describeAlarmsForMetricOutput struct{ MetricAlarms []describedMetricAlarm }

func (s *Service) describeAlarmsForMetric(
	_ context.Context, call *wire.Call, in *describeAlarmsForMetricInput,
) (*describeAlarmsForMetricOutput, error) {
	wanted := keyOf(call.Place(), in.Namespace, in.MetricName, in.Dimensions)
	out := &describeAlarmsForMetricOutput{MetricAlarms: []describedMetricAlarm{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.alarms {
		if one.rule == nil && in.wants(one) && keyOf(one.key.Place, one.Namespace, one.MetricName, one.Dimensions) == wanted {
			out.MetricAlarms = append(out.MetricAlarms, one.describeMetric())
		}
	}
	slices.SortFunc(out.MetricAlarms, func(a, b describedMetricAlarm) int { return strings.Compare(a.AlarmName, b.AlarmName) })
	return out, nil
}

func (in *describeAlarmsForMetricInput) wants(a *alarm) bool {
	return (in.Statistic == "" || in.Statistic == a.Statistic) &&
		(in.ExtendedStatistic == "" || in.ExtendedStatistic == a.ExtendedStatistic) &&
		(in.Unit == "" || in.Unit == a.Unit) && (in.Period == nil || (a.Period != nil && *in.Period == *a.Period))
}

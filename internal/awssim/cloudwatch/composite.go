package cloudwatch

import (
	"context"
	"fmt"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// compositeAlarm is a composite alarm as the API and CloudFormation write it.
type compositeAlarm struct {
	actions

	AlarmRule string
}

type putCompositeAlarmInput struct {
	compositeAlarm

	AlarmName string
	Tags      []Tag
}

func (s *Service) putCompositeAlarm(_ context.Context, call *wire.Call, in *putCompositeAlarmInput) (*wire.None, error) {
	due, err := s.setComposite(call.Place(), in.AlarmName, &in.compositeAlarm, tagMap(in.Tags))
	if err != nil {
		return nil, err
	}
	s.perform(due)
	return &wire.None{}, nil
}

// setComposite makes or changes a composite alarm and evaluates it at once.
func (s *Service) setComposite(
	place resource.Place, name string, given *compositeAlarm, tags map[string]string,
) ([]deed, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := given.check(); err != nil {
		return nil, err
	}
	parsed, err := parseRule(given.AlarmRule)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, child := range parsed.names {
		if _, ok := s.alarms[alarmKey{place, child}]; !ok || child == name {
			return nil, errValidation("Could not save the composite alarm as alarms [%s] in the alarm rule do not exist", child)
		}
		if s.reaches(place, child, name) {
			return nil, errValidation("Unable to update alarm due to cyclic dependency involving %s", child)
		}
	}
	made, err := s.put(place, name, &alarm{actions: given.actions, rule: parsed, text: given.AlarmRule}, tags)
	if err != nil {
		return nil, err
	}
	return s.decide(made, nil), nil
}

// reaches says whether a composite alarm depends on another alarm. Call it locked.
func (s *Service) reaches(place resource.Place, from, to string) bool {
	found := s.alarms[alarmKey{place, from}]
	return from == to || (found != nil && found.rule != nil &&
		slices.ContainsFunc(found.rule.names, func(name string) bool { return s.reaches(place, name, to) }))
}

// decide evaluates a composite alarm after another alarm has changed, or after it was made itself. Call it locked.
func (s *Service) decide(composite, changed *alarm) []deed {
	if changed != nil && !slices.Contains(composite.rule.names, changed.key.name) {
		return nil
	}
	value := stateOK
	if composite.rule.holds(func(name string) string {
		if child, ok := s.alarms[alarmKey{composite.key.Place, name}]; ok {
			return child.state.value
		}
		return ""
	}) {
		value = stateAlarm
	}
	if value == composite.state.value {
		return nil
	}
	if changed == nil {
		return s.move(composite, value, fmt.Sprintf("%s was created and its alarm rule evaluates to %s", composite.arn, value), "")
	}
	reason := fmt.Sprintf("%s transitioned to %s at %s", changed.arn, changed.state.value,
		changed.state.at.Format("Monday 02 January, 2006 15:04:05 MST"))
	data := compactJSON(map[string]any{"triggeringAlarms": []any{map[string]any{
		"arn": changed.arn, "state": map[string]any{"value": changed.state.value, "timestamp": changed.state.at.Format(jsonTime)},
	}}})
	return s.move(composite, value, reason, data)
}

package cloudwatch

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type setAlarmStateInput struct {
	AlarmName       string
	StateValue      string
	StateReason     string
	StateReasonData string
}

func errNoAlarm() error {
	return &wire.Error{Code: "ResourceNotFound", Status: http.StatusNotFound}
}

func (s *Service) setAlarmState(_ context.Context, call *wire.Call, in *setAlarmStateInput) (*wire.None, error) {
	if err := checkState(in.StateValue); err != nil {
		return nil, err
	}
	if in.StateReasonData != "" && !json.Valid([]byte(in.StateReasonData)) {
		return nil, wire.Errorf("InvalidFormat", "StateReasonData must be valid JSON")
	}
	s.mu.Lock()
	found, ok := s.alarms[alarmKey{call.Place(), in.AlarmName}]
	if !ok {
		s.mu.Unlock()
		return nil, errNoAlarm()
	}
	due := s.move(found, in.StateValue, in.StateReason, in.StateReasonData)
	s.mu.Unlock()
	s.perform(due)
	return &wire.None{}, nil
}

type alarmNamesInput struct{ AlarmNames []string }

func (s *Service) enableAlarmActions(_ context.Context, call *wire.Call, in *alarmNamesInput) (*wire.None, error) {
	return s.switchActions(call, in, true)
}

func (s *Service) disableAlarmActions(_ context.Context, call *wire.Call, in *alarmNamesInput) (*wire.None, error) {
	return s.switchActions(call, in, false)
}

func (s *Service) switchActions(call *wire.Call, in *alarmNamesInput, enabled bool) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range in.AlarmNames { // those that do not exist are passed over
		if found, ok := s.alarms[alarmKey{call.Place(), name}]; ok && *found.ActionsEnabled != enabled {
			found.ActionsEnabled, found.configured = &enabled, s.clock.Now()
			s.noteConfiguration(found, "updated")
		}
	}
	return &wire.None{}, nil
}

func (s *Service) deleteAlarms(_ context.Context, call *wire.Call, in *alarmNamesInput) (*wire.None, error) {
	const most = 100
	if len(in.AlarmNames) > most {
		return nil, errMember("alarmNames", len(in.AlarmNames), "Member must have length less than or equal to 100")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range in.AlarmNames {
		if parent := s.parentOf(call.Place(), name, in.AlarmNames); parent != "" {
			return nil, errValidation("Alarm %s cannot be deleted as there are composite alarms depending on it: %s", name, parent)
		}
	}
	for _, name := range in.AlarmNames { // those that do not exist are passed over
		if found, ok := s.alarms[alarmKey{call.Place(), name}]; ok {
			s.remove(found)
		}
	}
	return &wire.None{}, nil
}

// parentOf returns the name of a composite alarm that depends on an alarm and does not go with it. Call it locked.
func (s *Service) parentOf(place resource.Place, name string, leaving []string) string {
	for key, one := range s.alarms {
		if key.Place == place && one.rule != nil && slices.Contains(one.rule.names, name) && !slices.Contains(leaving, key.name) {
			return key.name
		}
	}
	return ""
}

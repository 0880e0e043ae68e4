package cloudwatch

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	keeping "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ keeping.Keeper = (*Service)(nil)

// kept is the service as a state file has it. Data are not kept.
type kept struct {
	Alarms     []keptAlarm
	Histories  []keptHistory
	Dashboards []keptDashboard
}

type keptAlarm struct {
	resource.Place

	Name       string
	Actions    actions
	Metric     *metricAlarm `json:",omitempty"`
	Rule       string       `json:",omitempty"`
	Configured time.Time
	State      keptState
	Tags       map[string]string
}

type keptState struct {
	Value, Reason, Data string
	At                  time.Time
}

type keptHistory struct {
	resource.Place

	Name  string
	Items []historyItem
}

type keptDashboard struct {
	Account, Name, Body string
	Modified            time.Time
	Tags                map[string]string
}

// Keep returns all alarms with their states and histories, and all dashboards.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all kept
	for key, one := range s.alarms {
		alarm := keptAlarm{
			Place: key.Place, Name: key.name, Actions: one.actions, Rule: one.text, Configured: one.configured, Tags: one.tags,
			State: keptState{one.state.value, one.state.reason, one.state.data, one.state.at},
		}
		if one.rule == nil {
			alarm.Metric = &one.metricAlarm
		}
		all.Alarms = append(all.Alarms, alarm)
	}
	for key, items := range s.history {
		all.Histories = append(all.Histories, keptHistory{key.Place, key.name, items})
	}
	for key, one := range s.dashboards {
		all.Dashboards = append(all.Dashboards, keptDashboard{key.account, key.name, one.body, one.modified, one.tags})
	}
	slices.SortFunc(all.Alarms, func(a, b keptAlarm) int { return strings.Compare(a.Region+a.Name, b.Region+b.Name) })
	slices.SortFunc(all.Histories, func(a, b keptHistory) int { return strings.Compare(a.Region+a.Name, b.Region+b.Name) })
	slices.SortFunc(all.Dashboards, func(a, b keptDashboard) int { return strings.Compare(a.Name, b.Name) })
	return keeping.Write(all)
}

// Restore takes up what Keep returned; metric alarms begin to look again.
func (s *Service) Restore(content json.RawMessage) error {
	var all kept
	if err := keeping.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range all.Alarms {
		if err := s.restore(&one); err != nil {
			return err
		}
	}
	for _, one := range all.Histories {
		s.history[alarmKey{one.Place, one.Name}] = one.Items
	}
	for _, one := range all.Dashboards {
		key := dashboardKey{one.Account, one.Name}
		s.dashboards[key] = &dashboard{key: key, body: one.Body, modified: one.Modified, tags: one.Tags}
	}
	return nil
}

// restore makes an alarm as it was. Call it locked.
func (s *Service) restore(one *keptAlarm) error {
	made := &alarm{text: one.Rule}
	var err error
	if one.Metric != nil {
		made, err = one.Metric.build()
	} else {
		made.rule, err = parseRule(one.Rule)
	}
	if err != nil {
		return err
	}
	made.actions, made.key, made.arn = one.Actions, alarmKey{one.Place, one.Name}, arnOf(one.Place, "alarm:"+one.Name)
	made.configured, made.tags = one.Configured, maps.Clone(one.Tags)
	made.state.value, made.state.reason = one.State.Value, one.State.Reason
	made.state.data, made.state.at = one.State.Data, one.State.At
	made.normalize()
	ended := make(chan struct{})
	made.stop = sync.OnceFunc(func() { close(ended) })
	s.alarms[made.key] = made
	if made.rule == nil {
		s.work.Go(func() { s.watch(made, ended) })
	}
	return nil
}

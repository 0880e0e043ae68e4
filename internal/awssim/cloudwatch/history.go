package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxHistory is how many items an alarm's history keeps. AWS keeps thirty days.
const maxHistory = 1000

// Kinds of history items.
const (
	configurationUpdate = "ConfigurationUpdate"
	stateUpdate         = "StateUpdate"
	actionItem          = "Action"
)

type historyItem struct {
	AlarmName       string
	AlarmType       string
	Timestamp       wire.Time
	HistoryItemType string
	HistorySummary  string
	HistoryData     string
}

// note adds an item to an alarm's history. Call it locked.
func (s *Service) note(key alarmKey, kind, itemType, summary string, data any) {
	s.history[key] = append(s.history[key], historyItem{
		AlarmName: key.name, AlarmType: kind, Timestamp: wire.At(s.clock.Now().Truncate(time.Millisecond)), HistoryItemType: itemType,
		HistorySummary: summary, HistoryData: compactJSON(data),
	})
	if extra := len(s.history[key]) - maxHistory; extra > 0 {
		s.history[key] = s.history[key][extra:]
	}
}

func (s *Service) noteConfiguration(a *alarm, deed string) {
	kind := map[string]string{"created": "Create", "updated": "Update", "deleted": "Delete"}[deed]
	s.note(a.key, a.kind(), configurationUpdate, fmt.Sprintf("Alarm %q %s", a.key.name, deed),
		map[string]any{"version": "1.0", "type": kind, deed + "Alarm": a.describeConfiguration()})
}

// describeConfiguration is the alarm in a history item.
func (a *alarm) describeConfiguration() any {
	if a.rule != nil {
		return lowerCamel(a.describeComposite())
	}
	return lowerCamel(a.describeMetric())
}

// lowerCamel names members as the JSON of histories does: in lower camel case.
func lowerCamel(described any) any {
	var members map[string]any
	data, _ := json.Marshal(described) //nolint:errchkjson // our own types
	_ = json.Unmarshal(data, &members) // which we just wrote
	named := make(map[string]any, len(members))
	for name, member := range members {
		named[strings.ToLower(name[:1])+name[1:]] = member
	}
	return named
}

type toldState struct {
	StateValue      string          `json:"stateValue"`
	StateReason     string          `json:"stateReason"`
	StateReasonData json.RawMessage `json:"stateReasonData,omitempty"`
}

func (s state) told() toldState {
	told := toldState{StateValue: s.value, StateReason: s.reason}
	if json.Valid([]byte(s.data)) {
		told.StateReasonData = json.RawMessage(s.data)
	}
	return told
}

func (s *Service) noteState(a *alarm, old state) {
	if a.state.value == old.value {
		return
	}
	s.note(a.key, a.kind(), stateUpdate, fmt.Sprintf("Alarm updated from %s to %s", old.value, a.state.value),
		map[string]any{"version": "1.0", "oldState": old.told(), "newState": a.state.told()})
}

func (s *Service) noteAction(one deed, err error) {
	data := map[string]any{
		"actionState": "Succeeded", "stateUpdateTimestamp": one.at.UnixMilli(), "notificationResource": one.arn,
		"publishedMessage": one.message,
	}
	summary := "Successfully executed action " + one.arn
	if err != nil {
		data["actionState"], data["error"] = "Failed", err.Error()
		summary = fmt.Sprintf("Failed to execute action %s. Received error: %q", one.arn, err)
	}
	s.note(one.alarm, one.kind, actionItem, summary, data)
}

type describeAlarmHistoryInput struct {
	AlarmName       string
	AlarmTypes      []string
	HistoryItemType string
	StartDate       wire.Time
	EndDate         wire.Time
	MaxRecords      *int
	NextToken       string
	ScanBy          string
}

type describeAlarmHistoryOutput struct {
	AlarmHistoryItems []historyItem
	NextToken         string `json:",omitempty"`
}

func (s *Service) describeAlarmHistory(
	_ context.Context, call *wire.Call, in *describeAlarmHistoryInput,
) (*describeAlarmHistoryOutput, error) {
	limit, err := limitOf(in.MaxRecords)
	if err != nil {
		return nil, err
	}
	type numbered struct {
		historyItem

		order string
	}
	var found []numbered
	s.mu.Lock()
	for key, items := range s.history {
		if key.Place != call.Place() || (in.AlarmName != "" && in.AlarmName != key.name) {
			continue
		}
		for i, item := range items {
			if in.wants(&item) {
				at := item.Timestamp.UnixNano()
				if in.ScanBy != ascending {
					at, i = -at, maxHistory-i
				}
				found = append(found, numbered{item, fmt.Sprintf("%020d %04d %s", uint64(at)+1<<63, i, key.name)})
			}
		}
	}
	s.mu.Unlock()
	slices.SortFunc(found, func(a, b numbered) int { return strings.Compare(a.order, b.order) })
	page, next, err := paging.Page(found, in.NextToken, limit, func(n numbered) string { return n.order })
	if err != nil {
		return nil, errToken()
	}
	out := &describeAlarmHistoryOutput{AlarmHistoryItems: []historyItem{}, NextToken: next}
	for _, one := range page {
		out.AlarmHistoryItems = append(out.AlarmHistoryItems, one.historyItem)
	}
	return out, nil
}

func (in *describeAlarmHistoryInput) wants(item *historyItem) bool {
	types := in.AlarmTypes
	if len(types) == 0 {
		types = []string{kindMetric}
	}
	between := func(at, from, to time.Time) bool {
		return (from.IsZero() || !at.Before(from)) && (to.IsZero() || !at.After(to))
	}
	return slices.Contains(types, item.AlarmType) &&
		(in.HistoryItemType == "" || in.HistoryItemType == item.HistoryItemType) &&
		between(item.Timestamp.Time, in.StartDate.Time, in.EndDate.Time)
}

func errToken() error { return wire.Errorf("InvalidNextToken", "Invalid value for NextToken") }

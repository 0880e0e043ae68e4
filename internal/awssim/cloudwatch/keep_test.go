package cloudwatch_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAlarmsAndDashboardsAreTakenUpAgain(t *testing.T) {
	t.Parallel()
	before := start(t, 1)
	before.call("PutMetricAlarm", with(map[string]any{"Tags": []map[string]string{{"Key": "team", "Value": "shop"}}, "DatapointsToAlarm": 1}))
	before.call("PutCompositeAlarm", map[string]any{"AlarmName": "any", "AlarmRule": "ALARM(errors)"})
	before.call("SetAlarmState", map[string]any{"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "a test", "StateReasonData": `{"a":1}`})
	before.call("PutDashboard", map[string]any{"DashboardName": "board", "DashboardBody": `{"widgets":[]}`})
	content, err := before.Keep()
	if err != nil {
		t.Fatal(err)
	}
	after := start(t, 1)
	if err := after.Restore(content); err != nil {
		t.Fatal(err)
	}
	for operation, input := range map[string]map[string]any{
		"DescribeAlarms":       {"AlarmTypes": []string{"MetricAlarm", "CompositeAlarm"}},
		"DescribeAlarmHistory": {"AlarmTypes": []string{"MetricAlarm", "CompositeAlarm"}},
		"GetDashboard":         {"DashboardName": "board"},
		"ListDashboards":       {},
		"ListTagsForResource":  {"ResourceARN": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"},
	} {
		if diff := cmp.Diff(before.call(operation, input), after.call(operation, input)); diff != "" {
			t.Errorf("%s: %s", operation, diff)
		}
	}
}

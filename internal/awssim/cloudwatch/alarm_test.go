package cloudwatch_test

import (
	"encoding/json"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudwatch"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

var home = resource.Place{Account: "123456789012", Region: "us-east-1"} //nolint:gochecknoglobals // an example

const topic = "arn:aws:sns:us-east-1:123456789012:alerts"

// board is a service with what it published.
type board struct {
	*cloudwatch.Service

	t         *testing.T
	published []string // subjects
	messages  []string
	policies  []string
}

func (b *board) Publish(_ resource.Place, _, subject, message string) error {
	b.published = append(b.published, subject)
	b.messages = append(b.messages, message)
	return nil
}

func (b *board) RunPolicy(_ resource.Place, policy, alarm string) error {
	b.policies = append(b.policies, alarm+" runs "+policy)
	return nil
}

// start starts a service whose clock runs at a speed.
func start(t *testing.T, speed float64) *board {
	t.Helper()
	made := &board{t: t}
	made.Service = cloudwatch.New(cloudwatch.Deps{Clock: clock.Clock{Speed: speed}, Topics: made})
	made.RunPoliciesWith(made)
	t.Cleanup(func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	})
	return made
}

// try makes a call and returns its answer, or its error as "Code: message".
func (b *board) try(operation string, input any) (map[string]any, string) {
	b.t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		b.t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(b.t.Context(), "POST", "/", strings.NewReader(""))
	request.Header.Set("X-Amz-Target", "GraniteServiceVersion20100801."+operation)
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	answer := b.API().Serve(b.t.Context(), &wire.Call{
		Service: "monitoring", Account: home.Account, Region: home.Region, HTTP: request, Body: body,
	})
	if answer.Err != nil {
		return nil, answer.Err.Error()
	}
	var out map[string]any
	if len(answer.Body) > 0 {
		if err := json.Unmarshal(answer.Body, &out); err != nil {
			b.t.Fatal(err)
		}
	}
	return out, ""
}

func (b *board) call(operation string, input any) map[string]any {
	b.t.Helper()
	out, refused := b.try(operation, input)
	if refused != "" {
		b.t.Fatalf("%s: %s", operation, refused)
	}
	return out
}

// list makes a call and returns the strings of the items of one of its lists.
func (b *board) list(operation string, input map[string]any, name string) []map[string]string {
	b.t.Helper()
	items, ok := b.call(operation, input)[name].([]any)
	if !ok {
		b.t.Fatalf("%s has no %s", operation, name)
	}
	var read []map[string]string
	for _, item := range items {
		members, ok := item.(map[string]any)
		if !ok {
			b.t.Fatalf("an item of %s is %v", name, item)
		}
		texts := make(map[string]string)
		for member, value := range members {
			if text, ok := value.(string); ok {
				texts[member] = text
			}
		}
		read = append(read, texts)
	}
	return read
}

// with returns an alarm on errors with other properties changed or, by nil, left out.
func with(changes map[string]any) map[string]any {
	alarm := map[string]any{
		"AlarmName": "errors", "Namespace": "Shop", "MetricName": "Errors", "Statistic": "Sum", "Period": 60,
		"EvaluationPeriods": 1, "Threshold": 2, "ComparisonOperator": "GreaterThanThreshold",
		"AlarmActions": []string{topic}, "OKActions": []string{topic},
	}
	for name, value := range changes {
		if alarm[name] = value; value == nil {
			delete(alarm, name)
		}
	}
	return alarm
}

func (b *board) state() (string, string) {
	b.t.Helper()
	alarm := b.list("DescribeAlarms", nil, "MetricAlarms")[0]
	return alarm["StateValue"], alarm["StateReason"]
}

func (b *board) put(value float64) {
	b.t.Helper()
	b.Record(home, "Shop", "Errors", nil, "Count", value)
}

// putText puts a value unless it is "-".
func (b *board) putText(value string) {
	b.t.Helper()
	if value == "-" {
		return
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		b.t.Fatal(err)
	}
	b.put(number)
}

// minutes lets minutes pass, and puts each value in its own; "-" is a minute without data.
func (b *board) minutes(values ...string) {
	b.t.Helper()
	for _, value := range values {
		b.putText(value)
		time.Sleep(time.Minute)
		synctest.Wait()
	}
}

func TestAnAlarmFollowsItsMetricAndTellsItsTopic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, 1)
		b.call("PutMetricAlarm", with(map[string]any{"TreatMissingData": "notBreaching", "AlarmDescription": "too many"}))
		if state, reason := b.state(); state != "INSUFFICIENT_DATA" || reason != "Unchecked: Initial alarm creation" {
			t.Errorf("a new alarm is %s: %s", state, reason)
		}
		time.Sleep(time.Second)
		b.minutes("3")
		if state, reason := b.state(); state != "ALARM" ||
			reason != "Threshold Crossed: 1 datapoint [3.0 (01/01/00 00:00:00)] was greater than the threshold (2.0)." {
			t.Errorf("the alarm is %s: %s", state, reason)
		}
		b.minutes("-", "-", "-", "-")
		if state, reason := b.state(); state != "OK" || reason != "Threshold Crossed: no datapoints were received for 1 period and "+
			"1 missing datapoint was treated as [NonBreaching]." {
			t.Errorf("the alarm is %s: %s", state, reason)
		}
		want := []string{`ALARM: "errors" in US East (N. Virginia)`, `OK: "errors" in US East (N. Virginia)`}
		if diff := cmp.Diff(want, b.published); diff != "" {
			t.Error(diff)
		}
		var message map[string]any
		if err := json.Unmarshal([]byte(b.messages[0]), &message); err != nil {
			t.Fatal(err)
		}
		wantMessage := map[string]any{
			"AlarmName": "errors", "AlarmDescription": "too many", "AWSAccountId": "123456789012",
			"AlarmConfigurationUpdatedTimestamp": "2000-01-01T00:00:00.000+0000", "NewStateValue": "ALARM",
			"NewStateReason":  "Threshold Crossed: 1 datapoint [3.0 (01/01/00 00:00:00)] was greater than the threshold (2.0).",
			"StateChangeTime": "2000-01-01T00:01:00.000+0000", "Region": "US East (N. Virginia)",
			"AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors", "OldStateValue": "INSUFFICIENT_DATA",
			"OKActions": []any{topic}, "AlarmActions": []any{topic}, "InsufficientDataActions": []any{},
			"Trigger": map[string]any{
				"MetricName": "Errors", "Namespace": "Shop", "StatisticType": "Statistic", "Statistic": "SUM", "Dimensions": []any{},
				"Period": 60.0, "EvaluationPeriods": 1.0, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 2.0,
				"TreatMissingData": "notBreaching", "EvaluateLowSampleCountPercentile": "",
			},
		}
		if diff := cmp.Diff(wantMessage, message); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMissingDataIsTreatedAsTheAlarmSays(t *testing.T) {
	t.Parallel()
	// The table of the user guide, "How alarm state is evaluated when data is missing": alarms of 3 out of 3, which are OK
	// before, and alarms of 2 out of 3.
	cases := map[string]struct {
		needed                                int
		missing, ignore, breaching, notBreach string
	}{
		"0 - 9 - 9": {3, "OK", "OK", "OK", "OK"},
		"0 - - - -": {3, "OK", "OK", "OK", "OK"},
		"- - - - -": {3, "INSUFFICIENT_DATA", "OK", "ALARM", "OK"},
		"0 9 9 - 9": {3, "ALARM", "ALARM", "ALARM", "ALARM"},
		"- - 9 - -": {3, "ALARM", "OK", "ALARM", "OK"},
		"0 0 9 0 9": {2, "ALARM", "ALARM", "ALARM", "ALARM"},
		"0 - 9 - -": {2, "OK", "OK", "ALARM", "OK"},
		"- - - 9 -": {2, "ALARM", "OK", "ALARM", "OK"},
		"- - - - 0": {2, "OK", "OK", "ALARM", "OK"},
	}
	for name, test := range cases {
		for treatment, want := range map[string]string{
			"missing": test.missing, "ignore": test.ignore, "breaching": test.breaching, "notBreaching": test.notBreach,
		} {
			t.Run(name+" "+treatment, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := start(t, 1)
					time.Sleep(time.Minute - time.Second)
					values := strings.Fields(name)
					b.minutes(values[:4]...)
					b.putText(values[4])
					b.call("PutMetricAlarm", with(map[string]any{
						"TreatMissingData": treatment, "EvaluationPeriods": 3, "DatapointsToAlarm": test.needed, "ActionsEnabled": false,
					}))
					b.call("SetAlarmState", map[string]any{"AlarmName": "errors", "StateValue": "OK", "StateReason": "to begin with"})
					time.Sleep(time.Second) // to the end of the last minute
					synctest.Wait()
					if got, reason := b.state(); got != want {
						t.Errorf("the alarm is %s, not %s: %s", got, want, reason)
					}
				})
			})
		}
	}
}

func TestReasonsCountTheDatapoints(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		changes map[string]any
		values  []string
		want    string
	}{
		"out of the last": {
			map[string]any{"EvaluationPeriods": 3, "DatapointsToAlarm": 2},
			[]string{"9", "0", "9.5"},
			"Threshold Crossed: 2 out of the last 3 datapoints [9.5 (01/01/00 00:02:00), 9.0 (01/01/00 00:00:00)] were greater than the " +
				"threshold (2.0) (minimum 2 datapoints for OK -> ALARM transition).",
		},
		"back to OK": {
			map[string]any{"DatapointsToAlarm": 1},
			[]string{"9", "1"},
			"Threshold Crossed: 1 out of the last 1 datapoints [1.0 (01/01/00 00:01:00)] was not greater than the threshold (2.0) " +
				"(minimum 1 datapoint for ALARM -> OK transition).",
		},
		"too many to list": {
			map[string]any{"EvaluationPeriods": 6, "ComparisonOperator": "LessThanOrEqualToThreshold"},
			[]string{"1", "1", "1", "1", "1", "2"},
			"Threshold Crossed: 6 datapoints were less than or equal to the threshold (2.0). The most recent datapoints which crossed the " +
				"threshold: [2.0 (01/01/00 00:05:00), 1.0 (01/01/00 00:04:00), 1.0 (01/01/00 00:03:00), 1.0 (01/01/00 00:02:00), " +
				"1.0 (01/01/00 00:01:00)].",
		},
		"no data": {
			map[string]any{}, []string{"9", "-", "-", "-"}, "Insufficient Data: 1 datapoint was unknown.",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := start(t, 1)
				b.call("PutMetricAlarm", with(test.changes))
				time.Sleep(time.Second)
				b.minutes(test.values...)
				if _, reason := b.state(); reason != test.want {
					t.Error(cmp.Diff(test.want, reason))
				}
			})
		})
	}
}

func TestAtSpeed60AlarmsLookAtSecondsForMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, 60)
		b.call("PutMetricAlarm", with(nil))
		b.put(3)
		time.Sleep(time.Second)
		synctest.Wait()
		if state, _ := b.state(); state != "ALARM" {
			t.Errorf("after a second the alarm is %s", state)
		}
	})
}

func TestWithoutWaitsAlarmsLookWhenDataComes(t *testing.T) {
	t.Parallel()
	b := start(t, 0)
	b.call("PutMetricAlarm", with(nil))
	b.call("PutMetricData", map[string]any{
		"Namespace": "Shop", "MetricData": []any{map[string]any{"MetricName": "Errors", "Value": 5}},
	})
	for _, name := range []string{"errors", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"} {
		if state, ok := b.AlarmState(home, name); !ok || state != "ALARM" {
			t.Errorf("%s is %q, %v", name, state, ok)
		}
	}
	if _, ok := b.AlarmState(home, "others"); ok {
		t.Error("an alarm that does not exist has a state")
	}
}

func TestAlarmsWatchExpressionsAndPercentiles(t *testing.T) {
	t.Parallel()
	stat := func(id, metric string) map[string]any {
		return map[string]any{"Id": id, "ReturnData": false, "MetricStat": map[string]any{
			"Metric": map[string]any{"Namespace": "Shop", "MetricName": metric}, "Period": 60, "Stat": "Sum",
		}}
	}
	cases := map[string]map[string]any{
		"an expression": with(map[string]any{
			"Namespace": nil, "MetricName": nil, "Statistic": nil, "Period": nil, "Threshold": 10,
			"Metrics": []any{stat("m1", "Errors"), stat("m2", "Requests"), map[string]any{"Id": "rate", "Expression": "m1 / m2 * 100"}},
		}),
		"a percentile": with(map[string]any{"Statistic": nil, "ExtendedStatistic": "p90", "Threshold": 19}),
	}
	for name, alarm := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := start(t, 1)
				b.call("PutMetricAlarm", alarm)
				time.Sleep(time.Second)
				b.put(20)
				b.Record(home, "Shop", "Requests", nil, "Count", 150)
				b.minutes("-")
				if state, reason := b.state(); state != "ALARM" {
					t.Errorf("the alarm is %s: %s", state, reason)
				}
			})
		})
	}
}

func TestScalingPoliciesAreRunAsLongAsTheAlarmLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const policy = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:resource/ecs/service/a/b:policyName/p"
		b := start(t, 1)
		b.call("PutMetricAlarm", with(map[string]any{"AlarmActions": []string{policy, topic}, "OKActions": nil}))
		time.Sleep(time.Second)
		b.minutes("9", "9", "0")
		if diff := cmp.Diff([]string{"errors runs " + policy, "errors runs " + policy}, b.policies); diff != "" {
			t.Error(diff)
		}
		if len(b.published) != 1 {
			t.Errorf("published %v", b.published)
		}
	})
}

func TestCompositeAlarmsFollowTheirRule(t *testing.T) {
	t.Parallel()
	b := start(t, 0)
	for _, name := range []string{"a", "b"} {
		b.call("PutMetricAlarm", with(map[string]any{"AlarmName": name, "AlarmActions": nil, "OKActions": nil}))
	}
	if _, refused := b.try("PutCompositeAlarm", map[string]any{"AlarmName": "both", "AlarmRule": "ALARM(c)"}); refused !=
		"ValidationError: Could not save the composite alarm as alarms [c] in the alarm rule do not exist" {
		t.Error(refused)
	}
	b.call("PutCompositeAlarm", map[string]any{
		"AlarmName": "both", "AlarmRule": `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(b))`, "AlarmActions": []string{topic},
	})
	state := func() (string, string) {
		both := b.list("DescribeAlarms", map[string]any{"AlarmTypes": []string{"CompositeAlarm"}}, "CompositeAlarms")[0]
		return both["StateValue"], both["StateReason"]
	}
	if value, reason := state(); value != "OK" ||
		reason != "arn:aws:cloudwatch:us-east-1:123456789012:alarm:both was created and its alarm rule evaluates to OK" {
		t.Errorf("the alarm is %s: %s", value, reason)
	}
	for _, name := range []string{"a", "b"} {
		b.call("SetAlarmState", map[string]any{"AlarmName": name, "StateValue": "ALARM", "StateReason": "a test"})
	}
	if value, reason := state(); value != "ALARM" ||
		!strings.HasPrefix(reason, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:b transitioned to ALARM at ") {
		t.Errorf("the alarm is %s: %s", value, reason)
	}
	if len(b.published) != 1 || b.published[0] != `ALARM: "both" in US East (N. Virginia)` {
		t.Errorf("published %v", b.published)
	}
	if _, refused := b.try("DeleteAlarms", map[string]any{"AlarmNames": []string{"a"}}); !strings.Contains(refused, "composite alarms depending on it: both") {
		t.Error(refused)
	}
}

func TestHistoriesTellWhatHappened(t *testing.T) {
	t.Parallel()
	b := start(t, 0)
	b.call("PutMetricAlarm", with(nil))
	b.call("SetAlarmState", map[string]any{"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "a test"})
	b.call("DeleteAlarms", map[string]any{"AlarmNames": []string{"errors", "unknown"}})
	var told []string
	for _, item := range b.list("DescribeAlarmHistory", map[string]any{"ScanBy": "TimestampAscending"}, "AlarmHistoryItems") {
		told = append(told, item["HistorySummary"])
	}
	want := []string{
		`Alarm "errors" created`, "Alarm updated from INSUFFICIENT_DATA to ALARM", "Successfully executed action " + topic,
		`Alarm "errors" deleted`,
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

func TestBadAlarmsAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		changes map[string]any
		want    string
	}{
		"a statistic that is none": {map[string]any{"Statistic": "Sums"}, "ValidationError: 1 validation error detected: Value 'Sums' at 'statistic' " +
			"failed to satisfy constraint: Member must satisfy enum value set: [SampleCount, Average, Sum, Minimum, Maximum]"},
		"a statistic beyond percentiles": {
			map[string]any{"Statistic": nil, "ExtendedStatistic": "tm90"}, "ValidationError: awssim does not implement the statistic tm90",
		},
		"anomaly detection": {
			map[string]any{"ComparisonOperator": "LessThanLowerThreshold"},
			"ValidationError: awssim does not implement anomaly detection: the comparison operator LessThanLowerThreshold",
		},
		"a foreign action": {
			map[string]any{"AlarmActions": []string{"arn:aws:lambda:us-east-1:123456789012:function:f"}},
			"ValidationError: awssim does not implement the alarm action arn:aws:lambda:us-east-1:123456789012:function:f",
		},
		"too long a look back": {
			map[string]any{"EvaluationPeriods": 1441},
			"ValidationError: Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, refused := start(t, 0).try("PutMetricAlarm", with(test.changes)); refused != test.want {
				t.Error(cmp.Diff(test.want, refused))
			}
		})
	}
}

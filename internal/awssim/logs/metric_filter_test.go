package logs_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/logs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// ledger notes what is recorded.
type ledger struct {
	mu    sync.Mutex
	lines []string
}

func (l *ledger) Record(_ resource.Place, namespace, name string, dimensions map[string]string, unit string, value float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%s/%s%v %s %v", namespace, name, dimensions, unit, value))
}

func (l *ledger) Minute() time.Duration { return time.Hour }

// say calls an operation that has to succeed.
func say(t *testing.T, service *logs.Service, operation, body string) map[string]any {
	t.Helper()
	answer, problem := ask(t, service, operation, body)
	if problem != "" {
		t.Fatalf("%s: %s", operation, problem)
	}
	return answer
}

func TestMetricFiltersCountWhatIsWritten(t *testing.T) {
	t.Parallel()
	book := &ledger{}
	service := logs.New(logs.WithMetrics(book))
	say(t, service, "CreateLogGroup", `{"logGroupName":"g"}`)
	say(t, service, "CreateLogStream", `{"logGroupName":"g","logStreamName":"s"}`)
	say(t, service, "PutMetricFilter", `{"logGroupName":"g","filterName":"latency","filterPattern":"{ $.latency = * }",
		"metricTransformations":[{"metricName":"Latency","metricNamespace":"Shop","metricValue":"$.latency","unit":"Milliseconds",
		"dimensions":{"Path":"$.path"}}]}`)
	now := time.Now().UnixMilli()
	say(t, service, "PutLogEvents", fmt.Sprintf(`{"logGroupName":"g","logStreamName":"s","logEvents":[
		{"timestamp":%[1]d,"message":"{\"latency\": 12.5, \"path\": \"/items\"}"},
		{"timestamp":%[1]d,"message":"{\"latency\": \"long\", \"path\": \"/items\"}"},
		{"timestamp":%[1]d,"message":"{\"latency\": 3}"},
		{"timestamp":%[1]d,"message":"no JSON"}]}`, now))
	say(t, service, "PutMetricFilter", `{"logGroupName":"g","filterName":"errors","filterPattern":"ERROR",
		"metricTransformations":[{"metricName":"Errors","metricNamespace":"Shop","metricValue":"1","defaultValue":0}]}`)
	for _, line := range []string{"started", "ready", "ERROR: no database", "ERROR again", "ready"} {
		service.Append(here(), "g", "s", line)
	}
	want := []string{
		"Shop/Latencymap[Path:/items] Milliseconds 12.5", "Shop/Errorsmap[]  0", "Shop/Errorsmap[]  1", "Shop/Errorsmap[]  1",
	}
	if diff := cmp.Diff(want, book.lines); diff != "" {
		t.Error(diff)
	}
	if groups := say(t, service, "DescribeLogGroups", `{}`)["logGroups"].([]any); groups[0].(map[string]any)["metricFilterCount"] != 2.0 { //nolint:forcetypeassert // JSON of our own
		t.Errorf("described %v", groups)
	}
	say(t, service, "DeleteMetricFilter", `{"logGroupName":"g","filterName":"errors"}`)
	service.Append(here(), "g", "s", "ERROR for nobody")
	if len(book.lines) != len(want) {
		t.Errorf("a filter counts after its end: %v", book.lines)
	}
}

func TestMetricFiltersSurviveARestart(t *testing.T) {
	t.Parallel()
	before, book := logs.New(), &ledger{}
	say(t, before, "CreateLogGroup", `{"logGroupName":"g"}`)
	say(t, before, "CreateLogStream", `{"logGroupName":"g","logStreamName":"s"}`)
	say(t, before, "PutMetricFilter", `{"logGroupName":"g","filterName":"errors","filterPattern":"ERROR",
		"metricTransformations":[{"metricName":"Errors","metricNamespace":"Shop","metricValue":"2"}]}`)
	kept, err := before.Keep()
	if err != nil {
		t.Fatal(err)
	}
	after := logs.New(logs.WithMetrics(book))
	if err := after.Restore(kept); err != nil {
		t.Fatal(err)
	}
	described := `{"logGroupName":"g","filterNamePrefix":"err","metricName":"Errors","metricNamespace":"Shop"}`
	if diff := cmp.Diff(say(t, before, "DescribeMetricFilters", described), say(t, after, "DescribeMetricFilters", described)); diff != "" {
		t.Error(diff)
	}
	after.Append(here(), "g", "s", "ERROR")
	if diff := cmp.Diff([]string{"Shop/Errorsmap[]  2"}, book.lines); diff != "" {
		t.Error(diff)
	}
}

func TestMetricFiltersThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	service := logs.New()
	say(t, service, "CreateLogGroup", `{"logGroupName":"g"}`)
	put := func(group, name, pattern, into string) string {
		return fmt.Sprintf(`{"logGroupName":%q,"filterName":%q,"filterPattern":%q,"metricTransformations":[%s]}`, group, name, pattern, into)
	}
	const usual = `{"metricName":"M","metricNamespace":"N","metricValue":"1"}`
	tests := map[string]struct{ operation, body, want string }{
		"an absent group":   {"PutMetricFilter", put("x", "f", "", usual), "ResourceNotFoundException: The specified log group does not exist."},
		"no pattern":        {"PutMetricFilter", put("g", "f", `"event": "x"`, usual), "InvalidParameterException: Invalid metric filter pattern"},
		"a name with stars": {"PutMetricFilter", put("g", "f*", "", usual), "InvalidParameterException: 1 validation error detected: Value 'f*' at 'filterName'"},
		"no transformation": {"PutMetricFilter", put("g", "f", "", ""), "InvalidParameterException: 1 validation error detected: Value '0' at 'metricTransformations'"},
		"a value that is none": {
			"PutMetricFilter", put("g", "f", "", strings.Replace(usual, `"1"`, `"many"`, 1)), "InvalidParameterException: Invalid metric transformation",
		},
		"dimensions with a default": {
			"PutMetricFilter", put("g", "f", "", strings.Replace(usual, "{", `{"defaultValue":0,"dimensions":{"a":"$.a"},`, 1)),
			"InvalidParameterException: Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
		},
		"transformed logs": {
			"PutMetricFilter", `{"logGroupName":"g","applyOnTransformedLogs":true}`,
			`InvalidParameterException: awssim does not implement the parameter "applyOnTransformedLogs"`,
		},
		"an absent filter":  {"DeleteMetricFilter", `{"logGroupName":"g","filterName":"f"}`, "ResourceNotFoundException: The specified metric filter does not exist."},
		"half a metric":     {"DescribeMetricFilters", `{"metricName":"M"}`, "InvalidParameterException: metricName and metricNamespace"},
		"a test of nothing": {"TestMetricFilter", `{"filterPattern":"x"}`, "InvalidParameterException: 1 validation error"},
		"a test of no pattern": {
			"TestMetricFilter", `{"filterPattern":"{ $.a > b }","logEventMessages":["x"]}`, "InvalidParameterException: Invalid metric filter pattern",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, problem := ask(t, service, test.operation, test.body); !strings.HasPrefix(problem, test.want) {
				t.Errorf("got %s, want %s", problem, test.want)
			}
		})
	}
}

func TestAPatternIsTriedOut(t *testing.T) {
	t.Parallel()
	got := say(t, logs.New(), "TestMetricFilter", `{"filterPattern":"[level = E*, code]","logEventMessages":["INFO 1","ERROR 2","E 3 4"]}`)
	want := map[string]any{"matches": []any{map[string]any{
		"eventNumber": 2.0, "eventMessage": "ERROR 2", "extractedValues": map[string]any{"$level": "ERROR", "$code": "2"},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

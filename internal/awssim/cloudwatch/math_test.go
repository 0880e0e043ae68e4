package cloudwatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// calculate returns the values of an expression over three minutes, in which m1 is 10, nothing and 30, and m2 is 2, 4 and 0.
func calculate(t *testing.T, expression string) (any, string) {
	t.Helper()
	b := start(t, 0)
	at := time.Now().UTC().Truncate(time.Minute).Add(-10 * time.Minute)
	for name, values := range map[string][]float64{"m1": {10, 0, 30}, "m2": {2, 4, 0}} {
		for i, value := range values {
			if name != "m1" || i != 1 {
				b.RecordAt(home, "Shop", name, nil, "Count", value, 1, at.Add(time.Duration(i)*time.Minute))
			}
		}
	}
	stat := func(name string) map[string]any {
		return map[string]any{"Id": name, "ReturnData": false, "MetricStat": map[string]any{
			"Metric": map[string]any{"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "Sum",
		}}
	}
	out, refused := b.try("GetMetricData", map[string]any{
		"StartTime": at.Unix(), "EndTime": at.Add(3 * time.Minute).Unix(), "ScanBy": "TimestampAscending",
		"MetricDataQueries": []any{stat("m1"), stat("m2"), map[string]any{"Id": "e1", "Expression": expression}},
	})
	if refused != "" {
		return nil, refused
	}
	results, ok := out["MetricDataResults"].([]any)
	if !ok || len(results) != 1 {
		t.Fatal(out)
	}
	result, ok := results[0].(map[string]any)
	if !ok {
		t.Fatal(results)
	}
	return result["Values"], ""
}

func TestExpressionsAreCalculatedPeriodByPeriod(t *testing.T) {
	t.Parallel()
	cases := map[string][]any{
		"m1 / m2 * 100":            {500.0}, // nothing where data are missing, or where it would divide by zero
		"m1 + m2":                  {12.0, 30.0},
		"-m2 ^ 2":                  {-4.0, -16.0, 0.0},
		"2 * (m2 + 1) - 1":         {5.0, 9.0, 1.0},
		"FILL(m1, 0)":              {10.0, 0.0, 30.0},
		"FILL(m1, REPEAT) + m2":    {12.0, 14.0, 30.0},
		"m2 >= 2 AND m2 < 4":       {1.0, 0.0, 0.0},
		"m2 == 4 || m2 == 0":       {0.0, 1.0, 1.0},
		"IF(m2 > 1, m2, 7)":        {2.0, 4.0, 7.0},
		"SUM(METRICS())":           {12.0, 4.0, 30.0},
		"MAX([m1, m2])":            {10.0, 4.0, 30.0},
		"m2 - AVG(m2)":             {0.0, 2.0, -2.0},
		"DIFF(m2)":                 {2.0, -4.0},
		"RATE(m2) * PERIOD(m2)":    {2.0, -4.0},
		"CEIL(m2 / 3) + FLOOR(.5)": {1.0, 2.0, 0.0},
		"ABS(1 - m2)":              {1.0, 3.0, 1.0},
	}
	for expression, want := range cases {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			got, refused := calculate(t, expression)
			if diff := cmp.Diff(any(want), got); diff != "" || refused != "" {
				t.Errorf("%s%s", refused, diff)
			}
		})
	}
}

func TestExpressionsThatAreNoneAreRefusedByName(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"m1 +":           "Error in expression 'e1': it ends too early",
		"(m1":            `Error in expression 'e1': ")" is missing`,
		"m1 m2":          `Error in expression 'e1': unexpected "m2"`,
		"m9 * 2":         "Error in expression 'e1': there is no query with the id m9",
		"e1 + m1":        "Error in expression 'e1': it refers to itself",
		"SEARCH(m1, m2)": "awssim does not implement the function SEARCH",
		"ANOMALY + m1":   "awssim does not implement ANOMALY",
		"IF(m1)":         "IF takes 3 arguments",
		"1 + 1":          "awssim does not implement the expression e1, which works on no metric",
		"[m1, m2]":       "awssim does not implement the expression e1, which makes several time series",
		strings.Repeat("(", 100) + "m1" + strings.Repeat(")", 100): "it nests too deeply",
	}
	for expression, want := range cases {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			if _, refused := calculate(t, expression); !strings.Contains(refused, want) {
				t.Errorf("refused with %q, not %q", refused, want)
			}
		})
	}
}

func FuzzExpressionsNeverPanic(f *testing.F) {
	f.Add("IF(m1 > 2 && m2 != 0, SUM([m1, METRICS()]) / FILL(m2, REPEAT), -1.5 ^ 2)")
	f.Add("MAX(METRICS()) OR RATE(m1) >= .5")
	f.Fuzz(func(t *testing.T, expression string) {
		if _, refused := calculate(t, expression); strings.Contains(refused, "InternalFailure") {
			t.Error(refused)
		}
	})
}

func FuzzRulesNeverPanic(f *testing.F) {
	f.Add(`ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(arn:aws:cloudwatch:us-east-1:123456789012:alarm:c)) OR TRUE`)
	f.Fuzz(func(t *testing.T, rule string) {
		if _, refused := start(t, 0).try("PutCompositeAlarm", map[string]any{"AlarmName": "any", "AlarmRule": rule}); refused != "" &&
			!strings.HasPrefix(refused, "ValidationError: ") {
			t.Error(refused)
		}
	})
}

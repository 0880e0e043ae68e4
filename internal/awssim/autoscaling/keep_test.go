package autoscaling_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTargetsAreTakenUpAgain(t *testing.T) {
	t.Parallel()
	before := newStage(t, 1)
	before.register(2, 5)
	before.call("PutScalingPolicy", tracking(nil))
	before.call("PutScheduledAction", map[string]any{
		"ScheduledActionName": "night", "Schedule": "cron(0 20 * * ? *)", "Timezone": "Europe/Berlin",
		"ScalableTargetAction": map[string]any{"MaxCapacity": 1},
	})
	content, err := before.Keep()
	if err != nil {
		t.Fatal(err)
	}
	after := newStage(t, 2)
	if err := after.Restore(content); err != nil {
		t.Fatal(err)
	}
	for _, operation := range []string{
		"DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions", "DescribeScalingActivities",
	} {
		input := map[string]any{"ResourceId": nil, "ScalableDimension": nil}
		if operation == "DescribeScalingActivities" {
			input["ResourceId"] = "service/main/web"
		}
		want, got := before.call(operation, input), after.call(operation, input)
		if operation == "DescribeScalingActivities" { // who looks first finds the change fulfilled, each at its time
			want, got = map[string]any{"told": before.activities()}, map[string]any{"told": after.activities()}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", operation, diff)
		}
	}
}

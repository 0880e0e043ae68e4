package autoscaling_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/autoscaling"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudwatch"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func home() resource.Place { return resource.Place{Account: "123456789012", Region: "us-east-1"} }

// stage is a service, main/web, that runs whatever it is asked to at once.
type stage struct {
	*autoscaling.Service

	t       *testing.T
	metrics *cloudwatch.Service

	mu        sync.Mutex
	desired   int
	deploying bool
	told      []string
}

func (s *stage) DesiredCount(_ resource.Place, cluster, service string) (ecs.Count, error) {
	if cluster != "main" || service != "web" {
		return ecs.Count{}, errors.New("no such service")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return ecs.Count{Desired: s.desired, Running: s.desired, Deploying: s.deploying}, nil
}

func (s *stage) SetDesiredCount(_ resource.Place, _, _ string, count int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.desired = count
	s.told = append(s.told, fmt.Sprintf("%d after %v", count, time.Since(epoch())))
	return nil
}

func (*stage) TellScaling(resource.Place, string, string, string, string) {}

// epoch is when the time of a synctest bubble begins.
func epoch() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

func newStage(t *testing.T, desired int) *stage {
	t.Helper()
	pace := clock.Clock{Speed: 1}
	s := &stage{t: t, desired: desired, metrics: cloudwatch.New(cloudwatch.Deps{Clock: pace})}
	s.Service = autoscaling.New(autoscaling.Deps{Clock: pace, Fleets: s, Alarms: s.metrics})
	s.metrics.RunPoliciesWith(s.Service)
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), s.metrics.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// try makes a call about the service and returns its answer, or its error as "Code: message".
func (s *stage) try(operation string, input map[string]any) (map[string]any, string) {
	s.t.Helper()
	all := map[string]any{"ServiceNamespace": "ecs", "ResourceId": "service/main/web", "ScalableDimension": "ecs:service:DesiredCount"}
	for name, value := range input {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	body, err := json.Marshal(all)
	if err != nil {
		s.t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(s.t.Context(), "POST", "/", strings.NewReader(""))
	request.Header.Set("X-Amz-Target", "AnyScaleFrontendService."+operation)
	answer := s.API().Serve(s.t.Context(), &wire.Call{
		Service: "application-autoscaling", Account: home().Account, Region: home().Region, HTTP: request, Body: body,
	})
	if answer.Err != nil {
		return nil, answer.Err.Error()
	}
	var out map[string]any
	if err := json.Unmarshal(answer.Body, &out); err != nil {
		s.t.Fatal(err)
	}
	return out, ""
}

func (s *stage) call(operation string, input map[string]any) map[string]any {
	s.t.Helper()
	out, refused := s.try(operation, input)
	if refused != "" {
		s.t.Fatalf("%s: %s", operation, refused)
	}
	return out
}

func (s *stage) register(low, high int) {
	s.t.Helper()
	s.call("RegisterScalableTarget", map[string]any{"MinCapacity": low, "MaxCapacity": high})
}

// activities are those of the service, the newest first, as "description cause: status message".
func (s *stage) activities() []string {
	s.t.Helper()
	items, ok := s.call("DescribeScalingActivities", nil)["ScalingActivities"].([]any)
	if !ok {
		s.t.Fatal("no activities")
	}
	var told []string
	for _, item := range items {
		one, ok := item.(map[string]any)
		if !ok {
			s.t.Fatal(item)
		}
		told = append(told, fmt.Sprintf("%s (%s) %s: %s", one["Description"], one["Cause"], one["StatusCode"], one["StatusMessage"]))
	}
	return told
}

// minutes lets minutes pass in each of which every task serves so many requests of a load.
func (s *stage) minutes(count int, load float64) {
	s.t.Helper()
	for range count {
		s.mu.Lock()
		tasks := s.desired
		s.mu.Unlock()
		s.metrics.Record(home(), "AWS/ApplicationELB", "RequestCountPerTarget",
			map[string]string{"LoadBalancer": "app/web/0123456789abcdef", "TargetGroup": "targetgroup/web/fedcba9876543210"}, "Count",
			load/float64(max(tasks, 1)))
		time.Sleep(time.Minute)
		synctest.Wait()
	}
}

func tracking(changes map[string]any) map[string]any {
	config := map[string]any{
		"TargetValue": 100, "ScaleOutCooldown": 60, "ScaleInCooldown": 120,
		"PredefinedMetricSpecification": map[string]any{
			"PredefinedMetricType": "ALBRequestCountPerTarget",
			"ResourceLabel":        "app/web/0123456789abcdef/targetgroup/web/fedcba9876543210",
		},
	}
	maps.Copy(config, changes)
	return map[string]any{
		"PolicyName": "requests", "PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": config,
	}
}

func TestATargetsBoundsMoveTheService(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	if _, refused := s.try("RegisterScalableTarget", map[string]any{"MinCapacity": 2}); !strings.Contains(refused, "Both MinCapacity and MaxCapacity") {
		t.Error(refused)
	}
	s.register(3, 5)
	s.register(1, 2)
	want := []string{
		"Setting desired count to 2. (maximum capacity was set to 2) Successful: " +
			"Successfully set desired count to 2. Change successfully fulfilled by ecs.",
		"Setting desired count to 3. (minimum capacity was set to 3) Overridden: " +
			"Successfully set desired count to 3. Waiting for change to be fulfilled by ecs.",
	}
	if diff := cmp.Diff(want, s.activities()); diff != "" {
		t.Error(diff)
	}
}

func TestRefusalsAreThoseOfAWS(t *testing.T) {
	t.Parallel()
	const target = "service namespace: ecs, resource ID: service/main/web, scalable dimension: ecs:service:DesiredCount"
	cases := map[string]struct {
		operation string
		input     map[string]any
		want      string
	}{
		"a service that does not exist": {
			"RegisterScalableTarget",
			map[string]any{"ResourceId": "service/main/none", "MinCapacity": 1, "MaxCapacity": 2},
			"ValidationException: ECS service doesn't exist: service/main/none",
		},
		"a dimension of something else": {
			"RegisterScalableTarget",
			map[string]any{"ScalableDimension": "dynamodb:table:ReadCapacityUnits"},
			"ValidationException: Unsupported service namespace, resource type or scalable dimension",
		},
		"another namespace": {
			"RegisterScalableTarget",
			map[string]any{"ServiceNamespace": "dynamodb"},
			"ValidationException: awssim does not implement the service namespace dynamodb",
		},
		"a policy without a target": {
			"PutScalingPolicy", tracking(nil), "ObjectNotFoundException: No scalable target registered for " + target,
		},
		"a target that does not exist": {
			"DeregisterScalableTarget", nil, "ObjectNotFoundException: No scalable target found for " + target,
		},
		"a policy that does not exist": {
			"DeleteScalingPolicy", map[string]any{"PolicyName": "x"}, "ObjectNotFoundException: No scaling policy found for " + target + ", policy name: x",
		},
		"an action that does not exist": {
			"DeleteScheduledAction",
			map[string]any{"ScheduledActionName": "x"},
			"ObjectNotFoundException: No scheduled action found for " + target + ", scheduled action name: x",
		},
		"predictive scaling": {
			"PutScalingPolicy",
			map[string]any{"PolicyName": "p", "PolicyType": "PredictiveScaling"},
			"ValidationException: awssim does not implement the policy type PredictiveScaling",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, refused := newStage(t, 1).try(test.operation, test.input); refused != test.want {
				t.Error(cmp.Diff(test.want, refused))
			}
		})
	}
}

func TestTargetTrackingScalesOutInProportionAndInGradually(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 2)
		s.register(1, 10)
		s.call("PutScalingPolicy", tracking(nil))
		time.Sleep(time.Second)
		s.minutes(5, 600)  // 300 for each of two tasks: three times what they should have
		s.minutes(20, 300) // enough for three tasks: the low alarm needs fifteen minutes
		want := []string{"6 after 3m0s", "5 after 20m0s", "4 after 22m0s", "3 after 24m0s"}
		if diff := cmp.Diff(want, s.told[:min(len(s.told), 4)]); diff != "" {
			t.Error(diff)
		}
		if s.desired != 3 {
			t.Errorf("in the end there are %d tasks", s.desired)
		}
	})
}

func TestScalingStaysWithinItsBoundsAndRestsWhereItIsSuspended(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare func(s *stage)
		load    float64
		want    int
	}{
		"the maximum":                {func(*stage) {}, 5000, 4},
		"the minimum":                {func(*stage) {}, 0, 1},
		"scaling out is suspended":   {func(s *stage) { s.suspend("DynamicScalingOutSuspended") }, 5000, 2},
		"scaling in is suspended":    {func(s *stage) { s.suspend("DynamicScalingInSuspended") }, 0, 2},
		"scaling in is switched off": {func(s *stage) { s.call("PutScalingPolicy", tracking(map[string]any{"DisableScaleIn": true})) }, 0, 2},
		"a deployment is under way":  {func(s *stage) { s.deploying = true }, 0, 2},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, 2)
				s.register(1, 4)
				s.call("PutScalingPolicy", tracking(nil))
				test.prepare(s)
				time.Sleep(time.Second)
				s.minutes(25, test.load)
				if s.desired != test.want {
					t.Errorf("there are %d tasks, not %d: %v", s.desired, test.want, s.told)
				}
			})
		})
	}
}

func (s *stage) suspend(what string) {
	s.t.Helper()
	s.call("RegisterScalableTarget", map[string]any{"SuspendedState": map[string]any{what: true}})
}

func TestTargetTrackingMakesItsAlarms(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	s.register(1, 4)
	made := s.call("PutScalingPolicy", tracking(nil))
	alarms, ok := made["Alarms"].([]any)
	if !ok || len(alarms) != 2 {
		t.Fatalf("the alarms are %v", made["Alarms"])
	}
	for i, kind := range []string{"AlarmHigh", "AlarmLow"} {
		if name := fmt.Sprint(alarms[i]); !strings.Contains(name, "TargetTracking-service/main/web-"+kind+"-") {
			t.Errorf("the alarm is %s", name)
		}
	}
	policy, ok := made["PolicyARN"].(string)
	if !ok || !strings.HasSuffix(policy, ":resource/ecs/service/main/web:policyName/requests") {
		t.Errorf("the policy is %v", made["PolicyARN"])
	}
	if watching := s.metrics.AlarmsOf(home(), policy); len(watching) != 2 {
		t.Errorf("the alarms are %v", watching)
	}
	if again := s.call("PutScalingPolicy", tracking(map[string]any{"DisableScaleIn": true})); again["PolicyARN"] != policy {
		t.Errorf("changing the policy makes %v of it", again["PolicyARN"])
	}
	if watching := s.metrics.AlarmsOf(home(), policy); len(watching) != 1 {
		t.Errorf("without scaling in the alarms are %v", watching)
	}
	s.call("DeregisterScalableTarget", nil)
	if watching := s.metrics.AlarmsOf(home(), policy); len(watching) != 0 {
		t.Errorf("without a target the alarms are %v", watching)
	}
}

func TestStepsAdjustByHowFarTheMetricIsBeyond(t *testing.T) {
	t.Parallel()
	step := func(low, high any, adjustment int) map[string]any {
		made := map[string]any{"ScalingAdjustment": adjustment}
		if low != nil {
			made["MetricIntervalLowerBound"] = low
		}
		if high != nil {
			made["MetricIntervalUpperBound"] = high
		}
		return made
	}
	cases := map[string]struct {
		config map[string]any
		load   float64
		want   int
	}{
		"the first step":  {map[string]any{"AdjustmentType": "ChangeInCapacity", "StepAdjustments": []any{step(0, 50, 1), step(50, nil, 3)}}, 600, 5},
		"the second step": {map[string]any{"AdjustmentType": "ChangeInCapacity", "StepAdjustments": []any{step(0, 50, 1), step(50, nil, 3)}}, 800, 7},
		"a percentage below one": {
			map[string]any{"AdjustmentType": "PercentChangeInCapacity", "StepAdjustments": []any{step(0, nil, 10)}}, 600, 5,
		},
		"a least adjustment": {
			map[string]any{"AdjustmentType": "PercentChangeInCapacity", "MinAdjustmentMagnitude": 2, "StepAdjustments": []any{step(0, nil, 10)}}, 600, 6,
		},
		"an exact number": {map[string]any{"AdjustmentType": "ExactCapacity", "StepAdjustments": []any{step(0, nil, 9)}}, 600, 9},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, 4)
				s.register(1, 20)
				made := s.call("PutScalingPolicy", map[string]any{
					"PolicyName": "steps", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": test.config,
				})
				arn, ok := made["PolicyARN"].(string)
				if !ok {
					t.Fatal(made)
				}
				if _, err := s.metrics.PutWatch(home(), cloudwatch.Watch{
					Name: "busy", Comparison: "GreaterThanThreshold", Threshold: 120, Periods: 1, Action: arn,
					Queries: []cloudwatch.Query{{
						ID: "m1", Namespace: "AWS/ApplicationELB", MetricName: "RequestCountPerTarget", Statistic: "Sum",
						Dimensions: []cloudwatch.Dimension{
							{Name: "TargetGroup", Value: "targetgroup/web/fedcba9876543210"}, {Name: "LoadBalancer", Value: "app/web/0123456789abcdef"},
						},
					}},
				}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				s.minutes(4, test.load) // within the cooldown
				if s.desired != test.want {
					t.Errorf("there are %d tasks, not %d: %v", s.desired, test.want, s.told)
				}
				if cause := s.activities()[0]; !strings.Contains(cause, "(monitor alarm busy in state ALARM triggered policy steps)") {
					t.Error(cause)
				}
			})
		})
	}
}

func TestSchedulesMoveTheBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 1)
		s.register(1, 10)
		for name, spec := range map[string]map[string]any{
			"morning": {"Schedule": "cron(30 8 ? * MON-FRI *)", "Timezone": "Europe/Berlin", "ScalableTargetAction": map[string]any{"MinCapacity": 4}},
			"once":    {"Schedule": "at(2000-01-02T00:00:00)", "ScalableTargetAction": map[string]any{"MinCapacity": 2, "MaxCapacity": 6}},
		} {
			spec["ScheduledActionName"] = name
			s.call("PutScheduledAction", spec)
		}
		time.Sleep(3 * 24 * time.Hour) // the first of January 2000 is a Saturday
		synctest.Wait()
		if diff := cmp.Diff([]string{"2 after 24h0m0s", "4 after 55h30m0s"}, s.told); diff != "" {
			t.Error(diff)
		}
		if got := s.activities()[3]; got != "Setting min capacity to 2 and max capacity to 6 (scheduled action name once was triggered) Successful: "+
			"Successfully set min capacity to 2 and max capacity to 6" {
			t.Errorf("told %s", got)
		}
		s.call("DeleteScheduledAction", map[string]any{"ScheduledActionName": "morning"})
		if left, ok := s.call("DescribeScheduledActions", nil)["ScheduledActions"].([]any); !ok || len(left) != 1 {
			t.Errorf("left is %v", left)
		}
	})
}

func TestTagsAreKept(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	arn := s.call("RegisterScalableTarget", map[string]any{"MinCapacity": 1, "MaxCapacity": 2, "Tags": map[string]any{"a": "1"}})["ScalableTargetARN"]
	about := func(more map[string]any) map[string]any {
		all := map[string]any{"ServiceNamespace": nil, "ResourceId": nil, "ScalableDimension": nil, "ResourceARN": arn}
		maps.Copy(all, more)
		return all
	}
	s.call("TagResource", about(map[string]any{"Tags": map[string]any{"b": "2"}}))
	s.call("UntagResource", about(map[string]any{"TagKeys": []string{"a"}}))
	if diff := cmp.Diff(map[string]any{"b": "2"}, s.call("ListTagsForResource", about(nil))["Tags"]); diff != "" {
		t.Error(diff)
	}
}

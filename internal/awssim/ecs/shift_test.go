package ecs_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// shop is a world whose service moves its traffic between two target groups.
type shop struct {
	*world

	alternate        string // target group
	production, test string // listener rules
	config           map[string]any
}

// newShop has a rule for all requests and a test rule for those to test.local.
func newShop(t *testing.T, config map[string]any) *shop {
	t.Helper()
	w := newWorld(t)
	s := &shop{world: w, config: config}
	s.alternate = w.provide(t, w.elb.Providers(), "AWS::ElasticLoadBalancingV2::TargetGroup", resource.Properties{
		"Port": 8000.0, "TargetType": "ip", "HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 10.0,
		"HealthyThresholdCount": 2.0, "UnhealthyThresholdCount": 2.0,
		"TargetGroupAttributes": []any{map[string]any{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}},
	}).PhysicalID
	rule := func(priority float64, field, value string, groups ...any) string {
		return w.provide(t, w.elb.Providers(), "AWS::ElasticLoadBalancingV2::ListenerRule", resource.Properties{
			"ListenerArn": w.listener, "Priority": priority,
			"Conditions": []any{map[string]any{"Field": field, "Values": []any{value}}},
			"Actions":    []any{map[string]any{"Type": "forward", "ForwardConfig": map[string]any{"TargetGroups": groups}}},
		}).PhysicalID
	}
	weighted := func(group string, weight float64) any {
		return map[string]any{"TargetGroupArn": group, "Weight": weight}
	}
	s.test = rule(1, "host-header", "test.local", weighted(w.group, 1), weighted(s.alternate, 0))
	s.production = rule(2, "path-pattern", "/*", weighted(w.group, 1), weighted(s.alternate, 0))
	return s
}

func (s *shop) request(desired int) resource.Request {
	request := s.serviceRequest(desired)
	request.Properties["LoadBalancers"] = []any{map[string]any{
		"ContainerName": "web", "ContainerPort": 8000.0, "TargetGroupArn": s.group,
		"AdvancedConfiguration": map[string]any{
			"AlternateTargetGroupArn": s.alternate, "ProductionListenerRule": s.production, "TestListenerRule": s.test,
			"RoleArn": "arn:aws:iam::123456789012:role/infrastructure",
		},
	}}
	request.Properties["DeploymentConfiguration"] = s.config
	return request
}

func (s *shop) open(t *testing.T) {
	t.Helper()
	s.define(t, repository+":1", map[string]string{"VERSION": "one"})
	if _, err := s.Providers()["AWS::ECS::Service"].Create(t.Context(), s.request(2)); err != nil {
		t.Fatal(err)
	}
}

// shown is a service deployment as DescribeServiceDeployments has it.
type shown struct {
	ServiceDeploymentArn, Status, StatusReason, LifecycleStage string
	SourceServiceRevisions                                     []shownRevision
	TargetServiceRevision                                      shownRevision
	LifecycleHookDetails                                       []struct{ HookID, Status, TimeoutAction string }
	Rollback                                                   *struct{ Reason, ServiceRevisionArn string }
	DeploymentCircuitBreaker                                   struct {
		Status                  string
		FailureCount, Threshold int
	}
	Alarms struct {
		Status              string
		TriggeredAlarmNames []string
	}
}

type shownRevision struct {
	Arn                                                          string
	RunningTaskCount, RequestedTaskCount                         int
	RequestedProductionTrafficWeight, RequestedTestTrafficWeight *float64
}

// rollouts returns the service's deployments, the newest first.
func (w *world) rollouts(t *testing.T) []shown {
	t.Helper()
	listed, problem := ask[struct {
		ServiceDeployments []struct{ ServiceDeploymentArn string }
	}](t, w.API(), "ListServiceDeployments", `{"cluster":"main","service":"web"}`)
	if problem != "" {
		t.Fatal(problem)
	}
	var arns []string
	for _, each := range listed.ServiceDeployments {
		arns = append(arns, each.ServiceDeploymentArn)
	}
	encoded, err := json.Marshal(arns)
	if err != nil {
		t.Fatal(err)
	}
	described, problem := ask[struct{ ServiceDeployments []shown }](t, w.API(), "DescribeServiceDeployments",
		fmt.Sprintf(`{"serviceDeploymentArns":%s}`, encoded))
	if problem != "" {
		t.Fatal(problem)
	}
	return described.ServiceDeployments
}

func (s *shop) change(t *testing.T, version string) <-chan error {
	t.Helper()
	s.define(t, repository+":1", map[string]string{"VERSION": version})
	request, done := s.request(2), make(chan error, 1)
	go func() {
		_, err := s.Providers()["AWS::ECS::Service"].Update(t.Context(), request)
		done <- err
	}()
	return done
}

// sample sends requests one after another and returns how many of a hundred the version answered.
func (s *shop) sample(t *testing.T, version string) int {
	t.Helper()
	const requests = 300
	count := 0
	for range requests {
		if _, body := s.get(t, "/"); body == version {
			count++
		}
	}
	return count * 100 / requests
}

func (s *shop) testTraffic(t *testing.T) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "test.local"
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body := make([]byte, 64)
	read, _ := response.Body.Read(body)
	return string(body[:read])
}

func (s *shop) awaitStage(t *testing.T, stage string) shown {
	t.Helper()
	var newest shown
	eventually(t, stage, func() bool {
		newest = s.rollouts(t)[0]
		return newest.LifecycleStage == stage
	})
	return newest
}

// pausing is a configuration that pauses deployments at stages.
func pausing(strategy string, stages ...any) map[string]any {
	return map[string]any{
		"Strategy": strategy, "BakeTimeInMinutes": 5.0,
		"LifecycleHooks": []any{map[string]any{"TargetType": "PAUSE", "LifecycleStages": stages}},
	}
}

// proceed ends the pause that the newest deployment is in.
func (w *world) proceed(t *testing.T) {
	t.Helper()
	newest := w.rollouts(t)[0]
	hook := newest.LifecycleHookDetails[len(newest.LifecycleHookDetails)-1]
	if hook.Status != "AWAITING_ACTION" {
		t.Fatalf("the hook is %+v", hook)
	}
	_, problem := ask[struct{}](t, w.API(), "ContinueServiceDeployment", fmt.Sprintf(
		`{"serviceDeploymentArn":%q,"hookId":%q}`, newest.ServiceDeploymentArn, hook.HookID))
	if problem != "" {
		t.Fatal(problem)
	}
}

func TestBlueGreenMovesRealTrafficAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, pausing("BLUE_GREEN", "POST_TEST_TRAFFIC_SHIFT"))
	opened := make(chan struct{})
	go func() { // the first deployment pauses as well
		defer close(opened)
		s.open(t)
	}()
	eventually(t, "the first pause", func() bool {
		_, problem := ask[service](t, s.API(), "ListServiceDeployments", `{"cluster":"main","service":"web"}`)
		if problem != "" {
			return false
		}
		newest := s.rollouts(t)
		return len(newest) == 1 && newest[0].LifecycleStage == "POST_TEST_TRAFFIC_SHIFT"
	})
	s.proceed(t)
	<-opened
	traffic := startLoad(t.Context(), s.url, 4)
	done := s.change(t, "two")
	s.awaitStage(t, "POST_TEST_TRAFFIC_SHIFT")
	if got := s.sample(t, "two"); got != 0 {
		t.Errorf("%d%% of the traffic goes to green before it is shifted", got)
	}
	if got := s.testTraffic(t); got != "two" {
		t.Errorf("the test traffic goes to %q", got)
	}
	s.proceed(t)
	baking := s.awaitStage(t, "BAKE_TIME")
	if got := s.sample(t, "two"); got != 100 {
		t.Errorf("%d%% of the traffic goes to green in the bake time", got)
	}
	if blue := baking.SourceServiceRevisions[0]; blue.RunningTaskCount != 2 || *blue.RequestedProductionTrafficWeight != 0 ||
		*baking.TargetServiceRevision.RequestedProductionTrafficWeight != 100 {
		t.Errorf("in the bake time all is %+v", baking)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	traffic.end()
	if traffic.lost.Load() != 0 {
		t.Errorf("%d of %d requests were lost: %v", traffic.lost.Load(), traffic.sent.Load(), traffic.problems)
	}
	t.Logf("%d requests, %v", traffic.sent.Load(), traffic.seen)
	if after := s.rollouts(t); after[0].Status != "SUCCESSFUL" || len(after) != 2 {
		t.Errorf("got %+v", after)
	}
	if described := s.describe(t); described.RunningCount != 2 || len(described.Deployments) != 1 {
		t.Errorf("got %+v", described)
	}
}

func TestRollbackOfABlueGreenDeploymentReturnsTheTrafficAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]any{"Strategy": "BLUE_GREEN", "BakeTimeInMinutes": 60.0})
	s.open(t)
	traffic := startLoad(t.Context(), s.url, 4)
	done := s.change(t, "two")
	baking := s.awaitStage(t, "BAKE_TIME")
	if got := s.sample(t, "two"); got != 100 {
		t.Errorf("%d%% of the traffic goes to green in the bake time", got)
	}
	asked := time.Now()
	if _, problem := ask[struct{}](t, s.API(), "StopServiceDeployment",
		fmt.Sprintf(`{"serviceDeploymentArn":%q,"stopType":"ROLLBACK"}`, baking.ServiceDeploymentArn)); problem != "" {
		t.Fatal(problem)
	}
	eventually(t, "the traffic on blue", func() bool { return s.sample(t, "one") == 100 })
	t.Logf("the traffic was back within %s", time.Since(asked))
	if err := <-done; err == nil {
		t.Error("the update succeeded")
	}
	eventually(t, "the end of the rollback", func() bool { return s.rollouts(t)[0].Status == "ROLLBACK_SUCCESSFUL" })
	traffic.end()
	if traffic.lost.Load() != 0 {
		t.Errorf("%d of %d requests were lost: %v", traffic.lost.Load(), traffic.sent.Load(), traffic.problems)
	}
	if got := s.testTraffic(t); got != "one" {
		t.Errorf("the test traffic goes to %q", got)
	}
	last := s.rollouts(t)[0]
	if last.Rollback == nil || last.Rollback.ServiceRevisionArn != last.SourceServiceRevisions[0].Arn {
		t.Errorf("got %+v", last)
	}
}

func TestCanaryGetsItsShareOfRealTraffic(t *testing.T) {
	t.Parallel()
	config := pausing("CANARY", "PRE_PRODUCTION_TRAFFIC_SHIFT")
	config["CanaryConfiguration"] = map[string]any{"CanaryPercent": 25.0, "CanaryBakeTimeInMinutes": 1.0}
	config["LifecycleHooks"] = []any{}
	s := newShop(t, config)
	s.open(t)
	s.config = pausing("CANARY", "PRE_PRODUCTION_TRAFFIC_SHIFT")
	s.config["CanaryConfiguration"] = config["CanaryConfiguration"]
	traffic := startLoad(t.Context(), s.url, 4)
	done := s.change(t, "two")
	s.awaitStage(t, "PRE_PRODUCTION_TRAFFIC_SHIFT")
	if got := s.sample(t, "two"); got != 0 {
		t.Errorf("%d%% of the traffic goes to green before it is shifted", got)
	}
	s.proceed(t)
	eventually(t, "the second pause", func() bool {
		return len(s.rollouts(t)[0].LifecycleHookDetails) == 2
	})
	if got := s.sample(t, "two"); got < 15 || got > 35 {
		t.Errorf("the canary has %d%% of the traffic, not about 25%%", got)
	}
	s.proceed(t)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := s.sample(t, "two"); got != 100 {
		t.Errorf("%d%% of the traffic goes to green at the end", got)
	}
	traffic.end()
	if traffic.lost.Load() != 0 {
		t.Errorf("%d of %d requests were lost: %v", traffic.lost.Load(), traffic.sent.Load(), traffic.problems)
	}
}

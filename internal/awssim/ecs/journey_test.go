package ecs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// bells are alarms.
type bells struct {
	mu      sync.Mutex
	ringing map[string]bool
}

func (b *bells) AlarmState(_ resource.Place, name string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ringing[name] {
		return "ALARM", true
	}
	return "OK", true
}

func (b *bells) ring(name string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ringing = map[string]bool{name: on}
}

// deploy changes the service to a definition with a configuration, in the background.
func (th *theatre) deploy(t *testing.T, image string, config map[string]any) <-chan error {
	t.Helper()
	th.cast(t, nil, "web="+image)
	request, done := th.request(2), make(chan error, 1)
	request.Properties["DeploymentConfiguration"] = config
	go func() {
		_, err := th.Providers()["AWS::ECS::Service"].Update(t.Context(), request)
		done <- err
	}()
	return done
}

// diary writes down the stages, all but the last, and shares of production traffic of the newest deployment, with the
// minutes since it began, until it ends.
func (th *theatre) diary(t *testing.T) []string {
	t.Helper()
	var lines []string
	started := time.Now()
	for {
		time.Sleep(max(5*time.Second, time.Since(started)/50))
		newest := th.rollouts(t)[0]
		if newest.LifecycleStage == "" {
			return append(lines, newest.Status)
		}
		if newest.LifecycleStage == "CLEAN_UP" {
			continue
		}
		line := newest.LifecycleStage
		if share := newest.TargetServiceRevision.RequestedProductionTrafficWeight; share != nil {
			line += fmt.Sprintf(" %g%%", *share)
		}
		if len(lines) == 0 || !strings.HasSuffix(lines[len(lines)-1], " "+line) {
			lines = append(lines, fmt.Sprintf("%d %s", int(time.Since(started).Minutes()), line))
		}
	}
}

func TestDiariesOfDeployments(t *testing.T) {
	t.Parallel()
	pause := func(timeout map[string]any, stages ...any) []any {
		return []any{map[string]any{"TargetType": "PAUSE", "LifecycleStages": stages, "TimeoutConfiguration": timeout}}
	}
	tests := map[string]struct {
		image  string
		config map[string]any
		bell   time.Duration // when the alarm "errors" rings; 0 is never, negative is before the deployment
		want   []string
		fault  string
	}{
		"rolling": {
			image: "better", config: map[string]any{"Strategy": "ROLLING", "BakeTimeInMinutes": 3.0},
			want: []string{"0 SCALE_UP", "0 BAKE_TIME", "SUCCESSFUL"},
		},
		"blue and green": {
			image: "better", config: map[string]any{"Strategy": "BLUE_GREEN", "BakeTimeInMinutes": 10.0},
			want: []string{"0 SCALE_UP 0%", "0 BAKE_TIME 100%", "SUCCESSFUL"},
		},
		"linear": {
			image: "better", config: map[string]any{
				"Strategy": "LINEAR", "BakeTimeInMinutes": 5.0,
				"LinearConfiguration": map[string]any{"StepPercent": 30.0, "StepBakeTimeInMinutes": 2.0},
			},
			want: []string{
				"0 SCALE_UP 0%", "0 PRODUCTION_TRAFFIC_SHIFT 30%", "2 PRODUCTION_TRAFFIC_SHIFT 60%",
				"4 PRODUCTION_TRAFFIC_SHIFT 90%", "6 BAKE_TIME 100%", "SUCCESSFUL",
			},
		},
		"canary, by its defaults": {
			image: "better", config: map[string]any{"Strategy": "CANARY"},
			want: []string{"0 SCALE_UP 0%", "0 PRODUCTION_TRAFFIC_SHIFT 5%", "SUCCESSFUL"},
		},
		"a pause that nobody ends leads back": {
			image: "better", config: map[string]any{
				"Strategy":       "BLUE_GREEN",
				"LifecycleHooks": pause(map[string]any{"TimeoutInMinutes": 30.0}, "PRE_SCALE_UP"),
			},
			want:  []string{"0 PRE_SCALE_UP 0%", "ROLLBACK_SUCCESSFUL"},
			fault: "PRE_SCALE_UP lifecycle hook(s) failed",
		},
		"a pause that nobody ends continues, if that is wanted": {
			image: "better", config: map[string]any{
				"Strategy":       "ROLLING",
				"LifecycleHooks": pause(map[string]any{"TimeoutInMinutes": 30.0, "Action": "CONTINUE"}, "PRE_SCALE_UP"),
			},
			want: []string{"0 PRE_SCALE_UP", "30 SCALE_UP", "SUCCESSFUL"},
		},
		"an alarm in the bake time leads back": {
			image: "better", bell: 4 * time.Minute, config: map[string]any{
				"Strategy": "BLUE_GREEN", "BakeTimeInMinutes": 10.0,
				"Alarms": map[string]any{"AlarmNames": []any{"errors"}, "Enable": true, "Rollback": true},
			},
			want:  []string{"0 SCALE_UP 0%", "0 BAKE_TIME 100%", "ROLLBACK_SUCCESSFUL"},
			fault: "ECS Deployment Alarm was triggered",
		},
		"an alarm that rang before does not count": {
			image: "better", bell: -time.Minute, config: map[string]any{
				"BakeTimeInMinutes": 1.0,
				"Alarms":            map[string]any{"AlarmNames": []any{"errors"}, "Enable": true, "Rollback": true},
			},
			want: []string{"0 SCALE_UP", "0 BAKE_TIME", "SUCCESSFUL"},
		},
		"an alarm without rollback stops the deployment": {
			image: "better", bell: 50 * time.Second, config: map[string]any{
				"BakeTimeInMinutes": 5.0,
				"Alarms":            map[string]any{"AlarmNames": []any{"errors"}, "Enable": true, "Rollback": false},
			},
			want: []string{"0 SCALE_UP", "0 BAKE_TIME", "STOPPED"}, fault: "ECS Deployment Alarm was triggered",
		},
		"green tasks that crash trip the circuit breaker, and blue ones stay": {
			image: "crash", config: map[string]any{
				"Strategy": "BLUE_GREEN", "DeploymentCircuitBreaker": map[string]any{"Enable": true, "Rollback": true},
			},
			want:  []string{"0 SCALE_UP 0%", "ROLLBACK_SUCCESSFUL"},
			fault: "ECS Deployment Circuit Breaker was triggered",
		},
		"green tasks that crash are given up after a day": {
			image: "crash", config: map[string]any{"Strategy": "BLUE_GREEN"},
			want:  []string{"0 SCALE_UP 0%", "ROLLBACK_SUCCESSFUL"},
			fault: "lifecycle stage timed out",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				alarms, th := &bells{}, newTheatre(t)
				th.Alarms = alarms
				defer func() { _ = th.Close() }()
				th.cast(t, nil, "web=good")
				if err := th.open(t, 2); err != nil {
					t.Fatal(err)
				}
				before := th.tasks(t, "RUNNING")
				alarms.ring("errors", test.bell < 0)
				if test.bell > 0 {
					time.AfterFunc(test.bell, func() { alarms.ring("errors", true) })
				}
				config := map[string]any{"DeploymentCircuitBreaker": map[string]any{"Enable": false, "Rollback": false}}
				maps.Copy(config, test.config)
				done := th.deploy(t, test.image, config)
				synctest.Wait()
				if diff := cmp.Diff(test.want, th.diary(t)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				err := <-done
				if test.fault == "" && err != nil || test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
					t.Errorf("CloudFormation says %v", err)
				}
				if last := test.want[len(test.want)-1]; last == "ROLLBACK_SUCCESSFUL" {
					if diff := cmp.Diff(before, th.tasks(t, "RUNNING")); diff != "" {
						t.Errorf("the tasks before and after (-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

func TestTheLatestOfDeploymentsWins(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"ROLLING", "BLUE_GREEN"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				th := newTheatre(t)
				defer func() { _ = th.Close() }()
				th.cast(t, nil, "web=good")
				if err := th.open(t, 2); err != nil {
					t.Fatal(err)
				}
				config := map[string]any{"Strategy": strategy}
				first := th.deploy(t, "better", config)
				time.Sleep(5 * time.Second)
				second := th.deploy(t, "best", config)
				if err := <-first; err == nil || !strings.Contains(err.Error(), "superseded") {
					t.Errorf("the first ended with %v", err)
				}
				if err := <-second; err != nil {
					t.Error(err)
				}
				var statuses []string
				for _, each := range th.rollouts(t) {
					statuses = append(statuses, each.Status)
				}
				if diff := cmp.Diff([]string{"SUCCESSFUL", "STOPPED", "SUCCESSFUL"}, statuses); diff != "" {
					t.Error(diff)
				}
				running := th.tasks(t, "RUNNING")
				if len(running) != 2 || slices.ContainsFunc(running, func(one task) bool { return one.TaskDefinitionArn != th.td }) {
					t.Errorf("got %+v", running)
				}
			})
		})
	}
}

func TestAServiceTellsOfItsDeploymentsAndRevisions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		if err := th.open(t, 2); err != nil {
			t.Fatal(err)
		}
		only := th.rollouts(t)[0]
		if only.Status != "SUCCESSFUL" || only.TargetServiceRevision.RunningTaskCount != 2 || only.DeploymentCircuitBreaker.Threshold != 3 ||
			only.DeploymentCircuitBreaker.Status != "MONITORING_COMPLETE" || only.Alarms.Status != "DISABLED" {
			t.Errorf("got %+v", only)
		}
		type revision struct {
			TaskDefinition  string
			ContainerImages []struct{ ContainerName, Image, ImageDigest string }
		}
		found, problem := ask[struct{ ServiceRevisions []revision }](t, th.API(), "DescribeServiceRevisions",
			fmt.Sprintf(`{"serviceRevisionArns":[%q]}`, only.TargetServiceRevision.Arn))
		if problem != "" || len(found.ServiceRevisions) != 1 || found.ServiceRevisions[0].TaskDefinition != th.td ||
			found.ServiceRevisions[0].ContainerImages[0].ImageDigest != "sha256:good" {
			t.Errorf("got %+v %s", found, problem)
		}
		_, problem = ask[struct{}](t, th.API(), "StopServiceDeployment", fmt.Sprintf(`{"serviceDeploymentArn":%q}`, only.ServiceDeploymentArn))
		if problem != "ConflictException: The service deployment is in the SUCCESSFUL state and cannot be changed." {
			t.Errorf("got %s", problem)
		}
		listed, _ := ask[struct {
			ServiceDeployments []struct{ Status string }
		}](t, th.API(), "ListServiceDeployments", `{"cluster":"main","service":"web","status":["STOPPED"]}`)
		if len(listed.ServiceDeployments) != 0 {
			t.Errorf("got %+v", listed)
		}
	})
}

func TestThresholdsOfTheCircuitBreaker(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		breaker string
		want    int
	}{
		"a count":              {`"thresholdConfiguration":{"type":"COUNT","value":1}`, 1},
		"an unbounded percent": {`"thresholdConfiguration":{"type":"UNBOUNDED_PERCENT","value":100}`, 2},
		"a bounded percent":    {`"thresholdConfiguration":{"type":"BOUNDED_PERCENT","value":500}`, 10},
		"nothing":              {`"resetOnHealthyTask":false`, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				th := newTheatre(t)
				defer func() { _ = th.Close() }()
				th.cast(t, nil, "web=crash")
				_, problem := ask[struct{}](t, th.API(), "CreateService", fmt.Sprintf(`{"cluster":"main","serviceName":"web",
					"taskDefinition":"web","desiredCount":2,"launchType":"FARGATE",
					"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"]}},
					"deploymentConfiguration":{"deploymentCircuitBreaker":{"enable":true,"rollback":true,%s}}}`, test.breaker))
				if problem != "" {
					t.Fatal(problem)
				}
				time.Sleep(time.Hour)
				only := th.rollouts(t)[0]
				if only.Status != "ROLLBACK_FAILED" || only.DeploymentCircuitBreaker.Threshold != test.want ||
					only.DeploymentCircuitBreaker.FailureCount < test.want || only.DeploymentCircuitBreaker.FailureCount > test.want+1 {
					t.Errorf("got %+v", only)
				}
			})
		})
	}
}

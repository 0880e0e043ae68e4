package ecs_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// stage plays containers without processes: the image's name says what they do.
type stage struct {
	mu   sync.Mutex
	live map[*actor]bool
}

func (s *stage) Pull(_ context.Context, image string) (ecs.Image, error) {
	if image == "missing" {
		return nil, errors.New("CannotPullContainerError: not found")
	}
	return &role{stage: s, does: image}, nil
}

func (s *stage) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for actor := range s.live {
		actor.leave(137)
	}
	return nil
}

type role struct {
	stage *stage
	does  string
}

func (r *role) Digest() string { return "sha256:" + r.does }

func (r *role) Start(_ *ecs.ContainerSpec, _ []process.Mount, output func(string)) (ecs.Container, error) {
	if r.does == "unstartable" {
		return nil, errors.New("CannotStartContainerError: no such file")
	}
	output("on stage: " + r.does)
	started := &actor{does: r.does, done: make(chan struct{})}
	r.stage.mu.Lock()
	defer r.stage.mu.Unlock()
	if r.stage.live == nil {
		r.stage.live = make(map[*actor]bool)
	}
	r.stage.live[started] = true
	switch r.does {
	case "crash":
		time.AfterFunc(time.Second, func() { started.leave(1) })
	case "job":
		time.AfterFunc(time.Minute, func() { started.leave(0) })
	}
	return started, nil
}

type actor struct {
	does string
	once sync.Once
	done chan struct{}
	code int
}

func (a *actor) leave(code int) {
	a.once.Do(func() {
		a.code = code
		close(a.done)
	})
}

func (a *actor) Address() string       { return "127.0.0.1:1" }
func (a *actor) Done() <-chan struct{} { return a.done }
func (a *actor) ExitCode() int         { return a.code }

func (a *actor) Stop(timeout time.Duration) {
	if a.does == "deaf" {
		time.Sleep(timeout)
		a.leave(137)
		return
	}
	a.leave(0)
}

func (a *actor) Check(context.Context, []string) (int, error) {
	if a.does == "sick" {
		return 1, nil
	}
	return 0, nil
}

// nowhere has no load balancers and keeps no logs.
type nowhere struct{}

func (nowhere) CreateGroup(resource.Place, string)                {}
func (nowhere) CreateStream(resource.Place, string, string) error { return nil }
func (nowhere) Append(resource.Place, string, string, string)     {}
func (nowhere) Register(string, elb.Target) error                 { return nil }
func (nowhere) Deregister(string, string, int) <-chan struct{}    { return nil }
func (nowhere) Health(string, string, int) (elb.Health, bool)     { return elb.Health{}, false }
func (nowhere) InUse(string) bool                                 { return true }
func (nowhere) TargetType(string) string                          { return "ip" }
func (nowhere) Weights(string) (map[string]int, error)            { return map[string]int{}, nil }
func (nowhere) Shift(string, map[string]int) error                { return nil }

// theatre is a service of played containers in real AWS time, which is virtual here.
type theatre struct {
	*world

	began time.Time
}

func newTheatre(t *testing.T) *theatre {
	t.Helper()
	w := &world{Service: ecs.New(ecs.Deps{
		Clock: clock.Clock{Speed: 1}, Containers: &stage{}, Logs: nowhere{}, Balancers: nowhere{}, Subnets: subnets,
	})}
	w.provide(t, w.Providers(), "AWS::ECS::Cluster", resource.Properties{"ClusterName": "main", "CapacityProviders": []any{"FARGATE"}})
	return &theatre{world: w, began: time.Now()}
}

// cast registers a task definition of containers, given as name=image, with further properties by name.
func (th *theatre) cast(t *testing.T, more map[string]map[string]any, containers ...string) {
	t.Helper()
	definitions := []any{}
	for _, container := range containers {
		name, image, _ := strings.Cut(container, "=")
		definition := map[string]any{"Name": name, "Image": image}
		maps.Copy(definition, more[name])
		definitions = append(definitions, definition)
	}
	th.td = th.provide(t, th.Providers(), "AWS::ECS::TaskDefinition", resource.Properties{
		"Family": "web", "Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc",
		"RequiresCompatibilities": []any{"FARGATE"}, "ContainerDefinitions": definitions,
	}).PhysicalID
}

func (th *theatre) request(desired int) resource.Request {
	request := th.serviceRequest(desired)
	delete(request.Properties, "LoadBalancers")
	return request
}

func (th *theatre) open(t *testing.T, desired int) error {
	t.Helper()
	_, err := th.Providers()["AWS::ECS::Service"].Create(t.Context(), th.request(desired))
	return err
}

func (th *theatre) change(t *testing.T, desired int) error {
	t.Helper()
	_, err := th.Providers()["AWS::ECS::Service"].Update(t.Context(), th.request(desired))
	return err
}

// story tells the service's events in order, with names instead of ids.
func (th *theatre) story(t *testing.T) []string {
	t.Helper()
	ids := regexp.MustCompile(`ecs-svc/\d+|task [0-9a-f]{32}`)
	events := th.describe(t).Events
	names, counts := map[string]string{}, map[string]int{}
	var told []string
	for _, event := range slices.Backward(events) {
		message := strings.TrimPrefix(event.Message, "(service web) ")
		told = append(told, ids.ReplaceAllStringFunc(message, func(id string) string {
			if names[id] == "" {
				kind := "D"
				if strings.HasPrefix(id, "task ") {
					kind = "task "
				}
				counts[kind]++
				names[id] = fmt.Sprintf("%s%d", kind, counts[kind])
			}
			return names[id]
		}))
	}
	return told
}

func TestStoryOfADeploymentThatIsRolledBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		if err := th.open(t, 2); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(th.began); took > time.Minute {
			t.Errorf("the first deployment took %s", took)
		}
		th.cast(t, nil, "web=crash")
		if err := th.change(t, 2); err == nil || !strings.Contains(err.Error(), "Circuit Breaker was triggered") {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
		want := []string{
			"has started 2 tasks: (task 1) (task 2).",
			"(deployment D1) deployment completed.",
			"has reached a steady state.",
			"has started 2 tasks: (task 3) (task 4).",
			"has started 2 tasks: (task 5) (task 6).",
			"is unable to consistently start tasks successfully.",
			"(deployment D2) deployment failed: tasks failed to start.",
			"rolling back to deployment D1.",
			"(deployment D1) deployment completed.",
			"has reached a steady state.",
		}
		if diff := cmp.Diff(want, th.story(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestStoryOfARollingUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		if err := th.open(t, 2); err != nil {
			t.Fatal(err)
		}
		th.cast(t, nil, "web=better")
		if err := th.change(t, 3); err != nil {
			t.Fatal(err)
		}
		if err := th.change(t, 1); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"has started 2 tasks: (task 1) (task 2).",
			"(deployment D1) deployment completed.",
			"has reached a steady state.",
			"has started 3 tasks: (task 3) (task 4) (task 5).",
			"has stopped 2 running tasks: (task 2) (task 1).",
			"(deployment D2) deployment completed.",
			"has reached a steady state.",
			"has stopped 2 running tasks: (task 5) (task 4).",
			"has reached a steady state.",
		}
		if diff := cmp.Diff(want, th.story(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestGoingBackBeforeTheEndFindsTheOldTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		if err := th.open(t, 2); err != nil {
			t.Fatal(err)
		}
		good, before := th.td, th.tasks(t, "RUNNING")
		th.cast(t, nil, "web=better")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := th.Providers()["AWS::ECS::Service"].Update(ctx, th.request(2)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
		th.td = good
		started := time.Now()
		if err := th.change(t, 2); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(started); took > 30*time.Second {
			t.Errorf("going back took %s", took)
		}
		if diff := cmp.Diff(before, th.tasks(t, "RUNNING")); diff != "" {
			t.Errorf("running tasks (-before +after):\n%s", diff)
		}
	})
}

func TestWithoutCircuitBreakerCloudFormationGivesUpAfterThreeHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=missing")
		request := th.request(1)
		request.Properties["DeploymentConfiguration"] = map[string]any{}
		_, err := th.Providers()["AWS::ECS::Service"].Create(t.Context(), request)
		if err == nil || err.Error() != "Resource timed out waiting for completion" {
			t.Errorf("got %v", err)
		}
		if took := time.Since(th.began); took < 3*time.Hour || took > 3*time.Hour+time.Minute {
			t.Errorf("took %s", took)
		}
		described := th.describe(t)
		if tries := described.Deployments[0].FailedTasks; tries < 5 || tries > 40 {
			t.Errorf("%d tasks were tried in three hours: the pauses between them do not grow", tries)
		}
	})
}

func TestContainersOfATask(t *testing.T) {
	t.Parallel()
	check := map[string]any{"HealthCheck": map[string]any{"Command": []any{"CMD", "check"}}}
	dependent := func(condition string) map[string]any {
		return map[string]any{"DependsOn": []any{map[string]any{"ContainerName": "side", "Condition": condition}}}
	}
	extra := map[string]any{"Essential": false}
	tests := map[string]struct {
		containers []string
		more       map[string]map[string]any
		stable     bool
		reason     string
	}{
		"a container that is not essential may end": {
			containers: []string{"web=good", "side=crash"}, more: map[string]map[string]any{"side": extra}, stable: true,
		},
		"a container waits for another one's success": {
			containers: []string{"web=good", "side=job"},
			more:       map[string]map[string]any{"side": extra, "web": dependent("SUCCESS")}, stable: true,
		},
		"a container whose dependency fails does not start": {
			containers: []string{"web=good", "side=crash"},
			more:       map[string]map[string]any{"side": extra, "web": dependent("SUCCESS")},
			reason:     "dependency graph: failed container ordering: container side did not succeed",
		},
		"a container waits for another one's health": {
			containers: []string{"web=good", "side=good"},
			more:       map[string]map[string]any{"side": check, "web": dependent("HEALTHY")}, stable: true,
		},
		"a task whose health check fails is replaced": {
			containers: []string{"web=sick"}, more: map[string]map[string]any{"web": check},
			reason: "Task failed container health checks",
		},
		"an essential container that ends takes the task with it": {
			containers: []string{"web=good", "side=crash"}, reason: "Essential container in task exited",
		},
		"a program that cannot be started fails the task": {
			containers: []string{"web=unstartable"}, reason: "CannotStartContainerError: no such file",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				th := newTheatre(t)
				defer func() { _ = th.Close() }()
				th.cast(t, test.more, test.containers...)
				if err := th.open(t, 1); (err == nil) != test.stable {
					t.Errorf("got %v", err)
				}
				if test.stable {
					return
				}
				gone := th.tasks(t, "STOPPED")
				if len(gone) == 0 || gone[0].StoppedReason != test.reason {
					t.Errorf("got %+v", gone)
				}
			})
		})
	}
}

func TestStopTimeoutEndsTheWaitForADeafContainer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, map[string]map[string]any{"web": {"StopTimeout": 90.0}}, "web=deaf")
		if err := th.open(t, 1); err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		if err := th.Providers()["AWS::ECS::Service"].Delete(t.Context(), th.request(1)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(started); took < 90*time.Second || took > 2*time.Minute {
			t.Errorf("deleting took %s", took)
		}
		gone := th.tasks(t, "STOPPED")
		if len(gone) != 1 || *gone[0].Containers[0].ExitCode != 137 || gone[0].LastStatus != "STOPPED" {
			t.Errorf("got %+v", gone)
		}
		time.Sleep(2 * time.Hour)
		if gone := th.tasks(t, "STOPPED"); len(gone) != 0 {
			t.Errorf("a task can be described two hours after it stopped: %+v", gone)
		}
	})
}

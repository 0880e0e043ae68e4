package ecs_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestServiceServesThroughItsLoadBalancer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.define(t, repository+":1", map[string]string{"VERSION": "one"})
	if err := w.create(t, 2); err != nil {
		t.Fatal(err)
	}
	if status, body := w.get(t, "/"); status != http.StatusOK || body != "one" {
		t.Errorf("got %d %q", status, body)
	}
	described := w.describe(t)
	if described.RunningCount != 2 || described.Deployments[0].RolloutState != "COMPLETED" {
		t.Errorf("got %+v", described)
	}
	for _, text := range []string{"has started 2 tasks: (task ", "registered ", "deployment completed.", "has reached a steady state."} {
		if !hasEvent(described, text) {
			t.Errorf("no event says %q: %+v", text, described.Events)
		}
	}
	zones := map[string]bool{}
	for _, task := range w.tasks(t, "RUNNING") {
		address := task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address
		zones[address[:strings.LastIndex(address, ".")]] = true
	}
	if diff := cmp.Diff(map[string]bool{"10.0.10": true, "10.0.11": true}, zones); diff != "" {
		t.Errorf("subnets of the tasks (-want +got):\n%s", diff)
	}
	eventually(t, "the output of both tasks in the log", func() bool {
		found, _ := ask[struct {
			Events []struct{ Message, LogStreamName string }
		}](t, w.logs.API(), "FilterLogEvents",
			`{"logGroupName":"/ecs/web","logStreamNamePrefix":"web/web/","filterPattern":"serving one"}`)
		return len(found.Events) == 2
	})
}

// load sends requests until it is stopped and counts those that were lost.
type load struct {
	stop       chan struct{}
	clients    sync.WaitGroup
	sent, lost atomic.Int64
	mu         sync.Mutex
	problems   []string
	seen       map[string]int
}

func startLoad(ctx context.Context, url string, clients int) *load {
	l := &load{stop: make(chan struct{}), seen: make(map[string]int)}
	for range clients {
		l.clients.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
					l.request(ctx, url)
					time.Sleep(2 * time.Millisecond)
				}
			}
		})
	}
	return l
}

func (l *load) request(ctx context.Context, url string) {
	l.sent.Add(1)
	response, err := send(ctx, http.MethodPost, url+"/slow?for=20ms")
	if err == nil {
		defer func() { _ = response.Body.Close() }()
		body, readErr := io.ReadAll(response.Body)
		l.mu.Lock()
		l.seen[string(body)]++
		l.mu.Unlock()
		if response.StatusCode == http.StatusOK && readErr == nil {
			return
		}
	}
	l.lost.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.problems = append(l.problems, err.Error())
	} else {
		l.problems = append(l.problems, response.Status)
	}
}

func (l *load) end() {
	close(l.stop)
	l.clients.Wait()
}

func TestRollingUpdateUnderLoadLosesNoRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.define(t, repository+":1", map[string]string{"VERSION": "one"})
	if err := w.create(t, 2); err != nil {
		t.Fatal(err)
	}
	traffic := startLoad(t.Context(), w.url, 4)
	time.Sleep(100 * time.Millisecond)
	w.define(t, repository+":1", map[string]string{"VERSION": "two"})
	if err := w.update(t, 2); err != nil {
		t.Error(err)
	}
	if err := w.update(t, 4); err != nil {
		t.Error(err)
	}
	if err := w.update(t, 1); err != nil {
		t.Error(err)
	}
	time.Sleep(100 * time.Millisecond)
	traffic.end()
	t.Logf("%d requests, %d lost, answers %v", traffic.sent.Load(), traffic.lost.Load(), traffic.seen)
	if traffic.lost.Load() != 0 {
		t.Errorf("%d of %d requests were lost: %v", traffic.lost.Load(), traffic.sent.Load(), traffic.problems)
	}
	if traffic.seen["one"] == 0 || traffic.seen["two"] == 0 {
		t.Errorf("the load did not see both versions: %v", traffic.seen)
	}
	if _, body := w.get(t, "/"); body != "two" {
		t.Errorf("got %q after the update", body)
	}
}

func TestManyClientsMayAskWhileAServiceMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.define(t, repository+":1", map[string]string{"VERSION": "one"})
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	const clients = 64
	stop := make(chan struct{})
	var asking sync.WaitGroup
	var answers atomic.Int64
	for range clients {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for operation, body := range map[string]string{
					"DescribeServices":       `{"cluster":"main","services":["web"],"include":["TAGS"]}`,
					"DescribeClusters":       `{"clusters":["main"]}`,
					"DescribeTaskDefinition": `{"taskDefinition":"web"}`,
				} {
					if _, problem := ask[struct{}](t, w.API(), operation, body); problem != "" {
						t.Error(problem)
					}
				}
				w.tasks(t, "RUNNING")
				w.tasks(t, "STOPPED")
				answers.Add(1)
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	w.define(t, repository+":1", map[string]string{"VERSION": "two"})
	if err := w.update(t, 2); err != nil {
		t.Error(err)
	}
	close(stop)
	asking.Wait()
	if answers.Load() < clients {
		t.Errorf("only %d rounds of questions were answered", answers.Load())
	}
}

func TestCircuitBreakerRollsBackToWhatWorked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		image       string
		environment map[string]string
		code        string
		reason      string
	}{
		"a container that exits at once": {
			repository + ":1", map[string]string{"ROLE": "crash"}, "EssentialContainerExited", "Essential container in task exited",
		},
		"an image tag that is missing": {
			repository + ":2", nil, "TaskFailedToStart", "CannotPullContainerError: pull image manifest has been retried 1 " +
				"time(s): failed to resolve ref " + repository + ":2: " + repository + ":2: not found",
		},
		"a registry that cannot be reached": {
			"nginx:latest", nil, "TaskFailedToStart", "CannotPullContainerError: pull image manifest has been retried 5 time(s): " +
				"failed to resolve ref docker.io/library/nginx:latest: failed to do request: Head " +
				`"https://registry-1.docker.io/v2/library/nginx/manifests/latest": dial tcp: lookup registry-1.docker.io: i/o timeout`,
		},
		"a health check that fails": {
			repository + ":1", map[string]string{"HEALTH": "500"}, "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group ",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			good := w.define(t, repository+":1", map[string]string{"VERSION": "one"})
			if err := w.create(t, 2); err != nil {
				t.Fatal(err)
			}
			traffic := startLoad(t.Context(), w.url, 2)
			w.define(t, test.image, test.environment)
			err := w.update(t, 2)
			const want = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
			if err == nil || err.Error() != want {
				t.Errorf("got %v", err)
			}
			explained := 0
			for _, task := range w.tasks(t, "STOPPED") {
				if task.StopCode == test.code && strings.HasPrefix(task.StoppedReason, test.reason) {
					explained++
				}
			}
			if explained < 3 {
				t.Errorf("%d stopped tasks say why: %+v", explained, w.tasks(t, "STOPPED"))
			}
			w.td = good
			if err := w.update(t, 2); err != nil {
				t.Errorf("going back: %v", err)
			}
			traffic.end()
			if traffic.lost.Load() != 0 {
				t.Errorf("%d of %d requests were lost: %v", traffic.lost.Load(), traffic.sent.Load(), traffic.problems)
			}
			described := w.describe(t)
			if len(described.Deployments) != 1 || described.Deployments[0].TaskDefinition != good {
				t.Errorf("got deployments %+v", described.Deployments)
			}
			for _, text := range []string{"deployment failed: tasks failed to start.", "rolling back to deployment ecs-svc/"} {
				if !hasEvent(described, text) {
					t.Errorf("no event says %q: %+v", text, described.Events)
				}
			}
		})
	}
}

func TestFirstDeploymentThatFailsHasNowhereToRollBackTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.define(t, repository+":1", map[string]string{"ROLE": "crash", "EXIT_CODE": "42"})
	if err := w.create(t, 2); err == nil || !strings.Contains(err.Error(), "ECS Deployment Circuit Breaker was triggered") {
		t.Errorf("got %v", err)
	}
	described := w.describe(t)
	if got := described.Deployments[0]; got.RolloutState != "FAILED" || got.FailedTasks < 3 ||
		got.RolloutStateReason != "ECS deployment circuit breaker: tasks failed to start." {
		t.Errorf("got %+v", got)
	}
	eventually(t, "the exit code of a stopped task", func() bool {
		for _, task := range w.tasks(t, "STOPPED") {
			if code := task.Containers[0].ExitCode; code != nil && *code == 42 {
				return true
			}
		}
		return false
	})
	if err := w.Providers()["AWS::ECS::Service"].Delete(t.Context(), w.serviceRequest(0)); err != nil {
		t.Error(err)
	}
}

func TestCrashedTaskIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.define(t, repository+":1", map[string]string{"VERSION": "one"})
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	before := w.tasks(t, "RUNNING")[0].TaskArn
	w.get(t, "/crash")
	eventually(t, "another task that serves", func() bool {
		described := w.describe(t)
		tasks := w.tasks(t, "RUNNING")
		status, _ := w.get(t, "/")
		return described.RunningCount == 1 && len(tasks) == 1 && tasks[0].TaskArn != before && status == http.StatusOK
	})
	gone := w.tasks(t, "STOPPED")
	if len(gone) != 1 || gone[0].StopCode != "EssentialContainerExited" || *gone[0].Containers[0].ExitCode != 7 {
		t.Errorf("got %+v", gone)
	}
	if failed := w.describe(t).Deployments[0].FailedTasks; failed != 0 {
		t.Errorf("a task that had worked counts as %d failures of the deployment", failed)
	}
}

func TestStoppedTaskIsReplacedWithoutLoss(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.define(t, repository+":1", map[string]string{"VERSION": "one"})
	if err := w.create(t, 2); err != nil {
		t.Fatal(err)
	}
	traffic := startLoad(t.Context(), w.url, 2)
	victim := w.tasks(t, "RUNNING")[0].TaskArn
	if _, problem := ask[struct{}](t, w.API(), "StopTask", `{"cluster":"main","task":"`+victim+`","reason":"a test"}`); problem != "" {
		t.Fatal(problem)
	}
	eventually(t, "the task to be stopped", func() bool {
		gone := w.tasks(t, "STOPPED")
		return len(gone) == 1 && gone[0].LastStatus == "STOPPED" && gone[0].StopCode == "UserInitiated" && gone[0].StoppedReason == "a test"
	})
	eventually(t, "two running tasks", func() bool { return w.describe(t).RunningCount == 2 })
	traffic.end()
	if traffic.lost.Load() != 0 {
		t.Errorf("%d of %d requests were lost: %v", traffic.lost.Load(), traffic.sent.Load(), traffic.problems)
	}
}

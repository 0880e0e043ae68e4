package ecs

import (
	"fmt"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
)

// Back-off of a service whose tasks keep failing: it grows from the first to the longest pause ("Service throttle
// logic", developer guide: "up to 27 minutes"; the steps in between are not published).
const (
	patience     = 1 // failures in a row that do not count
	firstPause   = 30 * time.Second
	longestPause = 27 * time.Minute
)

// breath is how long the scheduler waits after a change for others that come with it, which it then tells in one
// event.
const breath = 750 * time.Millisecond

// impairedAfter is after how many failures in a row a service says that it cannot start tasks.
const impairedAfter = 3

// schedule looks after a fleet until it is gone or the Service is closed.
func (s *Service) schedule(f *fleet) {
	for {
		s.mu.Lock()
		due, more := f.look(time.Now().UTC())
		close(f.changed)
		f.changed = make(chan struct{})
		if !more {
			f.gone = true
		}
		s.mu.Unlock()
		if !more {
			return
		}
		var timer <-chan time.Time
		if due > 0 {
			timer = time.After(due)
		}
		select {
		case <-f.wake:
		case <-timer:
		case <-s.life.Done():
			return
		}
		if s.Clock.Sleep(s.life, breath) != nil {
			return
		}
	}
}

// look takes the next steps. It returns when to look again even if nothing happens (0: never), and false when the
// fleet needs no scheduler any more. Call it locked.
func (f *fleet) look(now time.Time) (time.Duration, bool) {
	if f.standalone {
		return 0, true
	}
	f.tell()
	f.tellRollouts()
	due := f.judgeHealth(now)
	due = earlier(due, f.monitor(now))
	f.tellRollouts()
	due = earlier(due, f.travel(now))
	f.tellRollouts()
	due = earlier(due, f.take(now))
	f.tell()
	f.settle()
	finished := f.status == draining && f.count(nil, func(t *task) bool { return t.last != stopped }) == 0
	if finished {
		f.status = inactive
		f.owner.leaveMesh(f)
		f.deployments = nil
	}
	return due, !finished
}

// judgeHealth notes which tasks are healthy and replaces those that are not. It returns when the next grace
// period ends.
func (f *fleet) judgeHealth(now time.Time) time.Duration {
	var due time.Duration
	for _, task := range f.tasks {
		if task.last != running || task.stopping() {
			continue
		}
		problem, judged := f.examine(task)
		switch {
		case problem == "" && judged:
			f.noteHealthy(task)
		case problem != "":
			left := f.owner.Clock.Scale(f.grace) - elapsed(task.started, now)
			if left > 0 && judged {
				due = earlier(due, left)
				continue
			}
			f.sayf("(task %s) %s", task.id, problem)
			f.noteFailure(task, now)
			task.requestStop(byScheduler, task.verdict)
		}
	}
	return due
}

// earlier is the shorter of two waits, of which 0 has no end.
func earlier(a, b time.Duration) time.Duration {
	if a == 0 || (b > 0 && b < a) {
		return b
	}
	return a
}

// monitor fails a deployment that the service asked for, or that its circuit breaker or alarms give up. It returns when
// to look again.
func (f *fleet) monitor(now time.Time) time.Duration {
	if sd := f.current; sd != nil && sd.status == sdRequested && sd.back == nil {
		f.fail(now, stopCause())
		return 0
	}
	if why, tripped := f.tripBreaker(); tripped {
		f.fail(now, why)
		return 0
	}
	why, due, raised := f.heedAlarms()
	if raised {
		f.fail(now, why)
	}
	return due
}

// examine asks load balancers and the container health check for a running task. It returns what is wrong, and
// whether there is a judgement yet; a judgement of the container health check does not wait for the grace period,
// which shows as a problem without judgement.
func (f *fleet) examine(task *task) (string, bool) {
	switch task.health() {
	case unhealthy:
		task.verdict = "Task failed container health checks"
		return "failed container health checks.", false
	case unknown:
		return "", false
	}
	for _, balancer := range task.deployment.served.balancers {
		health, registered := f.owner.Balancers.Health(balancer.TargetGroupArn, task.address.String(), balancer.ContainerPort)
		switch {
		case registered && health.State == elb.Unhealthy:
			task.verdict = fmt.Sprintf("Task failed ELB health checks in (target-group %s)", balancer.TargetGroupArn)
			task.healthy = false
			return fmt.Sprintf("(port %d) is unhealthy in (target-group %s) due to (reason %s)",
				balancer.ContainerPort, balancer.TargetGroupArn, health.Description), true
		case registered && health.State == elb.Initial:
			return "", false
		}
	}
	return "", true
}

// noteHealthy marks a task that works. It resets the count of failures ("resetOnHealthyTask", API reference).
func (f *fleet) noteHealthy(task *task) {
	if !task.healthy {
		task.healthy, task.proven = true, true
		if *f.config.DeploymentCircuitBreaker.ResetOnHealthyTask {
			task.deployment.streak = 0
		}
		f.failures, f.notBefore = 0, time.Time{}
	}
}

// noteFailure counts a task that ended, or has to, before it ever was healthy.
func (f *fleet) noteFailure(task *task, now time.Time) {
	if task.proven || task.counted {
		return
	}
	task.counted = true
	task.deployment.failed++
	task.deployment.streak++
	f.failures++
	if f.failures == impairedAfter {
		f.sayf("is unable to consistently start tasks successfully.")
	}
	if f.failures > patience {
		pause := min(firstPause<<min(f.failures-patience-1, 10), longestPause)
		f.notBefore = now.Add(f.owner.Clock.Scale(pause))
	}
}

// take starts and stops tasks as planned. It returns how long starting has to wait for the back-off.
func (f *fleet) take(now time.Time) time.Duration {
	if len(f.deployments) == 0 {
		return 0
	}
	newest := f.deployments[0]
	looked, byID := f.view()
	planned := looked.next()
	for _, id := range planned.stop {
		byID[id].requestStop(byScheduler, fmt.Sprintf("Scaling activity initiated by (deployment %s)", newest.id))
	}
	if wait := f.notBefore.Sub(now); planned.start > 0 && wait > 0 {
		planned.start = 0
		return earlier(wait, f.start(f.lastDone, planned.startOld, now))
	}
	return earlier(f.start(newest, planned.start, now), f.start(f.lastDone, planned.startOld, now))
}

// view is what the scheduler looks at.
func (f *fleet) view() (view, map[string]*task) {
	newest := f.deployments[0]
	looked := view{
		desired: f.desired, minPercent: *f.config.MinimumHealthyPercent, maxPercent: *f.config.MaximumPercent,
		failed: newest.rollout == failed,
	}
	var keeps *deployment
	if sd := f.current; sd != nil && f.status == active {
		looked.hold = sd.at() == reconcileService || sd.at() == preScaleUp
		looked.parallel = sd.config.shifting() || looked.hold
		if sd.back != nil {
			keeps = sd.target
		} else {
			keeps = sd.blue
		}
		looked.keep = looked.parallel && keeps != nil && sd.at() != cleanUp
		looked.refill = looked.keep && keeps == f.lastDone
		looked.spare = !sd.config.shifting()
	}
	byID := make(map[string]*task)
	for _, task := range f.tasks {
		if task.stopping() {
			continue
		}
		seen := taskView{id: task.id, running: task.last == running, healthy: task.healthy}
		byID[task.id] = task
		switch {
		case task.deployment == newest:
			looked.primary = append(looked.primary, seen)
		case looked.parallel && task.deployment != keeps:
			looked.others = append(looked.others, seen)
		default:
			looked.old = append(looked.old, seen)
		}
	}
	return looked, byID
}

// start starts tasks. It returns when to try again if there is no place for them.
func (f *fleet) start(of *deployment, count int, now time.Time) time.Duration {
	var (
		started []string
		pause   time.Duration
	)
	for range count {
		made, err := f.owner.newTask(f, of)
		if err != nil {
			f.sayf("was unable to place a task. Reason: %s.", err)
			pause = f.owner.Clock.Scale(firstPause)
			f.notBefore = now.Add(pause)
			break
		}
		started = append(started, made.id)
	}
	if len(started) > 0 {
		f.sayf("has started %d tasks: %s.", len(started), taskList(started))
	}
	return pause
}

// settle says so when all is as desired.
func (f *fleet) settle() {
	if len(f.deployments) == 0 || f.status != active {
		return
	}
	if f.current != nil || f.deployments[0].rollout == failed || !f.stable() {
		f.steady = false
		return
	}
	if !f.steady {
		f.steady = true
		f.sayf("has reached a steady state.")
	}
}

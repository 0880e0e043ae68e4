package ecs

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

// Lifecycle stages of service deployments (ServiceDeployment, API reference).
const (
	reconcileService           = "RECONCILE_SERVICE"
	preScaleUp                 = "PRE_SCALE_UP"
	scaleUp                    = "SCALE_UP"
	postScaleUp                = "POST_SCALE_UP"
	testTrafficShift           = "TEST_TRAFFIC_SHIFT"
	postTestTrafficShift       = "POST_TEST_TRAFFIC_SHIFT"
	preProductionTrafficShift  = "PRE_PRODUCTION_TRAFFIC_SHIFT"
	productionTrafficShift     = "PRODUCTION_TRAFFIC_SHIFT"
	postProductionTrafficShift = "POST_PRODUCTION_TRAFFIC_SHIFT"
	bakeTime                   = "BAKE_TIME"
	cleanUp                    = "CLEAN_UP"
)

// Statuses of service deployments besides those of their deployments.
const (
	sdSuccessful   = "SUCCESSFUL"
	sdStopped      = "STOPPED"
	sdRequested    = "ROLLBACK_REQUESTED"
	sdRollingBack  = "ROLLBACK_IN_PROGRESS"
	sdRolledBack   = "ROLLBACK_SUCCESSFUL"
	sdRollbackFail = "ROLLBACK_FAILED"
)

// longestStage is how long a stage may last ("Deployment lifecycle stages", developer guide). Pauses have limits of
// their own, and rolling deployments none.
const longestStage = 24 * time.Hour

// serviceDeployment is a service's way from one revision to another, and back if that fails.
type serviceDeployment struct {
	arn    string
	config DeploymentConfig // as it was when this began

	created, updated, finished, stopped time.Time
	status, reason                      string

	target  *deployment
	sources []*deployment // that ran when this began
	blue    *deployment   // the one that serves; nil for the first
	back    *deployment   // that a rollback leads to; nil on the way forward
	undone  rollback

	steps   []step // still to go, the present one first
	entered bool   // the present step has begun
	since   time.Time

	hooks   []*pause
	deaf    bool     // an alarm was raised before this began
	alarmed []string // alarms that are raised
	tripped bool     // the circuit breaker
	fault   string   // what CloudFormation says of a failure
}

// step is a stage of a service deployment.
type step struct {
	stage   string
	percent float64       // of production traffic, for shifts
	wait    time.Duration // before the next one
}

// depart begins a service deployment to the newest deployment. One that is under way ends: the latest wins. Call it
// locked.
func (f *fleet) depart(now time.Time) {
	target := f.deployments[0]
	if former := f.current; former != nil {
		former.end(sdStopped, "Service deployment stopped because it was superseded by a newer service deployment.", now) // believed
	}
	begun := &serviceDeployment{
		arn:    arn(f.place, fmt.Sprintf("service-deployment/%s/%s/%s", f.cluster.name, f.name, serviceDeploymentID())),
		config: f.config, created: now, updated: now, status: inProgress, target: target, deaf: len(f.raised()) > 0,
	}
	for _, other := range f.deployments[1:] {
		begun.sources = append(begun.sources, other)
		if other == f.serving() {
			begun.blue = other
		}
	}
	begun.steps = begun.forward()
	f.current = begun
	f.history = slices.Insert(f.history, 0, begun)
}

// serviceDeploymentID is the end of a service deployment's ARN.
func serviceDeploymentID() string {
	const bytes, length = 16, 21
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // never fails
	return base64.RawURLEncoding.EncodeToString(random)[:length]
}

// serving is the deployment that gets the production traffic. Call it locked.
func (f *fleet) serving() *deployment {
	for _, each := range f.deployments {
		if each.production == allTraffic {
			return each
		}
	}
	return f.lastDone
}

// forward are the steps to the target.
func (d *serviceDeployment) forward() []step {
	var steps []step
	if len(d.sources) > 1 {
		steps = append(steps, step{stage: reconcileService})
	}
	steps = append(steps, step{stage: preScaleUp}, step{stage: scaleUp}, step{stage: postScaleUp})
	if d.config.shifting() {
		steps = append(steps, step{stage: testTrafficShift}, step{stage: postTestTrafficShift})
		for _, each := range d.config.shifts(d.blue == nil) {
			steps = append(steps, step{stage: preProductionTrafficShift},
				step{stage: productionTrafficShift, percent: each.percent, wait: each.bake})
		}
		steps = append(steps, step{stage: postProductionTrafficShift})
	}
	if len(d.sources) > 0 { // there is nothing to go back to in the time of the first
		steps = append(steps, step{stage: bakeTime, wait: minutes(*d.config.BakeTimeInMinutes)})
	}
	return append(steps, step{stage: cleanUp})
}

// at is the present stage; "" at the end.
func (d *serviceDeployment) at() string {
	if len(d.steps) == 0 {
		return ""
	}
	return d.steps[0].stage
}

// goal is the deployment that this leads to.
func (d *serviceDeployment) goal() *deployment {
	if d.back != nil {
		return d.back
	}
	return d.target
}

// travel takes the current service deployment as far as it gets. It returns when to look again even if nothing
// happens. Call it locked.
func (f *fleet) travel(now time.Time) time.Duration {
	for sd := f.current; sd != nil && f.status == active; sd = f.current {
		if len(sd.steps) == 0 {
			f.arrive(sd, now)
			return 0
		}
		if !sd.entered {
			sd.entered, sd.since, sd.updated = true, now, now
			if sd.back == nil {
				f.openHooks(sd, sd.at(), now)
			}
		}
		pauses := f.heldUp(sd, now)
		if pauses.turn {
			f.fail(now, hookCause(sd.at()))
			continue
		}
		if pauses.held {
			return pauses.due
		}
		due, done := f.act(sd, now)
		if f.current != sd || sd.at() == "" {
			continue
		}
		if !done {
			return due
		}
		sd.steps, sd.entered = sd.steps[1:], false
	}
	return 0
}

// act does what the present step is for. It returns whether that is done, and if not, when to look again.
func (f *fleet) act(sd *serviceDeployment, now time.Time) (time.Duration, bool) {
	present := sd.steps[0]
	switch present.stage {
	case reconcileService:
		return f.reconcile(sd, now)
	case scaleUp:
		return f.stageLimit(sd, now, f.scaledUp(sd))
	case testTrafficShift:
		return 0, f.shiftTest(sd, now)
	case productionTrafficShift:
		if sd.goal().production != present.percent && !f.shiftProduction(sd, present.percent, now) {
			return 0, false
		}
		return f.rest(sd, now)
	case bakeTime:
		return f.rest(sd, now)
	case cleanUp:
		return 0, f.stable()
	default:
		return 0, true // stages for hooks
	}
}

// rest waits for the present step's time.
func (f *fleet) rest(sd *serviceDeployment, now time.Time) (time.Duration, bool) {
	left := f.owner.Clock.Scale(sd.steps[0].wait) - now.Sub(sd.since)
	return max(left, 0), left <= 0
}

// stageLimit fails a deployment that shifts traffic and whose stage does not end.
func (f *fleet) stageLimit(sd *serviceDeployment, now time.Time, done bool) (time.Duration, bool) {
	limit := f.owner.Clock.Scale(longestStage)
	if done || !sd.config.shifting() || sd.back != nil || limit <= 0 {
		return 0, done
	}
	left := limit - now.Sub(sd.since)
	if left <= 0 {
		f.fail(now, cause{
			reason: "ECS deployment failed: lifecycle stage timed out.", event: "lifecycle stage timed out.",
			back:   "ECS deployment: rolling back to deploymentId %s.",
			status: "the lifecycle stage " + sd.at() + " timed out.", rollback: true, // all believed
			operation: "Service deployment rolled back because the lifecycle stage timed out",
		})
		return 0, false
	}
	return left, false
}

// scaledUp says whether the goal's tasks are there and well. A rolling deployment replaces meanwhile those of others.
func (f *fleet) scaledUp(sd *serviceDeployment) bool {
	if !sd.config.shifting() {
		return f.stable()
	}
	return f.count(sd.goal(), func(t *task) bool { return t.healthy && !t.stopping() }) >= f.desired
}

// stable says whether the newest deployment's tasks, and no others, are there and well.
func (f *fleet) stable() bool {
	newest := f.deployments[0]
	ready := f.count(newest, func(t *task) bool { return t.healthy && !t.stopping() })
	others := f.count(nil, func(t *task) bool { return !t.retired() && (t.deployment != newest || t.stopping()) })
	return ready == f.desired && others == 0 && f.count(newest, func(t *task) bool { return !t.stopping() }) == f.desired
}

// reconcile gives all traffic back to the deployment that serves, and ends those that neither serve nor are wanted.
func (f *fleet) reconcile(sd *serviceDeployment, now time.Time) (time.Duration, bool) {
	if !sd.config.shifting() {
		return 0, true
	}
	if sd.blue != nil && sd.blue.production != allTraffic && !f.shiftTo(sd, sd.blue, now) {
		return 0, false
	}
	left := f.count(nil, func(t *task) bool { return t.deployment != sd.target && t.deployment != sd.blue && !t.retired() })
	return 0, left == 0
}

// arrive ends a service deployment that has reached its goal.
func (f *fleet) arrive(sd *serviceDeployment, now time.Time) {
	reached := sd.goal()
	reached.rollout, reached.updated = completed, now
	reached.reason = fmt.Sprintf("ECS deployment %s completed.", reached.id)
	f.deployments, f.lastDone = f.deployments[:1], reached
	f.sayf("(deployment %s) deployment completed.", reached.id)
	if sd.back == nil {
		sd.end(sdSuccessful, "", now)
	} else {
		sd.end(sdRolledBack, sd.reason, now)
	}
	f.current = nil
}

func (d *serviceDeployment) end(status, reason string, now time.Time) {
	d.status, d.reason, d.updated, d.finished, d.steps = status, reason, now, now, nil
	if status == sdStopped {
		d.stopped = now
	}
}

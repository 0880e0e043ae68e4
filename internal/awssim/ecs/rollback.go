package ecs

import (
	"fmt"
	"slices"
	"time"
)

// rollback is how a service deployment was led back.
type rollback struct {
	reason, revisionARN string
	started             time.Time
}

// cause is why a deployment fails, in the words of those who tell of it.
type cause struct {
	reason    string // of the deployment's state
	event     string // of the service
	back      string // why the deployment that it is led back to begins
	status    string // of the service deployment, after "Service deployment rolled back because "
	operation string // of CloudFormation
	rollback  bool
}

func hookCause(stage string) cause {
	return cause{
		reason: "ECS deployment failed: lifecycle hook failed.", event: "lifecycle hook failed.", // believed
		back:   "ECS deployment lifecycle hook: rolling back to deploymentId %s.", // believed
		status: stage + " lifecycle hook(s) failed.", rollback: true,
		operation: "Service deployment rolled back because " + stage + " lifecycle hook(s) failed", // believed
	}
}

// fail ends a deployment's way forward and, if it is wanted and possible, leads the service back. Call it locked.
func (f *fleet) fail(now time.Time, why cause) {
	broken, sd := f.deployments[0], f.current
	broken.rollout, broken.updated, broken.reason = failed, now, why.reason
	sd.fault = why.operation
	f.sayf("(deployment %s) deployment failed: %s", broken.id, why.event)
	switch {
	case !why.rollback:
		sd.end(sdStopped, "Service deployment stopped because "+why.status, now) // believed
		f.current = nil
	case f.lastDone == nil || f.lastDone == broken:
		f.sayf("(deployment %s) deployment failed: no rollback candidate was found to run the rollback.", broken.id)
		sd.end(sdRollbackFail, "Service deployment rollback failed because no rollback candidate was found.", now) // believed
		f.current = nil
	default:
		f.rollBack(now, sd, why)
	}
}

// rollBack makes the deployment that completed last the primary one again.
func (f *fleet) rollBack(now time.Time, sd *serviceDeployment, why cause) {
	target := f.lastDone
	if at := slices.Index(f.deployments, target); at >= 0 {
		f.deployments = slices.Delete(f.deployments, at, at+1)
	} else {
		target = &deployment{id: deploymentID(), revision: target.revision, served: target.served, created: now}
	}
	target.begin(now, fmt.Sprintf(why.back, target.id))
	f.deployments = slices.Insert(f.deployments, 0, target)
	f.failures, f.notBefore = 0, time.Time{}
	f.sayf("rolling back to deployment %s.", target.id)

	cleaning := sd.at() == cleanUp
	sd.back, sd.status, sd.updated, sd.entered = target, sdRollingBack, now, false
	sd.reason = "Service deployment rolled back because " + why.status
	sd.undone = rollback{sd.reason, target.served.arn, now}
	alive := f.count(target, func(t *task) bool { return t.healthy && !t.stopping() }) > 0
	sd.steps = sd.backward(alive && !cleaning)
	f.unsettle()
}

// backward are the steps of a rollback. What still serves gets the traffic back at once.
func (d *serviceDeployment) backward(alive bool) []step {
	var steps []step
	if !alive {
		steps = append(steps, step{stage: scaleUp})
	}
	if d.config.shifting() {
		steps = append(steps, step{stage: productionTrafficShift, percent: allTraffic})
	}
	return append(steps, step{stage: cleanUp})
}

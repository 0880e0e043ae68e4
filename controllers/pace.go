package controllers

import (
	"context"
	"math/rand/v2"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// How long to wait before the next look.
const (
	lookMin     = time.Second
	lookBusyMax = 15 * time.Second
	lookRefused = time.Minute
	lookSteady  = 5 * time.Minute
	jitter      = 0.1
	// patience is how much longer something has taken than the pause between two looks at it.
	patience = 10
)

// next says when to come back: by back-off after an error that may pass, else after a while.
func (p *pass) next(ctx context.Context) (ctrl.Result, error) {
	if p.err == nil {
		return ctrl.Result{RequeueAfter: p.pause()}, nil
	}
	switch aws.ClassOf(p.err) {
	case aws.Busy:
		return ctrl.Result{RequeueAfter: jittered(lookBusyMax)}, nil
	case aws.Throttled, aws.AccessDenied, aws.Expired, aws.Quota, aws.Lost, aws.Rejected:
		log.FromContext(ctx).Info("AWS refuses", "stack", p.target.Name, "cause", p.err.Error())
		return ctrl.Result{RequeueAfter: jittered(lookRefused)}, nil
	case aws.NotFound, aws.NoChanges, aws.Transient:
	}
	return ctrl.Result{}, p.err
}

func (p *pass) pause() time.Duration {
	switch {
	case p.sent:
		return lookMin
	case p.seen.Phase == stack.Busy:
		return between(lookMin, p.sinceAttempt()/patience, lookBusyMax)
	case p.did == stack.Wait, p.did == stack.None && !p.seen.Rollout.Healthy(), p.noTemplate != nil && !p.noTemplate.Terminal:
		return jittered(between(lookMin, p.sinceChange()/patience, lookSteady))
	default:
		return jittered(lookSteady)
	}
}

// sinceAttempt is the time since the last write to the stack; zero if there was none.
func (p *pass) sinceAttempt() time.Duration {
	if p.app.Status.Attempt == nil {
		return 0
	}
	return p.Clock.Since(p.app.Status.Attempt.Time.Time)
}

// sinceChange is the time since readiness last changed; zero if it is not known yet.
func (p *pass) sinceChange() time.Duration {
	ready := meta.FindStatusCondition(p.app.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return 0
	}
	return p.Clock.Since(ready.LastTransitionTime.Time)
}

// repairDue says whether the pause before the next repair is over.
func (p *pass) repairDue() bool {
	attempt := p.app.Status.Attempt
	if attempt == nil || attempt.Repairs == 0 {
		return true
	}
	return p.sinceAttempt() >= p.RepairPause<<(attempt.Repairs-1)
}

func between(shortest, pause, longest time.Duration) time.Duration {
	return min(max(pause, shortest), longest)
}

// jittered spreads looks out, so that apps that were applied together do not ask together.
func jittered(d time.Duration) time.Duration {
	return d + time.Duration(rand.Float64()*jitter*float64(d)) //nolint:gosec // no secret
}

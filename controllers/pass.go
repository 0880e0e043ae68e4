package controllers

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
	"github.com/ecsapp-dev/ecsapp-operator/internal/status"
	"github.com/ecsapp-dev/ecsapp-operator/internal/template"
)

// pass is one trip around the loop: what it saw, wanted and did. Nothing of it outlives the trip but the status.
type pass struct {
	*EcsAppReconciler

	app    *v1alpha1.EcsApp
	target aws.Target

	seen  *stack.Observation
	image status.Image
	want  template.Template
	goal  stack.Goal
	did   stack.Action
	tried bool // a step was taken, or AWS said that it changes nothing
	err   error
}

func (r *EcsAppReconciler) newPass(app *v1alpha1.EcsApp) *pass {
	return &pass{EcsAppReconciler: r, app: app, target: targetOf(app, r.ClusterUID)}
}

// look observes the stack.
func (p *pass) look(ctx context.Context) {
	seen, err := p.Cloud.Observe(ctx, p.target)
	if err != nil {
		p.err = err
		return
	}
	p.seen = &seen
}

// think works out what is wanted: the image, the template and the goal.
func (p *pass) think(ctx context.Context) {
	deleting := !p.app.DeletionTimestamp.IsZero()
	if !deleting {
		p.image = p.resolveImage(ctx)
		if p.image.Problem == nil {
			p.render()
		}
	}
	p.goal = goalOf(p.app, p.want.Digest, p.repairDue())
}

// render builds the template and checks it as far as that can be done without AWS.
func (p *pass) render() {
	want, err := template.Build(p.app, p.image.Reference)
	if err != nil {
		p.err = errors.Join(p.err, &invalidTemplateError{err})
		return
	}
	if err := want.Validate(); err != nil {
		p.err = errors.Join(p.err, &invalidTemplateError{err})
		return
	}
	p.want = want
}

// resolveImage pins the image that the spec names.
func (p *pass) resolveImage(ctx context.Context) status.Image {
	spec := p.app.Spec.Image
	named := aws.Image{Repository: spec.Repository, Tag: spec.Tag, Digest: spec.Digest}
	resolved, err := p.Cloud.ResolveImage(ctx, named)
	if err != nil {
		log.FromContext(ctx).Info("The image cannot be resolved", "image", named.String(), "cause", err.Error())
		return status.Image{Reference: named.String(), Problem: imageProblem(named, err)}
	}
	return status.Image{Reference: resolved.String(), Pinned: resolved.Digest != ""}
}

// act takes one step, if the stack could be looked at.
func (p *pass) act(ctx context.Context) {
	if p.err != nil {
		return
	}
	action := stack.Next(p.goal, *p.seen)
	order := aws.Order{
		Action: action, Target: p.target, Seen: *p.seen,
		Body: string(p.want.Body), Digest: p.want.Digest, Tags: p.want.Tags, Protected: p.goal.Protected,
	}
	if writes(action) {
		log.FromContext(ctx).Info("Acting on the stack", "action", action, "stack", p.target.Name, "status", p.seen.Status)
	}
	p.did, p.err = action, p.Cloud.Do(ctx, order)
	switch {
	case p.err == nil && writes(action):
		p.tried, p.goal.Attempt.Unchanged = true, false
	case p.err != nil && aws.ClassOf(p.err) == aws.NoChanges:
		p.did, p.err, p.tried, p.goal.Attempt.Unchanged = stack.None, nil, true, true
	}
}

// report gathers what the pass learned for status.
func (p *pass) report() status.Report {
	report := status.Report{
		StackName: p.target.Name, Goal: p.goal, Seen: p.seen, Did: p.did, Image: p.image,
		Links: status.Links{URL: template.OutputURL, Health: template.OutputHealthURL, Docs: template.OutputDocsURL},
	}
	if p.err != nil {
		report.Problem = problemOf(p.err)
	}
	if p.app.Status.Attempt != nil {
		report.Failure = p.app.Status.Attempt.Failure
	}
	return report
}

// remember records in status what AWS will not tell later: that this goal was tried, how often it was repaired, and
// why its tasks failed.
func (p *pass) remember() {
	if p.tried && p.did != stack.Protect {
		p.app.Status.Attempt = p.attempt()
		return
	}
	attempt := p.app.Status.Attempt
	if attempt == nil || p.seen == nil || p.seen.Rollout == nil || p.seen.Rollout.Diagnosis == "" {
		return
	}
	if p.seen.Phase == stack.Busy || attempt.Failure == "" {
		attempt.Failure = p.seen.Rollout.Diagnosis
	}
}

// attempt is the record of the step just taken.
func (p *pass) attempt() *v1alpha1.AttemptStatus {
	attempt := v1alpha1.AttemptStatus{
		Goal: goalName(p.app, p.goal), RequestedAt: requestedAt(p.app),
		Repairs: int32(p.goal.Attempt.Repairs), Unchanged: p.goal.Attempt.Unchanged, //nolint:gosec // bounded by stack.RepairBudget
		Time: metav1.NewTime(p.Clock.Now().Truncate(time.Second)),
	}
	if p.did == stack.ContinueRollback || (p.did == stack.Delete && repairs(p.seen.Phase)) {
		attempt.Repairs++
	}
	return &attempt
}

// repairs says whether a deletion in this phase mends something that failed.
func repairs(phase stack.Phase) bool { return phase == stack.Broken || phase == stack.DeleteFailed }

// writes says whether an action writes to AWS.
func writes(action stack.Action) bool {
	switch action {
	case stack.Create, stack.Update, stack.ContinueRollback, stack.Delete, stack.Protect:
		return true
	case stack.None, stack.Wait, stack.Release, stack.Hold:
	}
	return false
}

// How long to wait before the next look.
const (
	lookSoon    = time.Second
	lookBusyMin = 2 * time.Second
	lookBusyMax = 15 * time.Second
	lookSteady  = 5 * time.Minute
	lookDenied  = time.Minute
	jitter      = 0.1
	// busyShare of the time that an operation has taken is the pause between two looks at it.
	busyShare = 10
)

// next says when to come back: by back-off after an error that may pass, else after a while.
func (p *pass) next(ctx context.Context) (ctrl.Result, error) {
	if p.err == nil {
		return ctrl.Result{RequeueAfter: p.pause()}, nil
	}
	problem := problemOf(p.err)
	switch class := aws.ClassOf(p.err); {
	case problem.Terminal:
		return ctrl.Result{}, reconcile.TerminalError(p.err)
	case class == aws.Busy:
		return ctrl.Result{RequeueAfter: lookBusyMin}, nil
	case class == aws.AccessDenied, class == aws.Expired, class == aws.Quota:
		log.FromContext(ctx).Info("AWS refuses", "stack", p.target.Name, "cause", p.err.Error())
		return ctrl.Result{RequeueAfter: jittered(lookDenied)}, nil
	default:
		return ctrl.Result{}, p.err
	}
}

func (p *pass) pause() time.Duration {
	switch {
	case writes(p.did):
		return lookSoon
	case p.seen.Phase == stack.Busy:
		return min(max(p.sinceAttempt()/busyShare, lookBusyMin), lookBusyMax)
	case p.did == stack.Wait, p.did == stack.None && !p.seen.Rollout.Healthy(), p.image.Problem != nil:
		return lookBusyMax
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

// repairDue says whether the pause before the next repair is over.
func (p *pass) repairDue() bool {
	attempt := p.app.Status.Attempt
	if attempt == nil || attempt.Repairs == 0 {
		return true
	}
	return p.sinceAttempt() >= p.RepairPause<<(attempt.Repairs-1)
}

// jittered spreads looks out, so that apps that were applied together do not ask together.
func jittered(d time.Duration) time.Duration {
	return d + time.Duration(rand.Float64()*jitter*float64(d)) //nolint:gosec // no secret
}

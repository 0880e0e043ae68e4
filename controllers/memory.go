package controllers

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// remember records in status what AWS will not tell later: that this goal was tried, how often it was repaired, and
// why its tasks failed. If the record is lost, one try more is made; nothing else changes.
func (p *pass) remember() {
	if p.unchanged || p.refusal != "" || (p.sent && p.did != stack.Protect) {
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
		Goal: goalName(p.app, p.goal.Digest), RequestedAt: requestedAt(p.app),
		Deployed:  p.did.Deploys() || p.unchanged || p.goal.Attempt.Made,
		Repairs:   int32(p.goal.Attempt.Repairs), //nolint:gosec // bounded by stack.RepairBudget
		Unchanged: p.unchanged, Refusal: p.refusal,
		Time: metav1.NewTime(p.Clock.Now().Truncate(time.Second)),
	}
	if p.did.Repairs(p.seen.Phase) {
		attempt.Repairs++
	}
	if last := p.app.Status.Attempt; last != nil && !p.did.Deploys() {
		attempt.Failure = last.Failure // a repair does not make it undone
	}
	return &attempt
}

// recall is what is remembered of a goal; nothing if it is another one, or if somebody asked to start afresh.
func recall(app *v1alpha1.EcsApp, goal string, repairDue bool) stack.Attempt {
	attempt := app.Status.Attempt
	if attempt == nil || attempt.Goal != goal || attempt.RequestedAt != requestedAt(app) {
		return stack.Attempt{}
	}
	return stack.Attempt{
		Made: attempt.Deployed, Refused: attempt.Refusal != "", Unchanged: attempt.Unchanged,
		Repairs: int(attempt.Repairs), RepairDue: repairDue, TasksFailed: attempt.Failure != "",
	}
}

// salt tells the next step from the last one that was remembered.
func salt(last *v1alpha1.AttemptStatus) string {
	if last == nil {
		return ""
	}
	return fmt.Sprintf("%d/%d", last.Time.Unix(), last.Repairs)
}

// requestedAt is the annotation by which somebody asks to try again.
func requestedAt(app *v1alpha1.EcsApp) string { return app.Annotations[v1alpha1.AnnotationReconcileAt] }

package controllers

import (
	"context"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
	"github.com/ecsapp-dev/ecsapp-operator/internal/status"
	"github.com/ecsapp-dev/ecsapp-operator/internal/template"
)

// pass is one trip around the loop: what it saw, wanted and did. Nothing of it outlives the trip but the status.
type pass struct {
	*EcsAppReconciler
	outcome

	app    *v1alpha1.EcsApp
	target aws.Target

	// seen is nil if the stack could not be looked at; err then says why.
	seen  *stack.Observation
	image status.Image
	want  template.Template
	// noTemplate says why there is nothing to deploy; nil if there is.
	noTemplate *status.Problem
	goal       stack.Goal
	err        error
}

// outcome is what became of the action.
type outcome struct {
	// did is the action; None if AWS said that it changes nothing, Hold if AWS refused it, empty if none was taken.
	did stack.Action
	// sent says that AWS took the action.
	sent bool
	// unchanged says that AWS found nothing to change.
	unchanged bool
	// refusal is what AWS said when it refused the template.
	refusal string
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
	if p.app.DeletionTimestamp.IsZero() && p.err == nil {
		p.resolveImage(ctx)
		if p.noTemplate == nil {
			p.render()
		}
	}
	p.goal = goalOf(p.app, p.want.Digest, p.repairDue())
}

// resolveImage pins the image that the spec names.
func (p *pass) resolveImage(ctx context.Context) {
	spec := p.app.Spec.Image
	named := aws.Image{Repository: spec.Repository, Tag: spec.Tag, Digest: spec.Digest}
	resolved, err := p.Cloud.ResolveImage(ctx, named)
	if err != nil {
		log.FromContext(ctx).Info("The image cannot be resolved", "image", named.String(), "cause", err.Error())
		p.noTemplate = imageProblem(named, err)
		p.image = status.Image{Reference: named.String(), Problem: p.noTemplate}
		return
	}
	p.image = status.Image{Reference: resolved.String(), Pinned: resolved.Digest != ""}
}

// render builds the template and checks it as far as that can be done without AWS.
func (p *pass) render() {
	want, err := template.Build(p.app, p.image.Reference)
	if err == nil {
		err = want.Validate()
	}
	if err != nil {
		p.noTemplate = &status.Problem{Reason: v1alpha1.ReasonInvalidTemplate, Message: err.Error(), Terminal: true}
		return
	}
	p.want = want
}

// act takes one step, if the stack could be looked at.
func (p *pass) act(ctx context.Context) {
	if p.err != nil {
		return
	}
	action := stack.Next(p.goal, *p.seen)
	if action.Writes() {
		log.FromContext(ctx).Info("Acting on the stack", "action", action, "stack", p.target.Name, "status", p.seen.Status)
	}
	err := p.Cloud.Do(ctx, aws.Order{
		Action: action, Target: p.target, Seen: *p.seen, Salt: salt(p.app.Status.Attempt), Protected: p.goal.Protected,
		Body: string(p.want.Body), Digest: p.want.Digest, Tags: p.want.Tags,
	})
	switch class := aws.ClassOf(err); {
	case err == nil:
		p.outcome = outcome{did: action, sent: action.Writes()}
	case class == aws.NoChanges:
		p.outcome = outcome{did: stack.None, unchanged: true}
	case class == aws.Rejected && action.Deploys():
		p.outcome = outcome{did: stack.Hold, refusal: aws.Explain(err)}
	default:
		p.outcome, p.err = outcome{did: action}, err
	}
}

// report gathers what the pass learned for status.
func (p *pass) report() status.Report {
	report := status.Report{
		StackName: p.target.Name, Replicas: ptr.Deref(p.app.Spec.Replicas, 0), Goal: p.goal,
		Seen: p.seen, Did: p.did, Image: p.image, NoTemplate: p.noTemplate,
		Links: status.Links{URL: template.OutputURL, Health: template.OutputHealthURL, Docs: template.OutputDocsURL},
	}
	if p.err != nil {
		report.Problem = problemOf(p.err)
	}
	if attempt := p.app.Status.Attempt; attempt != nil {
		report.Failure, report.Refusal = attempt.Failure, attempt.Refusal
	}
	report.Goal.Attempt.Unchanged = report.Goal.Attempt.Unchanged || p.unchanged
	report.Goal.Attempt.Refused = report.Goal.Attempt.Refused || p.refusal != ""
	return report
}

// Package controllers has the loop of the operator: look, think, act, tell. Everything it knows is in other rooms:
// what is wanted in internal/template, what to do in internal/stack, how to do it in internal/aws, and how to tell of it
// in internal/status.
package controllers

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
	"github.com/ecsapp-dev/ecsapp-operator/internal/status"
)

// +kubebuilder:rbac:groups=ecsapp.dev,resources=ecsapps,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=ecsapp.dev,resources=ecsapps/status,verbs=patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups="",resources=namespaces,resourceNames=kube-system,verbs=get

// Cloud is AWS as the loop needs it. Errors have a class, see aws.ClassOf.
type Cloud interface {
	// ResolveImage pins an image to its digest where its registry can tell.
	ResolveImage(ctx context.Context, image aws.Image) (aws.Image, error)
	// Observe looks at a stack and changes nothing.
	Observe(ctx context.Context, target aws.Target) (stack.Observation, error)
	// Do takes one step. It may be called again after a lost answer.
	Do(ctx context.Context, order aws.Order) error
}

var _ Cloud = (*aws.Cloud)(nil)

const (
	// awsTimeout bounds the AWS calls of one pass, which take well under a second each.
	awsTimeout = 30 * time.Second
	// tellTimeout bounds the writes to Kubernetes afterwards.
	tellTimeout = 10 * time.Second
	// backOffMin and backOffMax are the pauses after errors that may pass.
	backOffMin, backOffMax = time.Second, 2 * time.Minute
)

// EcsAppReconciler keeps one CloudFormation stack for each EcsApp.
type EcsAppReconciler struct {
	client.Client

	Cloud    Cloud
	Recorder events.EventRecorder
	Clock    clock.PassiveClock
	// ClusterUID tells this cluster's stacks from those of others: the UID of namespace kube-system.
	ClusterUID string
	// RepairPause is the pause before the second repair of a failed stack; it doubles with each more.
	RepairPause time.Duration
}

// SetupWithManager registers the loop, which works on at most so many EcsApps at once.
func (r *EcsAppReconciler) SetupWithManager(mgr ctrl.Manager, concurrency int) error {
	wakesUp := predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{})
	err := ctrl.NewControllerManagedBy(mgr).
		Named("ecsapp").
		For(&v1alpha1.EcsApp{}, builder.WithPredicates(wakesUp)).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: concurrency,
			ReconciliationTimeout:   awsTimeout + 2*tellTimeout,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](backOffMin, backOffMax),
			EnableWarmup:            new(true),
		}).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
	if err != nil {
		return fmt.Errorf("registering the EcsApp controller: %w", err)
	}
	return nil
}

// Reconcile makes one pass: look, think, act, tell.
func (r *EcsAppReconciler) Reconcile(ctx context.Context, app *v1alpha1.EcsApp) (ctrl.Result, error) {
	if !app.DeletionTimestamp.IsZero() && !controllerutil.ContainsFinalizer(app, v1alpha1.Finalizer) {
		return ctrl.Result{}, nil
	}
	if err := r.ensureFinalizer(ctx, app); err != nil {
		return ctrl.Result{}, err
	}
	if goalOf(app, "", false).LetsGo() {
		return ctrl.Result{}, r.release(ctx, app, v1alpha1.ReasonRetained, "The stack is left in place")
	}
	before := app.DeepCopy()

	pass := r.newPass(app)
	r.askAWS(ctx, pass)
	if pass.did == stack.Release {
		return ctrl.Result{}, r.release(ctx, app, v1alpha1.ReasonDeleted, "There is no stack of this EcsApp any more")
	}
	if err := r.tell(ctx, before, pass); err != nil {
		return ctrl.Result{}, err
	}
	return pass.next(ctx)
}

// askAWS looks, thinks and acts, for so long that there is time left to tell of it.
func (r *EcsAppReconciler) askAWS(ctx context.Context, p *pass) {
	ctx, cancel := context.WithTimeout(ctx, awsTimeout)
	defer cancel()
	p.look(ctx)
	p.think(ctx)
	p.act(ctx)
}

// ensureFinalizer comes before the first write to AWS: from then on the EcsApp cannot vanish without its stack.
func (r *EcsAppReconciler) ensureFinalizer(ctx context.Context, app *v1alpha1.EcsApp) error {
	before := app.DeepCopy()
	if !app.DeletionTimestamp.IsZero() || !controllerutil.AddFinalizer(app, v1alpha1.Finalizer) {
		return nil
	}
	if err := r.Patch(ctx, app, optimistic(before)); err != nil {
		return fmt.Errorf("adding the finalizer: %w", err)
	}
	return nil
}

// release lets the EcsApp go, and says why.
func (r *EcsAppReconciler) release(ctx context.Context, app *v1alpha1.EcsApp, reason, message string) error {
	before := app.DeepCopy()
	controllerutil.RemoveFinalizer(app, v1alpha1.Finalizer)
	if err := r.Patch(ctx, app, optimistic(before)); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing the finalizer: %w", err)
	}
	r.Recorder.Eventf(app, nil, corev1.EventTypeNormal, reason, "Reconcile", "%s", message)
	return nil
}

// tell writes the status if it changed, and then the event of the change. What was done must be told even if the
// operator is about to end.
func (r *EcsAppReconciler) tell(ctx context.Context, before *v1alpha1.EcsApp, p *pass) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTimeout)
	defer cancel()
	p.remember()
	status.Write(p.app, p.report())
	if equality.Semantic.DeepEqual(before.Status, p.app.Status) {
		return nil
	}
	if err := r.Status().Patch(ctx, p.app, optimistic(before)); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	if event := status.Change(&before.Status, &p.app.Status); event != nil {
		kind := corev1.EventTypeNormal
		if event.Warning {
			kind = corev1.EventTypeWarning
		}
		r.Recorder.Eventf(p.app, nil, kind, event.Reason, "Reconcile", "%s", event.Message)
	}
	return nil
}

func optimistic(before *v1alpha1.EcsApp) client.Patch {
	return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
}

package controllers_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/controllers"
	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// cloud is an AWS that keeps one stack. An operation lasts until finish says how it ended.
type cloud struct {
	story *story

	status  string
	digest  string // in force
	pending string // being deployed
	owned   bool
	broken  error // answer of every call
	refusal error // answer of every write
	tag     string
	writes  int
	repairs int
}

var _ controllers.Cloud = (*cloud)(nil)

func (c *cloud) ResolveImage(_ context.Context, image aws.Image) (aws.Image, error) {
	if c.tag == "" {
		return aws.Image{}, &smithy.GenericAPIError{Code: "ImageNotFoundException", Message: "The image does not exist"}
	}
	return aws.Image{Repository: image.Repository, Digest: c.tag}, c.broken
}

func (c *cloud) Observe(context.Context, aws.Target) (stack.Observation, error) {
	if c.broken != nil {
		return stack.Observation{}, c.broken
	}
	seen := stack.Observation{
		Status: c.status, Phase: phase(c.status), Digest: c.digest, Deletable: c.status == "CREATE_IN_PROGRESS",
	}
	if !c.owned && seen.Phase != stack.Absent {
		seen.Phase = stack.Foreign
	}
	if seen.Phase != stack.Absent {
		seen.ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/items/1"
	}
	if c.digest != "" {
		seen.Outputs = map[string]string{"LoadBalancerURL": "http://balancer"}
		seen.Rollout = &stack.Rollout{Desired: 2, Running: 2, Total: 2}
	}
	return seen, nil
}

func (c *cloud) Do(_ context.Context, order aws.Order) error {
	next := map[stack.Action]string{
		stack.Create: "CREATE_IN_PROGRESS", stack.Update: "UPDATE_IN_PROGRESS", stack.Delete: "DELETE_IN_PROGRESS",
		stack.ContinueRollback: "UPDATE_ROLLBACK_IN_PROGRESS",
	}[order.Action]
	if next == "" {
		return nil
	}
	c.writes++
	c.story.tellf("aws: %s", order.Action)
	endsCreation := order.Action == stack.Delete && c.status == "CREATE_IN_PROGRESS"
	if phase(c.status) == stack.Busy && !endsCreation {
		c.story.Errorf("%s while the stack is %s", order.Action, c.status)
	}
	if c.refusal != nil {
		return c.refusal
	}
	if order.Action.Repairs(phase(c.status)) {
		c.repair(order)
	}
	c.status, c.pending, c.owned = next, order.Digest, true
	return nil
}

// repair counts the repairs since the user last changed something; that many may be made for each goal, and one more for
// each record of them that could not be written.
func (c *cloud) repair(order aws.Order) {
	c.repairs++
	if c.repairs > stack.RepairBudget+c.story.lostRecords {
		c.story.Errorf("%s is repair %d since the last change", order.Action, c.repairs)
	}
}

// finish ends the operation under way; a status that is complete puts the pending template in force.
func (c *cloud) finish(status string) {
	c.status = status
	switch status {
	case "CREATE_COMPLETE", "UPDATE_COMPLETE":
		c.digest = c.pending
	case "DELETE_COMPLETE", "ROLLBACK_COMPLETE":
		c.digest = ""
	}
}

func phase(status string) stack.Phase {
	switch {
	case status == "" || status == "DELETE_COMPLETE":
		return stack.Absent
	case strings.HasSuffix(status, "_IN_PROGRESS"):
		return stack.Busy
	case status == "UPDATE_ROLLBACK_COMPLETE":
		return stack.RolledBack
	case status == "ROLLBACK_COMPLETE":
		return stack.Broken
	case status == "UPDATE_ROLLBACK_FAILED":
		return stack.RollbackFailed
	case status == "DELETE_FAILED":
		return stack.DeleteFailed
	default:
		return stack.Steady
	}
}

// story is the life of one EcsApp as a readable log.
type story struct {
	*testing.T

	cloud      *cloud
	client     client.Client
	clock      *clocktesting.FakeClock
	reconciler reconcile.ObjectReconciler[*v1alpha1.EcsApp]
	events     *events.FakeRecorder

	log         []string
	kubeWrites  int
	failWrites  error // answer to every write of a status
	lostRecords int   // statuses that could not be written since the last change
}

const repairPause = time.Minute

func begin(t *testing.T, change func(*v1alpha1.EcsApp)) *story {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	s := &story{T: t, clock: clocktesting.NewFakeClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}
	s.cloud = &cloud{story: s, owned: true, tag: "sha256:" + strings.Repeat("1", 64)}
	app := manifest()
	if change != nil {
		change(app)
	}
	s.client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(app).WithStatusSubresource(app).
		WithInterceptorFuncs(interceptor.Funcs{
			Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				s.kubeWrites++
				return c.Patch(ctx, o, p, opts...)
			},
			SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
				s.kubeWrites++
				if s.failWrites != nil {
					s.lostRecords++
					return s.failWrites
				}
				return c.SubResource(sub).Patch(ctx, o, p, opts...)
			},
		}).Build()
	s.events = events.NewFakeRecorder(1000)
	s.reconciler = &controllers.EcsAppReconciler{
		Client: s.client, Cloud: s.cloud, Recorder: s.events, Clock: s.clock, ClusterUID: "cluster", RepairPause: repairPause,
	}
	return s
}

// manifest is the shortest EcsApp with the defaults that the API server adds.
func manifest() *v1alpha1.EcsApp {
	two, hundred, grace, yes := int32(2), int32(100), int32(60), true
	return &v1alpha1.EcsApp{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "items", UID: "owner", Generation: 1},
		Spec: v1alpha1.EcsAppSpec{
			Image:     v1alpha1.ImageSpec{Repository: "123456789012.dkr.ecr.us-east-1.amazonaws.com/items", Tag: "1.0.0"},
			Container: v1alpha1.ContainerSpec{Port: 8000}, CPU: 256, Memory: 512, Replicas: &two,
			Architecture: v1alpha1.ArchitectureX8664,
			Network: v1alpha1.NetworkSpec{VPC: v1alpha1.VPCSpec{
				CIDR: "10.0.0.0/16", Zones: 2, NATGateways: v1alpha1.NATGatewaysSingle,
			}},
			LoadBalancer: v1alpha1.LoadBalancerSpec{
				Scheme: v1alpha1.SchemeInternetFacing, AllowedCIDRs: []string{"0.0.0.0/0"},
				HealthCheck: v1alpha1.HealthCheckSpec{
					Path: "/health", IntervalSeconds: 30, TimeoutSeconds: 5, HealthyThreshold: 2, UnhealthyThreshold: 3,
					GraceSeconds: &grace,
				},
			},
			Observability: v1alpha1.ObservabilitySpec{Logs: v1alpha1.LogsSpec{RetentionDays: 30}},
			Deployment: v1alpha1.DeploymentSpec{
				MinimumHealthyPercent: &hundred, MaximumPercent: 200,
				CircuitBreaker: v1alpha1.CircuitBreakerSpec{Enabled: &yes, Rollback: &yes},
			},
			DeletionPolicy: v1alpha1.DeletionPolicyDelete,
		},
	}
}

func (s *story) tellf(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// pass reconciles once, after a while. It tells of the readiness if that changed.
func (s *story) pass(after time.Duration) {
	s.Helper()
	s.clock.Step(after)
	if !s.there() {
		return
	}
	app := s.get()
	before := readiness(app)
	result, err := s.reconciler.Reconcile(s.Context(), app)
	switch {
	case err != nil:
		s.tellf("kubernetes: retry with back-off")
	case result.RequeueAfter == 0 && s.there():
		s.Error("the pass ended without a next one")
	}
	if !s.there() {
		s.tellf("kubernetes: the EcsApp is gone")
		return
	}
	if after := readiness(s.get()); after != before {
		s.tellf("status: %s", after)
	}
}

// passes reconciles until the status and AWS stand still for three passes.
func (s *story) passes() {
	s.Helper()
	const still, enough = 3, 50
	for same, all := 0, 0; same < still; all++ {
		if all > enough {
			s.Fatalf("no end after %d passes:\n%s", enough, strings.Join(s.log, "\n"))
		}
		lines := len(s.log)
		s.pass(repairPause)
		same++
		if len(s.log) > lines {
			same = 0
		}
	}
}

// edit changes the EcsApp as a user does.
func (s *story) edit(what string, change func(*v1alpha1.EcsApp)) {
	s.Helper()
	s.tellf("user: %s", what)
	app := s.get()
	change(app)
	app.Generation++
	if err := s.client.Update(s.Context(), app); err != nil {
		s.Fatal(err)
	}
	s.changed()
}

// editIfThere is edit, unless the EcsApp is gone or going.
func (s *story) editIfThere(what string, change func(*v1alpha1.EcsApp)) {
	s.Helper()
	if s.there() && s.get().DeletionTimestamp.IsZero() {
		s.edit(what, change)
	}
}

// changed says that there is a new goal, with a budget of its own.
func (s *story) changed() { s.cloud.repairs, s.lostRecords = 0, 0 }

func (s *story) get() *v1alpha1.EcsApp {
	s.Helper()
	var app v1alpha1.EcsApp
	if err := s.client.Get(s.Context(), key(), &app); err != nil {
		s.Fatal(err)
	}
	return &app
}

// there says whether the EcsApp is.
func (s *story) there() bool { return s.client.Get(s.Context(), key(), &v1alpha1.EcsApp{}) == nil }

func key() types.NamespacedName { return types.NamespacedName{Namespace: "default", Name: "items"} }

func (s *story) remove() {
	s.Helper()
	s.tellf("user: deletes the EcsApp")
	if err := s.client.Delete(s.Context(), manifest()); err != nil {
		s.Fatal(err)
	}
	s.changed()
}

// finish ends the operation in AWS.
func (s *story) finish(status string) {
	s.tellf("aws: %s", status)
	s.cloud.finish(status)
}

func readiness(app *v1alpha1.EcsApp) string {
	stalled := ""
	text := "new"
	for _, condition := range app.Status.Conditions {
		switch condition.Type {
		case v1alpha1.ConditionReady:
			text = fmt.Sprintf("Ready=%s %s", condition.Status, condition.Reason)
		case v1alpha1.ConditionStalled:
			if condition.Status == metav1.ConditionTrue {
				stalled = " (stalled)"
			}
		}
	}
	return text + stalled
}

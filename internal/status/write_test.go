package status_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
	"github.com/ecsapp-dev/ecsapp-operator/internal/status"
)

var update = flag.Bool("update", false, "write the golden files again")

const (
	current = "digest-of-the-spec"
	older   = "digest-of-an-older-spec"
)

func stories() map[string]status.Report {
	wanted := stack.Goal{Digest: current}
	triedOnce := stack.Goal{Digest: current, Attempt: stack.Attempt{Made: true}}
	serving := &stack.Rollout{Desired: 2, Running: 2, Total: 2}
	crashing := &stack.Rollout{
		Desired: 2, Failed: 2, Total: 2, Failing: true,
		Diagnosis: "Essential container in task exited; container app exited with code 1 (its last words are in the log group, if the stack still has one)",
	}
	missing := &status.Problem{Reason: v1alpha1.ReasonImageNotFound, Message: "registry/items:2 is not in ECR"}
	const breaker = "Service: Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
	return map[string]status.Report{
		"creating":      {Goal: wanted, Seen: see(stack.Absent, "", nil), Did: stack.Create},
		"being created": {Goal: triedOnce, Seen: see(stack.Busy, "CREATE_IN_PROGRESS", nil), Did: stack.Wait},
		"ready":         {Goal: triedOnce, Seen: see(stack.Steady, "CREATE_COMPLETE", serving), Did: stack.None},
		"scaled by hand": {
			Goal: triedOnce, Did: stack.None,
			Seen: see(stack.Steady, "CREATE_COMPLETE", &stack.Rollout{Desired: 1, Running: 1, Total: 1}),
		},
		"service deleted by hand": {Goal: triedOnce, Did: stack.None, Seen: see(stack.Steady, "CREATE_COMPLETE", nil)},
		"deleted while it is updated": {
			Goal: stack.Goal{Delete: true}, Did: stack.Wait, Seen: see(stack.Busy, "UPDATE_IN_PROGRESS", serving),
		},
		"suspended and deleted": {
			Goal: stack.Goal{Delete: true, Suspended: true}, Did: stack.Hold, Seen: see(stack.Steady, "CREATE_COMPLETE", serving),
		},
		"lost": {Problem: &status.Problem{Reason: v1alpha1.ReasonStackLost, Message: "it cannot be seen"}},
		"tasks missing": {
			Goal: triedOnce, Did: stack.None,
			Seen: see(stack.Steady, "CREATE_COMPLETE", &stack.Rollout{Desired: 2, Running: 1, Total: 1}),
		},
		"new version crashes": {Goal: triedOnce, Seen: see(stack.Busy, "UPDATE_IN_PROGRESS", crashing), Did: stack.Wait},
		"rolling back": {
			Goal: triedOnce, Seen: see(stack.Busy, "UPDATE_ROLLBACK_IN_PROGRESS", serving), Did: stack.Wait,
			Failure: crashing.Diagnosis,
		},
		"rolled back": {
			Goal: triedOnce, Did: stack.Hold, Failure: crashing.Diagnosis,
			Seen: fails(see(stack.RolledBack, "UPDATE_ROLLBACK_COMPLETE", serving), older, breaker),
		},
		"creation failed for good": {
			Goal: triedOnce, Did: stack.Hold,
			Seen: fails(see(stack.Broken, "ROLLBACK_COMPLETE", nil), "", "LogGroup: /ecs/x already exists"),
		},
		"deleted to create again":  {Goal: triedOnce, Seen: see(stack.Broken, "ROLLBACK_COMPLETE", nil), Did: stack.Delete},
		"rollback failed for good": {Goal: triedOnce, Seen: see(stack.RollbackFailed, "UPDATE_ROLLBACK_FAILED", nil), Did: stack.Hold},
		"foreign":                  {Goal: wanted, Seen: see(stack.Foreign, "CREATE_COMPLETE", nil), Did: stack.Hold},
		"suspended":                {Goal: stack.Goal{Digest: current, Suspended: true}, Seen: see(stack.Steady, "CREATE_COMPLETE", serving), Did: stack.Hold},
		"suspended with a new spec": {
			Goal: stack.Goal{Digest: "digest-of-a-newer-spec", Suspended: true}, Did: stack.Hold,
			Seen: see(stack.Steady, "CREATE_COMPLETE", serving),
		},
		"deleting":        {Goal: stack.Goal{Delete: true}, Seen: see(stack.Steady, "CREATE_COMPLETE", serving), Did: stack.Delete},
		"being deleted":   {Goal: stack.Goal{Delete: true}, Seen: see(stack.Busy, "DELETE_IN_PROGRESS", nil), Did: stack.Wait},
		"deletion failed": {Goal: stack.Goal{Delete: true}, Did: stack.Hold, Seen: fails(see(stack.DeleteFailed, "DELETE_FAILED", nil), "", "VPC: has dependencies")},
		"deletion of what is protected": {
			Goal: stack.Goal{Delete: true}, Did: stack.Hold,
			Seen: &stack.Observation{Phase: stack.Steady, Status: "CREATE_COMPLETE", Protected: true},
		},
		"image missing": {
			Seen: see(stack.Absent, "", nil), Did: stack.Hold,
			NoTemplate: missing, Image: status.Image{Reference: "registry/items:2", Problem: missing},
		},
		"ECS out of reach": {Goal: triedOnce, Did: stack.None, Seen: &stack.Observation{
			Phase: stack.Steady, Status: "CREATE_COMPLETE", Digest: current, RolloutUnknown: "The ECS service cannot be seen",
		}},
		"AWS out of reach": {Problem: &status.Problem{Reason: v1alpha1.ReasonAWSUnavailable, Message: "AWS did not answer"}},
		"refused": {
			Goal: wanted, Seen: see(stack.Absent, "", nil), Did: stack.Create,
			Problem: &status.Problem{Reason: v1alpha1.ReasonInvalidTemplate, Message: "CloudFormation refused it", Terminal: true},
		},
		"refused before": {
			Goal: stack.Goal{Digest: current, Attempt: stack.Attempt{Refused: true}}, Did: stack.Hold,
			Seen: see(stack.Steady, "CREATE_COMPLETE", serving), Refusal: "ValidationError: no",
		},
		"a spec that cannot be rendered": {
			Seen: see(stack.Steady, "CREATE_COMPLETE", serving), Did: stack.Hold,
			NoTemplate: &status.Problem{Reason: v1alpha1.ReasonInvalidTemplate, Message: "no", Terminal: true},
		},
	}
}

func see(phase stack.Phase, word string, rollout *stack.Rollout) *stack.Observation {
	seen := &stack.Observation{Phase: phase, Status: word, Rollout: rollout}
	if phase == stack.Steady {
		seen.Digest, seen.ID = current, "arn:aws:cloudformation:us-east-1:123456789012:stack/items/1"
		seen.Outputs = map[string]string{"LoadBalancerURL": "http://balancer"}
	}
	return seen
}

func fails(seen *stack.Observation, digest, failure string) *stack.Observation {
	seen.Digest, seen.Failure = digest, failure
	return seen
}

func TestStatusTellsTheTruth(t *testing.T) {
	t.Parallel()
	for name, report := range stories() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := write(report, &v1alpha1.EcsApp{ObjectMeta: metav1.ObjectMeta{Name: "items", Generation: 3}})
			golden(t, strings.ReplaceAll(name, " ", "-")+".txt", describe(&app.Status))

			again := write(report, app.DeepCopy())
			if diff := cmp.Diff(app.Status, again.Status); diff != "" {
				t.Errorf("writing the same report again changed the status:\n%s", diff)
			}
			if event := status.Change(&app.Status, &again.Status); event != nil {
				t.Errorf("writing the same report again made the event %v", event)
			}
		})
	}
}

func write(report status.Report, app *v1alpha1.EcsApp) *v1alpha1.EcsApp {
	report.StackName, report.Links.URL, report.Replicas = "default-items-0123abcd", "LoadBalancerURL", 2
	if report.Image.Reference == "" {
		report.Image = status.Image{Reference: "registry/items@sha256:1", Pinned: true}
	}
	status.Write(app, report)
	return app
}

func TestWhatIsNotKnownOfANewSpecIsNotClaimed(t *testing.T) {
	t.Parallel()
	ready := stories()["ready"]
	app := write(ready, &v1alpha1.EcsApp{ObjectMeta: metav1.ObjectMeta{Name: "items", Generation: 1}})
	throttled := status.Report{Problem: &status.Problem{Reason: v1alpha1.ReasonThrottled, Message: "later"}}
	for generation, want := range map[int64]metav1.ConditionStatus{1: metav1.ConditionTrue, 2: metav1.ConditionUnknown} {
		later := app.DeepCopy()
		later.Generation = generation
		got := meta.FindStatusCondition(write(throttled, later).Status.Conditions, v1alpha1.ConditionReady)
		if got.Status != want {
			t.Errorf("throttled at generation %d, Ready of generation 1 became %s, want %s", generation, got.Status, want)
		}
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	t.Parallel()
	long := status.Report{Problem: &status.Problem{Reason: v1alpha1.ReasonThrottled, Message: strings.Repeat("ä", 40000)}}
	app := write(long, &v1alpha1.EcsApp{})
	for _, condition := range app.Status.Conditions {
		if len(condition.Message) > 32768 || !utf8.ValidString(condition.Message) {
			t.Errorf("the message of %s has %d bytes, or a broken character", condition.Type, len(condition.Message))
		}
	}
	if event := status.Change(&v1alpha1.EcsAppStatus{}, &app.Status); len(event.Message) > 1024 {
		t.Errorf("the event has %d bytes; the API server takes 1,024", len(event.Message))
	}
}

// describe prints a status as a person reads it: conditions first, without times.
func describe(s *v1alpha1.EcsAppStatus) string {
	var text strings.Builder
	for _, c := range s.Conditions {
		fmt.Fprintf(&text, "%-15s %-8s %-20s %s\n", c.Type, c.Status, c.Reason, c.Message)
	}
	if event := status.Change(&v1alpha1.EcsAppStatus{}, s); event != nil {
		fmt.Fprintf(&text, "\nevent: warning=%t %s\n", event.Warning, event.Reason)
	}
	fmt.Fprintf(&text, "url: %s\n", s.URL)
	return strings.ReplaceAll(text.String(), " \n", "\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if that is right:\n%s", path, diff)
	}
}

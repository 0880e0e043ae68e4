package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

func TestAMissingTagIsToldAndDeployedOnceItIsPushed(t *testing.T) {
	t.Parallel()
	a := newApp(t, "missing-tag")
	a.apply("9.9.9")
	got := a.waitFor(soon, "told", func(got *v1alpha1.EcsApp) error {
		for _, condition := range got.Status.Conditions {
			if condition.Type == v1alpha1.ConditionImageResolved && condition.Reason == v1alpha1.ReasonImageNotFound {
				return nil
			}
		}
		return fmt.Errorf("conditions are %+v", got.Status.Conditions)
	})
	if got.Status.Stack != nil && got.Status.Stack.ID != "" {
		t.Errorf("a stack was created without an image: %+v", got.Status.Stack)
	}
	a.kubectl("delete", "ecsapp", "items", "--timeout=30s")
}

func TestAStackOfSomebodyElseIsNotTouched(t *testing.T) {
	t.Parallel()
	a := newApp(t, "foreign")
	a.apply("1.0.0", "suspend: true")
	name := a.waitFor(soon, "named", func(got *v1alpha1.EcsApp) error {
		if got.Status.Stack == nil {
			return errStillThere
		}
		return nil
	}).Status.Stack.Name
	a.aws("cloudformation", "create-stack", "--stack-name", name, "--template-body",
		`{"Resources":{"Group":{"Type":"AWS::Logs::LogGroup"}}}`)
	a.apply("1.0.0", "suspend: false")
	a.waitFor(soon, "told", func(got *v1alpha1.EcsApp) error {
		return is(got, v1alpha1.ConditionStalled, v1alpha1.ReasonStackForeign)
	})
	a.kubectl("delete", "ecsapp", "items", "--timeout=30s")
	status := a.aws("cloudformation", "describe-stacks", "--stack-name", name, "--query", "Stacks[0].StackStatus", "--output", "text")
	if strings.HasPrefix(status, "DELETE") {
		t.Errorf("the foreign stack is %s", status)
	}
}

func TestAFirstVersionThatCrashesStallsWithinItsBudgetUntilItIsCorrected(t *testing.T) {
	t.Parallel()
	a := newApp(t, "crash")
	a.apply("broken")
	got := a.waitFor(deploy, "stalled", func(got *v1alpha1.EcsApp) error {
		return is(got, v1alpha1.ConditionStalled, v1alpha1.ReasonStackCreateFailed)
	})
	message := meta.FindStatusCondition(got.Status.Conditions, v1alpha1.ConditionReady).Message
	for _, part := range []string{"could not be created", "Circuit Breaker"} {
		if !strings.Contains(message, part) {
			t.Errorf("the condition does not say %q:\n%s", part, message)
		}
	}
	if got.Status.Attempt.Repairs > stack.RepairBudget {
		t.Errorf("it was created again %d times", got.Status.Attempt.Repairs)
	}
	a.apply("1.0.0")
	a.waitReady()
	a.kubectl("delete", "ecsapp", "items", "--timeout=2m")
}

func TestAnAppDeletedWhileItIsCreatedEndsTheCreation(t *testing.T) {
	t.Parallel()
	a := newApp(t, "regret")
	a.apply("1.0.0")
	a.waitFor(deploy, "being created", func(got *v1alpha1.EcsApp) error {
		if got.Status.Stack == nil || got.Status.Stack.Status != "CREATE_IN_PROGRESS" {
			return fmt.Errorf("the stack is %+v", got.Status.Stack)
		}
		return nil
	})
	a.kubectl("delete", "ecsapp", "items", "--timeout=2m")
	if diff := cmp.Diff(map[string]int{"DELETE_COMPLETE": 1}, a.stacks()); diff != "" {
		t.Errorf("the stacks that were ever made are (-want +got):\n%s", diff)
	}
}

func TestDeletionPolicyRetainKeepsTheStack(t *testing.T) {
	t.Parallel()
	a := newApp(t, "retain")
	a.apply("1.0.0", "deletionPolicy: Retain", "replicas: 1")
	got := a.waitReady()
	a.kubectl("delete", "ecsapp", "items", "--timeout=30s")
	a.request("GET", got.Status.URL, "")
	a.aws("cloudformation", "delete-stack", "--stack-name", got.Status.Stack.Name)
}

package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
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

func TestDeletionPolicyRetainKeepsTheStack(t *testing.T) {
	t.Parallel()
	a := newApp(t, "retain")
	a.apply("1.0.0", "deletionPolicy: Retain", "replicas: 1")
	got := a.waitReady()
	a.kubectl("delete", "ecsapp", "items", "--timeout=30s")
	a.request("GET", got.Status.URL, "")
	a.aws("cloudformation", "delete-stack", "--stack-name", got.Status.Stack.Name)
}

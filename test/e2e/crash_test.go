package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
)

// TestThePlugIsPulled kills the operator in the middle of each operation. It runs alone: all apps share the operator.
func TestThePlugIsPulled(t *testing.T) { //nolint:paralleltest // see above
	a := newApp(t, "plug")
	a.apply("1.0.0")
	a.killWhile("CREATE_IN_PROGRESS")
	got := a.waitReady()

	a.apply("2.0.0")
	a.killWhile("UPDATE_IN_PROGRESS")
	a.waitReady()
	if root := a.request("GET", got.Status.URL, ""); !strings.Contains(root, "2.0.0") {
		t.Errorf("version 2.0.0 does not serve: %s", root)
	}
	if count := a.stacks("StackStatus!='DELETE_COMPLETE'"); count != "1" {
		t.Errorf("there are %s stacks, want 1", count)
	}

	a.kubectl("delete", "ecsapp", "items", "--wait=false")
	a.killWhile("DELETE_IN_PROGRESS")
	a.kubectl("wait", "--for=delete", "ecsapp/items", "--timeout=2m")
	if count := a.stacks("StackStatus!='DELETE_COMPLETE'"); count != "0" {
		t.Errorf("there are %s stacks left", count)
	}
	if count := a.stacks("StackStatus=='DELETE_COMPLETE'"); count != "1" {
		t.Errorf("%s stacks were made in all, want 1", count)
	}
}

// killWhile waits until the stack is in a status, kills the operator as a lost machine would, and starts another.
func (a *app) killWhile(status string) {
	a.Helper()
	eventually(a.T, deploy, status, func() error {
		if count := a.stacks("StackStatus=='" + status + "'"); count != "1" {
			return fmt.Errorf("%s stacks are %s: %+v", count, status, a.conditions())
		}
		return nil
	})
	if err := shared.operator.Kill(); err != nil {
		a.Fatal(err)
	}
	if err := shared.startOperator(a.Context()); err != nil {
		a.Fatal(err)
	}
}

func (a *app) conditions() []string {
	a.Helper()
	var all []string
	for _, condition := range a.get().Status.Conditions {
		if condition.Type == v1alpha1.ConditionReady {
			all = append(all, condition.Reason, condition.Message)
		}
	}
	return all
}

// stacks counts this app's stacks that a JMESPath condition is true for.
func (a *app) stacks(condition string) string {
	a.Helper()
	return a.aws("cloudformation", "list-stacks", "--output", "text", "--query",
		"length(StackSummaries[?starts_with(StackName, '"+a.namespace+"-items-') && "+condition+"])")
}

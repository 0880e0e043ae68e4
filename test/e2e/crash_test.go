package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/devenv"
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
	if diff := cmp.Diff(map[string]int{"UPDATE_COMPLETE": 1}, a.stacks()); diff != "" {
		t.Errorf("the stacks are (-want +got):\n%s", diff)
	}

	a.kubectl("delete", "ecsapp", "items", "--wait=false")
	a.killWhile("DELETE_IN_PROGRESS")
	a.kubectl("wait", "--for=delete", "ecsapp/items", "--timeout=2m")
	if diff := cmp.Diff(map[string]int{"DELETE_COMPLETE": 1}, a.stacks()); diff != "" {
		t.Errorf("the stacks that were ever made are (-want +got):\n%s", diff)
	}
}

// killWhile waits until the stack is in a status, kills the operator as a lost machine would, and starts another.
func (a *app) killWhile(status string) {
	a.Helper()
	eventually(a.T, deploy, status, func() error {
		if all := a.stacks(); all[status] != 1 {
			return fmt.Errorf("the stacks are %v", all)
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

// stacks counts this app's stacks by their status, deleted ones included.
func (a *app) stacks() map[string]int {
	a.Helper()
	client := cloudformation.New(cloudformation.Options{
		Region: devenv.Region, BaseEndpoint: &shared.AWSEndpoint,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	all := map[string]int{}
	pages := cloudformation.NewListStacksPaginator(client, &cloudformation.ListStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(a.Context())
		if err != nil {
			a.Fatal(err)
		}
		for _, found := range page.StackSummaries {
			if strings.HasPrefix(*found.StackName, a.namespace+"-items-") {
				all[string(found.StackStatus)]++
			}
		}
	}
	return all
}

package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
)

// TestALife is one application from its first manifest to its deletion. Each part needs the one before.
func TestALife(t *testing.T) {
	t.Parallel()
	a := newApp(t, "life")
	a.apply("1.0.0")
	got := a.waitReady()
	url := got.Status.URL

	part := func(name string, test func(*app)) {
		if !t.Run(name, func(t *testing.T) { test(&app{T: t, namespace: a.namespace}) }) {
			t.FailNow()
		}
	}
	part("serves the items API through the load balancer", func(a *app) { a.useItems(url) })
	part("AWS tells the same as Kubernetes", func(a *app) { a.compareWithAWS(a.get()) })
	part("kubectl explains and prints it", func(a *app) { a.look() })
	part("fifty forced reconciles write nothing", func(a *app) { a.forceReconciles() })
	part("kubectl scale makes four tasks serve", func(a *app) { a.scaleToFour() })
	part("a new tag replaces the tasks without one failed request", func(a *app) { a.update(url) })
	part("a broken image is rolled back and the old version serves on", func(a *app) { a.breakIt(url) })
	part("a corrected spec is deployed again", func(a *app) {
		a.apply("2.0.0", "replicas: 2")
		a.waitReady()
	})
	part("deletion leaves nothing behind", func(a *app) { a.deleteAll(got.Status.Stack.Name, url) })
}

func (a *app) useItems(url string) {
	a.Helper()
	var items []struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal([]byte(a.request(http.MethodGet, url+"/items", "")), &items); err != nil {
		a.Fatal(err)
	}
	if len(items) < 2 || items[0].Name != "Widget" || items[1].Name != "Gadget" {
		a.Errorf("the first items are %+v, want Widget and Gadget", items)
	}
	created := a.request(http.MethodPost, url+"/items", `{"name": "Doodad", "description": "A fantastic doodad", "price": 39.99}`)
	if !strings.Contains(created, `"Doodad"`) {
		a.Errorf("the created item is %s", created)
	}
	if health := a.request(http.MethodGet, url+"/health", ""); !strings.Contains(health, `"healthy"`) {
		a.Errorf("the health is %s", health)
	}
}

func (a *app) compareWithAWS(got *v1alpha1.EcsApp) {
	a.Helper()
	name, outputs := got.Status.Stack.Name, got.Status.Outputs
	for what, pair := range map[string][2]string{
		"stack status": {got.Status.Stack.Status, a.aws("cloudformation", "describe-stacks", "--stack-name", name,
			"--query", "Stacks[0].StackStatus", "--output", "text")},
		"URL": {got.Status.URL, a.aws("cloudformation", "describe-stacks", "--stack-name", name,
			"--query", "Stacks[0].Outputs[?OutputKey=='LoadBalancerURL'].OutputValue", "--output", "text")},
		"running tasks": {strconv.Itoa(int(got.Status.Replicas)), a.aws("ecs", "describe-services", "--cluster", outputs["ClusterName"],
			"--services", outputs["ServiceName"], "--query", "services[0].runningCount", "--output", "text")},
		"last event": {name, a.aws("cloudformation", "describe-stack-events", "--stack-name", name,
			"--query", "StackEvents[0].LogicalResourceId", "--output", "text")},
		"unfinished resources": {"0", a.aws("cloudformation", "list-stack-resources", "--stack-name", name,
			"--query", "length(StackResourceSummaries[?ResourceStatus!='CREATE_COMPLETE'])", "--output", "text")},
	} {
		if pair[0] != pair[1] {
			a.Errorf("%s: Kubernetes says %q, AWS %q", what, pair[0], pair[1])
		}
	}
	// What `aws logs tail` of version 2 asks for; version 1 has no such command.
	log := a.aws("logs", "filter-log-events", "--log-group-name", outputs["LogGroupName"], "--output", "text")
	if !strings.Contains(log, "GET /health") {
		a.Errorf("the log has no health check:\n%s", log)
	}
}

func (a *app) look() {
	a.Helper()
	if table := a.kubectl("get", "ea"); !strings.Contains(table, "READY") || !strings.Contains(table, "http://") {
		a.Errorf("kubectl get prints\n%s", table)
	}
	if text := a.kubectl("describe", "ecsapp", "items"); !strings.Contains(text, "Events:") || !strings.Contains(text, "Normal  Ready") {
		a.Errorf("kubectl describe has no event of readiness:\n%s", text)
	}
	if text := a.kubectl("explain", "ecsapp.spec.network.vpc.natGateways"); !strings.Contains(text, "NAT gateway") {
		a.Errorf("kubectl explain says\n%s", text)
	}
}

// forceReconciles compares when the operator last wrote the status, and AWS the stack.
func (a *app) forceReconciles() {
	a.Helper()
	before := a.lastWrites()
	for i := range 50 {
		a.kubectl("annotate", "--overwrite", "ecsapp/items", fmt.Sprintf("ecsapp.dev/reconcile-at=%d", i))
	}
	time.Sleep(time.Second) // the last of them
	if diff := cmp.Diff(before, a.lastWrites()); diff != "" {
		a.Errorf("something was written (-before +after):\n%s", diff)
	}
}

func (a *app) lastWrites() []string {
	a.Helper()
	writes := []string{a.aws("cloudformation", "describe-stack-events", "--stack-name", a.get().Status.Stack.Name,
		"--query", "StackEvents[0].EventId", "--output", "text")}
	for _, manager := range a.get().ManagedFields {
		if manager.Subresource == "status" || manager.Operation == "Apply" {
			writes = append(writes, manager.Manager+" "+manager.Time.String())
		}
	}
	return writes
}

func (a *app) scaleToFour() {
	a.Helper()
	a.kubectl("scale", "ecsapp/items", "--replicas=4")
	got := a.waitFor(deploy, "four tasks", func(got *v1alpha1.EcsApp) error {
		if got.Status.Replicas != 4 {
			return fmt.Errorf("%d replicas", got.Status.Replicas)
		}
		return is(got, v1alpha1.ConditionReady, v1alpha1.ReasonReady)
	})
	if states := a.targetStates(got); states != strings.TrimSpace(strings.Repeat("healthy ", 4)) {
		a.Errorf("the load balancer's targets are %q", states)
	}
}

// targetStates asks the load balancer, target by target.
func (a *app) targetStates(got *v1alpha1.EcsApp) string {
	a.Helper()
	group := a.aws("cloudformation", "list-stack-resources", "--stack-name", got.Status.Stack.Name, "--output", "text", "--query",
		"StackResourceSummaries[?ResourceType=='AWS::ElasticLoadBalancingV2::TargetGroup'].PhysicalResourceId")
	states := a.aws("elbv2", "describe-target-health", "--target-group-arn", group, "--output", "text", "--query",
		"TargetHealthDescriptions[].TargetHealth.State")
	return strings.Join(strings.Fields(states), " ")
}

func (a *app) update(url string) {
	a.Helper()
	if root := a.request(http.MethodGet, url+"/", ""); !strings.Contains(root, "1.0.0") {
		a.Fatalf("version 1.0.0 does not serve: %s", root)
	}
	load := startLoad(a.Context(), url+"/items")
	a.apply("2.0.0", "replicas: 4")
	a.waitReady()
	load.mustBeFlawless(a.T)
	if root := a.request(http.MethodGet, url+"/", ""); !strings.Contains(root, "2.0.0") {
		a.Errorf("version 2.0.0 does not serve: %s", root)
	}
}

func (a *app) breakIt(url string) {
	a.Helper()
	load := startLoad(a.Context(), url+"/")
	a.apply("broken", "replicas: 4")
	got := a.waitFor(deploy, "stalled", func(got *v1alpha1.EcsApp) error {
		return is(got, v1alpha1.ConditionStalled, v1alpha1.ReasonStackRolledBack)
	})
	load.mustBeFlawless(a.T)
	message := meta.FindStatusCondition(got.Status.Conditions, v1alpha1.ConditionReady).Message
	for _, part := range []string{"Circuit Breaker", "exited with code 1", "version before it is in force"} {
		if !strings.Contains(message, part) {
			a.Errorf("the condition does not say %q:\n%s", part, message)
		}
	}
	if got.Status.Stack.Status != "UPDATE_ROLLBACK_COMPLETE" {
		a.Errorf("the stack is %s", got.Status.Stack.Status)
	}
	if root := a.request(http.MethodGet, url+"/", ""); !strings.Contains(root, "2.0.0") {
		a.Errorf("the old version does not serve: %s", root)
	}
}

func (a *app) deleteAll(stackName, url string) {
	a.Helper()
	a.kubectl("delete", "ecsapp", "items", "--timeout=2m")
	_, err := a.tryAWS("cloudformation", "describe-stacks", "--stack-name", stackName)
	if err == nil || !strings.Contains(err.Error(), "does not exist") {
		a.Errorf("the stack is still there: %v", err)
	}
	if _, err := request(a.Context(), http.DefaultClient, http.MethodGet, url, ""); err == nil {
		a.Errorf("%s still answers", url)
	}
	if clusters := a.aws("ecs", "list-clusters", "--query", "clusterArns", "--output", "text"); strings.Contains(clusters, stackName) {
		a.Errorf("the cluster is still there: %s", clusters)
	}
}

var errStillThere = errors.New("still there")

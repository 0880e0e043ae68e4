package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// Sixty-four clients make, change and delete stacks at once, while calls and resources fail. Every stack ends, and none is
// lost. The race detector watches.
func TestACrowdLosesNothing(t *testing.T) {
	t.Parallel()
	const size = 64
	sim := awssimtest.Start(t, awssimtest.PlaceholderImages())
	troubles(t, sim)
	var crowd sync.WaitGroup
	ended := make([]string, size) // ids, or "" where creation was refused
	for i := range size {
		crowd.Go(func() { ended[i] = newMember(t, sim, i).live() })
	}
	crowd.Wait()
	sim.ClearFaults()
	t.Log(lost(t, clientsOf(sim.URL()), ended))
}

// troubles lets a part of the calls and resources fail.
func troubles(t *testing.T, sim *awssimtest.Simulator) {
	t.Helper()
	for _, f := range []awssimtest.Fault{
		{Call: &awssimtest.Call{}, Effect: awssimtest.Throttling, Probability: 0.05, Seed: 1},
		{Call: &awssimtest.Call{}, Effect: awssimtest.ServiceUnavailable, Probability: 0.02, Seed: 2},
		{Call: &awssimtest.Call{}, Effect: awssimtest.ConnectionReset, Probability: 0.02, Seed: 3},
		{Call: &awssimtest.Call{Operation: "DescribeStacks"}, Effect: awssimtest.LostAnswer, Probability: 0.02, Seed: 4},
		{
			Resource: &awssimtest.Resource{Type: "AWS::SNS::Topic", Deed: awssimtest.Update},
			Effect:   awssimtest.LateFailure, Probability: 0.2, Seed: 5,
		},
		{Resource: &awssimtest.Resource{Type: "AWS::SNS::Topic", Deed: awssimtest.Create}, Effect: awssimtest.Failure, Probability: 0.1, Seed: 6},
		{Task: &awssimtest.Task{}, Effect: awssimtest.Crash, Count: 3},
	} {
		sim.AddFault(t, f)
	}
}

// member is one of the crowd.
type member struct {
	*testing.T

	aws      clients
	name     string
	template string
	sim      *awssimtest.Simulator
}

func newMember(t *testing.T, sim *awssimtest.Simulator, number int) *member {
	t.Helper()
	config := configOf(sim.URL())
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff, o.RateLimiter = 20, 10*time.Millisecond, ratelimit.None
		})
	}
	m := &member{T: t, aws: clientsWith(config), name: fmt.Sprintf("crowd-%d", number), sim: sim}
	m.template = strings.ReplaceAll(topic, "TopicName: orders, ", "")
	if number%8 == 0 { // a service of its own
		m.template = strings.NewReplacer("ClusterName: web", "ClusterName: "+m.name, "ServiceName: web", "ServiceName: "+m.name,
			"Family: web", "Family: "+m.name).Replace(web)
	}
	return m
}

// live makes, changes and deletes a stack and returns its id.
func (m *member) live() string {
	made, err := m.aws.CloudFormation.CreateStack(m.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String(m.name), TemplateBody: aws.String(m.template), ClientRequestToken: aws.String(m.name),
	})
	if err != nil {
		m.Errorf("creating %s: %v", m.name, err)
		return ""
	}
	id := aws.ToString(made.StackId)
	if m.end(id) == types.StackStatusCreateComplete {
		_, err := m.aws.CloudFormation.UpdateStack(m.Context(), &cloudformation.UpdateStackInput{
			StackName: aws.String(id), TemplateBody: aws.String(strings.NewReplacer("web:1", "web:2", "first", "second").Replace(m.template)),
		})
		if err != nil {
			m.Errorf("updating %s: %v", m.name, err)
		}
		m.end(id)
	}
	m.look(id)
	if _, err := m.aws.CloudFormation.DeleteStack(m.Context(), &cloudformation.DeleteStackInput{StackName: aws.String(id)}); err != nil {
		m.Errorf("deleting %s: %v", m.name, err)
	}
	m.end(id)
	return id
}

// end waits for the end of the stack's operation.
func (m *member) end(id string) types.StackStatus {
	const patience = time.Minute
	for started := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		out, err := m.aws.CloudFormation.DescribeStacks(m.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(id)})
		if err != nil {
			m.Errorf("describing %s: %v", m.name, err)
			return ""
		}
		status := out.Stacks[0].StackStatus
		if !strings.HasSuffix(string(status), "_IN_PROGRESS") {
			return status
		}
		if time.Since(started) > patience {
			m.Errorf("%s stays %s", m.name, status)
			return status
		}
	}
}

// look reads what a person would.
func (m *member) look(id string) {
	pages := cloudformation.NewDescribeStackEventsPaginator(m.aws.CloudFormation,
		&cloudformation.DescribeStackEventsInput{StackName: aws.String(id)})
	for pages.HasMorePages() {
		if _, err := pages.NextPage(m.Context()); err != nil {
			m.Errorf("events of %s: %v", m.name, err)
			return
		}
	}
	if _, err := m.aws.CloudFormation.ListStackResources(m.Context(), &cloudformation.ListStackResourcesInput{
		StackName: aws.String(id),
	}); err != nil {
		m.Errorf("resources of %s: %v", m.name, err)
	}
}

// lost fails the test unless exactly the stacks that were made are listed, all deleted, and sums their lives up.
func lost(t *testing.T, clients clients, made []string) string {
	t.Helper()
	listed := make(map[string]types.StackStatus)
	lives := make(map[types.ResourceStatus]int)
	pages := cloudformation.NewListStacksPaginator(clients.CloudFormation, &cloudformation.ListStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, summary := range page.StackSummaries {
			listed[aws.ToString(summary.StackId)] = summary.StackStatus
		}
	}
	want := make(map[string]types.StackStatus)
	for _, id := range made {
		want[id] = types.StackStatusDeleteComplete
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Error(diff)
	}
	for _, id := range made {
		events, err := clients.CloudFormation.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String(id)})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range events.StackEvents {
			if aws.ToString(event.PhysicalResourceId) == id {
				lives[event.ResourceStatus]++
			}
		}
	}
	var text []string
	for _, status := range slices.Sorted(maps.Keys(lives)) {
		text = append(text, fmt.Sprintf("%s %d", status, lives[status]))
	}
	return strings.Join(text, ", ")
}

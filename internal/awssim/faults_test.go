package awssim_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/fault"
)

// bench is a simulator and the SDK's clients of it, which try once.
type bench struct {
	*testing.T

	simulator *awssim.Server
	url       string
	stacks    *cfn.Client
	clusters  *ecs.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	simulator := awssim.New(awssim.Options{})
	server := httptest.NewServer(simulator)
	t.Cleanup(func() {
		server.Close()
		if err := simulator.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{
		T: t, simulator: simulator, url: server.URL,
		stacks: cfn.New(cfn.Options{
			Region: "us-east-1", Credentials: credentials(), BaseEndpoint: &server.URL, Retryer: aws.NopRetryer{},
		}),
		clusters: ecs.New(ecs.Options{
			Region: "us-east-1", Credentials: credentials(), BaseEndpoint: &server.URL, Retryer: aws.NopRetryer{},
		}),
	}
}

func (b *bench) fault(rule fault.Rule) {
	b.Helper()
	if _, err := b.simulator.AddFault(rule); err != nil {
		b.Fatal(err)
	}
}

// topic is a template with one resource.
const topic = `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "one"}}}}`

func (b *bench) create() error {
	_, err := b.stacks.CreateStack(b.Context(), &cfn.CreateStackInput{StackName: aws.String("demo"), TemplateBody: aws.String(topic)})
	return err
}

// await waits until the stack has a status.
func (b *bench) await(wanted types.StackStatus) {
	b.Helper()
	const patience = 5 * time.Second
	for started := time.Now(); ; time.Sleep(time.Millisecond) {
		out, err := b.stacks.DescribeStacks(b.Context(), &cfn.DescribeStacksInput{StackName: aws.String("demo")})
		if err != nil {
			b.Fatal(err)
		}
		got := out.Stacks[0].StackStatus
		if got == wanted {
			return
		}
		if time.Since(started) > patience {
			b.Fatalf("the stack is in %s, not in %s", got, wanted)
		}
	}
}

// told is an API error as a caller sees it.
type told struct {
	Code, Message string
	Status        int
}

func tell(t *testing.T, err error) told {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	answered, answers := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err)
	if !ok || !answers {
		t.Fatalf("no answer of AWS: %v", err)
	}
	return told{Code: api.ErrorCode(), Message: api.ErrorMessage(), Status: answered.HTTPStatusCode()}
}

func TestCallsFailInTheWordsOfTheirProtocol(t *testing.T) {
	t.Parallel()
	const (
		expired     = "The security token included in the request is expired"
		denied      = "User: arn:aws:iam::123456789012:user/awssim is not authorized to perform: "
		unknown     = "The request processing has failed because of an unknown error, exception or failure."
		unavailable = "The request has failed due to a temporary failure of the server."
	)
	cases := map[fault.Effect]struct{ query, json told }{
		fault.Throttling: {
			told{"Throttling", "Rate exceeded", http.StatusBadRequest},
			told{"ThrottlingException", "Rate exceeded", http.StatusBadRequest},
		},
		fault.ExpiredToken: {
			told{"ExpiredToken", expired, http.StatusForbidden},
			told{"ExpiredTokenException", expired, http.StatusBadRequest},
		},
		fault.AccessDenied: {
			told{"AccessDenied", denied + "cloudformation:CreateStack on resource: * because no identity-based policy allows the " +
				"cloudformation:CreateStack action", http.StatusForbidden},
			told{"AccessDeniedException", denied + "ecs:ListClusters on resource: * because no identity-based policy allows the " +
				"ecs:ListClusters action", http.StatusBadRequest},
		},
		fault.InternalFailure: {
			told{"InternalFailure", unknown, http.StatusInternalServerError},
			told{"InternalFailure", unknown, http.StatusInternalServerError},
		},
		fault.ServiceUnavailable: {
			told{"ServiceUnavailable", unavailable, http.StatusServiceUnavailable},
			told{"ServiceUnavailable", unavailable, http.StatusServiceUnavailable},
		},
	}
	for effect, want := range cases {
		t.Run(string(effect), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fault(fault.Rule{Call: &fault.Call{}, Effect: effect, Count: 2})
			if diff := cmp.Diff(want.query, tell(t, b.create())); diff != "" {
				t.Error(diff)
			}
			_, err := b.clusters.ListClusters(t.Context(), &ecs.ListClustersInput{})
			if diff := cmp.Diff(want.json, tell(t, err)); diff != "" {
				t.Error(diff)
			}
			if err := b.create(); err != nil {
				t.Errorf("the third call fails, though two were to: %v", err)
			}
		})
	}
}

func TestACutConnectionLeavesOpenWhatHappened(t *testing.T) {
	t.Parallel()
	cases := map[fault.Effect]bool{fault.ConnectionReset: false, fault.LostAnswer: true}
	for effect, happened := range cases {
		t.Run(string(effect), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fault(fault.Rule{Call: &fault.Call{Operation: "CreateStack"}, Effect: effect})
			if err := b.create(); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the client sees %v", err)
			}
			listed, err := b.stacks.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{})
			if err != nil {
				t.Fatal(err)
			}
			if got := len(listed.Stacks) == 1; got != happened {
				t.Errorf("the stack exists: %t", got)
			}
		})
	}
}

func TestADelayedCallSucceedsLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const delay = 50 * time.Millisecond
	b.fault(fault.Rule{Call: &fault.Call{Service: "cloudformation"}, Effect: fault.Delay, Delay: fault.Duration(delay), Count: 1})
	started := time.Now()
	if err := b.create(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(started); took < delay {
		t.Errorf("it took %s", took)
	}
}

func TestResourcesFailOnDemand(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rules []fault.Rule
		want  types.StackStatus
	}{
		"a creation is rolled back": {[]fault.Rule{
			{Resource: &fault.Resource{LogicalID: "Topic", Deed: fault.Create}, Effect: fault.LateFailure, Message: "No capacity."},
		}, types.StackStatusRollbackComplete},
		"the rollback fails as well": {[]fault.Rule{
			{Resource: &fault.Resource{Deed: fault.Create}, Effect: fault.LateFailure},
			{Resource: &fault.Resource{Type: "AWS::SNS::Topic", Rollback: true}, Effect: fault.Failure},
		}, types.StackStatusRollbackFailed},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			for _, rule := range test.rules {
				b.fault(rule)
			}
			if err := b.create(); err != nil {
				t.Fatal(err)
			}
			b.await(test.want)
			events, err := b.stacks.DescribeStackEvents(t.Context(), &cfn.DescribeStackEventsInput{StackName: aws.String("demo")})
			if err != nil {
				t.Fatal(err)
			}
			message := test.rules[0].Message
			if message == "" {
				message = "awssim was told to fail this Create"
			}
			var reasons strings.Builder
			for _, event := range events.StackEvents {
				reasons.WriteString(aws.ToString(event.ResourceStatusReason) + "\n")
			}
			if !strings.Contains(reasons.String(), `Resource handler returned message: "`+message+`" (RequestToken: `) {
				t.Errorf("no event says %q:\n%s", message, &reasons)
			}
		})
	}
}

func TestAStuckStackMovesOnWhenTheFaultIsCleared(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fault(fault.Rule{Resource: &fault.Resource{Stack: "demo"}, Effect: fault.Stuck})
	if err := b.create(); err != nil {
		t.Fatal(err)
	}
	const while = 20 * time.Millisecond
	time.Sleep(while)
	b.await(types.StackStatusCreateInProgress)
	b.simulator.ClearFaults()
	b.await(types.StackStatusCreateComplete)
}

func (b *bench) admin(method, path, body string) (int, string) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestFaultsAreScriptedOverHTTP(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const rule = `{"call": {"operation": "CreateStack"}, "effect": "Throttling", "count": 1}`
	status, body := b.admin(http.MethodPost, awssim.FaultsPath, rule)
	if status != http.StatusCreated || !strings.Contains(body, `"id":"fault-1"`) {
		t.Fatalf("%d: %s", status, body)
	}
	if got := tell(t, b.create()).Code; got != "Throttling" {
		t.Errorf("the call fails with %s", got)
	}
	_, body = b.admin(http.MethodGet, awssim.FaultsPath, "")
	var listed struct {
		Faults []fault.Status `json:"faults"`
	}
	if err := json.Unmarshal([]byte(body), &listed); err != nil {
		t.Fatal(err)
	}
	want := []fault.Status{{
		ID: "fault-1", Struck: 1,
		Rule: fault.Rule{Call: &fault.Call{Operation: "CreateStack"}, Effect: fault.Throttling, Count: 1},
	}}
	if diff := cmp.Diff(want, listed.Faults); diff != "" {
		t.Error(diff)
	}
	if status, body := b.admin(http.MethodDelete, awssim.FaultsPath+"/fault-1", ""); status != http.StatusNoContent {
		t.Errorf("%d: %s", status, body)
	}
	b.admin(http.MethodPost, awssim.FaultsPath, rule)
	if status, body := b.admin(http.MethodDelete, awssim.FaultsPath, ""); status != http.StatusNoContent || len(b.simulator.Faults()) != 0 {
		t.Errorf("%d: %s", status, body)
	}
}

func TestTheAdminEndpointRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method, path, body string
		status             int
		want               string
	}{
		"an unknown field":  {http.MethodPost, "faults", `{"call": {}, "effekt": "Throttling"}`, 400, `unknown field \"effekt\"`},
		"an unknown effect": {http.MethodPost, "faults", `{"call": {}, "effect": "Fire"}`, 400, `\"Fire\" is no effect on calls`},
		"a wrong delay":     {http.MethodPost, "faults", `{"call": {}, "effect": "Delay", "delay": "soon"}`, 400, "reading a duration"},
		"two faults":        {http.MethodPost, "faults", `{"call": {}, "effect": "Throttling"} {}`, 400, "unexpected data after"},
		"no fault":          {http.MethodPost, "faults", ``, 400, "EOF"},
		"an unknown fault":  {http.MethodDelete, "faults/fault-9", ``, 404, "there is no fault fault-9"},
		"an unknown task":   {http.MethodPost, "spot-interruptions?task=arn:none", ``, 404, "no such Spot task"},
		"another method":    {http.MethodPut, "faults", ``, 405, "Method Not Allowed"},
		"another path":      {http.MethodGet, "weather", ``, 404, "not found"},
	}
	b := newBench(t)
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, body := b.admin(test.method, "/_awssim/"+test.path, test.body); status != test.status || !strings.Contains(body, test.want) {
				t.Errorf("%d: %s", status, body)
			}
		})
	}
}

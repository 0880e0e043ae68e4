package eventbridge_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/eventbridge"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sqs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func here() resource.Place { return resource.Place{Account: "123456789012", Region: "us-east-1"} }

// mailbox takes what is sent to queues and topics; queues whose name ends with "closed" take nothing.
type mailbox struct{ bodies map[string][]string }

func (m *mailbox) Deliver(queueARN string, d sqs.Delivery) error {
	if d.Service != "events.amazonaws.com" || queueARN == "arn:aws:sqs:us-east-1:123456789012:closed" {
		return errors.New("denied")
	}
	m.bodies[queueARN] = append(m.bodies[queueARN], d.Body)
	return nil
}

type topics struct{ *mailbox }

func (t topics) Deliver(topicARN, _, _, message string) error {
	t.bodies[topicARN] = append(t.bodies[topicARN], message)
	return nil
}

func newBus(t *testing.T, speed float64) (*eventbridge.Service, *mailbox) {
	t.Helper()
	box := &mailbox{bodies: make(map[string][]string)}
	bus := eventbridge.New(eventbridge.Deps{Clock: clock.Clock{Speed: speed}, Queues: box, Topics: topics{box}})
	t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	})
	return bus, box
}

// ask calls an operation and returns its answer, or an error's code and message.
func ask(t *testing.T, bus *eventbridge.Service, operation, body string) string {
	t.Helper()
	request := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, "/", nil)
	request.Header.Set("X-Amz-Target", "AWSEvents."+operation)
	answer := bus.API().Serve(request.Context(), &wire.Call{
		Service: "events", Account: here().Account, Region: here().Region, HTTP: request, Body: []byte(body),
	})
	return string(answer.Body)
}

const (
	queue  = "arn:aws:sqs:us-east-1:123456789012:q"
	closed = "arn:aws:sqs:us-east-1:123456789012:closed"
	topic  = "arn:aws:sns:us-east-1:123456789012:t"
)

func TestEventsReachTheTargetsOfTheRulesTheyMatch(t *testing.T) {
	t.Parallel()
	bus, box := newBus(t, 0)
	ask(t, bus, "PutRule", `{"Name":"stacks","EventPattern":"{\"source\":[\"aws.cloudformation\"],\"detail\":{\"n\":[{\"numeric\":[\">\",1]}]}}"}`)
	ask(t, bus, "PutTargets", `{"Rule":"stacks","Targets":[
		{"Id":"1","Arn":"`+queue+`"},
		{"Id":"2","Arn":"`+topic+`","InputTransformer":{"InputPathsMap":{"n":"$.detail.n","who":"$.detail.who"},
			"InputTemplate":"{\"number\": <n>, \"text\": \"<who> has <n>\", \"who\": <who>, \"rule\": <aws.events.rule-name>}"}},
		{"Id":"3","Arn":"`+topic+`2","InputPath":"$.detail.who"},
		{"Id":"4","Arn":"`+topic+`3","Input":"{}"},
		{"Id":"5","Arn":"`+closed+`","DeadLetterConfig":{"Arn":"`+queue+`-dead"}}]}`)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for number := range 3 {
		bus.Put(here(), event.Event{
			Source: "aws.cloudformation", DetailType: "T", Resources: []string{"arn:x"}, Time: at,
			Detail: map[string]any{"n": number, "who": `a "b"`},
		})
	}
	bus.Put(resource.Place{Account: here().Account, Region: "eu-west-1"}, event.Event{Source: "aws.cloudformation", Detail: map[string]any{"n": 2}})
	if len(box.bodies[queue]) != 1 {
		t.Fatalf("the queue got %q", box.bodies[queue])
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(box.bodies[queue][0]), &got); err != nil {
		t.Fatal(err)
	}
	if got["id"] == "" {
		t.Error("the event has no id")
	}
	delete(got, "id")
	want := map[string]any{
		"version": "0", "detail-type": "T", "source": "aws.cloudformation", "account": "123456789012", "time": "2026-01-02T03:04:05Z",
		"region": "us-east-1", "resources": []any{"arn:x"}, "detail": map[string]any{"n": 2.0, "who": `a "b"`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`{"number": 2, "text": "a \"b\" has 2", "who": "a \"b\"", "rule": "stacks"}`}, box.bodies[topic]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{`"a \"b\""`}, {"{}"}}, [][]string{box.bodies[topic+"2"], box.bodies[topic+"3"]}); diff != "" {
		t.Error(diff)
	}
	if len(box.bodies[queue+"-dead"]) != 1 {
		t.Error("what a closed queue does not take is not in the dead-letter queue")
	}
}

func TestADisabledRuleMatchesNothing(t *testing.T) {
	t.Parallel()
	bus, box := newBus(t, 0)
	ask(t, bus, "PutRule", `{"Name":"r","EventPattern":"{\"source\":[\"s\"]}"}`)
	ask(t, bus, "PutTargets", `{"Rule":"r","Targets":[{"Id":"1","Arn":"`+queue+`"}]}`)
	ask(t, bus, "DisableRule", `{"Name":"r"}`)
	const entry = `{"Entries":[{"Source":"s","DetailType":"d","Detail":"{}"}]}`
	ask(t, bus, "PutEvents", entry)
	ask(t, bus, "EnableRule", `{"Name":"r"}`)
	ask(t, bus, "PutEvents", entry)
	if len(box.bodies[queue]) != 1 {
		t.Errorf("got %q", box.bodies[queue])
	}
}

func TestRulesComeWithTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus, box := newBus(t, 60)
		ask(t, bus, "PutRule", `{"Name":"r","ScheduleExpression":"rate(5 minutes)"}`)
		ask(t, bus, "PutTargets", `{"Rule":"r","Targets":[{"Id":"1","Arn":"`+queue+`","InputPath":"$.detail-type"}]}`)
		time.Sleep(16 * time.Second) // of which each is a minute
		synctest.Wait()
		if diff := cmp.Diff([]string{`"Scheduled Event"`, `"Scheduled Event"`, `"Scheduled Event"`}, box.bodies[queue]); diff != "" {
			t.Error(diff)
		}
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestErrorsReadAsThoseOfAWS(t *testing.T) {
	t.Parallel()
	bus, _ := newBus(t, 0)
	ask(t, bus, "PutRule", `{"Name":"r","EventPattern":"{\"source\":[\"s\"]}"}`)
	ask(t, bus, "PutTargets", `{"Rule":"r","Targets":[{"Id":"1","Arn":"`+queue+`"}]}`)
	cases := map[string]struct{ operation, body, want string }{
		"no rule":       {"DescribeRule", `{"Name":"x"}`, `{"__type":"ResourceNotFoundException","message":"Rule x does not exist on EventBus default."}`},
		"no bus":        {"DescribeEventBus", `{"Name":"x"}`, `{"__type":"ResourceNotFoundException","message":"Event bus x does not exist."}`},
		"targets":       {"DeleteRule", `{"Name":"r"}`, `{"__type":"ValidationException","message":"Rule can't be deleted since it has targets."}`},
		"nothing":       {"PutRule", `{"Name":"x"}`, `{"__type":"ValidationException","message":"Parameter(s) EventPattern or ScheduleExpression must be specified."}`},
		"a schedule":    {"PutRule", `{"Name":"x","ScheduleExpression":"rate(1 minutes)"}`, `{"__type":"ValidationException","message":"Parameter ScheduleExpression is not valid."}`},
		"a pattern":     {"PutRule", `{"Name":"x","EventPattern":"{}"}`, `{"__type":"InvalidEventPatternException","message":"Event pattern is not valid. Reason: Filter is empty"}`},
		"a function":    {"PutTargets", `{"Rule":"r","Targets":[{"Id":"1","Arn":"arn:aws:lambda:us-east-1:1:function:f"}]}`, `{"__type":"ValidationException","message":"awssim does not implement the target arn:aws:lambda:us-east-1:1:function:f of rules: it knows queues, topics and clusters of ECS"}`},
		"AWS's name":    {"PutEvents", `{"Entries":[{"Source":"aws.ecs","DetailType":"d","Detail":"{}"}]}`, `{"FailedEntryCount":1,"Entries":[{"ErrorCode":"NotAuthorizedForSourceException","ErrorMessage":"Not authorized for the source."}]}`},
		"a bad detail":  {"PutEvents", `{"Entries":[{"Source":"s","DetailType":"d","Detail":"x"}]}`, `{"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}]}`},
		"a tried event": {"TestEventPattern", `{"EventPattern":"{\"source\":[\"s\"]}","Event":"{\"id\":\"1\",\"account\":\"1\",\"source\":\"s\",\"time\":\"x\",\"region\":\"r\",\"resources\":[],\"detail-type\":\"d\"}"}`, `{"Result":true}`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ask(t, bus, test.operation, test.body); got != test.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestARuleOfATemplateIsReadBack(t *testing.T) {
	t.Parallel()
	bus, _ := newBus(t, 0)
	provider := bus.Providers()["AWS::Events::Rule"]
	request := resource.Request{Place: here(), Type: "AWS::Events::Rule", StackName: "demo", LogicalID: "Rule", Properties: resource.Properties{
		"Name": "r", "Description": "d", "State": "DISABLED", "EventPattern": map[string]any{"source": []any{"aws.ecs"}},
		"Targets": []any{map[string]any{"Id": "1", "Arn": queue, "RetryPolicy": map[string]any{"MaximumRetryAttempts": 4.0}}},
	}}
	made, err := provider.Create(t.Context(), request)
	if err != nil || made.PhysicalID != "r" || made.Attributes["Arn"] != "arn:aws:events:us-east-1:123456789012:rule/r" {
		t.Fatalf("%+v, %v", made, err)
	}
	request.PhysicalID = made.PhysicalID
	reader, ok := provider.(resource.Reader)
	if !ok {
		t.Fatal("drift of rules is not checked")
	}
	read, ok := reader.Read(request)
	delete(read, "EventBusName")
	if diff := cmp.Diff(request.Properties, read); diff != "" || !ok {
		t.Error(diff)
	}
	request.Properties["Targets"] = []any{map[string]any{"Id": "1", "Arn": "arn:aws:lambda:x"}}
	if _, err := provider.Update(t.Context(), request); err == nil {
		t.Error("a target that is not served is taken")
	}
	if err := provider.Delete(t.Context(), request); err != nil {
		t.Error(err)
	}
	if _, ok := reader.Read(request); ok {
		t.Error("a deleted rule is read")
	}
}

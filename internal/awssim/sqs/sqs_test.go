package sqs_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sqs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const base = "http://127.0.0.1:4566"

func here() resource.Place { return resource.Place{Account: "123456789012", Region: "us-east-1"} }

func newService() *sqs.Service {
	return sqs.New(clock.Clock{}, func() string { return base })
}

// answer is what operations answer, as far as the tests look.
type answer struct {
	Messages  []message `json:"Messages"`
	QueueURLs []string  `json:"queueUrls"`
	Message   string    `json:"message"`
}

type message struct {
	Body          string            `json:"Body"`
	ReceiptHandle string            `json:"ReceiptHandle"`
	Attributes    map[string]string `json:"Attributes"`
}

// ask calls an operation, and returns what it answers, or an error's code and message.
func ask(t *testing.T, service *sqs.Service, operation, body string) (answer, string) {
	t.Helper()
	request := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, base+"/", nil)
	request.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	reply := service.API().Serve(request.Context(), &wire.Call{
		Service: "sqs", Account: here().Account, Region: here().Region, HTTP: request, Body: []byte(body),
	})
	var decoded answer
	if len(reply.Body) > 0 {
		if err := json.Unmarshal(reply.Body, &decoded); err != nil {
			t.Fatalf("%s: %v", reply.Body, err)
		}
	}
	if reply.Status != http.StatusOK {
		return decoded, reply.Header.Get("X-Amzn-Query-Error") + ": " + decoded.Message
	}
	return decoded, ""
}

// mustAsk is ask for calls that have to succeed.
func mustAsk(t *testing.T, service *sqs.Service, operation, body string) answer {
	t.Helper()
	decoded, problem := ask(t, service, operation, body)
	if problem != "" {
		t.Fatalf("%s: %s", operation, problem)
	}
	return decoded
}

// bodies receives up to ten messages and returns their bodies.
func bodies(t *testing.T, service *sqs.Service, queue, more string) []string {
	t.Helper()
	out := mustAsk(t, service, "ReceiveMessage", `{"QueueUrl":"`+queue+`","MaxNumberOfMessages":10`+more+`}`)
	var texts []string
	for _, each := range out.Messages {
		texts = append(texts, each.Body)
	}
	return texts
}

const plain = base + "/123456789012/plain"

func TestAMessageIsHiddenFromOthersUntilItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newService()
		mustAsk(t, service, "CreateQueue", `{"QueueName":"plain","Attributes":{"VisibilityTimeout":"5"}}`)
		mustAsk(t, service, "SendMessage", `{"QueueUrl":"`+plain+`","MessageBody":"one"}`)
		if got := bodies(t, service, plain, ""); len(got) != 1 {
			t.Fatalf("received %v", got)
		}
		if got := bodies(t, service, plain, ""); len(got) != 0 {
			t.Errorf("a hidden message is received: %v", got)
		}
		began := time.Now()
		if got := bodies(t, service, plain, `,"WaitTimeSeconds":20`); len(got) != 1 || time.Since(began) != 5*time.Second {
			t.Errorf("received %v after %s", got, time.Since(began))
		}
	})
}

func TestLongPollingEndsWithTheFirstMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newService()
		mustAsk(t, service, "CreateQueue", `{"QueueName":"plain"}`)
		time.AfterFunc(3*time.Second, func() {
			mustAsk(t, service, "SendMessage", `{"QueueUrl":"`+plain+`","MessageBody":"late"}`)
		})
		began := time.Now()
		if got := bodies(t, service, plain, `,"WaitTimeSeconds":20`); len(got) != 1 || time.Since(began) != 3*time.Second {
			t.Errorf("received %v after %s", got, time.Since(began))
		}
		began = time.Now()
		if got := bodies(t, service, plain, `,"WaitTimeSeconds":4`); len(got) != 0 || time.Since(began) != 4*time.Second {
			t.Errorf("received %v after %s", got, time.Since(began))
		}
	})
}

func TestMessagesThatNobodyDeletesGoToTheDeadLetterQueue(t *testing.T) {
	t.Parallel()
	service := newService()
	mustAsk(t, service, "CreateQueue", `{"QueueName":"dead"}`)
	mustAsk(t, service, "CreateQueue", `{"QueueName":"plain","Attributes":{"VisibilityTimeout":"0",
		"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:123456789012:dead\",\"maxReceiveCount\":2}"}}`)
	mustAsk(t, service, "SendMessage", `{"QueueUrl":"`+plain+`","MessageBody":"poison"}`)
	for i, want := range []int{1, 1, 0} {
		if got := bodies(t, service, plain, ""); len(got) != want {
			t.Errorf("receive %d: %v", i+1, got)
		}
	}
	if got := bodies(t, service, base+"/123456789012/dead", ""); len(got) != 1 {
		t.Errorf("the dead-letter queue has %v", got)
	}
	sources := mustAsk(t, service, "ListDeadLetterSourceQueues", `{"QueueUrl":"`+base+`/123456789012/dead"}`)
	if diff := cmp.Diff([]string{plain}, sources.QueueURLs); diff != "" {
		t.Error(diff)
	}
}

func TestFIFOQueuesKeepTheOrderOfAGroupAndDropWhatComesTwice(t *testing.T) {
	t.Parallel()
	service := newService()
	mustAsk(t, service, "CreateQueue", `{"QueueName":"line.fifo","Attributes":{"FifoQueue":"true","ContentBasedDeduplication":"true"}}`)
	const line = base + "/123456789012/line.fifo"
	for _, body := range []string{"1", "2", "2"} {
		mustAsk(t, service, "SendMessage", `{"QueueUrl":"`+line+`","MessageBody":"`+body+`","MessageGroupId":"g"}`)
	}
	out := mustAsk(t, service, "ReceiveMessage", `{"QueueUrl":"`+line+`","MessageSystemAttributeNames":["All"]}`)
	first := out.Messages[0]
	if first.Body != "1" || first.Attributes["MessageGroupId"] != "g" {
		t.Errorf("received %v", first)
	}
	if got := bodies(t, service, line, ""); len(got) != 0 {
		t.Errorf("the group is worked on, and yet %v is received", got)
	}
	mustAsk(t, service, "DeleteMessage", `{"QueueUrl":"`+line+`","ReceiptHandle":"`+first.ReceiptHandle+`"}`)
	if diff := cmp.Diff([]string{"2"}, bodies(t, service, line, "")); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsReadAsThoseOfAWS(t *testing.T) {
	t.Parallel()
	service := newService()
	mustAsk(t, service, "CreateQueue", `{"QueueName":"plain"}`)
	cases := map[string]struct{ operation, body, want string }{
		"no queue":     {"GetQueueUrl", `{"QueueName":"none"}`, "AWS.SimpleQueueService.NonExistentQueue;Sender: The specified queue does not exist."},
		"another time": {"CreateQueue", `{"QueueName":"plain","Attributes":{"VisibilityTimeout":"7"}}`, "QueueAlreadyExists;Sender: A queue already exists with the same name and a different value for attribute VisibilityTimeout"},
		"an attribute": {"GetQueueAttributes", `{"QueueUrl":"` + plain + `","AttributeNames":["Foo"]}`, "InvalidAttributeName;Sender: Unknown Attribute Foo."},
		"a value":      {"SetQueueAttributes", `{"QueueUrl":"` + plain + `","Attributes":{"DelaySeconds":"901"}}`, "InvalidAttributeValue;Sender: Invalid value for the parameter DelaySeconds."},
		"a name":       {"CreateQueue", `{"QueueName":"a b"}`, "InvalidParameterValue;Sender: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"},
		"a handle":     {"DeleteMessage", `{"QueueUrl":"` + plain + `","ReceiptHandle":"x"}`, `ReceiptHandleIsInvalid;Sender: The input receipt handle "x" is not a valid receipt handle.`},
		"too many":     {"ReceiveMessage", `{"QueueUrl":"` + plain + `","MaxNumberOfMessages":11}`, "InvalidParameterValue;Sender: Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."},
		"no entries":   {"SendMessageBatch", `{"QueueUrl":"` + plain + `","Entries":[]}`, "AWS.SimpleQueueService.EmptyBatchRequest;Sender: There should be at least one SendMessageBatchRequestEntry in the request."},
		"twice":        {"DeleteMessageBatch", `{"QueueUrl":"` + plain + `","Entries":[{"Id":"a"},{"Id":"a"}]}`, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct;Sender: Id a repeated."},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, got := ask(t, service, test.operation, test.body); got != test.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestADeletedNameIsTakenForAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := sqs.New(clock.Clock{Speed: 1}, func() string { return base })
		mustAsk(t, service, "CreateQueue", `{"QueueName":"plain"}`)
		mustAsk(t, service, "DeleteQueue", `{"QueueUrl":"`+plain+`"}`)
		if _, problem := ask(t, service, "CreateQueue", `{"QueueName":"plain"}`); problem == "" {
			t.Error("the name is free at once")
		}
		time.Sleep(time.Minute)
		mustAsk(t, service, "CreateQueue", `{"QueueName":"plain"}`)
	})
}

func TestOthersDeliverOnlyWhereThePolicyLetsThem(t *testing.T) {
	t.Parallel()
	service := newService()
	request := resource.Request{
		Place: here(), Type: "AWS::SQS::Queue", StackName: "demo", LogicalID: "Queue",
		Properties: resource.Properties{"QueueName": "plain", "VisibilityTimeout": "0"},
	}
	made, err := service.Providers()["AWS::SQS::Queue"].Create(t.Context(), request)
	if err != nil || made.PhysicalID != plain {
		t.Fatalf("%+v, %v", made, err)
	}
	delivery := sqs.Delivery{Service: "events.amazonaws.com", Source: "arn:aws:events:us-east-1:123456789012:rule/r", Body: "{}"}
	arn, _ := made.Attributes["Arn"].(string)
	if err := service.Deliver(arn, delivery); err == nil {
		t.Error("a queue without a policy takes it")
	}
	rights := resource.Request{Place: here(), Type: "AWS::SQS::QueuePolicy", StackName: "demo", LogicalID: "Rights", Properties: resource.Properties{
		"Queues": []any{made.PhysicalID}, "PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
		}}},
	}}
	provider := service.Providers()[rights.Type]
	given, err := provider.Create(t.Context(), rights)
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Deliver(arn, delivery); err != nil {
		t.Error(err)
	}
	rights.PhysicalID = given.PhysicalID
	reader, reads := provider.(resource.Reader)
	if !reads {
		t.Fatal("drift of queue policies is not checked")
	}
	read, ok := reader.Read(rights)
	if diff := cmp.Diff(rights.Properties, read); diff != "" || !ok {
		t.Error(diff)
	}
	if err := provider.Delete(t.Context(), rights); err != nil {
		t.Fatal(err)
	}
	if err := service.Deliver(arn, delivery); err == nil {
		t.Error("the policy is gone, and yet the queue takes it")
	}
}

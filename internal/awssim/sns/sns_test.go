package sns_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sns"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sqs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func here() resource.Place { return resource.Place{Account: "123456789012", Region: "us-east-1"} }

// mailbox takes what is sent to queues.
type mailbox map[string][]sqs.Delivery

func (m mailbox) Deliver(queueARN string, d sqs.Delivery) error {
	m[queueARN] = append(m[queueARN], d)
	return nil
}

func newTopics(t *testing.T) (*sns.Service, mailbox) {
	t.Helper()
	box := make(mailbox)
	topics := sns.New(sns.Deps{Queues: box, Base: func() string { return "http://127.0.0.1:4566" }})
	t.Cleanup(func() {
		if err := topics.Close(); err != nil {
			t.Error(err)
		}
	})
	return topics, box
}

// ask calls an operation with parameters given as name, value, and returns status and body.
func ask(t *testing.T, topics *sns.Service, action string, parameters ...string) (int, string) {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2010-03-31"}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	answer := topics.API().Serve(t.Context(), &wire.Call{
		Service: "sns", Account: here().Account, Region: here().Region, Body: []byte(form.Encode()),
		HTTP: httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil),
	})
	return answer.Status, string(answer.Body)
}

const (
	topic = "arn:aws:sns:us-east-1:123456789012:orders"
	queue = "arn:aws:sqs:us-east-1:123456789012:q"
)

func TestAQueueGetsWhatIsPublished(t *testing.T) {
	t.Parallel()
	topics, box := newTopics(t)
	ask(t, topics, "CreateTopic", "Name", "orders")
	ask(t, topics, "Subscribe", "TopicArn", topic, "Protocol", "sqs", "Endpoint", queue)
	ask(t, topics, "Subscribe", "TopicArn", topic, "Protocol", "sqs", "Endpoint", queue+"-raw",
		"Attributes.entry.1.key", "RawMessageDelivery", "Attributes.entry.1.value", "true",
		"Attributes.entry.2.key", "FilterPolicy", "Attributes.entry.2.value", `{"kind":["big"]}`)
	for _, kind := range []string{"small", "big"} {
		if status, body := ask(t, topics, "Publish", "TopicArn", topic, "Message", kind, "Subject", "News",
			"MessageAttributes.entry.1.Name", "kind", "MessageAttributes.entry.1.Value.DataType", "String",
			"MessageAttributes.entry.1.Value.StringValue", kind); status != http.StatusOK {
			t.Fatal(body)
		}
	}
	if len(box[queue]) != 2 {
		t.Fatalf("the queue got %+v", box[queue])
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(box[queue][0].Body), &got); err != nil {
		t.Fatal(err)
	}
	for _, varying := range []string{"MessageId", "Timestamp", "Signature", "SigningCertURL", "UnsubscribeURL"} {
		if got[varying] == "" || got[varying] == nil {
			t.Errorf("%s is missing", varying)
		}
		delete(got, varying)
	}
	want := map[string]any{
		"Type": "Notification", "TopicArn": topic, "Subject": "News", "Message": "small", "SignatureVersion": "1",
		"MessageAttributes": map[string]any{"kind": map[string]any{"Type": "String", "Value": "small"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	raw := sqs.Delivery{
		Service: "sns.amazonaws.com", Source: topic, Body: "big",
		Attributes: map[string]sqs.Attribute{"kind": {DataType: "String", StringValue: "big"}},
	}
	if diff := cmp.Diff([]sqs.Delivery{raw}, box[queue+"-raw"]); diff != "" {
		t.Error(diff)
	}
}

func TestAServerConfirmsBeforeItGetsMessages(t *testing.T) {
	t.Parallel()
	topics, _ := newTopics(t)
	arrived := make(chan map[string]string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var got map[string]string
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		got["header"] = r.Header.Get("X-Amz-Sns-Message-Type")
		arrived <- got
	}))
	defer server.Close()
	ask(t, topics, "CreateTopic", "Name", "orders")
	_, body := ask(t, topics, "Subscribe", "TopicArn", topic, "Protocol", "http", "Endpoint", server.URL)
	if !strings.Contains(body, "<SubscriptionArn>pending confirmation</SubscriptionArn>") {
		t.Error(body)
	}
	asked := <-arrived
	if asked["header"] != "SubscriptionConfirmation" || !strings.HasPrefix(asked["SubscribeURL"], "http://127.0.0.1:4566/_awssim/sns/confirm?") {
		t.Fatal(asked)
	}
	ask(t, topics, "Publish", "TopicArn", topic, "Message", "too early")
	ask(t, topics, "ConfirmSubscription", "TopicArn", topic, "Token", asked["Token"])
	ask(t, topics, "Publish", "TopicArn", topic, "Message", "news")
	if got := <-arrived; got["Message"] != "news" || got["header"] != "Notification" {
		t.Error(got)
	}
}

func TestErrorsReadAsThoseOfAWS(t *testing.T) {
	t.Parallel()
	topics, _ := newTopics(t)
	ask(t, topics, "CreateTopic", "Name", "orders")
	cases := map[string]struct {
		action     string
		parameters []string
		status     int
		want       string
	}{
		"no topic":     {"Publish", []string{"TopicArn", topic + "x", "Message", "m"}, 404, "<Code>NotFound</Code><Message>Topic does not exist</Message>"},
		"no message":   {"Publish", []string{"TopicArn", topic, "Message", ""}, 400, "<Code>InvalidParameter</Code><Message>Invalid parameter: Empty message</Message>"},
		"a name":       {"CreateTopic", []string{"Name", "a b"}, 400, "<Message>Invalid parameter: Topic Name</Message>"},
		"a protocol":   {"Subscribe", []string{"TopicArn", topic, "Protocol", "lambda", "Endpoint", "x"}, 400, "awssim does not implement the Protocol lambda"},
		"another host": {"Subscribe", []string{"TopicArn", topic, "Protocol", "http", "Endpoint", "http://example.org"}, 400, "awssim does not reach the Endpoint http://example.org"},
		"a phone":      {"Publish", []string{"PhoneNumber", "1", "Message", "m"}, 400, "awssim does not implement the parameter PhoneNumber"},
		"a policy":     {"SetTopicAttributes", []string{"TopicArn", topic, "AttributeName", "Policy", "AttributeValue", "x"}, 400, "Invalid parameter: Policy Error"},
		"no member":    {"GetSubscriptionAttributes", []string{"SubscriptionArn", topic + ":1"}, 404, "<Message>Subscription does not exist</Message>"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body := ask(t, topics, test.action, test.parameters...)
			if status != test.status || !strings.Contains(body, test.want) {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
}

func TestServicesOfAWSPublishWhereThePolicyLetsThem(t *testing.T) {
	t.Parallel()
	topics, box := newTopics(t)
	create := func(kind string, properties resource.Properties) resource.Result {
		made, err := topics.Providers()[kind].Create(t.Context(), resource.Request{
			Place: here(), Type: kind, StackName: "demo", LogicalID: "Thing", Properties: properties,
		})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	create("AWS::SNS::Topic", resource.Properties{
		"TopicName": "orders", "Subscription": []any{map[string]any{"Protocol": "sqs", "Endpoint": queue}},
	})
	if err := topics.Deliver(topic, "events.amazonaws.com", "arn:rule", "m"); err == nil {
		t.Error("the first policy lets EventBridge publish")
	}
	create("AWS::SNS::TopicPolicy", resource.Properties{"Topics": []any{topic}, "PolicyDocument": map[string]any{"Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic,
	}}}})
	if err := topics.Deliver(topic, "events.amazonaws.com", "arn:rule", "m"); err != nil {
		t.Error(err)
	}
	if err := topics.Publish(here(), topic, "AWS CloudFormation Notification", "StackId='x'\n"); err != nil {
		t.Error(err)
	}
	if len(box[queue]) != 2 {
		t.Errorf("the queue got %+v", box[queue])
	}
}

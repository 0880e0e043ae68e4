package logs_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/logs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func here() resource.Place { return resource.Place{Account: "123456789012", Region: "us-east-1"} }

// ask calls an operation with JSON and returns the answer's JSON, or the error's type and message.
func ask(t *testing.T, service *logs.Service, operation, body string) (map[string]any, string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), "POST", "/", nil)
	request.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
	answer := service.API().Serve(t.Context(), &wire.Call{
		Service: "logs", Account: here().Account, Region: here().Region, HTTP: request, Body: []byte(body),
	})
	fields := map[string]any{}
	if len(answer.Body) > 0 {
		if err := json.Unmarshal(answer.Body, &fields); err != nil {
			t.Fatalf("%s answers %s: %v", operation, answer.Body, err)
		}
	}
	if answer.Status != 200 {
		return nil, fmt.Sprintf("%v: %v", fields["__type"], fields["message"])
	}
	return fields, ""
}

func TestErrorsReadAsTheServices(t *testing.T) {
	t.Parallel()
	service := logs.New()
	ask(t, service, "CreateLogGroup", `{"logGroupName":"/ecs/items"}`)
	tests := map[string]struct{ operation, body, want string }{
		"a group that exists": {
			"CreateLogGroup", `{"logGroupName":"/ecs/items"}`,
			"ResourceAlreadyExistsException: The specified log group already exists",
		},
		"a group that is absent": {
			"DeleteLogGroup", `{"logGroupName":"/absent"}`,
			"ResourceNotFoundException: The specified log group does not exist.",
		},
		"a stream that is absent": {
			"GetLogEvents", `{"logGroupName":"/ecs/items","logStreamName":"absent"}`,
			"ResourceNotFoundException: The specified log stream does not exist.",
		},
		"a parameter that is unknown": {
			"GetLogEvents", `{"logGroupName":"/ecs/items","unmask":true}`,
			`InvalidParameterException: awssim does not implement the parameter "unmask" of logs:GetLogEvents`,
		},
		"a pattern that is not implemented": {
			"FilterLogEvents", `{"logGroupName":"/ecs/items","filterPattern":"{ $.level = 1"}`,
			"InvalidParameterException: Invalid filter pattern",
		},
		"a token of another listing": {
			"FilterLogEvents", `{"logGroupName":"/ecs/items","nextToken":"?"}`,
			"InvalidParameterException: The specified nextToken is invalid.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := ask(t, service, test.operation, test.body)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFilterFindsEventsOfAllStreamsInOrderOfTime(t *testing.T) {
	t.Parallel()
	service := logs.New()
	ask(t, service, "CreateLogGroup", `{"logGroupName":"g"}`)
	start := time.Now().Add(-time.Minute).UnixMilli()
	for stream, offsets := range map[string][]int64{"a": {0, 20}, "b": {10, 30}} {
		ask(t, service, "CreateLogStream", fmt.Sprintf(`{"logGroupName":"g","logStreamName":%q}`, stream))
		for _, offset := range offsets {
			_, problem := ask(t, service, "PutLogEvents", fmt.Sprintf(
				`{"logGroupName":"g","logStreamName":%q,"logEvents":[{"timestamp":%d,"message":"GET /%d"}]}`,
				stream, start+offset, offset))
			if problem != "" {
				t.Fatal(problem)
			}
		}
	}
	tests := map[string]struct {
		request string
		want    []string
	}{
		"everything":              {`{"logGroupName":"g","interleaved":true}`, []string{"GET /0", "GET /10", "GET /20", "GET /30"}},
		"one stream":              {`{"logGroupName":"g","logStreamNames":["b"]}`, []string{"GET /10", "GET /30"}},
		"a time window":           {fmt.Sprintf(`{"logGroupName":"g","startTime":%d,"endTime":%d}`, start+10, start+30), []string{"GET /10", "GET /20"}},
		"a term":                  {`{"logGroupName":"g","filterPattern":"GET \"/1\""}`, []string{"GET /10"}},
		"an excluded term":        {`{"logGroupName":"g","filterPattern":"-\"/20\" -\"/30\""}`, []string{"GET /0", "GET /10"}},
		"one of two terms":        {`{"logGroupName":"g","filterPattern":"?\"/20\" ?\"/30\""}`, []string{"GET /20", "GET /30"}},
		"a group named by ARN":    {`{"logGroupIdentifier":"arn:aws:logs:us-east-1:123456789012:log-group:g","limit":10000,"endTime":1}`, nil},
		"a prefix of the streams": {`{"logGroupName":"g","logStreamNamePrefix":"a"}`, []string{"GET /0", "GET /20"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, problem := ask(t, service, "FilterLogEvents", test.request)
			if problem != "" {
				t.Fatal(problem)
			}
			if diff := cmp.Diff(test.want, messages(answer)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func messages(answer map[string]any) []string {
	var found []string
	events, _ := answer["events"].([]any)
	for _, event := range events {
		fields, _ := event.(map[string]any)
		found = append(found, fmt.Sprint(fields["message"]))
	}
	return found
}

func TestPagesOfEventsCoverTheStreamOnce(t *testing.T) {
	t.Parallel()
	service := logs.New()
	ask(t, service, "CreateLogGroup", `{"logGroupName":"g"}`)
	if err := service.CreateStream(here(), "g", "s"); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"1", "2", "3"} {
		service.Append(here(), "g", "s", line)
	}
	first, _ := ask(t, service, "GetLogEvents", `{"logGroupName":"g","logStreamName":"s","startFromHead":true,"limit":2}`)
	second, _ := ask(t, service, "GetLogEvents",
		fmt.Sprintf(`{"logGroupName":"g","logStreamName":"s","nextToken":%q,"limit":2}`, first["nextForwardToken"]))
	end, _ := ask(t, service, "GetLogEvents",
		fmt.Sprintf(`{"logGroupName":"g","logStreamName":"s","nextToken":%q}`, second["nextForwardToken"]))
	got := append(messages(first), messages(second)...)
	if diff := cmp.Diff([]string{"1", "2", "3"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if end["nextForwardToken"] != second["nextForwardToken"] || len(messages(end)) != 0 {
		t.Errorf("the end is not recognizable: %v", end)
	}
}

func TestStreamsForgetTheOldestEvents(t *testing.T) {
	t.Parallel()
	service := logs.New()
	ask(t, service, "CreateLogGroup", `{"logGroupName":"g"}`)
	if err := service.CreateStream(here(), "g", "s"); err != nil {
		t.Fatal(err)
	}
	const written = 100_001
	for number := range written {
		service.Append(here(), "g", "s", strconv.Itoa(number))
	}
	answer, _ := ask(t, service, "GetLogEvents", `{"logGroupName":"g","logStreamName":"s","startFromHead":true,"limit":1}`)
	if diff := cmp.Diff([]string{"10000"}, messages(answer)); diff != "" {
		t.Errorf("the oldest event (-want +got):\n%s", diff)
	}
	answer, _ = ask(t, service, "GetLogEvents", `{"logGroupName":"g","logStreamName":"s","limit":1}`)
	if diff := cmp.Diff([]string{strconv.Itoa(written - 1)}, messages(answer)); diff != "" {
		t.Errorf("the newest event (-want +got):\n%s", diff)
	}
}

func TestLogGroupResource(t *testing.T) {
	t.Parallel()
	service := logs.New()
	provider := service.Providers()["AWS::Logs::LogGroup"]
	request := resource.Request{
		Place: here(), Type: "AWS::Logs::LogGroup", LogicalID: "LogGroup", StackName: "items",
		Properties: resource.Properties{"LogGroupName": "/ecs/items", "RetentionInDays": 7.0},
	}
	created, err := provider.Create(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	want := resource.Result{PhysicalID: "/ecs/items", Attributes: map[string]any{
		"Arn": "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/items:*",
	}}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = provider.Create(t.Context(), request)
	const exists = `Resource of type 'AWS::Logs::LogGroup' with identifier '{"/properties/LogGroupName":"/ecs/items"}' already exists.`
	if err == nil || err.Error() != exists {
		t.Errorf("got %v", err)
	}
	request.PhysicalID, request.Properties["RetentionInDays"] = created.PhysicalID, "30"
	if _, err := provider.Update(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	described, _ := ask(t, service, "DescribeLogGroups", `{"logGroupNamePrefix":"/ecs/"}`)
	if text := fmt.Sprint(described); !strings.Contains(text, "retentionInDays:30 ") {
		t.Errorf("the retention is not 30 days: %s", text)
	}
	for range 2 {
		if err := provider.Delete(t.Context(), request); err != nil {
			t.Errorf("deleting: %v", err)
		}
	}
}

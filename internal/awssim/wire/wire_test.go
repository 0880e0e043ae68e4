package wire_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type input struct {
	Name    string            `json:"name"`
	Count   *int              `json:"count"`
	Force   bool              `json:"force"`
	Tags    []tag             `json:"tags"`
	Zones   []string          `json:"zones"`
	Labels  map[string]string `json:"labels"`
	Started wire.Time         `json:"started"`
	Nested  *tag              `json:"nested"`
}

type output struct {
	Name    string            `json:"name,omitempty"`
	Absent  *string           `json:"absent,omitempty"`
	Empty   *string           `json:"empty,omitempty"`
	Count   int               `json:"count"`
	Tags    []tag             `json:"tags"`
	None    []string          `json:"none,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	Started wire.Time         `json:"started,omitzero"`
	Renamed string            `json:"renamed"          query:"VPCId"`
}

// serve runs one call against a service with a single operation and returns what the operation saw.
func serve(t *testing.T, protocol wire.Protocol, target, body string) (input, wire.Answer) {
	t.Helper()
	var seen input
	work := func(_ context.Context, _ *wire.Call, in *input) (*output, error) {
		seen = *in
		switch in.Name {
		case "missing":
			return nil, wire.Errorf("NotFound", "<%s> does not exist", in.Name)
		case "broken":
			return nil, errors.New("disk full")
		}
		return &output{
			Name: in.Name, Empty: new(string), Tags: []tag{}, Labels: map[string]string{"b": "2", "a": "1"},
			Started: wire.At(time.UnixMilli(1_500_000_000_250)), Renamed: "vpc-1",
		}, nil
	}
	service := wire.Service{
		Name: "shop", Protocol: protocol, Version: "2020-01-01", TargetPrefix: "Shop_2020", Namespace: "http://shop/",
		Operations: map[string]wire.Handler{
			"Work": wire.Op(work),
			"Rest": wire.Op(func(context.Context, *wire.Call, *wire.None) (*wire.None, error) { return new(wire.None), nil }),
		},
	}
	request := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(body))
	request.Header.Set("X-Amz-Target", target)
	call := &wire.Call{Service: "shop", RequestID: "r-1", HTTP: request, Body: []byte(body)}
	return seen, service.Serve(t.Context(), call)
}

func TestQueryRequestsAreDecodedIntoTypedStructs(t *testing.T) {
	t.Parallel()
	count := 3
	cases := map[string]struct {
		form string
		want input
	}{
		"scalars":                 {"Name=a%20b&Count=3&Force=true", input{Name: "a b", Count: &count, Force: true}},
		"lists in numeric order":  {"Zones.member.10=c&Zones.member.2=b&Zones.member.1=a", input{Zones: []string{"a", "b", "c"}}},
		"an empty list":           {"Zones=", input{Zones: []string{}}},
		"lists of structures":     {"Tags.member.1.Key=k&Tags.member.1.Value=v", input{Tags: []tag{{"k", "v"}}}},
		"a nested structure":      {"Nested.Key=k", input{Nested: &tag{Key: "k"}}},
		"maps":                    {"Labels.entry.1.key=k&Labels.entry.1.value=v", input{Labels: map[string]string{"k": "v"}}},
		"timestamps of ISO 8601":  {"Started=2017-07-14T02:40:00Z", input{Started: wire.At(time.Unix(1_500_000_000, 0).UTC())}},
		"nothing but the action":  {"", input{}},
		"an empty string is kept": {"Name=", input{}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen, answer := serve(t, wire.Query, "", "Action=Work&Version=2020-01-01&"+test.form)
			if answer.Err != nil {
				t.Fatal(answer.Err)
			}
			if diff := cmp.Diff(test.want, seen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBadQueryRequestsAreRefusedByTheParametersName(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ form, code, message string }{
		"an unknown parameter":           {"Action=Work&Colour=red", "ValidationError", `awssim does not implement the parameter "Colour" of shop:Work`},
		"an unknown member of a list":    {"Action=Work&Tags.member.1.Hue=x", "ValidationError", `awssim does not implement the parameter "Tags.member.1.Hue" of shop:Work`},
		"a list of another protocol":     {"Action=Work&Zones.1=x", "ValidationError", `awssim does not implement the parameter "Zones.1" of shop:Work`},
		"a value where a list is wanted": {"Action=Work&Zones=x", "MalformedInput", "Zones is not a list: use Zones.member.1"},
		"a list without numbers":         {"Action=Work&Zones.member.x=x", "MalformedInput", "Zones.member.x is not numbered from 1"},
		"a number that is none":          {"Action=Work&Count=many", "MalformedInput", "Count must be an integer"},
		"a number too large for AWS":     {"Action=Work&Count=4294967296", "MalformedInput", "Count must be an integer"},
		"a value with members":           {"Action=Work&Name.first=x", "ValidationError", `awssim does not implement the parameter "Name.first" of shop:Work`},
		"a timestamp that is none":       {"Action=Work&Started=noon", "MalformedInput", "Started is wrong: noon is not a timestamp in ISO 8601"},
		"a parameter given twice":        {"Action=Work&Name=a&Name=b", "MalformedInput", `the parameter "Name" is given 2 times`},
		"an unknown operation":           {"Action=Play", "InvalidAction", "awssim does not implement the operation shop:Play"},
		"no operation":                   {"Name=a", "MissingAction", "the request has no Action parameter"},
		"another version":                {"Action=Work&Version=1999-01-01", "NoSuchVersion", "awssim speaks version 2020-01-01 of shop, not 1999-01-01"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, answer := serve(t, wire.Query, "", test.form)
			if diff := cmp.Diff(&wire.Error{Code: test.code, Message: test.message}, answer.Err); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestQueryAnswersReadAsAWSWritesThem(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		form   string
		status int
		want   string
	}{
		"a result": {"Action=Work&Name=a%26b", 200, `<WorkResponse xmlns="http://shop/"><WorkResult><Name>a&amp;b</Name><Empty></Empty><Count>0</Count><Tags></Tags>` +
			`<Labels><entry><key>a</key><value>1</value></entry><entry><key>b</key><value>2</value></entry></Labels>` +
			`<Started>2017-07-14T02:40:00.250Z</Started><VPCId>vpc-1</VPCId></WorkResult>` +
			`<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></WorkResponse>`},
		"no result": {"Action=Rest", 200, `<RestResponse xmlns="http://shop/"><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></RestResponse>`},
		"a client's error": {"Action=Work&Name=missing", 400, `<ErrorResponse xmlns="http://shop/"><Error><Type>Sender</Type><Code>NotFound</Code>` +
			`<Message>&lt;missing&gt; does not exist</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`},
		"a fault of our own": {"Action=Work&Name=broken", 500, `<ErrorResponse xmlns="http://shop/"><Error><Type>Receiver</Type><Code>InternalFailure</Code>` +
			`<Message>disk full</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, answer := serve(t, wire.Query, "", test.form)
			if diff := cmp.Diff(test.want, string(answer.Body)); diff != "" || answer.Status != test.status {
				t.Errorf("status %d: %s", answer.Status, diff)
			}
		})
	}
}

func TestJSONRequestsAndAnswersReadAsAWSWritesThem(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		operation, body string
		status          int
		want, errorType string
	}{
		"a result": {
			"Work", `{"name":"a<b","tags":[{"key":"k","value":"v"}]}`, 200,
			`{"name":"a<b","empty":"","count":0,"tags":[],"labels":{"a":"1","b":"2"},"started":1500000000.25,"renamed":"vpc-1"}`, "",
		},
		"an empty body":    {"Work", ``, 200, `{"empty":"","count":0,"tags":[],"labels":{"a":"1","b":"2"},"started":1500000000.25,"renamed":"vpc-1"}`, ""},
		"no result":        {"Rest", `{}`, 200, ``, ""},
		"a client's error": {"Work", `{"name":"missing"}`, 400, `{"__type":"NotFound","message":"<missing> does not exist"}`, "NotFound"},
		"an unknown member": {
			"Work", `{"tags":[{"colour":1}]}`, 400,
			`{"__type":"InvalidParameterException","message":"awssim does not implement the parameter \"colour\" of shop:Work"}`, "InvalidParameterException",
		},
		"a wrong type": {"Work", `{"name":1}`, 400, `{"__type":"SerializationException","message":"name: a JSON number cannot be its value"}`, "SerializationException"},
		"two values":   {"Work", `{}{}`, 400, `{"__type":"SerializationException","message":"unexpected data after the request's JSON object"}`, "SerializationException"},
		"an unknown operation": {
			"Play", `{}`, 400,
			`{"__type":"UnknownOperationException","message":"awssim does not implement the operation shop:Play"}`, "UnknownOperationException",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, answer := serve(t, wire.JSON11, "Shop_2020."+test.operation, test.body)
			if diff := cmp.Diff(test.want, string(answer.Body)); diff != "" || answer.Status != test.status {
				t.Errorf("status %d: %s", answer.Status, diff)
			}
			if got := answer.Header.Get("X-Amzn-Errortype"); got != test.errorType {
				t.Errorf("X-Amzn-Errortype %q, want %q", got, test.errorType)
			}
		})
	}
}

func TestJSONTimestampsAreSecondsSince1970(t *testing.T) {
	t.Parallel()
	seen, answer := serve(t, wire.JSON11, "Shop_2020.Work", `{"started":1500000000.25}`)
	if answer.Err != nil {
		t.Fatal(answer.Err)
	}
	if want := time.UnixMilli(1_500_000_000_250).UTC(); !seen.Started.Equal(want) {
		t.Errorf("got %v, want %v", seen.Started, want)
	}
}

func FuzzQueryRequestsNeverPanic(f *testing.F) {
	f.Add("Action=Work&Tags.member.1.Key=k&Labels.entry.1.key=k&Count=3")
	f.Add("Action=Work&Zones.member.1=a&Zones=&Started=2017-07-14T02:40:00Z&Nested.Key=")
	f.Fuzz(func(t *testing.T, body string) {
		_, answer := serve(t, wire.Query, "", body)
		if answer.Status == 500 && !strings.Contains(string(answer.Body), "disk full") {
			t.Errorf("a client's request is not our fault: %s", answer.Body)
		}
	})
}

func FuzzJSONRequestsNeverPanic(f *testing.F) {
	f.Add(`{"name":"a","tags":[{"key":"k"}],"started":1.5e9,"labels":{"a":"b"}}`)
	f.Fuzz(func(t *testing.T, body string) {
		_, answer := serve(t, wire.JSON11, "Shop_2020.Work", body)
		if answer.Status == 500 && !strings.Contains(string(answer.Body), "disk full") {
			t.Errorf("a client's request is not our fault: %s", answer.Body)
		}
	})
}

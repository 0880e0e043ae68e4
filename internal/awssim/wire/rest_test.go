package wire_test

import (
	"context"
	"encoding/xml"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type putInput struct {
	Shelf  string            `path:"Shelf"`
	Book   string            `path:"Book"`
	Copies *int              `param:"copies"`
	Force  bool              `header:"X-Amz-Force"`
	Notes  map[string]string `header:"X-Amz-Meta-*"`
	Text   []byte            `body:"raw"`
}

type putOutput struct {
	Tag   string            `header:"ETag"`
	Size  *int64            `header:"X-Amz-Size"`
	Notes map[string]string `header:"X-Amz-Meta-*"`
	Text  []byte            `body:"raw"`
}

type orderInput struct {
	Shelf string `path:"Shelf"`
	Order order  `body:"xml"`
}

type order struct {
	Comment string
	Lines   []line `xml:"Lines>Line"`
	Due     *wire.Time
}

type line struct {
	Book   string
	Copies int `xml:"Count"`
}

type orderOutput struct {
	XMLName xml.Name  `xml:"Ordered"`
	Lines   []line    `xml:"Lines>Line"`
	Due     wire.Time `xml:"Due"`
}

// rest is a service with what REST requests have: labels, queries, headers, bodies.
func rest(seen *any) wire.Service {
	put := func(_ context.Context, _ *wire.Call, in *putInput) (*putOutput, error) {
		*seen = *in
		if in.Book == "missing" {
			return nil, &wire.Error{Code: "NoSuchBook", Message: "no <missing>", Status: 404}
		}
		return &putOutput{Tag: `"x"`, Notes: map[string]string{"colour": "red"}, Text: in.Text}, nil
	}
	give := func(_ context.Context, _ *wire.Call, in *orderInput) (*orderOutput, error) {
		*seen = *in
		return &orderOutput{Lines: in.Order.Lines, Due: wire.At(time.UnixMilli(1_500_000_000_250))}, nil
	}
	idle := func(context.Context, *wire.Call, *wire.None) (*wire.None, error) { return new(wire.None), nil }
	return wire.Service{
		Name: "library", Protocol: wire.RESTXML, Namespace: "http://library/",
		Routes: []wire.Route{
			{Operation: "Rest", Method: "DELETE", Path: "/{Shelf}/{Book+}?nap", Status: 204},
			{Operation: "Put", Method: "PUT", Path: "/{Shelf}/{Book+}"},
			{Operation: "Order", Method: "POST", Path: "/{Shelf}/order/", Status: 201},
		},
		Operations: map[string]wire.Handler{"Put": wire.Op(put), "Order": wire.Op(give), "Rest": wire.Op(idle)},
	}
}

func serveREST(t *testing.T, service wire.Service, method, url, body string, headers ...string) wire.Answer {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return service.Serve(t.Context(), &wire.Call{Service: service.Name, RequestID: "r-1", HTTP: request, Body: []byte(body)})
}

func TestRESTRequestsAreDecodedIntoTypedStructs(t *testing.T) {
	t.Parallel()
	two := 2
	var seen any
	answer := serveREST(t, rest(&seen), "PUT", "/a%20b/c/d%2Fe.txt?copies=2&x-id=Put&X-Amz-Date=now", "<text>",
		"X-Amz-Force", "true", "X-Amz-Meta-Colour", "red", "X-Amz-Content-Sha256", "abc", "User-Agent", "test")
	want := putInput{
		Shelf: "a b", Book: "c/d/e.txt", Copies: &two, Force: true, Notes: map[string]string{"colour": "red"}, Text: []byte("<text>"),
	}
	if diff := cmp.Diff(any(want), seen); diff != "" || answer.Status != 200 {
		t.Error(answer.Err, diff)
	}
	if answer.Header.Get("ETag") != `"x"` || answer.Header.Get("X-Amz-Meta-Colour") != "red" || string(answer.Body) != "<text>" {
		t.Errorf("%v, %s", answer.Header, answer.Body)
	}
	if _, set := answer.Header["X-Amz-Size"]; set {
		t.Error("a header without a value is written")
	}
}

func TestRESTBodiesAreXML(t *testing.T) {
	t.Parallel()
	var seen any
	answer := serveREST(t, rest(&seen), "POST", "/a/order",
		`<OrderRequest xmlns="http://library/"><Comment>x</Comment><Lines><Line><Book>b</Book><Count>1</Count></Line>`+
			`<Line><Book>c</Book><Count>2</Count></Line></Lines><Due>2017-07-14T02:40:00Z</Due></OrderRequest>`)
	due := wire.At(time.Unix(1_500_000_000, 0).UTC())
	want := orderInput{Shelf: "a", Order: order{Comment: "x", Lines: []line{{"b", 1}, {"c", 2}}, Due: &due}}
	if diff := cmp.Diff(any(want), seen); diff != "" {
		t.Error(answer.Err, diff)
	}
	wantBody := xml.Header + `<Ordered xmlns="http://library/"><Lines><Line><Book>b</Book><Count>1</Count></Line>` +
		`<Line><Book>c</Book><Count>2</Count></Line></Lines><Due>2017-07-14T02:40:00.250Z</Due></Ordered>`
	if diff := cmp.Diff(wantBody, string(answer.Body)); diff != "" || answer.Status != 201 {
		t.Errorf("status %d: %s", answer.Status, diff)
	}
}

func TestRESTAnswersWithoutAResultAreEmpty(t *testing.T) {
	t.Parallel()
	var seen any
	if answer := serveREST(t, rest(&seen), "DELETE", "/a/b?nap", ""); answer.Status != 204 || len(answer.Body) != 0 {
		t.Errorf("status %d, %q, %v", answer.Status, answer.Body, answer.Err)
	}
}

func TestBadRESTRequestsAreRefusedByName(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method, url, body, header string
		code, message             string
	}{
		"an unknown path":        {"GET", "/a", "", "", "InvalidAction", "awssim does not implement the operation library:GET /a"},
		"an unknown subresource": {"DELETE", "/a/b", "", "", "InvalidAction", "awssim does not implement the operation library:DELETE /a/b"},
		"an unknown parameter":   {"PUT", "/a/b?colour=red", "", "", "InvalidInput", `awssim does not implement the parameter "colour" of library:Put`},
		"an unknown header":      {"PUT", "/a/b", "", "X-Amz-Acl", "InvalidInput", `awssim does not implement the header "X-Amz-Acl" of library:Put`},
		"a condition":            {"PUT", "/a/b", "", "If-Match", "InvalidInput", `awssim does not implement the header "If-Match" of library:Put`},
		"a number that is none":  {"PUT", "/a/b?copies=many", "", "", "InvalidInput", "copies must be an integer"},
		"a body without a use":   {"DELETE", "/a/b?nap", "x", "", "InvalidInput", "awssim does not implement a body of library:Rest"},
		"an unknown element":     {"POST", "/a/order", "<O><Lines><Line><Hue>1</Hue></Line></Lines></O>", "", "InvalidInput", `awssim does not implement the element "Lines.Line.Hue" of library:Order`},
		"an element in a list":   {"POST", "/a/order", "<O><Lines><Row/></Lines></O>", "", "InvalidInput", `awssim does not implement the element "Lines.Row" of library:Order`},
		"no XML":                 {"POST", "/a/order", "{}", "", "MalformedXML", "the request cannot be read: EOF"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen any
			var headers []string
			if test.header != "" {
				headers = []string{test.header, "x"}
			}
			answer := serveREST(t, rest(&seen), test.method, test.url, test.body, headers...)
			if diff := cmp.Diff(&wire.Error{Code: test.code, Message: test.message}, answer.Err); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRESTErrorsReadAsAWSWritesThem(t *testing.T) {
	t.Parallel()
	var seen any
	service := rest(&seen)
	cases := map[bool]string{
		false: `<ErrorResponse xmlns="http://library/"><Error><Type>Sender</Type><Code>NoSuchBook</Code><Message>no &lt;missing&gt;</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
		true:  xml.Header + `<Error><Code>NoSuchBook</Code><Message>no &lt;missing&gt;</Message><Resource>/a/missing</Resource><RequestId>r-1</RequestId></Error>`,
	}
	for bare, want := range cases {
		service.BareErrors = bare
		answer := serveREST(t, service, "PUT", "/a/missing", "")
		if diff := cmp.Diff(want, string(answer.Body)); diff != "" || answer.Status != 404 {
			t.Errorf("status %d: %s", answer.Status, diff)
		}
	}
}

func FuzzRESTRequestsNeverPanic(f *testing.F) {
	f.Add("POST", "/a/order", "<O><Lines><Line><Book>b</Book></Line></Lines><Due>2017-07-14T02:40:00Z</Due></O>")
	f.Add("PUT", "/a/b/c?copies=1", "x")
	f.Fuzz(func(t *testing.T, method, path, body string) {
		request := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(body))
		request.Method, request.URL.Path = method, path
		var seen any
		call := &wire.Call{Service: "library", RequestID: "r-1", HTTP: request, Body: []byte(body)}
		if answer := rest(&seen).Serve(t.Context(), call); answer.Status == 500 {
			t.Errorf("a client's request is not our fault: %s", answer.Body)
		}
	})
}

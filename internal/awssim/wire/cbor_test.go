package wire_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// measure is an operation's input and output in a service of several protocols.
type measure struct {
	Name    string    `json:",omitempty"`
	Value   *float64  `json:",omitempty"`
	Count   int       `json:",omitempty"`
	Started wire.Time `json:",omitzero"`
	Tags    []string  `json:",omitempty"`
}

func meter() wire.Service {
	return wire.Service{
		Name: "meter", Protocol: wire.Query, Also: []wire.Protocol{wire.CBOR, wire.JSON10}, Version: "2020-01-01",
		TargetPrefix: "Meter_2020", Namespace: "http://meter/", ErrorTypes: map[string]string{"NotFound": "NotFoundException"},
		Operations: map[string]wire.Handler{
			"Rest": wire.Op(func(context.Context, *wire.Call, *wire.None) (*wire.None, error) { return new(wire.None), nil }),
			"Work": wire.Op(func(_ context.Context, _ *wire.Call, in *measure) (*measure, error) {
				if in.Name == "missing" {
					return nil, &wire.Error{Code: "NotFound", Message: "no such meter", Status: 404}
				}
				return in, nil
			}),
		},
	}
}

// speak runs one call of the meter in CBOR.
func speak(t *testing.T, operation string, body []byte) wire.Answer {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), "POST", "/service/Meter_2020/operation/"+operation, strings.NewReader(""))
	request.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
	return meter().Serve(t.Context(), &wire.Call{Service: "meter", RequestID: "r-1", HTTP: request, Body: body})
}

func inCBOR(t *testing.T, value any) []byte {
	t.Helper()
	data, err := cbor.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func fromCBOR(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var value map[string]any
	if err := cbor.Unmarshal(data, &value); err != nil {
		t.Fatalf("%x: %v", data, err)
	}
	return value
}

func TestCBORCarriesTimestampsNumbersAndLists(t *testing.T) {
	t.Parallel()
	answer := speak(t, "Work", inCBOR(t, map[string]any{
		"Name": "a", "Value": 2.0, "Count": 3.0, "Tags": []string{"x"}, "Started": cbor.Tag{Number: 1, Content: 1_500_000_000},
	}))
	got := fromCBOR(t, answer.Body)
	want := map[string]any{
		"Name": "a", "Value": 2.0, "Count": uint64(3), "Tags": []any{"x"}, "Started": time.Unix(1_500_000_000, 0).UTC(),
	}
	if moment, ok := got["Started"].(time.Time); ok {
		got["Started"] = moment.UTC()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if kind := answer.Header.Get("Content-Type"); kind != "application/cbor" || answer.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
		t.Errorf("the headers are %v", answer.Header)
	}
}

func TestCBORMapsOfIndefiniteLengthAreRead(t *testing.T) {
	t.Parallel()
	answer := speak(t, "Work", []byte{0xbf, 0x64, 'N', 'a', 'm', 'e', 0x61, 'b', 0xff})
	if diff := cmp.Diff(map[string]any{"Name": "b"}, fromCBOR(t, answer.Body)); diff != "" {
		t.Error(diff)
	}
}

func TestCBORErrorsHaveTheNamesOfBothWorlds(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		operation, code, kind string
		body                  []byte
		status                int
	}{
		"a client's error":   {"Work", "NotFound;Sender", "Meter_2020#NotFoundException", inCBOR(t, map[string]any{"Name": "missing"}), 404},
		"an unknown member":  {"Work", "ValidationError;Sender", "Meter_2020#ValidationError", inCBOR(t, map[string]any{"Hue": 1}), 400},
		"no CBOR":            {"Work", "SerializationException;Sender", "Meter_2020#SerializationException", []byte{0xff}, 400},
		"no number":          {"Work", "SerializationException;Sender", "Meter_2020#SerializationException", []byte{0xa1, 0x61, 'V', 0xf9, 0x7e, 0}, 400},
		"a key of two kinds": {"Work", "SerializationException;Sender", "Meter_2020#SerializationException", []byte{0xa1, 0x01, 0x01}, 400},
		"another operation":  {"Play", "UnknownOperationException;Sender", "Meter_2020#UnknownOperationException", nil, 400},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := speak(t, test.operation, test.body)
			if answer.Status != test.status || answer.Header.Get("X-Amzn-Query-Error") != test.code {
				t.Errorf("status %d, %v", answer.Status, answer.Header)
			}
			if got := fromCBOR(t, answer.Body)["__type"]; got != test.kind {
				t.Errorf("__type is %v, want %s", got, test.kind)
			}
		})
	}
}

func TestAServiceAnswersInTheProtocolOfTheRequest(t *testing.T) {
	t.Parallel()
	query := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(""))
	json10 := query.Clone(t.Context())
	json10.Header.Set("X-Amz-Target", "Meter_2020.Work")
	json10.Header.Set("Content-Type", "application/x-amz-json-1.0")
	cases := map[string]struct {
		call wire.Call
		want string
	}{
		"Query": {
			wire.Call{HTTP: query, Body: []byte("Action=Work&Name=a")},
			`<WorkResponse xmlns="http://meter/"><WorkResult><Name>a</Name><Count>0</Count></WorkResult><ResponseMetadata><RequestId></RequestId></ResponseMetadata></WorkResponse>`,
		},
		"JSON 1.0": {wire.Call{HTTP: json10, Body: []byte(`{"Name":"a","Value":1}`)}, `{"Name":"a","Value":1}`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := meter().Serve(t.Context(), &test.call)
			if diff := cmp.Diff(test.want, string(answer.Body)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompressedRequestsAreUnpacked(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write([]byte("Action=Work&Name=a")); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(""))
	request.Header.Set("Content-Encoding", "gzip")
	answer := meter().Serve(t.Context(), &wire.Call{HTTP: request, Body: packed.Bytes()})
	if !strings.Contains(string(answer.Body), "<Name>a</Name>") {
		t.Errorf("got %s", answer.Body)
	}
	answer = meter().Serve(t.Context(), &wire.Call{HTTP: request, Body: []byte("no gzip")})
	if answer.Status != 400 || !strings.Contains(string(answer.Body), "<Code>MalformedInput</Code>") {
		t.Errorf("got %s", answer.Body)
	}
}

func FuzzCBORRequestsNeverPanic(f *testing.F) {
	f.Add([]byte{0xbf, 0x64, 'N', 'a', 'm', 'e', 0x61, 'b', 0xff})
	f.Add([]byte{0xa1, 0x67, 'S', 't', 'a', 'r', 't', 'e', 'd', 0xc1, 0x1a, 0x59, 0x68, 0x2f, 0x00})
	f.Fuzz(func(t *testing.T, body []byte) {
		if answer := speak(t, "Work", body); answer.Status >= 500 {
			t.Errorf("a client's request is not our fault: %x", answer.Body)
		}
	})
}

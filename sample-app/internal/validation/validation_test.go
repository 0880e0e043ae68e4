package validation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/pyjson"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/validation"
)

func decode(t *testing.T, text string) pyjson.Value {
	t.Helper()
	value, err := pyjson.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// written returns problems as they stand in an answer, one a line.
func written(problems []validation.Problem) string {
	lines := make([]string, 0, len(problems))
	for _, problem := range problems {
		lines = append(lines, string(pyjson.Append(nil, problem.Value())))
	}
	return strings.Join(lines, "\n")
}

func TestADraftIsReadFromABody(t *testing.T) {
	t.Parallel()
	good := "good"
	tests := map[string]struct {
		body string
		want items.Draft
	}{
		"all fields": {
			`{"name":"a","description":"good","price":1.5}`, items.Draft{Name: "a", Description: &good, Price: 1.5},
		},
		"null description":                      {`{"name":"a","description":null,"price":0}`, items.Draft{Name: "a"}},
		"fields nobody knows":                   {`{"name":"","price":2,"id":7}`, items.Draft{Price: 2}},
		"price as text":                         {`{"name":"a","price":"+1_000.5"}`, items.Draft{Name: "a", Price: 1000.5}},
		"price without digits before the point": {`{"name":"a","price":".5"}`, items.Draft{Name: "a", Price: 0.5}},
		"price between spaces":                  {`{"name":"a","price":" 1.5\n"}`, items.Draft{Name: "a", Price: 1.5}},
		"price with exponent":                   {`{"name":"a","price":"1e3"}`, items.Draft{Name: "a", Price: 1000}},
		"price as truth":                        {`{"name":"a","price":true}`, items.Draft{Name: "a", Price: 1}},
		"price as untruth":                      {`{"name":"a","price":false}`, items.Draft{Name: "a"}},
		"price of many digits":                  {`{"name":"a","price":10000000000000000000000}`, items.Draft{Name: "a", Price: 1e22}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problems := validation.Draft(decode(t, test.body))
			if len(problems) > 0 {
				t.Fatalf("problems:\n%s", written(problems))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("draft (-want +got):\n%s", diff)
			}
		})
	}
}

// The wanted entries were printed by pydantic 2, but for the inputs that JSON has no word for.
func TestABodyIsRefusedAsPydanticDoes(t *testing.T) {
	t.Parallel()
	const (
		notADict = `{"type":"model_attributes_type","loc":["body"],` +
			`"msg":"Input should be a valid dictionary or object to extract fields from","input":`
		notANumber = `{"type":"float_type","loc":["body","price"],"msg":"Input should be a valid number","input":`
		noNumber   = `{"type":"float_parsing","loc":["body","price"],` +
			`"msg":"Input should be a valid number, unable to parse string as a number","input":`
		notFinite = `{"type":"finite_number","loc":["body","price"],"msg":"Input should be a finite number","input":`
		negative  = `{"type":"greater_than_equal","loc":["body","price"],"msg":"Input should be greater than or equal to 0","input":`
		notText   = `,"msg":"Input should be a valid string","input":`
	)
	tests := map[string]struct{ body, want string }{
		"a list": {`[1]`, notADict + `[1]}`},
		"a text": {`"a"`, notADict + `"a"}`},
		"nothing in it": {`{}`, `{"type":"missing","loc":["body","name"],"msg":"Field required","input":{}}` + "\n" +
			`{"type":"missing","loc":["body","price"],"msg":"Field required","input":{}}`},
		"the input of a missing field is the whole": {
			`{"name":"a","x":1}`,
			`{"type":"missing","loc":["body","price"],"msg":"Field required","input":{"name":"a","x":1}}`,
		},
		"all fields wrong": {
			`{"price":null,"name":1,"description":[]}`,
			`{"type":"string_type","loc":["body","name"]` + notText + `1}` + "\n" +
				`{"type":"string_type","loc":["body","description"]` + notText + `[]}` + "\n" + notANumber + `null}`,
		},
		"a name of null": {`{"name":null,"price":1}`, `{"type":"string_type","loc":["body","name"]` + notText + `null}`},
		"half a surrogate pair": {
			`{"name":"a\ud800","price":1}`,
			`{"type":"string_unicode","loc":["body","name"],` +
				`"msg":"Input should be a valid string, unable to parse raw data as a unicode string","input":"a` + "\ufffd" + `"}`,
		},
		"a price of a list":                      {`{"name":"a","price":[]}`, notANumber + `[]}`},
		"a price of words":                       {`{"name":"a","price":"cheap"}`, noNumber + `"cheap"}`},
		"an empty price":                         {`{"name":"a","price":""}`, noNumber + `""}`},
		"a price with a space and an underscore": {`{"name":"a","price":" 1_0"}`, noNumber + `" 1_0"}`},
		"no number with a sign":                  {`{"name":"a","price":"+NaN"}`, notFinite + `"+NaN"}`},
		"a hexadecimal price":                    {`{"name":"a","price":"0x1"}`, noNumber + `"0x1"}`},
		"a price with two underscores":           {`{"name":"a","price":"1__0"}`, noNumber + `"1__0"}`},
		"a price that ends in one":               {`{"name":"a","price":"1_"}`, noNumber + `"1_"}`},
		"a price with a space in it":             {`{"name":"a","price":"+ 1"}`, noNumber + `"+ 1"}`},
		"no number":                              {`{"name":"a","price":NaN}`, notFinite + `null}`},
		"too large a number":                     {`{"name":"a","price":1e400}`, notFinite + `null}`},
		"an infinite text":                       {`{"name":"a","price":"-inf"}`, notFinite + `"-inf"}`},
		"too large a text":                       {`{"name":"a","price":"1e400"}`, notFinite + `"1e400"}`},
		"a negative price":                       {`{"name":"a","price":-1}`, negative + `-1,"ctx":{"ge":0.0}}`},
		"a negative price as text":               {`{"name":"a","price":"-0.01"}`, negative + `"-0.01","ctx":{"ge":0.0}}`},
		"an integer beyond every float": {
			`{"name":"a","price":1` + strings.Repeat("0", 400) + `}`,
			notANumber + `1` + strings.Repeat("0", 400) + `}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := validation.Draft(decode(t, test.body))
			if diff := cmp.Diff(test.want, written(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnIDIsReadAsPydanticDoes(t *testing.T) {
	t.Parallel()
	const most = 1<<63 - 1
	tests := []struct {
		segment string
		want    int64
	}{
		{"1", 1},
		{"+1", 1},
		{"-1", -1},
		{" 1 ", 1},
		{"1.0", 1},
		{"1_000", 1000},
		{"007", 7},
		{"1_0.00", 10},
		{"-0.0", 0},
		{"1\u00a0", 1},
		{strings.Repeat("9", 30), most},
		{"-" + strings.Repeat("9", 30), -most - 1},
	}
	for _, test := range tests {
		if got, problems := validation.ID(test.segment, "id"); got != test.want || len(problems) > 0 {
			t.Errorf("ID(%q) = %d, %s; want %d", test.segment, got, written(problems), test.want)
		}
	}
}

func TestAnIDIsRefusedAsPydanticDoes(t *testing.T) {
	t.Parallel()
	for _, segment := range []string{
		"x", "1.", "1.5", ".0", "1__0", "_1", "1_", "-_1", "1e3", "٣", "--1", "+-1", "-", "0x1", "1.0_0", "1 .0", "+ 1", "true",
	} {
		_, problems := validation.ID(segment, "id")
		want := `{"type":"int_parsing","loc":["path","id"],` +
			`"msg":"Input should be a valid integer, unable to parse string as an integer","input":"` + segment + `"}`
		if diff := cmp.Diff(want, written(problems)); diff != "" {
			t.Errorf("problems of %q (-want +got):\n%s", segment, diff)
		}
	}
	_, problems := validation.ID(strings.Repeat("9", 4301), "id")
	if len(problems) != 1 || problems[0].Type != "int_parsing_size" {
		t.Errorf("problems of 4,301 digits:\n%s", written(problems))
	}
}

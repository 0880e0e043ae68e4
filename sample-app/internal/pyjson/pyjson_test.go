package pyjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/pyjson"
)

// The wanted texts were printed by CPython 3.11: json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")).
func TestDecodeAndAppendAgreeWithPython(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"order of fields is kept":              {`{"b":1,"a":2}`, `{"b":1,"a":2}`},
		"the last of equal names wins":         {`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		"space is dropped":                     {" [ 1 ,\t{ \"a\" :\r\n2 } ] ", `[1,{"a":2}]`},
		"a byte order mark is dropped":         {"\ufeff1", `1`},
		"integers of any length":               {`123456789012345678901234567890`, `123456789012345678901234567890`},
		"integers have no negative zero":       {`-0`, `0`},
		"floats do":                            {`-0.0`, `-0.0`},
		"floats keep their fraction":           {`[1.0,1.50,1e5,1E-7]`, `[1.0,1.5,100000.0,1e-07]`},
		"floats are plain below 1e16":          {`[9999999999999998.0,1e16]`, `[9999999999999998.0,1e+16]`},
		"floats are plain from 1e-4":           {`[0.0001,0.00001234]`, `[0.0001,1.234e-05]`},
		"words":                                {`[true,false,null]`, `[true,false,null]`},
		"words that JSON lacks":                {`[NaN,Infinity,-Infinity,1e999]`, `[null,null,null,null]`},
		"escapes that need not be are undone":  {`"\u00e9\/\u0041"`, `"é/A"`},
		"escapes that must be stay":            {`"\"\\\b\f\n\r\t\u0000\u001f"`, `"\"\\\b\f\n\r\t\u0000\u001f"`},
		"pairs of surrogates are one":          {`"\ud83d\ude00"`, `"😀"`},
		"half a pair is replaced":              {`"\ud83d-\ude00"`, `"` + "\ufffd-\ufffd" + `"`},
		"two first halves are two":             {`"\ud83d\ud83d\ude00"`, `"` + "\ufffd😀" + `"`},
		"empty ones":                           {`[{},[],""]`, `[{},[],""]`},
		"names of many fields are told apart":  {manyFields(40), `{"0":1,` + manyFields(20)[len(`{"0":0,`):]},
		"characters that HTML would not stand": {`"<&>` + "\u2028" + `"`, `"<&>` + "\u2028" + `"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			value, err := pyjson.Decode([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(pyjson.Append(nil, value))); diff != "" {
				t.Errorf("written again (-want +got):\n%s", diff)
			}
		})
	}
}

// manyFields makes an object of 20 names. If there are more fields than that, the names come again, with 1 for 0.
func manyFields(count int) string {
	const names = 20
	fields := make([]string, 0, count)
	for i := range min(count, names) {
		fields = append(fields, fmt.Sprintf(`"%d":0`, i))
	}
	if count > names {
		fields = append(fields, `"0":1`)
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// The wanted errors are those of CPython 3.11.
func TestDecodeSaysWhereJSONEnds(t *testing.T) {
	t.Parallel()
	const noName = "Expecting property name enclosed in double quotes"
	tests := map[string]struct {
		text string
		want pyjson.SyntaxError
	}{
		"nothing":                        {"", pyjson.SyntaxError{Msg: "Expecting value", Pos: 0}},
		"space only":                     {"  ", pyjson.SyntaxError{Msg: "Expecting value", Pos: 2}},
		"half a word":                    {"[nul]", pyjson.SyntaxError{Msg: "Expecting value", Pos: 1}},
		"minus only":                     {"-", pyjson.SyntaxError{Msg: "Expecting value", Pos: 0}},
		"a leading zero":                 {"01", pyjson.SyntaxError{Msg: "Extra data", Pos: 1}},
		"a fraction without digits":      {"1.", pyjson.SyntaxError{Msg: "Extra data", Pos: 1}},
		"an exponent without digits":     {"1e+", pyjson.SyntaxError{Msg: "Extra data", Pos: 1}},
		"two values":                     {"{} {}", pyjson.SyntaxError{Msg: "Extra data", Pos: 3}},
		"a list left open":               {"[1", pyjson.SyntaxError{Msg: "Expecting ',' delimiter", Pos: 2}},
		"a comma too many":               {"[1,]", pyjson.SyntaxError{Msg: "Expecting value", Pos: 3}},
		"an object left open":            {`{"a":1`, pyjson.SyntaxError{Msg: "Expecting ',' delimiter", Pos: 6}},
		"a name without quotes":          {"{a:1}", pyjson.SyntaxError{Msg: noName, Pos: 1}},
		"a comma before the brace":       {`{"a":1,}`, pyjson.SyntaxError{Msg: noName, Pos: 7}},
		"no colon":                       {`{"a" 1}`, pyjson.SyntaxError{Msg: "Expecting ':' delimiter", Pos: 5}},
		"no value":                       {`{"a":}`, pyjson.SyntaxError{Msg: "Expecting value", Pos: 5}},
		"positions count characters":     {`{"ä😀":}`, pyjson.SyntaxError{Msg: "Expecting value", Pos: 6}},
		"a string left open":             {`["abc`, pyjson.SyntaxError{Msg: "Unterminated string starting at", Pos: 1}},
		"a string that ends in a slash":  {`["abc\`, pyjson.SyntaxError{Msg: "Unterminated string starting at", Pos: 1}},
		"a line end in a string":         {"\"a\nb\"", pyjson.SyntaxError{Msg: "Invalid control character at", Pos: 2}},
		"an unknown escape":              {`"a\x"`, pyjson.SyntaxError{Msg: `Invalid \escape`, Pos: 2}},
		"an escape of wrong digits":      {`"\u12g4"`, pyjson.SyntaxError{Msg: `Invalid \uXXXX escape`, Pos: 2}},
		"an escape with a sign":          {`"\u+123"`, pyjson.SyntaxError{Msg: `Invalid \uXXXX escape`, Pos: 2}},
		"an escape at the end":           {`"\u1234`, pyjson.SyntaxError{Msg: `Invalid \uXXXX escape`, Pos: 2}},
		"half a pair and a wrong escape": {`"\ud83d\uzzzz"`, pyjson.SyntaxError{Msg: `Invalid \uXXXX escape`, Pos: 8}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := pyjson.Decode([]byte(test.text))
			var got *pyjson.SyntaxError
			if !errors.As(err, &got) {
				t.Fatalf("Decode = %v, want a SyntaxError", err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeRefusesWhatPythonCannotHold(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"bytes that are not UTF-8":        "\"\xff\"",
		"nesting beyond the stack":        strings.Repeat("[", 100_000),
		"integers of over 4,300 digits":   strings.Repeat("1", 4301),
		"objects nested too deep as well": strings.Repeat(`{"a":`, 100_000),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := pyjson.Decode([]byte(text)); !errors.Is(err, pyjson.ErrUnreadable) {
				t.Errorf("Decode = %v, want ErrUnreadable", err)
			}
		})
	}
}

func FuzzDecodeReadsAllThatIsJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e-3,"\u00e9\n"],"b":null}`, `[true,{"":{}}]`, `"\ud83d\ude00"`, `0`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := pyjson.Decode(text)
		if errors.Is(err, pyjson.ErrUnreadable) {
			return
		}
		if err != nil {
			if json.Valid(text) {
				t.Fatalf("Decode(%q) = %v, but it is JSON", text, err)
			}
			return
		}
		once := pyjson.Append(nil, value)
		if !json.Valid(once) {
			t.Fatalf("Append wrote %q for %q", once, text)
		}
		again, err := pyjson.Decode(once)
		if err != nil {
			t.Fatal(err)
		}
		if twice := pyjson.Append(nil, again); string(once) != string(twice) {
			t.Errorf("Append wrote %q, then %q", once, twice)
		}
	})
}

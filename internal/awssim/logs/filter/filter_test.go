package filter_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/logs/filter"
)

const record = `{
  "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
  "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null, "someInt": 123, "someFloat": 12.34,
  "someFloat2": 12.0, "object": {}, "ThisFlag": true, "escaped": "error \"message\""
}`

const access = `127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`

// TestPatternsMatchAsTheServices has patterns that others tried at the service, and those of the user guide.
func TestPatternsMatchAsTheServices(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		message    string
		yes, never []string
	}{
		"conditions on JSON": {record, []string{
			`{ $.eventType = "UpdateTrail" }`, `{ $.sourceIPAddress != 123.123.* }`, `{ $.arrayKey[0] = "value" }`,
			`{ $.objectList[1].id    = 2 }`, `{ $.SomeObject IS NULL }`, `{ $.SomeOtherObject NOT EXISTS         }`,
			`{ $.ThisFlag IS TRUE }`, `{ $.someInt = 123 }`, `{ $.someInt = 123.0 }`, `{ $.someInt != 111 }`, `{ $.someInt > 1 }`,
			`{ $.someFloat   >= 1.0 }`, `{ $.someFloat <       100.0 }`, `{ $.someFloat2 = 12 }`, `{ $.someFloat2 != "12" }`,
			`{ $.someInt = "123" }`, `{ $.someInt != "123.0" }`, `{ $.someInt = "12*" }`, `{ $.someInt = *23 }`, `{ $.someFloat = *.34 }`,
			`{ $.sourceIPAddress = *.111.111.111 }`, `{ $.sourceIPAddress = "111*" }`, `{ $.sourceIPAddress = * }`,
			`{ $.sourceIPAddress != 111*111 }`, `{ $.someInt < 10e3 }`, `{ $.escaped = "error \"message\"" }`,
			`{ ($.someInt = 123) && ($.objectList[0].name = "a") }`, `{ $.eventType = %Trail$% }`,
			`{ $.eventType = UpdateTrail || $.someInt = 1 && $.someInt = 2 }`,
		}, []string{
			`{ $.absent = "x" }`, `{ $.absent != "x" }`, `{ $.object != "x" }`, `{ $.arrayKey = "value" }`, `{ $.arrayKey != "value" }`,
			`{ $.sourceIPAddress = "11*1" }`, `{ $.ThisFlag[0] = "value" }`, `{ $.objectList[1].number = 2 }`, `{ $.eventType >= 123 }`,
			`{ $.someInt != 123 }`, `{ $.someInt = "123.00" }`, `{ $.ThisFlag IS FALSE }`, `{ $.eventType IS NULL }`,
			`{ ($.eventType = UpdateTrail || $.someInt = 1) && $.someInt = 2 }`, `{ $.objectList[7].id = 2 }`,
		}},
		"conditions on no JSON": {"ERROR {", nil, []string{`{ $.a NOT EXISTS }`}},
		"terms": {"[ERROR] Failed to process the request", []string{
			"", "ERROR", "ERROR Failed", `"process the"`, "?WARN ?ERROR", `ERROR -"Exiting"`, "%Fail(ed|ing)%",
		}, []string{"error", "ERROR WARN", "ERROR -Failed", "?WARN ?INFO", `"the process"`}},
		"fields": {access, []string{
			"[ip, user, username, timestamp, request, status_code, bytes]", "[..., status_code, bytes]", "[ip, user, ...]",
			"[ip, user, ..., status_code, bytes]", "[ip, user, username, timestamp, request, status_code, bytes > 1000]",
			"[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]",
			"[..., status_code = 4* && status_code != 403, bytes]", "[..., status_code = 500 || status_code = 404, bytes]",
			`[ip="127.0.0.1", ...]`,
		}, []string{
			"[ip, user]", "[ip, user, username, timestamp, request, status_code = 200, bytes]", "[..., bytes < 1000]",
			"[..., request > 1, status_code, bytes]", "[a, b, c, d, e, f, g, h, ...]",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for want, patterns := range map[bool][]string{true: test.yes, false: test.never} {
				for _, text := range patterns {
					pattern, err := filter.Parse(text)
					if err != nil {
						t.Errorf("%s: %v", text, err)
						continue
					}
					if _, got := pattern.Match(test.message); got != want {
						t.Errorf("%s matches: %v", text, got)
					}
				}
			}
		})
	}
}

func TestFieldsAreExtracted(t *testing.T) {
	t.Parallel()
	pattern, err := filter.Parse("[..., request=*.html*, status_code=4*,]")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := pattern.Match(access)
	want := map[string]string{
		"$1": "127.0.0.1", "$2": "-", "$3": "frank", "$4": "10/Oct/2000:13:25:15 -0700", "$request": "GET /index.html HTTP/1.0",
		"$status_code": "404", "$7": "1534",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for selector, want := range map[string]string{"$.someInt": "123", "$.objectList[1].name": "b", "$.absent": "", "$.object": "", "$request": ""} {
		if got := filter.Value(selector, record, nil); got != want {
			t.Errorf("%s is %q", selector, got)
		}
	}
}

func TestWhatIsNoPatternIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`"event": "x"`, `{ $.eventType > "UpdateTrail" }`, `{ $.eventType >= UpdateTrail }`, `{ $.a }`, `{ a = 1 }`, `{ $.a = 1`,
		`{ ($.a = 1 }`, `{ $.a = }`, `{ $ = 1 }`, `[a, b`, `[..., ...]`, `[a = ]`, `[a = 1 && b = 2]`, `"open`, `%(%`, `a.b`, `-`,
		`{ $.a[x] = 1 }`, `{ $.a = 1 } x`, `{}`, `[a] x`,
	} {
		if _, err := filter.Parse(text); !errors.Is(err, filter.ErrInvalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{ $.a[0] = "b*" && ($.c < 1 || $.d IS NULL) }`, "[a, b = 4*, ...]", `ERROR -"x y" ?z %w%`} {
		f.Add(seed, record)
		f.Add(seed, access)
	}
	f.Fuzz(func(t *testing.T, pattern, message string) {
		parsed, err := filter.Parse(pattern)
		if err != nil {
			return
		}
		extracted, _ := parsed.Match(message)
		_ = filter.Value("$.a", message, extracted)
		if _, again := filter.Parse(pattern); again != nil {
			t.Error(again)
		}
	})
}

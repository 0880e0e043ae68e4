package schema

import (
	"strings"
	"testing"
)

func TestPatternsOfOtherEnginesAreRead(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pattern, text string
		want          bool
	}{
		"a unicode escape matches":                {`^[\u0009\u0020-\u00FF]+$`, "a\tä", true},
		"a unicode escape refuses":                {`^[\u0009\u0020-\u00FF]+$`, "€", false},
		"the end of the text in Python":           {`^a\Z`, "a", true},
		"the end of the text is not a line's end": {`^a\Z`, "a\n", false},
		"printable characters in Java":            {`^\p{Print}+$`, "a b", true},
		"no printable characters":                 {`^\p{Print}+$`, "a\x01", false},
		"a look-ahead that holds":                 {`^(?=.{2,4}$)[a-z]+$`, "abc", true},
		"a look-ahead that does not hold":         {`^(?=.{2,4}$)[a-z]+$`, "abcde", false},
		"a look-ahead that holds alone":           {`^(?=.{2,4}$)[a-z]+$`, "AB", false},
		"a negative look-ahead that holds":        {`^(?!aws)[a-z]+$`, "abc", true},
		"a negative look-ahead that does not":     {`^(?!aws)[a-z]+$`, "awsome", false},
		"more repeats than Go counts":             {`^[a-z]{1,1024}$`, "abc", true},
		"too many of them":                        {`^[a-z]{1,1024}$`, strings.Repeat("a", 1025), false},
		"what backtracks without end":             {`^(?!b)(a+)+$`, strings.Repeat("a", 64) + "b", false},
		"an escaped backslash before a Z":         {`^\\Z$`, `\Z`, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compiled, err := compilePattern(c.pattern)
			if err != nil {
				t.Fatal(err)
			}
			if got := compiled.MatchString(c.text); got != c.want {
				t.Errorf("%s matches %q: %v, want %v", compiled, c.text, got, c.want)
			}
		})
	}
}

func TestAPatternThatNoEngineReadsIsAnError(t *testing.T) {
	t.Parallel()
	if compiled, err := compilePattern(`a(b`); err == nil {
		t.Errorf("compiled %v, want an error", compiled)
	}
}

package schema

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schemas' patterns are written for other engines than Go's: ECMA 262, Java, Python. Some can be said in Go's
// words, by these rules; what cannot (look-arounds, repeats over a thousand) is left to an engine that backtracks.
// A pattern that neither reads is an error of the schema, which a test would find.
//
//	\uXXXX       a character by its code         \x{XXXX}
//	\Z           the end of the text (Python)    \z
//	\p{Print}    printable ASCII (Java)          [[:print:]]
var unicodeEscape = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

// backtrackingLimit bounds a match by the engine that backtracks. Texts are short: only a hostile one needs longer,
// and does not match.
const backtrackingLimit = 100 * time.Millisecond

// compilePattern is the validator's regular expression engine: Go's, which is linear, wherever it can be.
func compilePattern(source string) (jsonschema.Regexp, error) {
	text := strings.NewReplacer(
		`\\`, `\\`, // An escaped backslash is left alone, and does not escape what follows it.
		`\Z`, `\z`,
		`\p{Print}`, `[[:print:]]`,
	).Replace(unicodeEscape.ReplaceAllString(source, `\x{$1}`))
	if expression, err := regexp.Compile(text); err == nil {
		return &pattern{source: source, match: expression.MatchString}, nil
	}
	expression, err := regexp2.Compile(source, regexp2.ECMAScript)
	if err != nil {
		return nil, fmt.Errorf("reading the pattern %q: %w", source, err)
	}
	expression.MatchTimeout = backtrackingLimit
	return &pattern{source: source, match: func(text string) bool {
		matches, err := expression.MatchString(text)
		return matches && err == nil
	}}, nil
}

// pattern is a compiled pattern that remembers how the schema writes it.
type pattern struct {
	source string
	match  func(string) bool
}

// MatchString reports whether the text contains a match.
func (p *pattern) MatchString(text string) bool { return p.match(text) }

// String returns the pattern as the schema writes it.
func (p *pattern) String() string { return p.source }

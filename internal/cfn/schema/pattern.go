package schema

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schemas' patterns are written for other engines than Go's: ECMA 262, Java, Python. What Go lacks is said
// in Go's words, by these rules; a pattern that no rule helps is an error of the schema, which a test would find.
//
//	\uXXXX       a character by its code         \x{XXXX}
//	\Z           the end of the text (Python)    \z
//	\p{Print}    printable ASCII (Java)          [[:print:]]
//	^(?=A)B      a look-ahead at the beginning   both ^A and ^B must match
var (
	unicodeEscape = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)
	// lookAhead matches a look-ahead without parentheses inside.
	lookAhead = regexp.MustCompile(`^\^\(\?=([^()]*)\)`)
)

// pattern is a conjunction: text matches if all of its expressions match.
type pattern struct {
	source string
	all    []*regexp.Regexp
}

// compilePattern is the validator's regular expression engine.
func compilePattern(source string) (jsonschema.Regexp, error) {
	text := strings.NewReplacer(
		`\\`, `\\`, // An escaped backslash is left alone, and does not escape what follows it.
		`\Z`, `\z`,
		`\p{Print}`, `[[:print:]]`,
	).Replace(unicodeEscape.ReplaceAllString(source, `\x{$1}`))
	parts := []string{text}
	if m := lookAhead.FindStringSubmatch(text); m != nil {
		parts = []string{"^" + m[1], "^" + text[len(m[0]):]}
	}
	compiled := &pattern{source: source}
	for _, part := range parts {
		expression, err := regexp.Compile(part)
		if err != nil {
			return nil, fmt.Errorf("translating the pattern %q: %w", source, err)
		}
		compiled.all = append(compiled.all, expression)
	}
	return compiled, nil
}

// MatchString reports whether the text contains a match.
func (p *pattern) MatchString(text string) bool {
	for _, expression := range p.all {
		if !expression.MatchString(text) {
			return false
		}
	}
	return true
}

// String returns the pattern as the schema writes it.
func (p *pattern) String() string { return p.source }

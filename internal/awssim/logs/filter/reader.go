package filter

import (
	"regexp"
	"strings"
	"unicode"
)

// reader reads a pattern from its beginning.
type reader struct {
	text string
	at   int
}

func (r *reader) done() bool { return r.at >= len(r.text) }

func (r *reader) rest() string { return r.text[r.at:] }

func (r *reader) space() {
	trimmed := strings.TrimLeftFunc(r.rest(), unicode.IsSpace)
	r.at = len(r.text) - len(trimmed)
}

// take reads a text if it comes next.
func (r *reader) take(text string) bool {
	if !strings.HasPrefix(r.rest(), text) {
		return false
	}
	r.at += len(text)
	return true
}

// takeWord reads a word after spaces if it comes next.
func (r *reader) takeWord(word string) bool {
	before := r.at
	r.space()
	if r.take(word) && (r.done() || !isLetter(rune(r.text[r.at]))) {
		return true
	}
	r.at = before
	return false
}

// while reads letters that are allowed.
func (r *reader) while(allowed func(rune) bool) string {
	rest := r.rest()
	end := strings.IndexFunc(rest, func(letter rune) bool { return !allowed(letter) })
	if end < 0 {
		end = len(rest)
	}
	r.at += end
	return rest[:end]
}

func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// isBare says whether a letter may be in a value without quotes.
func isBare(r rune) bool { return isLetter(r) || strings.ContainsRune("-+.*:/@", r) }

// quoted reads what is between two quotes; a backslash takes the special meaning of the next letter away.
func (r *reader) quoted(quote string) (string, error) {
	var text strings.Builder
	for !r.done() {
		switch {
		case r.take(quote):
			return text.String(), nil
		case quote == `"` && r.take(`\`) && !r.done():
			_ = text.WriteByte(r.text[r.at])
			r.at++
		default:
			_ = text.WriteByte(r.text[r.at])
			r.at++
		}
	}
	return "", ErrInvalid
}

func (r *reader) expression() (*regexp.Regexp, error) {
	text, err := r.quoted("%")
	if err != nil {
		return nil, err
	}
	compiled, err := regexp.Compile(text)
	if err != nil || text == "" {
		return nil, ErrInvalid
	}
	return compiled, nil
}

// term reads a term of a pattern for unstructured messages. All but letters, digits and underscores have to be quoted.
func (r *reader) term() (term, error) {
	switch {
	case r.take(`"`):
		text, err := r.quoted(`"`)
		if err != nil || text == "" {
			return term{}, ErrInvalid
		}
		return term{text: text}, r.end()
	case r.take("%"):
		compiled, err := r.expression()
		if err != nil {
			return term{}, err
		}
		return term{expression: compiled}, r.end()
	}
	text := r.while(isLetter)
	if text == "" {
		return term{}, ErrInvalid
	}
	return term{text: text}, r.end()
}

// end refuses what follows a term without a space.
func (r *reader) end() error {
	if !r.done() && !unicode.IsSpace(rune(r.text[r.at])) {
		return ErrInvalid
	}
	return nil
}

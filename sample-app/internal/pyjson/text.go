package pyjson

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	msgUnterminated = "Unterminated string starting at"
	msgControl      = "Invalid control character at"
	msgEscape       = `Invalid \escape`
	msgUnicode      = `Invalid \uXXXX escape`
)

const (
	firstPrintable = 0x20
	// escapeDigits is the number of hexadecimal digits in \uXXXX.
	escapeDigits = 4
	// escapeLength is the length of \uXXXX.
	escapeLength = 2 + escapeDigits
)

// str reads the string whose opening quote is next.
func (d *decoder) str() (Value, error) {
	begin := d.pos
	d.pos++
	plain, err := d.plain(begin)
	if err != nil {
		return Value{}, err
	}
	if d.next('"') {
		return Value{Kind: String, Text: plain}, nil
	}
	return d.escaped(begin, plain)
}

// plain reads up to the next quote or backslash.
func (d *decoder) plain(begin int) (string, error) {
	start := d.pos
	for ; d.pos < len(d.text); d.pos++ {
		switch c := d.text[d.pos]; {
		case c == '"' || c == '\\':
			return d.text[start:d.pos], nil
		case c < firstPrintable:
			return "", d.fail(msgControl, d.pos)
		}
	}
	return "", d.fail(msgUnterminated, begin)
}

// escaped reads the rest of a string in which an escape is next.
func (d *decoder) escaped(begin int, head string) (Value, error) {
	var text strings.Builder
	text.WriteString(head)
	torn := false
	for !d.next('"') {
		char, err := d.escape(begin)
		if err != nil {
			return Value{}, err
		}
		if utf16.IsSurrogate(char) {
			torn, char = true, utf8.RuneError
		}
		text.WriteRune(char)
		plain, err := d.plain(begin)
		if err != nil {
			return Value{}, err
		}
		text.WriteString(plain)
	}
	return Value{Kind: String, Text: text.String(), Torn: torn}, nil
}

// escape reads one escape, or two that make a surrogate pair. Half a pair is returned as it is.
func (d *decoder) escape(begin int) (rune, error) {
	start := d.pos
	if start+1 >= len(d.text) {
		return 0, d.fail(msgUnterminated, begin)
	}
	d.pos += 2
	switch c := d.text[start+1]; c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return d.unicode(start)
	default:
		return 0, d.fail(msgEscape, start)
	}
}

// unicode reads \uXXXX at start, together with the second half of its pair if that follows.
func (d *decoder) unicode(start int) (rune, error) {
	first, err := d.hex(start)
	if err != nil {
		return 0, err
	}
	d.pos = start + escapeLength
	if !utf16.IsSurrogate(first) || !strings.HasPrefix(d.text[d.pos:], `\u`) {
		return first, nil
	}
	second, err := d.hex(d.pos)
	if err != nil {
		return 0, err
	}
	if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
		d.pos += escapeLength
		return pair, nil
	}
	return first, nil
}

// hex reads the digits of the \uXXXX at start. Something must come after them, at least the closing quote.
func (d *decoder) hex(start int) (rune, error) {
	end := start + escapeLength
	if end >= len(d.text) {
		return 0, d.fail(msgUnicode, start+1)
	}
	code, err := strconv.ParseUint(d.text[end-escapeDigits:end], 16, 16)
	if err != nil {
		return 0, d.fail(msgUnicode, start+1)
	}
	return rune(code), nil
}

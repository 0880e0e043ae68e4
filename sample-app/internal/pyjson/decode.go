package pyjson

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrUnreadable tells that Python's decoder would have failed before or beside the grammar:
// bytes that are not UTF-8, nesting beyond its stack, or an integer of more digits than it converts.
var ErrUnreadable = errors.New("unreadable JSON")

// SyntaxError says where a text stops being JSON, in the words of Python's json.JSONDecodeError.
type SyntaxError struct {
	Msg string
	// Pos counts characters, not bytes, from zero.
	Pos int
}

// Error gives message and position.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s: char %d", e.Msg, e.Pos)
}

const (
	// maxDepth is near the nesting at which CPython's decoder runs into its recursion limit under a web server.
	maxDepth = 512
	// maxDigits is the longest integer text that CPython converts (sys.get_int_max_str_digits).
	maxDigits = 4300
	// indexedFields is the number of fields from which an index beats a search for duplicates.
	indexedFields = 16
)

const (
	msgValue = "Expecting value"
	msgComma = "Expecting ',' delimiter"
	msgColon = "Expecting ':' delimiter"
	msgName  = "Expecting property name enclosed in double quotes"
	msgExtra = "Extra data"
)

// Decode reads one JSON text. The error is a *SyntaxError or wraps ErrUnreadable.
func Decode(body []byte) (Value, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !utf8.Valid(body) {
		return Value{}, fmt.Errorf("%w: not UTF-8", ErrUnreadable)
	}
	d := decoder{text: string(body)}
	d.space()
	value, err := d.value(0)
	if err != nil {
		return Value{}, err
	}
	d.space()
	if d.pos < len(d.text) {
		return Value{}, d.fail(msgExtra, d.pos)
	}
	return value, nil
}

// decoder walks the text once. Positions are byte offsets until they are reported.
type decoder struct {
	text string
	pos  int
}

func (d *decoder) fail(msg string, pos int) error {
	return &SyntaxError{Msg: msg, Pos: utf8.RuneCountInString(d.text[:min(pos, len(d.text))])}
}

func (d *decoder) space() {
	for d.pos < len(d.text) {
		switch d.text[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}

// next reports whether c comes next, and if so passes it.
func (d *decoder) next(c byte) bool {
	if d.pos >= len(d.text) || d.text[d.pos] != c {
		return false
	}
	d.pos++
	return true
}

func (d *decoder) value(depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, fmt.Errorf("%w: nested too deep", ErrUnreadable)
	}
	if d.pos >= len(d.text) {
		return Value{}, d.fail(msgValue, d.pos)
	}
	switch d.text[d.pos] {
	case '"':
		return d.str()
	case '{':
		return d.object(depth)
	case '[':
		return d.array(depth)
	case 'n':
		return d.word("null", Value{})
	case 't':
		return d.word("true", Value{Kind: Bool, Truth: true})
	case 'f':
		return d.word("false", Value{Kind: Bool})
	case 'N':
		return d.word("NaN", Value{Kind: Float, Number: math.NaN()})
	case 'I':
		return d.word("Infinity", Value{Kind: Float, Number: math.Inf(1)})
	default:
		if strings.HasPrefix(d.text[d.pos:], "-I") {
			return d.word("-Infinity", Value{Kind: Float, Number: math.Inf(-1)})
		}
		return d.number()
	}
}

func (d *decoder) word(word string, value Value) (Value, error) {
	if !strings.HasPrefix(d.text[d.pos:], word) {
		return Value{}, d.fail(msgValue, d.pos)
	}
	d.pos += len(word)
	return value, nil
}

func (d *decoder) array(depth int) (Value, error) {
	list := Value{Kind: Array}
	d.pos++
	d.space()
	if d.next(']') {
		return list, nil
	}
	for {
		item, err := d.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		list.Items = append(list.Items, item)
		d.space()
		if d.next(']') {
			return list, nil
		}
		if !d.next(',') {
			return Value{}, d.fail(msgComma, d.pos)
		}
		d.space()
	}
}

func (d *decoder) object(depth int) (Value, error) {
	var fields fieldSet
	d.pos++
	d.space()
	if d.next('}') {
		return Value{Kind: Object}, nil
	}
	for {
		field, err := d.field(depth)
		if err != nil {
			return Value{}, err
		}
		fields.put(field)
		d.space()
		if d.next('}') {
			return Value{Kind: Object, Fields: fields.list}, nil
		}
		if !d.next(',') {
			return Value{}, d.fail(msgComma, d.pos)
		}
		d.space()
	}
}

func (d *decoder) field(depth int) (Field, error) {
	if d.pos >= len(d.text) || d.text[d.pos] != '"' {
		return Field{}, d.fail(msgName, d.pos)
	}
	name, err := d.str()
	if err != nil {
		return Field{}, err
	}
	d.space()
	if !d.next(':') {
		return Field{}, d.fail(msgColon, d.pos)
	}
	d.space()
	value, err := d.value(depth + 1)
	return Field{Name: name.Text, Value: value}, err
}

// number follows CPython's scanner: what does not continue a number ends it, and the text after it is
// judged by whoever comes next.
func (d *decoder) number() (Value, error) {
	start, end := d.pos, d.pos
	if end < len(d.text) && d.text[end] == '-' {
		end++
	}
	digits := end
	if end = d.digits(end); end == digits {
		return Value{}, d.fail(msgValue, start)
	}
	if d.text[digits] == '0' {
		end = digits + 1
	}
	whole := end
	if end < len(d.text) && d.text[end] == '.' {
		if stop := d.digits(end + 1); stop > end+1 {
			end = stop
		}
	}
	end = d.exponent(end)
	d.pos = end
	literal := d.text[start:end]
	if end > whole {
		return float(literal)
	}
	if end-digits > maxDigits {
		return Value{}, fmt.Errorf("%w: integer too long", ErrUnreadable)
	}
	if literal == "-0" {
		literal = "0"
	}
	return Value{Kind: Int, Text: literal}, nil
}

// digits returns the end of the digits that start at pos.
func (d *decoder) digits(pos int) int {
	for pos < len(d.text) && '0' <= d.text[pos] && d.text[pos] <= '9' {
		pos++
	}
	return pos
}

// exponent returns the end of the exponent that starts at pos, or pos if there is none.
func (d *decoder) exponent(pos int) int {
	if pos >= len(d.text) || d.text[pos]|0x20 != 'e' {
		return pos
	}
	first := pos + 1
	if first < len(d.text) && (d.text[first] == '+' || d.text[first] == '-') {
		first++
	}
	if end := d.digits(first); end > first {
		return end
	}
	return pos
}

// float converts as Python does: what is too large becomes infinite.
func float(literal string) (Value, error) {
	number, err := strconv.ParseFloat(literal, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return Value{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return Value{Kind: Float, Number: number}, nil
}

// fieldSet keeps the fields of an object as a Python dict does: the last value at the first place.
type fieldSet struct {
	list  []Field
	index map[string]int
}

func (s *fieldSet) put(field Field) {
	if at, found := s.find(field.Name); found {
		s.list[at] = field
		return
	}
	s.list = append(s.list, field)
	if s.index != nil {
		s.index[field.Name] = len(s.list) - 1
	} else if len(s.list) == indexedFields {
		s.index = make(map[string]int, 2*indexedFields)
		for i := range s.list {
			s.index[s.list[i].Name] = i
		}
	}
}

func (s *fieldSet) find(name string) (int, bool) {
	if s.index != nil {
		at, found := s.index[name]
		return at, found
	}
	for i := range s.list {
		if s.list[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

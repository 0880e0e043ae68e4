package filter

import (
	"strconv"
	"strings"
	"unicode"
)

// fields is a pattern for events of fields between spaces. Where it has an ellipsis, any number of fields may be.
type fields struct {
	before, after []field
	open          bool
}

// field is a field's name, which may be empty, and what must hold of it: one of the lists of comparisons.
type field struct {
	name   string
	either [][]comparison
}

// parseFields reads names with conditions, between commas and in brackets.
func parseFields(text string) (*fields, error) {
	parsed := &fields{}
	reading := &reader{text: text, at: 1}
	for {
		reading.space()
		if reading.take("...") || reading.take("…") {
			if parsed.open {
				return nil, ErrInvalid
			}
			parsed.open = true
		} else {
			found, err := reading.field()
			if err != nil {
				return nil, err
			}
			parsed.add(found)
		}
		reading.space()
		switch {
		case reading.take(","):
		case reading.take("]") && reading.done():
			return parsed, nil
		default:
			return nil, ErrInvalid
		}
	}
}

func (f *fields) add(found field) {
	if f.open {
		f.after = append(f.after, found)
		return
	}
	f.before = append(f.before, found)
}

// field reads a name and conditions that repeat it: status = 4* && status != 403.
func (r *reader) field() (field, error) {
	made := field{name: r.while(isLetter)}
	r.space()
	if r.done() || r.text[r.at] == ',' || r.text[r.at] == ']' {
		return made, nil
	}
	list := []comparison{}
	for {
		compared, err := r.comparison()
		if err != nil {
			return made, err
		}
		list = append(list, compared)
		r.space()
		switch {
		case r.take("&&"):
		case r.take("||"):
			made.either = append(made.either, list)
			list = []comparison{}
		default:
			made.either = append(made.either, list)
			return made, nil
		}
		r.space()
		if r.while(isLetter) != made.name {
			return made, ErrInvalid
		}
	}
}

// split cuts an event at its spaces. What is in brackets or quotes is one field.
func split(message string) []string {
	var found []string
	reading := &reader{text: message}
	for reading.space(); !reading.done(); reading.space() {
		closing := map[byte]string{'[': "]", '"': `"`}[message[reading.at]]
		if inner, _, ok := strings.Cut(reading.rest()[1:], closing); closing != "" && ok {
			found = append(found, inner)
			reading.at += len(inner) + len(closing) + 1
			continue
		}
		found = append(found, reading.while(func(letter rune) bool { return !unicode.IsSpace(letter) }))
	}
	return found
}

func (f *fields) match(message string) (map[string]string, bool) {
	values := split(message)
	named := len(f.before) + len(f.after)
	if len(values) < named || len(values) > named && !f.open {
		return nil, false
	}
	extracted := make(map[string]string, len(values))
	for i, value := range values {
		var of field
		switch last := i - (len(values) - len(f.after)); {
		case i < len(f.before):
			of = f.before[i]
		case last >= 0:
			of = f.after[last]
		}
		if !of.holds(value) {
			return nil, false
		}
		name := of.name
		if name == "" {
			name = strconv.Itoa(i + 1)
		}
		extracted["$"+name] = value
	}
	return extracted, true
}

func (f field) holds(value string) bool {
	for _, list := range f.either {
		holds := true
		for i := range list {
			holds = holds && list[i].holds(value, true)
		}
		if holds {
			return true
		}
	}
	return len(f.either) == 0
}

package filter

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// condition is what an event in JSON must be.
type condition interface{ holds(root any) bool }

type (
	all  []condition
	some []condition
	// single is a condition on what a selector leads to.
	single struct {
		path   path
		kind   string // "", or IS TRUE and the like
		beside comparison
	}
	document struct{ condition }
)

// Kinds of conditions that compare with nothing.
const (
	isTrue    = "IS TRUE"
	isFalse   = "IS FALSE"
	isNull    = "IS NULL"
	notExists = "NOT EXISTS"
)

// parseJSON reads conditions in braces: && binds closer than ||.
func parseJSON(text string) (document, error) {
	reading := &reader{text: text, at: 1}
	made, err := reading.either()
	if err != nil {
		return document{}, err
	}
	reading.space()
	if !reading.take("}") || !reading.done() {
		return document{}, ErrInvalid
	}
	return document{made}, nil
}

func (r *reader) either() (condition, error) {
	first, err := r.both()
	found := some{first}
	for r.space(); err == nil && r.take("||"); r.space() {
		first, err = r.both()
		found = append(found, first)
	}
	return found, err
}

func (r *reader) both() (condition, error) {
	first, err := r.single()
	found := all{first}
	for r.space(); err == nil && r.take("&&"); r.space() {
		first, err = r.single()
		found = append(found, first)
	}
	return found, err
}

func (r *reader) single() (condition, error) {
	r.space()
	if r.take("(") {
		inner, err := r.either()
		if err != nil {
			return nil, err
		}
		if r.space(); !r.take(")") {
			return nil, ErrInvalid
		}
		return inner, nil
	}
	where, err := r.selector()
	if err != nil {
		return nil, err
	}
	for _, kind := range []string{isTrue, isFalse, isNull, notExists} {
		first, second, _ := strings.Cut(kind, " ")
		before := r.at
		if r.takeWord(first) && r.takeWord(second) {
			return single{path: where, kind: kind}, nil
		}
		r.at = before
	}
	compared, err := r.comparison()
	return single{path: where, beside: compared}, err
}

// path leads from the root of a document to a value: names of members and numbers of items.
type path []any

// selector reads $.users[0].name.
func (r *reader) selector() (path, error) {
	if !r.take("$") {
		return nil, ErrInvalid
	}
	var steps path
	for {
		switch {
		case r.take("."):
			name := r.while(func(letter rune) bool { return isLetter(letter) || letter == '-' })
			if name == "" {
				return nil, ErrInvalid
			}
			steps = append(steps, name)
		case r.take("["):
			number, err := strconv.Atoi(r.while(unicode.IsDigit))
			if err != nil || !r.take("]") {
				return nil, ErrInvalid
			}
			steps = append(steps, number)
		default:
			if len(steps) == 0 {
				return nil, ErrInvalid
			}
			return steps, nil
		}
	}
}

// in returns the value in a document, and whether there is one.
func (p path) in(node any) (any, bool) {
	for _, step := range p {
		switch at := step.(type) {
		case string:
			members, _ := node.(map[string]any)
			member, ok := members[at]
			if !ok {
				return nil, false
			}
			node = member
		case int:
			items, _ := node.([]any)
			if at >= len(items) {
				return nil, false
			}
			node = items[at]
		}
	}
	return node, true
}

// decode reads an event that is one JSON value.
func decode(message string) (any, bool) {
	var root any
	decoder := json.NewDecoder(strings.NewReader(message))
	decoder.UseNumber()
	if decoder.Decode(&root) != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return root, errors.Is(err, io.EOF)
}

func (d document) match(message string) (map[string]string, bool) {
	root, ok := decode(message)
	return nil, ok && d.holds(root)
}

func (a all) holds(root any) bool {
	return !slices.ContainsFunc(a, func(each condition) bool { return !each.holds(root) })
}

func (s some) holds(root any) bool {
	return slices.ContainsFunc(s, func(each condition) bool { return each.holds(root) })
}

// holds compares texts and numbers only: what is missing, or a list or an object, is neither equal nor unequal.
func (s single) holds(root any) bool {
	node, exists := s.path.in(root)
	switch s.kind {
	case isTrue:
		return node == true
	case isFalse:
		return node == false
	case isNull:
		return exists && node == nil
	case notExists:
		return !exists
	}
	switch typed := node.(type) {
	case string:
		return s.beside.holds(typed, false)
	case json.Number:
		return s.beside.holds(typed.String(), true)
	default:
		return false
	}
}

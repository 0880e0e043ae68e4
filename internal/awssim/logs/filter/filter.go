// Package filter matches log events with filter patterns: terms, conditions on JSON, and fields between spaces ("Filter
// pattern syntax", CloudWatch Logs user guide).
package filter

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
)

// ErrInvalid is returned for what is no filter pattern.
var ErrInvalid = errors.New("invalid filter pattern")

// Pattern is a filter pattern.
type Pattern struct{ matcher }

// matcher is one of the three kinds of patterns.
type matcher interface {
	// match says whether an event matches, and which of its fields are extracted, by "$name".
	match(message string) (map[string]string, bool)
}

// Parse reads a pattern. The empty one matches every event.
func Parse(text string) (Pattern, error) {
	text = strings.TrimSpace(text)
	var made matcher
	var err error
	switch {
	case strings.HasPrefix(text, "{"):
		made, err = parseJSON(text)
	case strings.HasPrefix(text, "["):
		made, err = parseFields(text)
	default:
		made, err = parseTerms(text)
	}
	return Pattern{made}, err
}

// Match says whether an event matches, and which of its fields a pattern for fields extracts, by "$name".
func (p Pattern) Match(message string) (map[string]string, bool) { return p.match(message) }

// Value returns what a selector stands for in an event that matched: "$.latency" in JSON, "$bytes" of the fields that were
// extracted. It is empty if there is none.
func Value(selector, message string, extracted map[string]string) string {
	if !strings.HasPrefix(selector, "$.") {
		return extracted[selector]
	}
	reading := &reader{text: selector}
	path, err := reading.selector()
	if err != nil || !reading.done() {
		return ""
	}
	node, ok := decode(message)
	if !ok {
		return ""
	}
	switch found, _ := path.in(node); typed := found.(type) {
	case string:
		return typed
	case json.Number:
		return typed.String()
	default:
		return ""
	}
}

// terms is a pattern for unstructured messages: all of must, none of not and, if there are any, one of either. Terms are
// case-sensitive.
type terms struct{ must, not, either []term }

type term struct {
	text       string
	expression *regexp.Regexp // instead of the text, if there is one
}

func (t term) in(message string) bool {
	if t.expression != nil {
		return t.expression.MatchString(message)
	}
	return strings.Contains(message, t.text)
}

// parseTerms reads terms, "quoted phrases", %expressions%, -excluded and ?optional terms.
func parseTerms(text string) (*terms, error) {
	parsed := &terms{}
	reading := &reader{text: text}
	for reading.space(); !reading.done(); reading.space() {
		into := &parsed.must
		switch {
		case reading.take("-"):
			into = &parsed.not
		case reading.take("?"):
			into = &parsed.either
		}
		found, err := reading.term()
		if err != nil {
			return nil, err
		}
		*into = append(*into, found)
	}
	return parsed, nil
}

func (t *terms) match(message string) (map[string]string, bool) {
	for _, each := range t.must {
		if !each.in(message) {
			return nil, false
		}
	}
	for _, each := range t.not {
		if each.in(message) {
			return nil, false
		}
	}
	for _, each := range t.either {
		if each.in(message) {
			return nil, true
		}
	}
	return nil, len(t.either) == 0
}

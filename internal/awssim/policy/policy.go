// Package policy decides by resource policies: whether a service of AWS may send to a queue or publish to a topic.
// The simulator does not ask it about callers of its APIs, who may do everything.
package policy

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// Request is what a service of AWS wants to do.
type Request struct {
	Service  string // its principal, such as "events.amazonaws.com"
	Action   string // such as "sqs:SendMessage"
	Resource string // an ARN
	// Source is the ARN on whose behalf it acts, such as a rule's; Account is that one's.
	Source, Account string
}

type document struct {
	Statement list[statement] `json:"Statement"`
}

type statement struct {
	Effect    string                             `json:"Effect"`
	Principal principal                          `json:"Principal"`
	Action    list[string]                       `json:"Action"`
	Resource  list[string]                       `json:"Resource"`
	Condition map[string]map[string]list[string] `json:"Condition"`
}

// list is a JSON list, or its only member.
type list[T any] []T

// UnmarshalJSON reads a list or a single member.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "[") {
		var many []T
		err := json.Unmarshal(data, &many)
		*l = many
		return err //nolint:wrapcheck // part of a document that is malformed as a whole
	}
	var one T
	err := json.Unmarshal(data, &one)
	*l = list[T]{one}
	return err //nolint:wrapcheck // part of a document that is malformed as a whole
}

// principal is who a statement is about: by kind, or everybody.
type principal map[string]list[string]

// UnmarshalJSON reads an object or "*".
func (p *principal) UnmarshalJSON(data []byte) error {
	var all string
	if json.Unmarshal(data, &all) == nil {
		*p = principal{all: nil}
		return nil
	}
	var kinds map[string]list[string]
	err := json.Unmarshal(data, &kinds)
	*p = kinds
	return err //nolint:wrapcheck // part of a document that is malformed as a whole
}

// Valid reports whether a text is a policy document.
func Valid(text string) bool {
	var read document
	return json.Unmarshal([]byte(text), &read) == nil && len(read.Statement) > 0
}

// Allows reports whether a policy document lets a service do what it wants: a statement has to allow it, and none may
// deny it. A condition that is not known is one that does not hold.
func Allows(text string, wanted Request) bool {
	var read document
	if json.Unmarshal([]byte(text), &read) != nil {
		return false
	}
	allowed := false
	for _, each := range read.Statement {
		if !each.covers(wanted) {
			continue
		}
		if each.Effect != "Allow" {
			return false
		}
		allowed = true
	}
	return allowed
}

func (s statement) covers(wanted Request) bool {
	return s.Principal.covers(wanted.Service) && s.Action.matches(strings.ToLower(wanted.Action), strings.ToLower) &&
		(len(s.Resource) == 0 || s.Resource.matches(wanted.Resource, nil)) && s.holds(wanted)
}

func (p principal) covers(service string) bool {
	if _, all := p["*"]; all {
		return true
	}
	for kind, names := range p {
		for _, name := range names {
			if name == "*" && kind == "AWS" || name == service && kind == "Service" {
				return true
			}
		}
	}
	return false
}

func (l list[T]) matches(text string, change func(string) string) bool {
	for _, each := range l {
		pattern, _ := any(each).(string)
		if change != nil {
			pattern = change(pattern)
		}
		if like(pattern, text) {
			return true
		}
	}
	return false
}

// holds reports whether all conditions do.
func (s statement) holds(wanted Request) bool {
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if !holds(operator, values, wanted.value(key)) {
				return false
			}
		}
	}
	return true
}

// value returns what a condition's key stands for; "" if it is not in the request.
func (r Request) value(key string) string {
	switch strings.ToLower(key) {
	case "aws:sourcearn":
		return r.Source
	case "aws:sourceaccount", "aws:sourceowner":
		return r.Account
	default:
		return ""
	}
}

func holds(operator string, values list[string], actual string) bool {
	if actual == "" {
		return false
	}
	switch strings.TrimSuffix(operator, "IfExists") {
	case "StringEquals":
		return slices.Contains(values, actual)
	case "ArnEquals", "ArnLike", "StringLike": // ArnEquals is ArnLike by another name
		return values.matches(actual, nil)
	default:
		return false
	}
}

// like matches with * and ?, which stand for slashes and colons as well.
func like(pattern, text string) bool {
	const slash = "\x00"
	quoted := strings.NewReplacer("/", slash, `\`, `\\`, "[", `\[`).Replace(pattern)
	matched, err := path.Match(quoted, strings.ReplaceAll(text, "/", slash))
	return err == nil && matched
}

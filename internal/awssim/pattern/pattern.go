// Package pattern matches events: the patterns of rules of EventBridge and the filter policies of SNS.
package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
)

// Pattern is what an event has to be like ("Creating Amazon EventBridge event patterns", user guide).
type Pattern map[string]any

var errEmpty = errors.New("Event pattern is not valid. Reason: Filter is empty") //nolint:staticcheck // AWS's words

// Read reads a pattern and refuses what is none.
func Read(text string) (Pattern, error) {
	var read Pattern
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return nil, fmt.Errorf("Event pattern is not valid. Reason: %w", err) //nolint:staticcheck // AWS's words
	}
	if len(read) == 0 {
		return nil, errEmpty
	}
	if problem := read.check(); problem != "" {
		return nil, fmt.Errorf("Event pattern is not valid. Reason: %s", problem) //nolint:staticcheck // AWS's words
	}
	return read, nil
}

// check returns what is wrong with a pattern, or "".
func (p Pattern) check() string {
	for name, wanted := range p {
		switch typed := wanted.(type) {
		case map[string]any:
			if len(typed) == 0 {
				return "Empty objects are not allowed"
			}
			if problem := Pattern(typed).check(); problem != "" {
				return problem
			}
		case []any:
			if problem := checkAlternatives(name, typed); problem != "" {
				return problem
			}
		default:
			return fmt.Sprintf("%q must be an object or an array", name)
		}
	}
	return ""
}

func checkAlternatives(name string, alternatives []any) string {
	if len(alternatives) == 0 {
		return "Empty arrays are not allowed"
	}
	for _, each := range alternatives {
		object, ok := each.(map[string]any)
		switch {
		case name == "$or" && !ok:
			return "$or must be an array of objects"
		case name == "$or":
			if problem := Pattern(object).check(); problem != "" {
				return problem
			}
		case ok:
			if problem := checkFilter(object); problem != "" {
				return problem
			}
		}
		if _, list := each.([]any); list {
			return "Match value must be String, number, true, false, or null"
		}
	}
	return ""
}

func checkFilter(filter map[string]any) string {
	if len(filter) != 1 {
		return "Only one key allowed in match expression"
	}
	for kind, value := range filter {
		switch kind {
		case "prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but":
		case "cidr":
			text, _ := value.(string)
			if _, err := netip.ParsePrefix(text); err != nil {
				return "Malformed CIDR, one '/' required"
			}
		case "exists":
			if _, ok := value.(bool); !ok {
				return "exists match pattern must be either true or false."
			}
		case "numeric":
			if _, ok := inRange(value, 0); !ok {
				return "Value of numeric must be an array."
			}
		default:
			return "Unrecognized match type " + kind
		}
	}
	return ""
}

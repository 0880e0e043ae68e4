// Package pattern matches events: the patterns of rules of EventBridge and the filter policies of SNS.
package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
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

// Match reports whether an event, as JSON decodes it, is like the pattern. All members have to match.
func (p Pattern) Match(event map[string]any) bool {
	for name, wanted := range p {
		if name == "$or" {
			if !matchAny(wanted, event) {
				return false
			}
			continue
		}
		actual, has := event[name]
		switch typed := wanted.(type) {
		case map[string]any:
			if !matchBelow(typed, actual) {
				return false
			}
		case []any:
			if !matchLeaf(typed, actual, has) {
				return false
			}
		}
	}
	return true
}

func matchAny(alternatives any, event map[string]any) bool {
	list, _ := alternatives.([]any)
	for _, each := range list {
		if object, ok := each.(map[string]any); ok && Pattern(object).Match(event) {
			return true
		}
	}
	return false
}

// matchBelow matches members of an object, or of one of a list of objects.
func matchBelow(wanted Pattern, actual any) bool {
	switch typed := actual.(type) {
	case map[string]any:
		return wanted.Match(typed)
	case []any:
		for _, each := range typed {
			if object, ok := each.(map[string]any); ok && wanted.Match(object) {
				return true
			}
		}
		return false
	default:
		return wanted.Match(nil) // which only what must not exist matches
	}
}

// matchLeaf reports whether one of the alternatives matches the value, or one of a list of values.
func matchLeaf(alternatives []any, actual any, has bool) bool {
	values, isList := actual.([]any)
	if !isList {
		values = []any{actual}
	}
	for _, each := range alternatives {
		if filter, ok := each.(map[string]any); ok {
			if exists, asked := filter["exists"]; asked {
				if exists == (has && !isObject(actual)) {
					return true
				}
				continue
			}
		}
		if !has {
			continue
		}
		for _, value := range values {
			if matchValue(each, value) {
				return true
			}
		}
	}
	return false
}

func isObject(value any) bool {
	_, object := value.(map[string]any)
	return object
}

func matchValue(wanted, actual any) bool {
	filter, ok := wanted.(map[string]any)
	if !ok {
		return wanted == actual
	}
	text, isText := actual.(string)
	for kind, value := range filter {
		switch kind {
		case "anything-but":
			return !isObject(actual) && !matchExcluded(value, actual)
		case "numeric":
			number, isNumber := actual.(float64)
			inside, _ := inRange(value, number)
			return isNumber && inside
		case "cidr":
			block, _ := value.(string)
			prefix, err := netip.ParsePrefix(block)
			address, wrong := netip.ParseAddr(text)
			return err == nil && wrong == nil && prefix.Contains(address)
		default:
			return isText && matchText(kind, value, text)
		}
	}
	return false
}

// matchText matches by "prefix", "suffix", "equals-ignore-case" or "wildcard"; the first two may ignore the case.
func matchText(kind string, value any, actual string) bool {
	if inner, ok := value.(map[string]any); ok {
		value, actual = inner["equals-ignore-case"], strings.ToLower(actual)
		if text, ok := value.(string); ok {
			value = strings.ToLower(text)
		}
	}
	wanted, ok := value.(string)
	if !ok {
		return false
	}
	switch kind {
	case "prefix":
		return strings.HasPrefix(actual, wanted)
	case "suffix":
		return strings.HasSuffix(actual, wanted)
	case "equals-ignore-case":
		return strings.EqualFold(actual, wanted)
	case "wildcard":
		return wildcard(wanted, actual)
	default:
		return false
	}
}

// matchExcluded reports whether a value is what anything-but excludes: a value, one of several, or what a filter
// matches.
func matchExcluded(excluded, actual any) bool {
	switch typed := excluded.(type) {
	case []any:
		return slices.Contains(typed, actual)
	case map[string]any:
		text, isText := actual.(string)
		for kind, value := range typed {
			several, ok := value.([]any)
			if !ok {
				several = []any{value}
			}
			for _, each := range several {
				if isText && matchText(kind, each, text) {
					return true
				}
			}
		}
		return false
	default:
		return excluded == actual
	}
}

// inRange reports whether a number satisfies all comparisons of [">", 0, "<=", 5], and whether these make sense.
func inRange(comparisons any, number float64) (bool, bool) {
	list, ok := comparisons.([]any)
	if !ok || len(list) == 0 || len(list)%2 != 0 {
		return false, false
	}
	inside := true
	for i := 0; i < len(list); i += 2 {
		operator, _ := list[i].(string)
		limit, isNumber := list[i+1].(float64)
		holds, known := map[string]bool{
			"=": number == limit, ">": number > limit, ">=": number >= limit, "<": number < limit, "<=": number <= limit,
		}[operator]
		if !known || !isNumber {
			return false, false
		}
		inside = inside && holds
	}
	return inside, true
}

// wildcard matches * with any letters; \ takes the meaning from what follows it.
func wildcard(wanted, actual string) bool {
	parts, current := []string{}, strings.Builder{}
	for i := 0; i < len(wanted); i++ {
		switch {
		case wanted[i] == '\\' && i+1 < len(wanted):
			i++
			current.WriteByte(wanted[i])
		case wanted[i] == '*':
			parts = append(parts, current.String())
			current.Reset()
		default:
			current.WriteByte(wanted[i])
		}
	}
	if len(parts) == 0 {
		return current.String() == actual
	}
	rest, ok := strings.CutPrefix(actual, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, current.String())
}

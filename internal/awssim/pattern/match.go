package pattern

import (
	"net/netip"
	"slices"
	"strings"
)

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

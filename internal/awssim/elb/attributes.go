package elb

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// attribute is a key and a value as resources and operations write them.
type attribute struct{ Key, Value string }

// allowed says whether a value of an attribute is acted on, or is mere description. A nil one allows the default only:
// other values are refused by name.
type allowed func(value string) error

// attributeKind is what is known about an attribute of load balancers, target groups or listeners.
type attributeKind struct {
	initial string
	allowed allowed
}

type attributeKinds map[string]attributeKind

func (k attributeKinds) defaults() map[string]string {
	values := make(map[string]string, len(k))
	for key, kind := range k {
		values[key] = kind.initial
	}
	return values
}

// merge sets attributes over values that are there already.
func (k attributeKinds) merge(values map[string]string, given []attribute) (map[string]string, error) {
	merged := maps.Clone(values)
	for _, set := range given {
		kind, known := k[set.Key]
		if !known {
			return nil, misconfigured("Attribute key '%s' is not recognized", set.Key)
		}
		switch {
		case set.Value == kind.initial:
		case kind.allowed == nil:
			return nil, refused(fmt.Sprintf("the attribute %s with the value %s", set.Key, set.Value))
		default:
			if err := kind.allowed(set.Value); err != nil {
				return nil, misconfigured("The value of '%s' must be %v", set.Key, err)
			}
		}
		merged[set.Key] = set.Value
	}
	return merged, nil
}

// want is what a value must be, as the end of a sentence.
type want string

// Error returns the end of the sentence.
func (w want) Error() string { return string(w) }

func anything(string) error { return nil }

func oneOf(values ...string) allowed {
	return func(value string) error {
		if !slices.Contains(values, value) {
			return want("one of '" + strings.Join(values, ", ") + "'")
		}
		return nil
	}
}

// ownName allows names of cookies that are not the load balancer's.
func ownName(value string) error {
	if strings.HasPrefix(value, stickyCookie) {
		return want("a name that does not begin with " + stickyCookie)
	}
	return nil
}

func boolean() allowed { return oneOf("true", "false") }

func between(low, high int) allowed {
	return func(value string) error {
		if number, err := strconv.Atoi(value); err != nil || number < low || number > high {
			return want(fmt.Sprintf("between %d and %d", low, high))
		}
		return nil
	}
}

// number reads an attribute that was checked when it was set.
func number(values map[string]string, key string) int {
	count, err := strconv.Atoi(values[key])
	if err != nil {
		return 0
	}
	return count
}

// lasting reads an attribute in seconds.
func lasting(values map[string]string, key string) time.Duration { return seconds(number(values, key)) }

func is(values map[string]string, key string) bool { return values[key] == "true" }

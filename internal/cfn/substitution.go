package cfn

import (
	"errors"
	"strings"
)

var errUnclosed = errors.New("a ${ is not closed by }")

// substitutions returns the names in the ${...} of an Fn::Sub text, in order. ${!...} is a literal and has none.
func substitutions(text string) ([]string, error) {
	var names []string
	for {
		_, rest, found := strings.Cut(text, "${")
		if !found {
			return names, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		switch {
		case strings.HasPrefix(rest, "!"):
			text = rest // A literal may be left open, and another ${ may follow at once.
		case !closed:
			return nil, errUnclosed
		default:
			names = append(names, strings.TrimSpace(name))
			text = after
		}
	}
}

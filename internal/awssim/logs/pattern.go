package logs

import (
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// pattern is a filter pattern for unstructured messages: all of must, none of not and, if there are any, one
// of either ("Filter pattern syntax", CloudWatch Logs user guide). Terms are case-sensitive.
type pattern struct{ must, not, either []string }

// parsePattern reads terms, "quoted phrases", -excluded and ?optional terms. Patterns for JSON and
// space-delimited messages, and regular expressions, are refused.
func parsePattern(call *wire.Call, text string) (pattern, error) {
	var parsed pattern
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") || strings.HasPrefix(text, "%") {
		return parsed, wire.Unsupported(call, "filterPattern "+text)
	}
	for text != "" {
		into := &parsed.must
		switch text[0] {
		case '-':
			into, text = &parsed.not, text[1:]
		case '?':
			into, text = &parsed.either, text[1:]
		}
		term, rest, ok := cutTerm(text)
		if !ok || term == "" {
			return parsed, wire.Errorf("InvalidParameterException", "Invalid filter pattern")
		}
		*into = append(*into, term)
		text = strings.TrimSpace(rest)
	}
	return parsed, nil
}

func cutTerm(text string) (string, string, bool) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		return strings.Cut(quoted, `"`)
	}
	term, rest, _ := strings.Cut(text, " ")
	return term, rest, true
}

func (p pattern) matches(message string) bool {
	for _, term := range p.must {
		if !strings.Contains(message, term) {
			return false
		}
	}
	for _, term := range p.not {
		if strings.Contains(message, term) {
			return false
		}
	}
	for _, term := range p.either {
		if strings.Contains(message, term) {
			return true
		}
	}
	return len(p.either) == 0
}

package validation

import (
	"math"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/pyjson"
)

// maxDigits is the length from which pydantic refuses to read an integer.
const maxDigits = 4300

// float reads a number leniently: a number, a boolean as 0 or 1, or a string that spells a number.
func float(value pyjson.Value, loc ...string) (float64, []Problem) {
	switch value.Kind {
	case pyjson.Float:
		return value.Number, nil
	case pyjson.Bool:
		if value.Truth {
			return 1, nil
		}
		return 0, nil
	case pyjson.Int:
		if number, err := strconv.ParseFloat(value.Text, 64); err == nil {
			return number, nil
		}
	case pyjson.String:
		if number, ok := spelled(value.Text); ok && !value.Torn {
			return number, nil
		}
		const msg = "Input should be a valid number, unable to parse string as a number"
		return 0, []Problem{problem("float_parsing", msg, value, loc...)}
	case pyjson.Null, pyjson.Array, pyjson.Object:
	}
	return 0, []Problem{problem("float_type", "Input should be a valid number", value, loc...)}
}

// spelled reads a float from text. Space around it is allowed, and so are underscores, but not both.
// Too large a number is infinite.
func spelled(text string) (float64, bool) {
	if number, ok := parse(strings.TrimSpace(text)); ok {
		return number, true
	}
	return parse(withoutUnderscores(text))
}

// parse leaves out what only Go would read, and adds the sign that Go does not read before "nan".
func parse(text string) (float64, bool) {
	if strings.ContainsAny(text, "xX_") {
		return 0, false
	}
	if len(text) == len("+nan") && strings.EqualFold(text[1:], "nan") && strings.ContainsAny(text[:1], "+-") {
		return math.NaN(), true
	}
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil || math.IsInf(number, 0)
}

// ID reads the integer of a path segment. Ids beyond int64 become the largest int64, which no item has either.
func ID(segment, name string) (int64, []Problem) {
	input := pyjson.Text(strings.ToValidUTF8(segment, "\ufffd"))
	if len(segment) > maxDigits {
		const msg = "Unable to parse input string as an integer, exceeded maximum size"
		return 0, []Problem{problem("int_parsing_size", msg, input, "path", name)}
	}
	if id, ok := integer(segment); ok {
		return id, nil
	}
	const msg = "Input should be a valid integer, unable to parse string as an integer"
	return 0, []Problem{problem("int_parsing", msg, input, "path", name)}
}

// integer reads an integer with sign, leading zeros, single underscores or a fraction of zeros.
func integer(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if whole, fraction, found := strings.Cut(text, "."); found {
		if fraction == "" || strings.Trim(fraction, "0") != "" {
			return 0, false
		}
		text = whole
	}
	if strings.HasPrefix(strings.TrimLeft(text, "+-"), "_") {
		return 0, false
	}
	number, err := strconv.ParseInt(withoutUnderscores(text), 10, 64)
	return number, err == nil || number == math.MaxInt64 || number == math.MinInt64
}

// withoutUnderscores removes the underscores, unless one leads or trails or two come together.
func withoutUnderscores(text string) string {
	if strings.HasPrefix(text, "_") || strings.HasSuffix(text, "_") || strings.Contains(text, "__") {
		return text
	}
	return strings.ReplaceAll(text, "_", "")
}

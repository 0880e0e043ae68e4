package cloudformation

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// CloudFormation shows properties as text: every number and bool is a string, and the members of objects come in
// the order of a hash map's buckets. All of this is recorded (decision 0005); clients that compare texts see it.

// memberOrder sorts the names of an object's members in place.
type memberOrder func(names []string)

// render writes a JSON value as CloudFormation shows it.
func render(value any, order memberOrder) string {
	var out bytes.Buffer
	renderInto(&out, value, order)
	return out.String()
}

func renderInto(out *bytes.Buffer, value any, order memberOrder) {
	switch typed := value.(type) {
	case map[string]any:
		names := slices.Collect(maps.Keys(typed))
		order(names)
		out.WriteByte('{')
		for i, name := range names {
			separate(out, i)
			renderText(out, name)
			out.WriteByte(':')
			renderInto(out, typed[name], order)
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, item := range typed {
			separate(out, i)
			renderInto(out, item, order)
		}
		out.WriteByte(']')
	case nil:
		out.WriteString("null")
	default:
		renderText(out, document.Text(typed))
	}
}

func separate(out *bytes.Buffer, position int) {
	if position > 0 {
		out.WriteByte(',')
	}
}

func renderText(out *bytes.Buffer, text string) {
	if !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) { // nearly always
		out.WriteByte('"')
		out.WriteString(text)
		out.WriteByte('"')
		return
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text)    //nolint:errchkjson // a string into a buffer
	out.Truncate(out.Len() - 1) // the encoder ends with a new line
}

// eventOrder is the order of a map that grew from its usual size: 16 buckets, doubled beyond three quarters.
func eventOrder(names []string) {
	const usual, full = 16, 0.75
	buckets := usual
	for float64(len(names)) > full*float64(buckets) {
		buckets *= 2
	}
	sortByBucket(names, buckets)
}

// contextOrder is the order of a map that was made for as many members as it has.
func contextOrder(names []string) {
	buckets := 1
	for 3*buckets < 4*len(names) {
		buckets *= 2
	}
	sortByBucket(names, buckets)
}

// alphabetical is the order of the values in a change set's details.
func alphabetical(names []string) { slices.Sort(names) }

// sortByBucket sorts names by the bucket of a Java hash map that they fall into. What shares a bucket is sorted by name:
// CloudFormation has it in the order of the template, which is not known here.
func sortByBucket(names []string, buckets int) {
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(bucketOf(a, buckets), bucketOf(b, buckets)), cmp.Compare(a, b))
	})
}

func bucketOf(name string, buckets int) uint32 {
	const factor, half = 31, 16
	var hash uint32
	for _, unit := range utf16.Encode([]rune(name)) {
		hash = hash*factor + uint32(unit)
	}
	return (hash ^ hash>>half) & uint32(buckets-1) //nolint:gosec // a small power of two
}

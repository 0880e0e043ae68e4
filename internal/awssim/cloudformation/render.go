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

// inEvents is eventOrder for a resource of a template; nil stands for one that is not known.
func inEvents(definition *document.Resource) memberOrder {
	return func(names []string) { sortByBucket(names, usualBuckets(len(names)), definition) }
}

// inContexts is the order of maps that were made for as many members as they have.
func inContexts(definition *document.Resource) memberOrder {
	return func(names []string) {
		buckets := 1
		for 3*buckets < 4*len(names) {
			buckets *= 2
		}
		sortByBucket(names, buckets, definition)
	}
}

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

// eventOrder is the order of a map that grew from its usual size.
func eventOrder(names []string) { inEvents(nil)(names) }

// usualBuckets is how many buckets a map or set of so many members has if it grew: 16, doubled beyond three quarters.
func usualBuckets(members int) int {
	const usual, full = 16, 0.75
	buckets := usual
	for float64(members) > full*float64(buckets) {
		buckets *= 2
	}
	return buckets
}

// hashedKeys are the keys of a map in eventOrder.
func hashedKeys[V any](members map[string]V) []string {
	names := slices.Collect(maps.Keys(members))
	eventOrder(names)
	return names
}

// alphabetical is the order of the values in a change set's details.
func alphabetical(names []string) { slices.Sort(names) }

// sortByBucket sorts names by the bucket of a Java hash map that they fall into. What shares a bucket comes as the template
// has it, or by name where that is not known.
func sortByBucket(names []string, buckets int, definition *document.Resource) {
	slices.SortFunc(names, func(a, b string) int {
		if order := cmp.Compare(bucketOf(hashOf(a), buckets), bucketOf(hashOf(b), buckets)); order != 0 {
			return order
		}
		return cmp.Or(cmp.Compare(placeOf(a, definition), placeOf(b, definition)), cmp.Compare(a, b))
	})
}

// placeOf is where a resource's text first names a member.
func placeOf(name string, definition *document.Resource) int {
	if definition == nil {
		return 0
	}
	if place := slices.Index(definition.Order, name); place >= 0 {
		return place
	}
	return len(definition.Order)
}

// javaPrime is the factor by which Java's hash codes add up.
const javaPrime = 31

// hashOf is the hash code of a Java string.
func hashOf(text string) uint32 {
	var hash uint32
	for _, unit := range utf16.Encode([]rune(text)) {
		hash = hash*javaPrime + uint32(unit)
	}
	return hash
}

func bucketOf(hash uint32, buckets int) uint32 {
	const half = 16
	return (hash ^ hash>>half) & uint32(buckets-1) //nolint:gosec // a small power of two
}

package props

import (
	"maps"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Declared is what CloudFormation last asked of a resource. A provider that keeps it can tell drift: properties that
// nobody can change behind CloudFormation's back, and those that cannot be read (secrets), are as they were declared.
type Declared struct {
	Properties resource.Properties
	// StackTags are those that the stack adds to the template's.
	StackTags map[string]string
}

// DeclaredBy remembers a request.
func DeclaredBy(r resource.Request) Declared {
	return Declared{Properties: r.Properties, StackTags: r.Tags}
}

// Read returns the properties as they are now: the declared ones, changed as now says. A nil value is a property that
// is not set. Values that mean the same (7 and "7") stay as they were declared. Tags may be nil if the type has none.
func (d Declared) Read(now resource.Properties, tags map[string]string) resource.Properties {
	read := make(resource.Properties, len(d.Properties)+len(now))
	maps.Copy(read, d.Properties)
	for name, value := range now {
		if value == nil {
			delete(read, name)
			continue
		}
		if was, ok := scalarText(d.Properties[name]); ok {
			if text, ok := scalarText(value); ok && text == was {
				continue
			}
		}
		read[name] = value
	}
	if tags != nil {
		read["Tags"] = d.tags(tags)
	}
	return read
}

// tags writes a resource's tags as its template does: in the template's order, then what was added, sorted. Those of
// the stack are not in the template.
func (d Declared) tags(now map[string]string) any {
	if _, isMap := d.Properties["Tags"].(map[string]any); isMap {
		table := make(map[string]any)
		for key, value := range now {
			if !d.ofStack(key, value) {
				table[key] = value
			}
		}
		return table
	}
	declared, _ := d.Properties["Tags"].([]any)
	list := make([]any, 0, len(now))
	var listed []string
	add := func(key string) {
		if value, has := now[key]; has && !slices.Contains(listed, key) {
			list, listed = append(list, map[string]any{"Key": key, "Value": value}), append(listed, key)
		}
	}
	for _, each := range declared {
		if tag, ok := each.(map[string]any); ok {
			key, _ := tag["Key"].(string)
			add(key)
		}
	}
	for _, tag := range SortedTags(now) {
		if !d.ofStack(tag.Key, tag.Value) {
			add(tag.Key)
		}
	}
	return list
}

// ofStack tells whether a tag is the stack's, or CloudFormation's own.
func (d Declared) ofStack(key, value string) bool {
	given, ok := d.StackTags[key]
	return strings.HasPrefix(key, "aws:") || (ok && given == value)
}

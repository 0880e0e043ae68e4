package ec2

import (
	"errors"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	leastPage = 5
	mostPage  = 1000
)

// pageInput is what all descriptions take.
type pageInput struct {
	Filters    []filter `query:"Filter"`
	MaxResults *int
	NextToken  string
	DryRun     bool
}

// filter selects by a member of the description; its values may have * and ?.
type filter struct {
	Name   string
	Values []string `query:"Value"`
}

// tag is a tag as answers have it.
type tag struct {
	Key   string `query:"key"`
	Value string `query:"value"`
}

func tagsOf(r *generic.Record) []tag {
	tags := []tag{}
	for _, name := range slices.Sorted(maps.Keys(r.Tags)) {
		tags = append(tags, tag{name, r.Tags[name]})
	}
	return tags
}

// shown is one description.
type shown[T any] struct {
	id    string
	value T
	// fields are what can be filtered by, besides tags.
	fields map[string][]string
	tags   map[string]string
}

// blank returns a description of nothing, of which only the names of the filters count.
func (d shown[T]) blank() shown[T] {
	d.id = ""
	return d
}

func (d shown[T]) matches(by filter) (bool, error) {
	key, isTag := strings.CutPrefix(by.Name, "tag:")
	var actual []string
	switch {
	case isTag:
		if value, ok := d.tags[key]; ok {
			actual = []string{value}
		}
	case by.Name == "tag-key":
		actual = slices.Collect(maps.Keys(d.tags))
	default:
		known, ok := d.fields[by.Name]
		if !ok {
			return false, wire.Errorf("InvalidParameterValue", "The filter '%s' is invalid", by.Name)
		}
		actual = known
	}
	return slices.ContainsFunc(actual, func(value string) bool {
		return slices.ContainsFunc(by.Values, func(pattern string) bool { return like(pattern, value) })
	}), nil
}

// like matches with * and ?, which stand for slashes as well.
func like(pattern, text string) bool {
	const slash = "\x00"
	quoted := strings.NewReplacer("/", slash, "[", `\[`).Replace(pattern)
	matched, err := path.Match(quoted, strings.ReplaceAll(text, "/", slash))
	return err == nil && matched
}

// pick returns a page of the descriptions that a request asks for, by ids if it names some.
func pick[T any](in *pageInput, ids []string, resourceType string, all []shown[T]) ([]T, string, error) {
	if in.DryRun {
		return nil, "", &wire.Error{
			Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set.",
			Status: http.StatusPreconditionFailed,
		}
	}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(d shown[T]) bool { return d.id == id }) {
			return nil, "", missing(resourceType, id)
		}
	}
	var kept []shown[T]
	for _, each := range all {
		wanted := len(ids) == 0 || slices.Contains(ids, each.id)
		for _, by := range in.Filters {
			matches, err := each.matches(by)
			if err != nil {
				return nil, "", err
			}
			wanted = wanted && matches
		}
		if wanted && each.id != "" {
			kept = append(kept, each)
		}
	}
	limit := 0
	if in.MaxResults != nil {
		if limit = *in.MaxResults; limit < leastPage || limit > mostPage {
			return nil, "", wire.Errorf("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. "+
				"Expecting a value greater than 4 and less than 1001.", limit)
		}
		if len(ids) > 0 {
			return nil, "", wire.Errorf("InvalidParameterCombination", "The parameter maxResults cannot be used with "+
				"the parameter ids")
		}
	}
	slices.SortFunc(kept, func(a, b shown[T]) int { return strings.Compare(a.id, b.id) })
	page, next, err := paging.Page(kept, in.NextToken, limit, func(d shown[T]) string { return d.id })
	if errors.Is(err, paging.ErrToken) {
		return nil, "", wire.Errorf("InvalidNextToken", "The token '%s' is invalid", in.NextToken)
	}
	values := []T{}
	for _, each := range page {
		values = append(values, each.value)
	}
	return values, next, err
}

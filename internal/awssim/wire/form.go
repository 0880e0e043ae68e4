package wire

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxFormDepth bounds how deep a parameter's name may nest; no API of AWS comes near it.
const maxFormDepth = 32

// form is a Query request as a tree: "A.member.1.B=x" is the leaf x under A, member, 1, B.
type form struct {
	value    string
	isLeaf   bool
	flat     bool // lists have no "member": A.1=x, as EC2 has them
	children map[string]*form
}

// formOf makes the tree of a request's parameters. "Action" and "Version" are the router's and stay out.
func formOf(values url.Values, flat bool) (*form, error) {
	root := &form{flat: flat}
	for name, given := range values {
		if name == "Action" || name == "Version" {
			continue
		}
		if len(given) != 1 {
			return nil, fmt.Errorf("the parameter %q is given %d times", name, len(given))
		}
		if err := root.add(name, given[0]); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func (f *form) add(name, value string) error {
	path := strings.SplitN(name, ".", maxFormDepth+1)
	if len(path) > maxFormDepth {
		return fmt.Errorf("the parameter %.80q nests too deeply", name)
	}
	node := f
	for _, part := range path {
		if node.children == nil {
			node.children = make(map[string]*form)
		}
		next, ok := node.children[part]
		if !ok {
			next = &form{flat: f.flat}
			node.children[part] = next
		}
		node = next
	}
	node.value, node.isLeaf = value, true
	return nil
}

// items returns the children of a list or map ("member" or "entry") in the order of their numbers. Clients
// write an empty list as "Name=", which has none.
func (f *form) items(path, kind string) ([]*form, error) {
	if f.isLeaf && f.value != "" {
		return nil, &formError{path: path, problem: "is not a list: use " + path + "." + kind + ".1"}
	}
	numbered := f
	if !f.flat {
		for name := range f.children {
			if name != kind {
				return nil, &formError{path: path + "." + name}
			}
		}
		numbered = f.children[kind]
	}
	if numbered == nil {
		return nil, nil
	}
	byNumber := make(map[int]*form, len(numbered.children))
	for text, item := range numbered.children {
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || strconv.Itoa(number) != text {
			return nil, &formError{path: path + "." + kind + "." + text, problem: "is not numbered from 1"}
		}
		byNumber[number] = item
	}
	items := make([]*form, 0, len(byNumber))
	for _, number := range slices.Sorted(maps.Keys(byNumber)) {
		items = append(items, byNumber[number])
	}
	return items, nil
}

// formError is a parameter that cannot be decoded. Without a problem the parameter is unknown.
type formError struct {
	path    string
	problem string
}

// Error names the parameter.
func (e *formError) Error() string {
	if e.problem == "" {
		return e.path + " is unknown"
	}
	return e.path + " " + e.problem
}

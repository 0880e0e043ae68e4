package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// Parse reads a template and checks its form. Errors are *Error.
func Parse(body string) (*Template, error) {
	orders := make(map[string]*names)
	root, err := decode(body, orders)
	if err != nil {
		return nil, err
	}
	sections, ok := root.(map[string]any)
	if !ok {
		return nil, malformed("unsupported structure.")
	}
	if hasNull(root) {
		return nil, nullIn(body)
	}
	template, err := build(sections)
	if err != nil {
		return nil, err
	}
	template.Body = body
	template.readOrders(orders)
	template.resolveDependencies()
	if err := template.checkReferences(); err != nil {
		return nil, err
	}
	return template, nil
}

// decode returns the body's JSON values; short intrinsic functions of YAML are spelt out. It notes in which order the
// resources name their members.
func decode(body string, orders map[string]*names) (any, error) {
	if !strings.HasPrefix(strings.TrimSpace(body), "{") {
		return decodeYAML(body, orders)
	}
	root, err := decodeJSON(body)
	if err == nil {
		orderJSON(json.NewDecoder(strings.NewReader(body)), nil, orders)
	}
	return root, err
}

func decodeJSON(body string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(body))
	var root any
	err := decoder.Decode(&root)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			if deeper(root, maxDepth) {
				return nil, malformed(tooDeep)
			}
			return root, nil
		}
	}
	offset := decoder.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	}
	line, column := position(body, int(offset))
	return nil, malformed("JSON not well-formed. (line %d, column %d)", line, column)
}

// deeper reports whether a value is nested more than so many levels deep.
func deeper(value any, levels int) bool {
	if levels < 0 {
		return true
	}
	switch typed := value.(type) {
	case map[string]any:
		for _, member := range typed {
			if deeper(member, levels-1) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(typed, func(item any) bool { return deeper(item, levels-1) })
	}
	return false
}

func position(body string, offset int) (int, int) {
	before := []byte(body)[:min(max(offset, 0), len(body))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// hasNull reports whether there is a null anywhere, which CloudFormation refuses.
func hasNull(value any) bool {
	switch typed := value.(type) {
	case nil:
		return true
	case map[string]any:
		for _, member := range typed {
			if hasNull(member) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(typed, hasNull)
	}
	return false
}

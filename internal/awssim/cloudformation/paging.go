package cloudformation

import (
	"encoding/base64"
	"strconv"
)

// pageSize is how many items a page has. AWS does not publish its own; recordings show 100.
const pageSize = 100

// page cuts the page out of items that a token asks for, and returns the token of the next one, nil on the
// last. The listing must only grow at its end between calls.
func page[T any](items []T, token string) ([]T, *string, error) {
	return pageOf(items, token, pageSize)
}

// pageOf is page with pages of a size that the caller chose.
func pageOf[T any](items []T, token string, size int) ([]T, *string, error) {
	start := 0
	if token != "" {
		var err error
		if start, err = decodeToken(token); err != nil || start > len(items) {
			return nil, nil, invalid("Invalid NextToken")
		}
	}
	end := start + size
	if end >= len(items) {
		return items[start:], nil, nil
	}
	next := encodeToken(end)
	return items[start:end], &next, nil
}

func encodeToken(position int) string {
	return base64.RawURLEncoding.EncodeToString([]byte("awssim:" + strconv.Itoa(position)))
}

func decodeToken(token string) (int, error) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(text) < len("awssim:") {
		return 0, strconv.ErrSyntax
	}
	position, err := strconv.Atoi(string(text[len("awssim:"):]))
	if err == nil && position < 0 {
		err = strconv.ErrRange
	}
	return position, err
}

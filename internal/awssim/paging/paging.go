// Package paging cuts listings into pages as the AWS APIs do.
package paging

import (
	"encoding/base64"
	"errors"
	"regexp"
	"sort"
	"strings"
)

// ErrToken is returned for a token that no page of the listing gave out.
var ErrToken = errors.New("the specified token is not valid")

// Page returns at most limit items from a listing that is sorted by key, beginning where the token of the page
// before says, and the token of the next page, which is empty on the last one. Items that come and go between
// two calls neither repeat nor skip others.
func Page[T any](items []T, token string, limit int, key func(T) string) ([]T, string, error) {
	start := 0
	if token != "" {
		from, ok := read(token)
		if !ok {
			return nil, "", ErrToken
		}
		start = sort.Search(len(items), func(i int) bool { return key(items[i]) >= from })
	}
	rest := items[start:]
	if limit <= 0 || len(rest) <= limit {
		return rest, "", nil
	}
	return rest[:limit], base64.RawURLEncoding.EncodeToString([]byte(mark + key(rest[limit]))), nil
}

// mark begins all tokens, so that made-up ones are known.
const mark = "awssim:"

// read returns the key that a token stands for.
func read(token string) (string, bool) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(text), mark)
}

// Given tells whether a token may be one of a listing whose keys match a pattern.
func Given(token string, keys *regexp.Regexp) bool {
	from, ok := read(token)
	return ok && keys.MatchString(from)
}

// Inverted returns a text whose order is the reverse of the given one's, for listings that are sorted downwards.
func Inverted(text string) string {
	inverse := make([]byte, 0, len(text)+1)
	for _, b := range []byte(text) {
		inverse = append(inverse, ^b)
	}
	return string(append(inverse, ^byte(0)))
}

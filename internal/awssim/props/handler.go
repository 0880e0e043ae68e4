package props

import (
	"encoding/json"
	"errors"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Refusal words a service's API error as the handler of its resource does. Codes gives the handler's code for a code of
// the API; it is InvalidRequest for all others. Other errors, and none, stay as they are.
func Refusal(err error, codes map[string]string) error {
	refused, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	failure := Invalid("%s", refused.Message)
	if code := codes[refused.Code]; code != "" {
		failure.HandlerErrorCode = code
	}
	return failure
}

// Document writes a property that is JSON, or a text of it. It is empty where the property is not set.
func Document(value any) string {
	switch typed := value.(type) {
	case nil:
		return ""
	case string:
		return typed
	default:
		encoded, _ := json.Marshal(typed) //nolint:errchkjson // it was JSON
		return string(encoded)
	}
}

// NameWithin is the GeneratedName of a resource, with a suffix, where names have at most so many characters: the
// stack's name is cut, then the logical id (believed).
func NameWithin(longest int, r resource.Request, suffix string) string {
	stack, logical := r.StackName, r.LogicalID
	over := len(GeneratedName(stack, logical)) + len(suffix) - longest
	if cut := min(over, len(stack)-1); cut > 0 {
		stack, over = stack[:len(stack)-cut], over-cut
	}
	if cut := min(over, len(logical)-1); cut > 0 {
		logical = logical[:len(logical)-cut]
	}
	return GeneratedName(stack, logical) + suffix
}

// SetTags adds the tags that a resource has to what is read of it: as its template writes them, without the stack's.
func SetTags(read resource.Properties, r resource.Request, tags map[string]string) {
	_, declared := r.Properties["Tags"]
	written := DeclaredBy(r).tags(tags)
	if list, ok := written.([]any); !ok || len(list) > 0 || declared {
		read["Tags"] = written
	}
}

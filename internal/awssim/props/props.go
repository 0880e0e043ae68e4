// Package props reads a CloudFormation resource's properties into typed structs.
package props

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	bits64 = 64
	// generatedLength is how many random characters end a generated name.
	generatedLength = 12
)

// Decode reads properties into a struct whose fields are named as the properties, upper and lower case aside. As
// in CloudFormation numbers and booleans may be written as strings and the other way round. A property that the
// struct does not have is refused by name: what the simulator does not act on it must not accept.
func Decode(properties resource.Properties, into any) error {
	return decodeStruct(properties, "", reflect.ValueOf(into).Elem())
}

// Invalid returns the failure of a resource whose properties are not acceptable.
func Invalid(format string, args ...any) *resource.Failure {
	return &resource.Failure{Message: fmt.Sprintf(format, args...), HandlerErrorCode: "InvalidRequest"}
}

// Unsupported returns the failure for a property, or a value of one, that the simulator does not act on.
func Unsupported(what string) *resource.Failure { return Invalid("awssim does not implement %s", what) }

func decode(value any, path string, into reflect.Value) error {
	if value == nil {
		return nil
	}
	switch into.Kind() { //nolint:exhaustive // the kinds that a struct of properties can have
	case reflect.Pointer:
		target := reflect.New(into.Type().Elem())
		into.Set(target)
		return decode(value, path, target.Elem())
	case reflect.Struct:
		members, ok := value.(map[string]any)
		if !ok {
			return mismatch(path, "an object", value)
		}
		return decodeStruct(members, path, into)
	case reflect.Slice:
		return decodeList(value, path, into)
	case reflect.Map:
		return decodeMap(value, path, into)
	case reflect.Interface:
		into.Set(reflect.ValueOf(value))
		return nil
	default:
		return decodeScalar(value, path, into)
	}
}

func decodeStruct(members map[string]any, path string, into reflect.Value) error {
	for _, name := range sortedKeys(members) {
		field := into.FieldByNameFunc(func(candidate string) bool { return strings.EqualFold(candidate, name) })
		if !field.IsValid() {
			return Unsupported("the property " + join(path, name))
		}
		if err := decode(members[name], join(path, name), field); err != nil {
			return err
		}
	}
	return nil
}

func decodeList(value any, path string, into reflect.Value) error {
	items, ok := value.([]any)
	if !ok {
		return mismatch(path, "a list", value)
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		if err := decode(item, join(path, strconv.Itoa(i)), list.Index(i)); err != nil {
			return err
		}
	}
	into.Set(list)
	return nil
}

func decodeMap(value any, path string, into reflect.Value) error {
	members, ok := value.(map[string]any)
	if !ok {
		return mismatch(path, "an object", value)
	}
	result := reflect.MakeMapWithSize(into.Type(), len(members))
	for name, member := range members {
		item := reflect.New(into.Type().Elem()).Elem()
		if err := decode(member, join(path, name), item); err != nil {
			return err
		}
		result.SetMapIndex(reflect.ValueOf(name), item)
	}
	into.Set(result)
	return nil
}

func decodeScalar(value any, path string, into reflect.Value) error {
	text, ok := scalarText(value)
	if !ok {
		return mismatch(path, "a "+into.Kind().String(), value)
	}
	switch into.Kind() { //nolint:exhaustive // the scalar kinds that a struct of properties can have
	case reflect.String:
		into.SetString(text)
	case reflect.Bool:
		parsed, err := strconv.ParseBool(text)
		if err != nil {
			return mismatch(path, "a boolean", value)
		}
		into.SetBool(parsed)
	case reflect.Int, reflect.Int64:
		parsed, err := strconv.ParseInt(text, 10, bits64)
		if err != nil {
			return mismatch(path, "an integer", value)
		}
		into.SetInt(parsed)
	case reflect.Float64:
		parsed, err := strconv.ParseFloat(text, bits64)
		if err != nil {
			return mismatch(path, "a number", value)
		}
		into.SetFloat(parsed)
	default:
		return fmt.Errorf("%s: no properties of type %s", path, into.Type())
	}
	return nil
}

func scalarText(value any) (string, bool) {
	switch scalar := value.(type) {
	case string:
		return scalar, true
	case bool:
		return strconv.FormatBool(scalar), true
	case int:
		return strconv.Itoa(scalar), true
	case int64:
		return strconv.FormatInt(scalar, 10), true
	case float64:
		return strconv.FormatFloat(scalar, 'f', -1, bits64), true
	case json.Number:
		return scalar.String(), true
	default:
		return "", false
	}
}

func mismatch(path, want string, got any) *resource.Failure {
	return Invalid("Model validation failed (#/%s: expected %s, found %T)", path, want, got)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

func sortedKeys(members map[string]any) []string {
	keys := make([]string, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// Tag is a resource's tag as most types write it.
type Tag struct{ Key, Value string }

// MergeTags puts the stack's tags and the resource's own together; its own win.
func MergeTags(stack map[string]string, own []Tag) map[string]string {
	merged := make(map[string]string, len(stack)+len(own))
	maps.Copy(merged, stack)
	for _, tag := range own {
		merged[tag.Key] = tag.Value
	}
	return merged
}

// SortedTags returns tags in the order of their keys.
func SortedTags(tags map[string]string) []Tag {
	sorted := make([]Tag, 0, len(tags))
	for key, value := range tags {
		sorted = append(sorted, Tag{Key: key, Value: value})
	}
	slices.SortFunc(sorted, func(a, b Tag) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return sorted
}

// NotFound is the failure of a handler whose resource was deleted behind CloudFormation's back.
func NotFound(resourceType, physicalID string) *resource.Failure {
	return &resource.Failure{
		Message:          fmt.Sprintf("Resource of type '%s' with identifier '%s' was not found.", resourceType, physicalID),
		HandlerErrorCode: "NotFound",
	}
}

// GeneratedName is the physical name that CloudFormation gives to a resource without one: the stack's name, the
// logical id and twelve random letters and digits.
func GeneratedName(stackName, logicalID string) string {
	return stackName + "-" + logicalID + "-" + RandomID(generatedLength)
}

// RandomID returns random letters and digits as they end generated names.
func RandomID(length int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	id := make([]byte, length)
	for i := range id {
		id[i] = letters[rand.IntN(len(letters))] //nolint:gosec // a name, not a secret
	}
	return string(id)
}

// AlreadyExists is the failure of a handler for a name that is taken.
func AlreadyExists(resourceType, name string) *resource.Failure {
	return &resource.Failure{
		Message:          fmt.Sprintf("Resource of type '%s' with identifier '%s' already exists.", resourceType, name),
		HandlerErrorCode: "AlreadyExists",
	}
}

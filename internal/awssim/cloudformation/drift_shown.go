package cloudformation

import (
	"reflect"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// mask is shown in the place of what came from a NoEcho parameter.
const mask = "****"

// told returns what was found without the secrets of NoEcho parameters: neither those that were expected, nor what was
// found in their place.
func (d *drift) told() (resource.Properties, resource.Properties, []difference) {
	if reflect.DeepEqual(d.expected, d.shown) {
		return d.expected, d.actual, d.differences
	}
	actual, _ := maskLike(d.expected, d.shown, d.actual).(resource.Properties)
	public := make(map[string]difference)
	for _, each := range compareMembers("", d.shown, actual) {
		public[each.PropertyPath] = each
	}
	told := make([]difference, len(d.differences))
	for i, each := range d.differences {
		same, ok := public[each.PropertyPath]
		if !ok {
			same = difference{each.PropertyPath, mask, mask, each.DifferenceType}
		}
		told[i] = same
	}
	return d.shown, actual, told
}

// maskLike masks in a value what is masked between two others.
func maskLike(plain, masked, value any) any {
	if reflect.DeepEqual(plain, masked) {
		return value
	}
	if members, ok := value.(map[string]any); ok {
		plains, isPlain := plain.(map[string]any)
		maskeds, isMasked := masked.(map[string]any)
		if isPlain && isMasked {
			hidden := make(map[string]any, len(members))
			for name, member := range members {
				hidden[name] = maskLike(plains[name], maskeds[name], member)
			}
			return hidden
		}
	}
	if items, ok := value.([]any); ok {
		plains, isPlain := plain.([]any)
		maskeds, isMasked := masked.([]any)
		if isPlain && isMasked && len(items) == len(plains) && len(items) == len(maskeds) {
			hidden := make([]any, len(items))
			for i, item := range items {
				hidden[i] = maskLike(plains[i], maskeds[i], item)
			}
			return hidden
		}
	}
	if value == nil {
		return nil
	}
	return mask
}

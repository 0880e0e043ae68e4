package cloudformation

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// longestShown is how many bytes of a property change sets show (believed: one of 2,097 was shown, one of 4,353 was not).
const longestShown = 4096

// abridged returns properties as change sets tell them: what is too long is shown by its SHA-256 (recorded: of its text
// in the order of events).
func abridged(shown resource.Properties) resource.Properties {
	var shorter resource.Properties
	for name, value := range shown {
		text := textOf(value)
		if len(text) <= longestShown {
			continue
		}
		if shorter == nil {
			shorter = maps.Clone(shown)
		}
		sum := sha256.Sum256([]byte(text))
		shorter[name] = "(Truncated-Signature):" + hex.EncodeToString(sum[:])
	}
	if shorter == nil {
		return shown
	}
	return shorter
}

// textOf is a text itself, or anything else as events show it.
func textOf(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	return render(value, eventOrder)
}

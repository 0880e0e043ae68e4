package cloudformation

import (
	"crypto/sha256"
	"sync"
	"weak"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// templates shares parsed templates between stacks: a thousand stacks of one template hold it once. It
// holds nothing alive itself.
type templates struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]weak.Pointer[document.Template]
}

// sweepAt is the size at which entries of collected templates are looked for.
const sweepAt = 1024

func newTemplates() *templates {
	return &templates{known: make(map[[sha256.Size]byte]weak.Pointer[document.Template])}
}

// parse returns the template of a body. Errors are for the client.
func (t *templates) parse(body string) (*document.Template, error) {
	key := sha256.Sum256([]byte(body))
	t.mu.Lock()
	shared := t.known[key].Value()
	t.mu.Unlock()
	if shared != nil {
		return shared, nil
	}
	parsed, err := document.Parse(body)
	if err != nil {
		return nil, clientError(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= sweepAt {
		for old, pointer := range t.known {
			if pointer.Value() == nil {
				delete(t.known, old)
			}
		}
	}
	t.known[key] = weak.Make(parsed)
	return parsed, nil
}

package cloudformation

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// WaitPath is where signals of wait conditions are put; the handle's key follows. On AWS the URL leads to S3.
const WaitPath = "/_awssim/cloudformation-waitcondition/"

// maxSignal is how many bytes a signal may have; data of 4 KB are documented, the rest is believed.
const maxSignal = 64 << 10

// waits are the handles of wait conditions, and the signals that they got.
type waits struct {
	mu      sync.Mutex
	handles map[string]*waitHandle // by key
}

// waitHandle is one handle. Its key is the physical id of the conditions that wait for it (recorded).
type waitHandle struct {
	query   string // of its URL, which is what a client has to know
	signals []waitSignal
	changed chan struct{} // closed at the next signal
}

// waitSignal is a signal, one for each unique id: the first counts.
type waitSignal struct {
	Status   string `json:"Status"`
	Reason   string `json:"Reason"`
	UniqueID string `json:"UniqueId"`
	Data     string `json:"Data"`
}

const (
	signalSuccess = "SUCCESS"
	signalFailure = "FAILURE"

	reasonUnparsable = "Unparsable WaitCondition data"
)

func newWaits() *waits { return &waits{handles: make(map[string]*waitHandle)} }

func (w *waits) open(key, query string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handles[key] = &waitHandle{query: query, changed: make(chan struct{})}
}

func (w *waits) close(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.handles, key)
}

// state returns the signals of a handle so far, and what tells of the next; false if there is no such handle.
func (w *waits) state(key string) ([]waitSignal, <-chan struct{}, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	handle, ok := w.handles[key]
	if !ok {
		return nil, nil, false
	}
	return slices.Clone(handle.signals), handle.changed, true
}

// put takes a signal. It reports false for a URL that is no handle's.
func (w *waits) put(key, query string, body []byte) bool {
	given := readSignal(body)
	w.mu.Lock()
	defer w.mu.Unlock()
	handle, ok := w.handles[key]
	if !ok || handle.query != query {
		return false
	}
	known := slices.ContainsFunc(handle.signals, func(s waitSignal) bool { return s.UniqueID == given.UniqueID })
	if known {
		return true
	}
	handle.signals = append(handle.signals, given)
	close(handle.changed)
	handle.changed = make(chan struct{})
	return true
}

// readSignal reads what was put; what is no signal fails the condition, not the request, which is S3's.
func readSignal(body []byte) waitSignal {
	var given waitSignal
	err := json.Unmarshal(body, &given)
	if err != nil || given.UniqueID == "" || (given.Status != signalSuccess && given.Status != signalFailure) {
		return waitSignal{Status: reasonUnparsable}
	}
	return given
}

// Signal is where the URLs of wait condition handles lead.
func (s *Service) Signal(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSignal))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	if !s.waits.put(strings.TrimPrefix(r.URL.Path, WaitPath), r.URL.RawQuery, body) {
		http.Error(w, "awssim has no wait condition handle with this URL", http.StatusForbidden)
	}
}

// keptHandle is a handle as it outlives the simulator.
type keptHandle struct {
	Key, Query string
	Signals    []waitSignal
}

func (w *waits) keep() []keptHandle {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []keptHandle
	for key, handle := range w.handles {
		all = append(all, keptHandle{key, handle.query, slices.Clone(handle.signals)})
	}
	slices.SortFunc(all, func(a, b keptHandle) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

func (w *waits) restore(all []keptHandle) {
	for _, kept := range all {
		w.open(kept.Key, kept.Query)
		w.handles[kept.Key].signals = kept.Signals
	}
}

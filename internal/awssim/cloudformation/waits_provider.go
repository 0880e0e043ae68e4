package cloudformation

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	waitType   = "AWS::CloudFormation::WaitCondition"
	handleType = "AWS::CloudFormation::WaitConditionHandle"
)

// waiting makes wait conditions and their handles real. The conditions wait in real time: it is real programs that signal.
type waiting struct{ *Service }

var _ resource.Provider = waiting{}

// Create makes a handle, or waits until one got the signals that a condition wants.
func (w waiting) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	if r.Type == handleType {
		id := w.handleURL(r)
		return resource.Result{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
	}
	handle, _ := r.Properties["Handle"].(string)
	key, ok := handleKey(handle)
	if !ok {
		return resource.Result{}, refusal("Handle has to be the reference of a wait condition handle") // believed
	}
	r.Initiated(key)
	data, err := w.collect(ctx, key, r)
	if err != nil {
		return resource.Result{}, err
	}
	return resource.Result{PhysicalID: key, Attributes: map[string]any{"Data": data, "Id": key}}, nil
}

// Update refuses, as CloudFormation does.
func (w waiting) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	if r.Undoing {
		return resource.Result{}, nil
	}
	return resource.Result{}, refusal("Update to resource type %s is not supported.", r.Type)
}

// Delete forgets a handle's signals.
func (w waiting) Delete(_ context.Context, r resource.Request) error {
	if key, ok := handleKey(r.PhysicalID); ok && r.Type == handleType {
		w.waits.close(key)
	}
	return nil
}

// handleURL makes a handle. Path and query are as they were recorded; the host is the simulator's, so that signals arrive.
func (w waiting) handleURL(r resource.Request) string {
	const lifetime, digits, signature = "86399", "0123456789abcdef", 64
	key := r.StackID + "/" + uuid.NewString() + "/" + r.LogicalID
	now := w.clock.Now()
	hash := make([]byte, signature)
	for i := range hash {
		hash[i] = digits[rand.IntN(len(digits))] //nolint:gosec // nothing is secret here
	}
	query := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=" + now.Format("20060102T150405Z") + "&X-Amz-SignedHeaders=host" +
		"&X-Amz-Expires=" + lifetime + "&X-Amz-Credential=AKIAAWSSIM%2F" + now.Format("20060102") + "%2F" + r.Region +
		"%2Fs3%2Faws4_request&X-Amz-Signature=" + string(hash)
	w.waits.open(key, query)
	base := "http://awssim"
	if w.base != nil {
		base = w.base()
	}
	return base + WaitPath + strings.ReplaceAll(key, ":", "%3A") + "?" + query
}

// handleKey returns the key in a handle's URL.
func handleKey(handle string) (string, bool) {
	parsed, err := url.Parse(handle)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(parsed.Path, WaitPath)
}

// longestWait is how long a condition may wait, in seconds. Source: AWS::CloudFormation::WaitCondition, template reference.
const longestWait = 43200

// collect waits for as many successes as a condition wants, and returns their data by unique id, as JSON.
func (w waiting) collect(ctx context.Context, key string, r resource.Request) (string, error) {
	count := 1
	if wanted, err := strconv.Atoi(document.Text(r.Properties["Count"])); err == nil {
		count = wanted
	}
	seconds, err := strconv.Atoi(document.Text(r.Properties["Timeout"]))
	if err != nil || seconds < 0 || seconds > longestWait {
		return "", refusal("Timeout has to be a number of seconds, at most %d", longestWait) // believed
	}
	timer := time.NewTimer(time.Duration(seconds) * time.Second)
	defer timer.Stop()
	for {
		signals, changed, ok := w.waits.state(key)
		if !ok {
			return "", refusal("Handle has to be the reference of a wait condition handle") // believed
		}
		data := make(map[string]string)
		for _, given := range signals {
			switch given.Status {
			case signalSuccess:
				data[given.UniqueID] = given.Data
			case signalFailure:
				return "", refusal("WaitCondition received failed message: '%s' for uniqueId: %s", given.Reason, given.UniqueID)
			default:
				return "", refusal("%s", given.Status)
			}
		}
		if len(data) >= count {
			text, err := json.Marshal(data)
			return string(text), err
		}
		select {
		case <-changed:
		case <-timer.C:
			return "", refusal("WaitCondition timed out. Received %d conditions when expecting %d", len(data), count)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

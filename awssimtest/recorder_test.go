package awssimtest_test

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"testing"
)

// recorder is a test that only remembers what it is told.
type recorder struct {
	testing.TB

	mu       sync.Mutex
	output   bytes.Buffer
	failures []string
}

func (r *recorder) Output() io.Writer { return r }

func (r *recorder) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.output.Write(text)
}

func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.output.String()
}

func (r *recorder) Fatal(args ...any) { r.failures = append(r.failures, fmt.Sprint(args...)) }

// Package logging writes log records the way uvicorn does, or as JSON.
package logging

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// Format is the form of the log lines.
type Format string

// The formats: "INFO:     message key=value", and one JSON object a line.
const (
	Text Format = "text"
	JSON Format = "json"
)

// New makes a logger that writes whole lines to w.
func New(w io.Writer, format Format) *slog.Logger {
	if format == JSON {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(&handler{mu: &sync.Mutex{}, out: w})
}

// prefixWidth is the width of "INFO:" with its padding.
const prefixWidth = 10

// handler is a slog.Handler. The time is left out, because whoever collects the lines stamps them.
type handler struct {
	// mu is shared with all handlers made from this one.
	mu    *sync.Mutex
	out   io.Writer
	attrs []slog.Attr
	group string
}

var _ slog.Handler = (*handler)(nil)

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle implements slog.Handler.
func (h *handler) Handle(_ context.Context, record slog.Record) error {
	var line strings.Builder
	level := record.Level.String() + ":"
	line.WriteString(level)
	line.WriteString(strings.Repeat(" ", max(1, prefixWidth-len(level))))
	line.WriteString(record.Message)
	for _, attr := range h.attrs {
		writeAttr(&line, "", attr)
	}
	record.Attrs(func(attr slog.Attr) bool {
		writeAttr(&line, h.group, attr)
		return true
	})
	line.WriteByte('\n')

	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.out, line.String())
	return err //nolint:wrapcheck // slog drops it
}

// writeAttr leaves out groups: they repeat for machines what the message says.
func writeAttr(line *strings.Builder, group string, attr slog.Attr) {
	if attr.Value.Kind() == slog.KindGroup {
		return
	}
	line.WriteString(" " + group + attr.Key + "=" + attr.Value.String())
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	more := *h
	more.attrs = append([]slog.Attr{}, h.attrs...)
	for _, attr := range attrs {
		more.attrs = append(more.attrs, slog.Attr{Key: h.group + attr.Key, Value: attr.Value})
	}
	return &more
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	more := *h
	more.group = h.group + name + "."
	return &more
}

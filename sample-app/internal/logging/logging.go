// Package logging writes log records the way uvicorn does, or as JSON.
package logging

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"unicode"
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
	return slog.New(&handler{lines: &lines{out: w}})
}

// prefixWidth is the width of "INFO:" with its padding.
const prefixWidth = 10

// handler is a slog.Handler. The time is left out, because whoever collects the lines stamps them.
type handler struct {
	// lines are shared with all handlers made from this one.
	lines *lines
	attrs []slog.Attr
	group string
}

// lines writes one line at a time, all in the same memory.
type lines struct {
	mu  sync.Mutex
	out io.Writer
	buf []byte
}

var _ slog.Handler = (*handler)(nil)

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle implements slog.Handler.
func (h *handler) Handle(_ context.Context, record slog.Record) error {
	h.lines.mu.Lock()
	defer h.lines.mu.Unlock()
	line := appendLevel(h.lines.buf[:0], record.Level)
	line = append(line, record.Message...)
	for _, attr := range h.attrs {
		line = appendAttr(line, "", attr)
	}
	record.Attrs(func(attr slog.Attr) bool {
		line = appendAttr(line, h.group, attr)
		return true
	})
	line = append(line, '\n')
	h.lines.buf = line
	_, err := h.lines.out.Write(h.lines.buf)
	return err //nolint:wrapcheck // slog drops it
}

func appendLevel(line []byte, level slog.Level) []byte {
	start := len(line)
	line = append(line, level.String()...)
	line = append(line, ": "...)
	for len(line)-start < prefixWidth {
		line = append(line, ' ')
	}
	return line
}

// appendAttr leaves out groups and what may become one: they repeat for machines what the message says.
func appendAttr(line []byte, group string, attr slog.Attr) []byte {
	if kind := attr.Value.Kind(); kind == slog.KindGroup || kind == slog.KindLogValuer {
		return line
	}
	line = append(line, ' ')
	line = append(line, group...)
	line = append(line, attr.Key...)
	line = append(line, '=')
	text := attr.Value.String()
	if strings.ContainsFunc(text, unicode.IsControl) {
		// A record is one line, or its second half would be taken for another.
		return strconv.AppendQuote(line, text)
	}
	return append(line, text...)
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

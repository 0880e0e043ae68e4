package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

// logRequests writes one line a request, after its answer, in the form of uvicorn's access log.
func logRequests(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		line := r.RemoteAddr + ` - "` + r.Method + " " + printable(r.RequestURI) + " " + r.Proto + `" ` +
			strconv.Itoa(recorder.status) + " " + http.StatusText(recorder.status)
		logger.LogAttrs(r.Context(), slog.LevelInfo, line, slog.Duration("latency", time.Since(start)))
	})
}

// printable keeps a client from writing control characters into the log.
func printable(uri string) string {
	quoted := strconv.Quote(uri)
	return quoted[1 : len(quoted)-1]
}

// statusRecorder remembers the status that went out.
type statusRecorder struct {
	http.ResponseWriter

	status  int
	written bool
}

// WriteHeader implements http.ResponseWriter.
func (r *statusRecorder) WriteHeader(status int) {
	r.status, r.written = status, true
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *statusRecorder) Unwrap() http.ResponseWriter {
	return r.ResponseWriter
}

// recoverPanics turns a panic into a 500 and a log entry. If the answer has begun, only the connection can end it.
func recoverPanics(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			logger.LogAttrs(r.Context(), slog.LevelError, "A handler panicked",
				slog.String("cause", fmt.Sprint(cause)), slog.String("stack", string(debug.Stack())))
			if recorder, ok := w.(*statusRecorder); ok && recorder.written {
				panic(http.ErrAbortHandler)
			}
			writeServerError(w)
		}()
		next.ServeHTTP(w, r)
	})
}

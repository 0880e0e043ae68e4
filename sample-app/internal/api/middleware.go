package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/metrics"
)

// observe gives each request an id, and after its answer a log line in the form of uvicorn's and its place in the
// metrics.
func observe(logger *slog.Logger, requests *metrics.HTTP, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		setRequestID(w, r)
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		requests.Begin()
		// Deferred, because a panic may be on its way to the connection.
		defer func() {
			took := time.Since(start)
			requests.End(recorder.route, r.Method, recorder.status, took)
			logRequest(logger, recorder, r, took)
		}()
		next.ServeHTTP(recorder, r)
	})
}

// logRequest says all in the line, and once more in a group for machines, which the text format leaves out.
func logRequest(logger *slog.Logger, recorder *statusRecorder, r *http.Request, took time.Duration) {
	line := r.RemoteAddr + ` - "` + r.Method + " " + printable(r.RequestURI) + " " + r.Proto + `" ` +
		strconv.Itoa(recorder.status) + " " + http.StatusText(recorder.status)
	logger.LogAttrs(r.Context(), slog.LevelInfo, line,
		slog.Duration("latency", took), slog.String("request_id", requestID(recorder)),
		slog.Group("http", slog.String("client", r.RemoteAddr), slog.String("method", r.Method),
			slog.String("uri", r.RequestURI), slog.String("route", recorder.route), slog.Int("status", recorder.status)))
}

// printable keeps a client from writing control characters into the log.
func printable(uri string) string {
	quoted := strconv.Quote(uri)
	return quoted[1 : len(quoted)-1]
}

// statusRecorder remembers the status that went out, and the route that was taken.
type statusRecorder struct {
	http.ResponseWriter

	route   string
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

// onRoute tells the recorder which route was taken.
func onRoute(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if recorder, ok := w.(*statusRecorder); ok {
			recorder.route = path
		}
		next.ServeHTTP(w, r)
	})
}

// recoverPanics turns a panic into a 500 and a log entry. If the answer has begun, only the connection can end it.
func recoverPanics(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				answerPanic(logger, w, r, cause)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func answerPanic(logger *slog.Logger, w http.ResponseWriter, r *http.Request, cause any) {
	logger.LogAttrs(r.Context(), slog.LevelError, "A handler panicked", slog.String("request_id", requestID(w)),
		slog.String("cause", fmt.Sprint(cause)), slog.String("stack", string(debug.Stack())))
	if recorder, ok := w.(*statusRecorder); ok && recorder.written {
		panic(http.ErrAbortHandler)
	}
	writeServerError(w)
}

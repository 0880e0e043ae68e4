package api

import (
	"context"
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
		defer func() { //nolint:contextcheck // it is that of the request
			end := time.Now()
			requests.End(recorder.route, r.Method, recorder.status, end.Sub(start))
			logRequest(r.Context(), logger, access{recorder, r}, end, end.Sub(start))
		}()
		next.ServeHTTP(recorder, r)
	})
}

// logRequest makes the record itself, because a Logger would look for the source line that nobody needs.
func logRequest(ctx context.Context, logger *slog.Logger, what access, end time.Time, took time.Duration) {
	handler := logger.Handler()
	if !handler.Enabled(ctx, slog.LevelInfo) {
		return
	}
	record := slog.NewRecord(end, slog.LevelInfo, what.line(), 0)
	record.AddAttrs(slog.Duration("latency", took), slog.String("request_id", requestID(what.recorder)), slog.Any("http", what))
	_ = handler.Handle(ctx, record) // A log that cannot be written has nobody to tell.
}

// access is a request and its answer in the log.
type access struct {
	recorder *statusRecorder
	request  *http.Request
}

var _ slog.LogValuer = access{}

// LogValue says for machines what the line says for people.
func (a access) LogValue() slog.Value {
	return slog.GroupValue(slog.String("client", a.request.RemoteAddr), slog.String("method", a.request.Method),
		slog.String("uri", a.request.RequestURI), slog.String("route", a.recorder.route), slog.Int("status", a.recorder.status))
}

// line is the request in the form of uvicorn's access log.
func (a access) line() string {
	return a.request.RemoteAddr + ` - "` + a.request.Method + " " + printable(a.request.RequestURI) + " " + a.request.Proto +
		`" ` + strconv.Itoa(a.recorder.status) + " " + http.StatusText(a.recorder.status)
}

// printable keeps a client from writing control characters into the log.
func printable(uri string) string {
	for i := range len(uri) {
		if c := uri[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted := strconv.Quote(uri)
			return quoted[1 : len(quoted)-1]
		}
	}
	return uri
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

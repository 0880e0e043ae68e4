package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

const (
	// timestamp is Python's datetime.utcnow().isoformat(): UTC without saying so.
	timestamp = "2006-01-02T15:04:05.000000"
	// pingTimeout is how long a healthy store may take to answer. The checks of load balancers and containers wait two
	// seconds at least.
	pingTimeout = time.Second
)

var errStopping = errors.New("the process was told to stop")

// health is what load balancers ask: it is 503 where this process should get no requests.
func (a *api) health(w http.ResponseWriter, r *http.Request) {
	status, word := http.StatusOK, "healthy"
	if !a.ready(w, r) {
		status, word = http.StatusServiceUnavailable, "unhealthy"
	}
	writeJSON(w, status, appendTexts(
		"status", word, "timestamp", a.Now().UTC().Format(timestamp), "service", a.Service))
}

// live tells that the process answers, whatever becomes of its store: to start it again would not help the store.
func (a *api) live(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, appendTexts("status", "alive"))
}

// readiness judges as health does, in the words of Kubernetes.
func (a *api) readiness(w http.ResponseWriter, r *http.Request) {
	if !a.ready(w, r) {
		writeJSON(w, http.StatusServiceUnavailable, appendTexts("status", "not ready"))
		return
	}
	writeJSON(w, http.StatusOK, appendTexts("status", "ready"))
}

// ready tells whether requests should come here. If not, the log says why.
func (a *api) ready(w http.ResponseWriter, r *http.Request) bool {
	err := a.obstacle(r.Context())
	if err != nil {
		a.Logger.LogAttrs(r.Context(), slog.LevelWarn, "Not ready",
			slog.String("request_id", requestID(w)), slog.Any("error", err))
	}
	return err == nil
}

func (a *api) obstacle(ctx context.Context) error {
	select {
	case <-a.Stopping:
		return errStopping
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return a.Ping(ctx)
}

package awssim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/fault"
)

const (
	// HealthPath answers 200 as soon as the simulator serves.
	HealthPath = adminPath + "health"
	// FaultsPath is where faults are listed (GET), added (POST) and cleared (DELETE, also one by its id).
	FaultsPath = adminPath + "faults"

	adminPath = "/_awssim/"
)

// admin is what the simulator offers beside the APIs of AWS.
func (s *Server) admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+HealthPath, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET "+FaultsPath, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{"faults": s.Faults()})
	})
	mux.HandleFunc("POST "+FaultsPath, s.postFault)
	mux.HandleFunc("DELETE "+FaultsPath, func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE "+FaultsPath+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		if !s.RemoveFault(r.PathValue("id")) {
			replyError(w, http.StatusNotFound, errors.New("there is no fault "+r.PathValue("id")))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	var rule fault.Rule
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rule); err != nil {
		replyError(w, http.StatusBadRequest, err)
		return
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		replyError(w, http.StatusBadRequest, errors.New("unexpected data after the fault"))
		return
	}
	id, err := s.AddFault(rule)
	if err != nil {
		replyError(w, http.StatusBadRequest, err)
		return
	}
	reply(w, http.StatusCreated, fault.Status{ID: id, Rule: rule})
}

func replyError(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"error": err.Error()})
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) //nolint:errchkjson // our own types; and who went away is no concern of ours
}

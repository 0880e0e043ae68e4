package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/fault"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sns"
)

const (
	// HealthPath answers 200 as soon as the simulator serves.
	HealthPath = adminPath + "health"
	// FaultsPath is where faults are listed (GET), added (POST) and cleared (DELETE, also one by its id).
	FaultsPath = adminPath + "faults"

	// ResourcesPath is where a resource is read (GET), edited (PATCH) and removed (DELETE) behind CloudFormation's back;
	// the query has its type, id and, unless it is the default one, region.
	ResourcesPath = adminPath + "resources"
	// SpotPath is where a Spot task loses its capacity (POST); the query has its ARN as task.
	SpotPath = adminPath + "spot-interruptions"

	// ListenersPath tells where the listeners of load balancers are reached on this machine (GET); the query may have a region.
	ListenersPath = adminPath + "listeners"
	// AuthorityPath is the certificate, in PEM, of the authority that issues certificates (GET).
	AuthorityPath = adminPath + "ca.pem"
	// ResolvePath tells where records of Route 53 lead (GET); the query has a name and may have a type, which is A else.
	ResolvePath = adminPath + "resolve"

	// LoginKeysPath is where the key is, in PEM, that verifies what load balancers tell targets about users (GET); the
	// path ends with the key's id. On AWS it is at public-keys.auth.elb.REGION.amazonaws.com.
	LoginKeysPath = adminPath + "elb-public-keys/"

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
	mux.HandleFunc("GET "+ResourcesPath, s.getResource)
	mux.HandleFunc("PATCH "+ResourcesPath, s.patchResource)
	mux.HandleFunc("DELETE "+ResourcesPath, s.deleteResource)
	mux.HandleFunc("POST "+SpotPath, s.postSpotInterruption)
	mux.HandleFunc("GET "+ListenersPath, s.getListeners)
	mux.HandleFunc("GET "+AuthorityPath, s.getAuthority)
	mux.HandleFunc("GET "+ResolvePath, s.getAddress)
	mux.HandleFunc("GET "+LoginKeysPath+"{id}", s.getLoginKey)
	mux.HandleFunc("PUT "+cloudformation.WaitPath, func(w http.ResponseWriter, r *http.Request) { s.stacks.Signal(w, r) })
	mux.HandleFunc("GET "+sns.ConfirmPath, s.confirmSubscription)
	return mux
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	var rule fault.Rule
	if err := read(w, r, &rule); err != nil {
		replyError(w, http.StatusBadRequest, err)
		return
	}
	id, err := s.AddFault(rule)
	if err != nil {
		replyError(w, http.StatusBadRequest, err)
		return
	}
	reply(w, http.StatusCreated, fault.Status{ID: id, Rule: rule})
}

// read decodes a body that has to be one JSON value with known fields.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("reading the body: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("unexpected data after the body's JSON value")
	}
	return nil
}

func replyError(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"error": err.Error()})
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) //nolint:errchkjson // our own types; and who went away is no concern of ours
}

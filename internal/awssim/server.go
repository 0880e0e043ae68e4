// Package awssim is AWS on loopback: CloudFormation, ECS, load balancing and what they need, as one
// http.Handler that the AWS SDKs and the aws command line can talk to.
//
// A request is routed by the service and region of its SigV4 credential scope, then by its Action or
// X-Amz-Target. Signatures are not verified. What the simulator does not know it rejects with an error that
// names it; it never skips anything in silence.
//
// Each service is a package with a type Service:
//
//	New(deps...) *Service                            // no goroutines, no files, until it is called
//	API() wire.Service                               // the operations it serves
//	Providers() map[string]resource.Provider         // optional: CloudFormation types it makes real
//	Close() error                                    // optional: ends what it started
//
// and [New] is the only place that knows all of them.
package awssim

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/acm"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/fault"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	// Account is the only account of the simulator.
	Account = "123456789012"

	registryPath = "/v2/"

	// maxBody bounds a request's body, maxObject that of an object, or of a part of one. The largest real body of the
	// others is a template of 51,200 bytes, URL-encoded.
	maxBody   = 4 << 20
	maxObject = 256 << 20
)

// api is what every service offers.
type api interface{ API() wire.Service }

// Server is the simulated AWS. Use it as an http.Handler and Close it at the end.
type Server struct {
	log          *slog.Logger
	services     map[string]wire.Service
	registry     http.Handler
	private      http.Handler // what lies below adminPath
	faults       fault.Set
	limits       *fault.Limits // nil without any
	origin       origin
	carriers     messaging
	records      *generic.Provider // of resources that need not move
	clusters     *ecs.Service
	balancers    *elb.Service
	names        *route53.Service
	certificates *acm.Service
	stacks       *cloudformation.Service
	closers      []io.Closer
	keepers      []state.Named // in the order in which they are restored

	plain, moving []string // resource types, sorted
}

// ServeHTTP serves AWS API calls, the OCI registry, and what the simulator offers beside them.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, adminPath):
		s.private.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, registryPath):
		s.registry.ServeHTTP(w, r)
	default:
		s.origin.learn(r)
		s.serveAPI(w, r)
	}
}

// Close ends every operation, process and listener that the simulator started.
func (s *Server) Close() error {
	var failures []error
	for _, closer := range slices.Backward(s.closers) { // stacks first: their operations use the others
		failures = append(failures, closer.Close())
	}
	return errors.Join(failures...)
}

// Settle ends the operations of stacks where they are, so that what Save writes fits together. Close is all that can
// be done afterwards.
func (s *Server) Settle() error {
	if err := s.stacks.Close(); err != nil {
		return fmt.Errorf("ending the operations of stacks: %w", err)
	}
	return nil
}

// Save writes what the simulator knows. A file that was saved while operations of stacks are under way may have
// resources that no stack knows.
func (s *Server) Save(w io.Writer) error {
	return state.Save(w, s.keepers)
}

// Restore takes up what Save wrote, before the first request. Operations of stacks that were under way are led back.
func (s *Server) Restore(r io.Reader) error {
	return state.Restore(r, s.keepers)
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	call := &wire.Call{Account: Account, RequestID: uuid.NewString(), HTTP: r}
	answer, arrives := s.answer(w, call)
	defer answer.Release()
	s.report(call, answer, arrives, time.Since(started))
	if !arrives {
		reset(w)
		return
	}
	maps.Copy(w.Header(), answer.Header)
	if r.Method != http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer.Body)))
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // a client that went away is no concern of ours
}

// answer serves a call and reports whether the client gets the answer.
func (s *Server) answer(w http.ResponseWriter, call *wire.Call) (wire.Answer, bool) {
	service, err := s.route(w, call)
	if err != nil {
		return refuse(call, err), true
	}
	if err := service.Route(call); err != nil {
		return service.Refuse(call, err), true
	}
	return s.perform(service, call)
}

// route reads a call and finds its service.
func (s *Server) route(w http.ResponseWriter, call *wire.Call) (wire.Service, error) {
	where, ok := scopeOf(call.HTTP)
	limit := int64(maxBody)
	if where.service == "s3" {
		limit = maxObject
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, call.HTTP.Body, limit))
	if err != nil {
		return wire.Service{}, &wire.Error{
			Code: "RequestEntityTooLarge", Message: err.Error(), Status: http.StatusRequestEntityTooLarge,
		}
	}
	call.Body = body
	if !ok {
		return wire.Service{}, &wire.Error{
			Code: "MissingAuthenticationToken", Status: http.StatusForbidden,
			Message: "the request has no SigV4 credential, which says the service and region; any access key will do",
		}
	}
	call.Service, call.Region, call.AccessKey = where.service, where.region, where.accessKey
	service, ok := s.services[where.service]
	if !ok {
		return wire.Service{}, wire.Errorf("UnknownService", "awssim does not implement the service %s", where.service)
	}
	return service, nil
}

// refuse answers a call that reached no service, in the protocol that its client most likely speaks.
func refuse(call *wire.Call, err error) wire.Answer {
	call.Protocol = wire.ProtocolOf(call.HTTP)
	return wire.Service{Name: call.Service, Protocol: call.Protocol}.Refuse(call, err)
}

// report logs the call in one line. Errors of clients are part of the simulation; ours are not.
func (s *Server) report(call *wire.Call, answer wire.Answer, arrives bool, took time.Duration) {
	level := slog.LevelInfo
	if answer.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !s.log.Enabled(call.HTTP.Context(), level) {
		return
	}
	attributes := []any{"region", call.Region, "status", answer.Status, "took", took.Round(time.Microsecond)}
	if answer.Err != nil {
		attributes = append(attributes, "error", answer.Err)
	}
	if !arrives {
		attributes = append(attributes, "connection", "cut")
	}
	s.log.Log(call.HTTP.Context(), level, fmt.Sprintf("%s:%s", call.Service, call.Operation), attributes...)
}

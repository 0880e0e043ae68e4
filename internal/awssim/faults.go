package awssim

import (
	"net"
	"net/http"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/fault"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// AddFault puts a fault in force and returns its id.
func (s *Server) AddFault(rule fault.Rule) (string, error) {
	return s.faults.Add(rule)
}

// Faults returns the faults in the order in which they were added.
func (s *Server) Faults() []fault.Status { return s.faults.List() }

// RemoveFault ends a fault and lets go what is stuck by it. It reports whether there was one.
func (s *Server) RemoveFault(id string) bool { return s.faults.Remove(id) }

// ClearFaults ends all faults and lets go what is stuck.
func (s *Server) ClearFaults() { s.faults.Clear() }

// limitsOf returns the limits that a simulator has, or nil.
func limitsOf(options Options) *fault.Limits {
	if !options.RateLimits {
		return nil
	}
	return &fault.Limits{}
}

// perform runs a call that was routed, unless a fault strikes it. It reports whether the client gets the answer.
func (s *Server) perform(service wire.Service, call *wire.Call) (wire.Answer, bool) {
	hit, struck := s.faults.OnCall(call.Service, call.Operation, call.Region)
	if !struck && s.limits != nil {
		if err := s.limits.Refuse(call); err != nil {
			return service.Refuse(call, err), true
		}
	}
	if !struck {
		return service.Run(call.HTTP.Context(), call), true
	}
	if err := hit.Wait(call.HTTP.Context()); err != nil {
		return service.Refuse(call, err), false
	}
	switch {
	case hit.Passes():
		return service.Run(call.HTTP.Context(), call), !hit.Cuts()
	default:
		return service.Refuse(call, hit.Error(call)), !hit.Cuts()
	}
}

// reset cuts the connection so that the client sees "connection reset by peer".
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // not a connection of HTTP/1.1: the server knows how to cut it
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // close with a reset
	}
	_ = connection.Close() // it is to be gone
}

package awssim

import (
	"io"
	"log/slog"
	"net/http"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sts"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// DefaultSpeed is how many seconds of AWS pass in a second of the simulator unless it is told otherwise.
const DefaultSpeed = 60

// Options say how a simulator behaves. The zero value is silent and does not wait.
type Options struct {
	// Speed divides the waits of AWS; 1 is real time, 0 leaves them out.
	Speed float64
	// Logger gets one line per call; nil logs nothing.
	Logger *slog.Logger
}

// New returns a simulator with nothing in it.
func New(options Options) *Server {
	log := options.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	server := &Server{log: log, services: make(map[string]wire.Service), registry: http.NotFoundHandler()}
	for _, service := range []api{sts.New()} {
		server.add(service)
	}
	return server
}

func (s *Server) add(service api) {
	described := service.API()
	s.services[described.Name] = described
	if closer, ok := service.(io.Closer); ok {
		s.closers = append(s.closers, closer)
	}
}

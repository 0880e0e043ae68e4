package eventbridge

import (
	"context"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type bus struct {
	Name, Arn        string
	CreationTime     wire.Time `json:",omitzero"`
	LastModifiedTime wire.Time `json:",omitzero"`
}

// defaultBusOf describes the bus that every place has from its beginning.
func (s *Service) defaultBusOf(call *wire.Call) bus {
	at := call.Place()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since[at].IsZero() {
		s.since[at] = time.Now().UTC()
	}
	made := wire.At(s.since[at])
	return bus{defaultBus, "arn:aws:events:" + at.Region + ":" + at.Account + ":event-bus/" + defaultBus, made, made}
}

type busInput struct{ Name string }

func (s *Service) describeEventBus(_ context.Context, call *wire.Call, in *busInput) (*bus, error) {
	if err := checkBus(in.Name); err != nil {
		return nil, err
	}
	found := s.defaultBusOf(call)
	return &found, nil
}

type listBusesInput struct {
	NamePrefix, NextToken string
	Limit                 *int
}

type listBusesOutput struct{ EventBuses []bus }

func (s *Service) listEventBuses(_ context.Context, call *wire.Call, in *listBusesInput) (*listBusesOutput, error) {
	out := &listBusesOutput{EventBuses: []bus{}}
	if strings.HasPrefix(defaultBus, in.NamePrefix) && in.NextToken == "" {
		out.EventBuses = append(out.EventBuses, s.defaultBusOf(call))
	}
	return out, nil
}

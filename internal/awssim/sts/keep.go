package sts

import (
	"encoding/json"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// Keep returns the sessions, whose clients go on with their keys.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return state.Write(s.sessions)
}

// Restore takes up what Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return state.Read(content, &s.sessions)
}

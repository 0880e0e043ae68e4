package secretsmanager

import (
	"context"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Recovery windows, in days (DeleteSecret, API reference).
const (
	shortestWindow = 7
	longestWindow  = 30
)

type deleteSecretInput struct {
	SecretID                   string `json:"SecretId"`
	RecoveryWindowInDays       *int   `json:"RecoveryWindowInDays"`
	ForceDeleteWithoutRecovery bool   `json:"ForceDeleteWithoutRecovery"`
}

func (in *deleteSecretInput) window() (time.Duration, error) {
	days := longestWindow
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
		if in.ForceDeleteWithoutRecovery {
			return 0, errParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
		}
	}
	if days < shortestWindow || days > longestWindow {
		return 0, errParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
	}
	return time.Duration(days) * day, nil
}

func (s *Service) deleteSecret(_ context.Context, call *wire.Call, in *deleteSecretInput) (*secretOutput, error) {
	window, err := in.window()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	found, err := s.named(call.Place(), in.SecretID)
	if err != nil {
		if !in.ForceDeleteWithoutRecovery {
			return nil, err
		}
		// Retries of a forced deletion succeed (API reference).
		absent := &secret{key: secretKey{call.Place(), in.SecretID}, suffix: props.RandomID(suffixLength)}
		out := absent.output()
		out.DeletionDate = wire.At(now)
		return out, nil
	}
	out := found.output()
	if in.ForceDeleteWithoutRecovery {
		delete(s.secrets, found.key)
		out.DeletionDate = wire.At(now)
		return out, nil
	}
	if !found.deletion.IsZero() {
		return nil, errMarked()
	}
	s.schedule(found, window)
	out.DeletionDate = wire.At(found.deletion)
	return out, nil
}

// schedule marks a secret for deletion after the window, which a clock that does not wait leaves as it is: else nothing
// could be restored.
func (s *Service) schedule(found *secret, window time.Duration) {
	now := s.clock.Now()
	scaled := s.clock.Scale(window)
	if scaled <= 0 {
		scaled = window
	}
	found.deletion, found.gone = now.Add(window), now.Add(scaled)
}

type idInput struct {
	SecretID string `json:"SecretId"`
}

func (s *Service) restoreSecret(_ context.Context, call *wire.Call, in *idInput) (*secretOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.named(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	found.deletion, found.gone = time.Time{}, time.Time{}
	return found.output(), nil
}

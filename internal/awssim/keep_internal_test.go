package awssim

import (
	"slices"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

// TestEveryServiceIsKept fails for a service that somebody adds and nobody keeps.
func TestEveryServiceIsKept(t *testing.T) {
	t.Parallel()
	without := []string{"ec2", "iam"} // which have nothing of their own
	simulator := New(Options{})
	t.Cleanup(func() { _ = simulator.Close() })
	for name := range simulator.services {
		kept := slices.ContainsFunc(simulator.keepers, func(keeper state.Named) bool { return keeper.Name == name })
		if kept == slices.Contains(without, name) {
			t.Errorf("%s: kept is %v", name, kept)
		}
	}
}

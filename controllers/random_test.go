package controllers_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

var (
	lives = flag.Int("lives", 40, "how many random lives are lived")                      //nolint:gochecknoglobals // a flag
	seed  = flag.Uint64("seed", 1, "seed of the first random life; the others follow it") //nolint:gochecknoglobals // a flag
)

// TestRandomLives lets users, AWS and the network do what they want for a while. Then all goes well, and the app must be
// ready, gone, or stalled with a reason; and it never wrote while AWS was busy, nor repaired beyond its budget.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	for life := range *lives {
		number := *seed + uint64(life)
		s := begin(t, nil)
		chance := rand.New(rand.NewPCG(number, 0))
		for range 40 {
			s.misfortune(chance)
			s.pass(time.Duration(chance.IntN(int(3 * repairPause))))
		}
		s.calm()
		if end := s.end(); end != "" || t.Failed() {
			t.Fatalf("life %d ended badly (replay with -run RandomLives -lives 1 -seed %d): %s\n%s",
				number, number, end, strings.Join(s.log, "\n"))
		}
	}
}

// misfortune is one thing that happens between two passes.
func (s *story) misfortune(chance *rand.Rand) {
	s.Helper()
	s.cloud.broken, s.cloud.refusal, s.failWrites = nil, nil, nil
	switch chance.IntN(12) {
	case 0, 1:
		s.editIfThere("changes the spec", func(app *v1alpha1.EcsApp) { app.Spec.CPU = 256 << chance.IntN(3) })
	case 2:
		s.editIfThere("asks to try again", func(app *v1alpha1.EcsApp) {
			app.Annotations = map[string]string{v1alpha1.AnnotationReconcileAt: s.clock.Now().String()}
		})
	case 3:
		s.cloud.broken = &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}
	case 4:
		s.cloud.refusal = &smithy.GenericAPIError{Code: "ValidationError", Message: "Template error: no"}
	case 5:
		s.failWrites = errors.New("the API server is gone")
	case 6:
		if phase(s.cloud.status) == stack.Steady && s.cloud.status != "" {
			s.finish("DELETE_COMPLETE") // by hand
		}
	case 7:
		if chance.IntN(4) == 0 && s.there() {
			s.remove()
		}
	default:
		s.proceed(chance.IntN(2) == 0)
	}
}

// proceed ends what AWS is doing, well or badly.
func (s *story) proceed(well bool) {
	s.Helper()
	ends, busy := map[string][2]string{
		"CREATE_IN_PROGRESS":          {"CREATE_COMPLETE", "ROLLBACK_COMPLETE"},
		"UPDATE_IN_PROGRESS":          {"UPDATE_COMPLETE", "UPDATE_ROLLBACK_FAILED"},
		"UPDATE_ROLLBACK_IN_PROGRESS": {"UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"},
		"DELETE_IN_PROGRESS":          {"DELETE_COMPLETE", "DELETE_FAILED"},
	}[s.cloud.status]
	switch {
	case !busy:
	case well:
		s.finish(ends[0])
	default:
		s.finish(ends[1])
	}
}

// calm lets all go well for a while.
func (s *story) calm() {
	s.Helper()
	s.tellf("and all goes well")
	s.cloud.broken, s.cloud.refusal, s.failWrites = nil, nil, nil
	for range 20 {
		s.pass(4 * repairPause)
		s.proceed(true)
	}
	s.pass(repairPause)
}

// end says what is wrong with how the life ended; empty if nothing is.
func (s *story) end() string {
	s.Helper()
	switch {
	case !s.there() && phase(s.cloud.status) != stack.Absent:
		return "the EcsApp is gone and its stack is " + s.cloud.status
	case !s.there():
		return ""
	}
	ending := readiness(s.get())
	if ending == "Ready=True Ready" || strings.HasSuffix(ending, "(stalled)") {
		return ""
	}
	return "the EcsApp is " + ending + ", the stack " + s.cloud.status
}

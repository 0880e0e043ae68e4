package elb

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// shortestInterval keeps a clock that does not wait from checking without pause.
	shortestInterval = 10 * time.Millisecond
	// startAllowance is how long, in real time, a new target may refuse connections without it counting. A
	// process starts as fast as it does, however fast the simulator's clock runs.
	startAllowance = 10 * time.Second
	startInterval  = 25 * time.Millisecond
	realTime       = 1
)

// healthCheck is how a group checks its targets.
type healthCheck struct {
	protocol           string
	port               int // 0 is that of the target
	path               string
	http2, grpc        bool
	interval, timeout  time.Duration
	healthy, unhealthy int
	codes              []codeRange
}

// Ranges of codes that a matcher may have.
const (
	lowestHTTP, highestHTTP = 200, 499
	highestGRPC             = 99
)

// codeRange is a range of status codes, both ends included.
type codeRange struct{ low, high int }

// parseCodes reads a matcher such as "200", "200,202" or "200-299".
func parseCodes(matcher string, lowest, highest int) ([]codeRange, error) {
	var codes []codeRange
	for part := range strings.SplitSeq(matcher, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		first, err := strconv.Atoi(low)
		last, lastErr := strconv.Atoi(high)
		if err != nil || lastErr != nil || first < lowest || last > highest || first > last {
			return nil, invalid("Health check matcher HTTP code '%s' must be within '%d-%d'", matcher, lowest, highest)
		}
		codes = append(codes, codeRange{first, last})
	}
	return codes, nil
}

func (c *healthCheck) accepts(status int) bool {
	for _, codes := range c.codes {
		if status >= codes.low && status <= codes.high {
			return true
		}
	}
	return false
}

// verdict is the outcome of one health check.
type verdict struct {
	ok      bool
	refused bool // no connection was made
	failed  Health
}

// checkHealth checks a target until the context ends.
func (s *Service) checkHealth(ctx context.Context, checked *target) {
	for {
		s.mu.Lock()
		how := checked.group.check
		s.mu.Unlock()
		wait := max(s.clock.Scale(how.interval), shortestInterval)
		outcome := how.probe(ctx, checked)
		if ctx.Err() != nil {
			return
		}
		if s.starting(checked, outcome) {
			wait = startInterval
		} else if s.record(checked, outcome) {
			checked.notify()
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// starting says whether the outcome must not count yet. In real time, as on AWS, everything counts.
func (s *Service) starting(checked *target, outcome verdict) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return outcome.refused && checked.health.State == Initial && (s.clock.Speed > realTime || s.clock.Speed <= 0) &&
		time.Since(checked.since) < startAllowance
}

func failed(err error) verdict {
	if isTimeout(err) {
		return verdict{failed: Health{Unhealthy, "Target.Timeout", "Request timed out"}}
	}
	return verdict{
		refused: errors.Is(err, syscall.ECONNREFUSED),
		failed:  Health{Unhealthy, "Target.FailedHealthChecks", "Health checks failed"},
	}
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || (ok && timeout.Timeout())
}

// record counts an outcome and says whether it changed the target's state.
func (s *Service) record(checked *target, outcome verdict) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := checked.health.State
	checked.observe(outcome, &checked.group.check)
	if before != Healthy && checked.health.State == Healthy {
		checked.healthy = time.Now()
	}
	return checked.health.State != before
}

// observe is the state machine of a target's health. A new target is healthy after one successful check ("Health
// checks", user guide); later it takes the thresholds in a row to change.
func (t *target) observe(outcome verdict, how *healthCheck) {
	switch t.health.State {
	case Initial:
		t.health = Health{Initial, "Elb.InitialHealthChecking", "Initial health checks in progress"}
		if outcome.ok {
			t.health, t.streak = Health{State: Healthy}, 0
		} else if t.streak++; t.streak >= how.unhealthy {
			t.health, t.streak = outcome.failed, 0
		}
	case Healthy:
		if outcome.ok {
			t.streak = 0
		} else if t.streak++; t.streak >= how.unhealthy {
			t.health, t.streak = outcome.failed, 0
		}
	case Unhealthy:
		if !outcome.ok {
			t.health, t.streak = outcome.failed, 0
		} else if t.streak++; t.streak >= how.healthy {
			t.health, t.streak = Health{State: Healthy}, 0
		}
	case Draining, Unused: // not checked any more
	}
}

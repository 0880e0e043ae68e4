package fault

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Set is the rules in force. The zero Set has none; it is safe for concurrent use.
type Set struct {
	mu    sync.Mutex
	made  int
	rules []*armed
}

// armed is a rule in force.
type armed struct {
	Rule

	id      string
	skipped int
	struck  int
	chance  *rand.Rand
	bucket  bucket
	cleared chan struct{}
}

// Status is a rule and what became of it.
type Status struct {
	Rule

	ID string `json:"id"`
	// Struck is how often the fault struck.
	Struck int `json:"struck"`
}

// Hit is a fault that strikes now.
type Hit struct {
	Rule

	// Cleared is closed when the rule is cleared.
	Cleared <-chan struct{}
}

// Add puts a rule in force after the others and returns its id. It refuses a rule that makes no sense.
func (s *Set) Add(rule Rule) (string, error) {
	if err := rule.check(); err != nil {
		return "", fmt.Errorf("adding a fault: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	added := &armed{
		Rule: rule, id: "fault-" + strconv.Itoa(s.made), cleared: make(chan struct{}),
		bucket: bucket{rate: rule.Rate, burst: float64(rule.Burst), tokens: float64(rule.Burst), filled: time.Now()},
		chance: rand.New(rand.NewPCG(rule.Seed, 0)), //nolint:gosec // repeatable on purpose
	}
	s.rules = append(s.rules, added)
	return added.id, nil
}

// List returns the rules in the order in which they were added, those that have struck often enough included.
func (s *Set) List() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Status, len(s.rules))
	for i, rule := range s.rules {
		list[i] = Status{ID: rule.id, Rule: rule.Rule, Struck: rule.struck}
	}
	return list
}

// Clear removes all rules and lets go what is stuck.
func (s *Set) Clear() { s.remove(func(*armed) bool { return true }) }

// Remove removes one rule and lets go what is stuck by it. It reports whether there was such a rule.
func (s *Set) Remove(id string) bool {
	return s.remove(func(rule *armed) bool { return rule.id == id }) > 0
}

func (s *Set) remove(doomed func(*armed) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.rules)
	s.rules = slices.DeleteFunc(s.rules, func(rule *armed) bool {
		if !doomed(rule) {
			return false
		}
		close(rule.cleared)
		return true
	})
	return before - len(s.rules)
}

// OnCall returns the fault that strikes a call, if one does.
func (s *Set) OnCall(service, operation, region string) (Hit, bool) {
	return s.strike(func(rule *armed) bool {
		return rule.Call != nil && selects(rule.Call.Service, service) && selects(rule.Call.Operation, operation) &&
			selects(rule.Call.Region, region)
	})
}

// OnDeed returns the fault that strikes what is about to be done with a resource, if one does.
func (s *Set) OnDeed(deed Deed, r resource.Request) (Hit, bool) {
	return s.strike(func(rule *armed) bool {
		wanted := rule.Resource
		return wanted != nil && selects(wanted.Stack, r.StackName) && selects(wanted.Type, r.Type) &&
			selects(wanted.LogicalID, r.LogicalID) && selects(wanted.Deed, deed) && (!wanted.Rollback || r.Undoing)
	})
}

// OnTask returns the fault that strikes an image that is pulled, or a container of it that starts, if one does.
func (s *Set) OnTask(effect Effect, image string) (Hit, bool) {
	return s.strike(func(rule *armed) bool {
		return rule.Task != nil && rule.Effect == effect && selects(rule.Task.Image, image)
	})
}

func selects[T ~string](wanted, given T) bool { return wanted == "" || wanted == given }

func (s *Set) strike(matches func(*armed) bool) (Hit, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rule := range s.rules {
		if matches(rule) && rule.strikes() {
			return Hit{Rule: rule.Rule, Cleared: rule.cleared}, true
		}
	}
	return Hit{}, false
}

// strikes decides for one match, and counts it.
func (a *armed) strikes() bool {
	if a.Rate > 0 && a.bucket.take(time.Now()) {
		return false
	}
	if a.Count > 0 && a.struck >= a.Count {
		return false
	}
	if a.skipped < a.Skip {
		a.skipped++
		return false
	}
	if a.Probability > 0 && a.chance.Float64() >= a.Probability {
		return false
	}
	a.struck++
	return true
}

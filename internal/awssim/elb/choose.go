package elb

import (
	"math/rand/v2"
	"slices"
	"time"
)

// eligible are the targets that may be chosen: the healthy ones. If there are fewer than the group asks for, every
// registered target may be ("fail open", user guide), but never a draining one. Call it locked.
func (g *group) eligible() []*target {
	var healthy, all []*target
	for _, candidate := range g.targets {
		if candidate.health.State == Healthy {
			healthy = append(healthy, candidate)
		}
		if candidate.health.State != Draining {
			all = append(all, candidate)
		}
	}
	if len(healthy) < number(g.attributes, minHealthy) {
		return all
	}
	return healthy
}

// acquire chooses a target for a request, which must be released afterwards: the one that the session sticks to, if
// it may be chosen. Call it locked.
func (g *group) acquire(session string) *target {
	eligible := g.eligible()
	if len(eligible) == 0 {
		return nil
	}
	chosen := g.choose(eligible)
	for _, candidate := range eligible {
		if g.sticky() && candidate.cookie == session {
			chosen = candidate
		}
	}
	chosen.inFlight++
	return chosen
}

func (g *group) choose(eligible []*target) *target {
	switch g.attributes[algorithm] {
	case leastOutstanding:
		g.next++
		start := int(g.next % uint64(len(eligible))) //nolint:gosec // less than the length
		turned := append(slices.Clone(eligible[start:]), eligible[:start]...)
		return slices.MinFunc(turned, func(a, b *target) int { return a.inFlight - b.inFlight })
	case weightedRandom:
		return g.warm(eligible, func() *target {
			return eligible[rand.IntN(len(eligible))] //nolint:gosec // spreading, not secrecy
		})
	default:
		return g.warm(eligible, func() *target {
			chosen := eligible[g.next%uint64(len(eligible))]
			g.next++
			return chosen
		})
	}
}

// warm chooses, and passes targets over that are still in their slow start: the more, the newer they are.
func (g *group) warm(eligible []*target, choose func() *target) *target {
	window := lasting(g.attributes, slowStart)
	for range eligible {
		chosen := choose()
		warmth := float64(time.Since(chosen.healthy)) / float64(max(window, 1))
		if window == 0 || warmth >= 1 || rand.Float64() < warmth { //nolint:gosec // spreading, not secrecy
			return chosen
		}
	}
	return choose()
}

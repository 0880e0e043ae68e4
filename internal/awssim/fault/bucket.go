package fault

import "time"

// bucket is a token bucket: it holds burst tokens and gets rate of them a second.
type bucket struct {
	rate, burst, tokens float64
	filled              time.Time
}

// take takes a token if there is one.
func (b *bucket) take(now time.Time) bool {
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

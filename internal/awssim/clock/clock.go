// Package clock scales the simulator's waits: what takes AWS a minute takes the simulator a minute
// divided by its speed. It uses package time only, so that a test in a testing/synctest bubble gets a
// virtual clock for free.
package clock

import (
	"context"
	"time"
)

// Clock scales waits. Timeouts of real input and output (an HTTP health check, a process that is asked to
// stop) are not waits of AWS and must not be scaled. The zero Clock does not wait at all.
type Clock struct {
	// Speed says how many seconds of AWS pass in one second here; 1 is real time, 0 leaves waits out.
	Speed float64
}

// Now returns the time of the wall clock, in UTC.
func (c Clock) Now() time.Time { return time.Now().UTC() }

// Scale returns how long a wait of d lasts here.
func (c Clock) Scale(d time.Duration) time.Duration {
	if c.Speed <= 0 {
		return 0
	}
	return time.Duration(float64(d) / c.Speed)
}

// Sleep waits for d, scaled. It returns the context's error if the context ends first.
func (c Clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	scaled := c.Scale(d)
	if scaled <= 0 {
		return nil
	}
	timer := time.NewTimer(scaled)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

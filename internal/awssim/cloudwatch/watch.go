package cloudwatch

import (
	"math"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// How often alarms look, in time of AWS, and how much further back than their evaluation periods, so that late data
// still counts ("evaluation range", user guide; how much is not published for every period).
const (
	usualLook  = time.Minute
	oftenLook  = 10 * time.Second
	extraRange = 2
	// eagerLook is how often alarms look at speed 0, where they look whenever data comes besides.
	eagerLook = time.Second
	// shortest is the shortest stretch of time that a period may be scaled to.
	shortest = time.Millisecond
)

// eager says that nothing waits.
func (s *Service) eager() bool { return s.clock.Speed <= 0 }

// scaled is how long a period of AWS lasts here.
func (s *Service) scaled(period time.Duration) time.Duration {
	if s.eager() {
		return period
	}
	return max(s.clock.Scale(period), shortest)
}

// Minute is how long a minute of AWS lasts here, in which metrics are put together. It is never zero.
func (s *Service) Minute() time.Duration { return s.scaled(time.Minute) }

func (s *Service) interval(a *alarm) time.Duration {
	switch {
	case s.eager():
		return eagerLook
	case a.watched.period < time.Minute:
		return s.scaled(oftenLook)
	default:
		return s.scaled(usualLook)
	}
}

// watch looks at an alarm's metrics again and again until it is ended.
func (s *Service) watch(watched *alarm, ended <-chan struct{}) {
	interval := s.interval(watched)
	for {
		now := time.Now()
		timer := time.NewTimer(now.Truncate(interval).Add(interval).Sub(now))
		select {
		case <-ended:
			timer.Stop()
			return
		case <-s.life.Done():
			timer.Stop()
			return
		case <-timer.C:
			s.look(watched.key)
		}
	}
}

// look evaluates an alarm now, and does what follows.
func (s *Service) look(key alarmKey) {
	s.mu.Lock()
	found, ok := s.alarms[key]
	if !ok || found.rule != nil {
		s.mu.Unlock()
		return
	}
	windows := s.windows(found, s.clock.Now())
	s.mu.Unlock()
	end := windows[len(windows)-1].to
	if s.eager() {
		end = time.Time{}
	}
	s.collect(end)
	s.mu.Lock()
	var due []deed
	if found == s.alarms[key] {
		due = s.evaluateAlarm(found, windows)
	}
	s.mu.Unlock()
	s.perform(due)
}

// windows are the periods of an alarm's evaluation range, the oldest first.
func (s *Service) windows(a *alarm, now time.Time) []window {
	period := s.scaled(a.watched.period)
	end := now.Truncate(s.interval(a))
	if s.eager() {
		end = now.Truncate(period).Add(period)
	}
	windows := make([]window, *a.EvaluationPeriods+extraRange)
	for i := range windows {
		back := time.Duration(len(windows)-i) * period
		windows[i] = window{from: end.Add(-back), to: end.Add(period - back)}
	}
	return windows
}

// evaluateAlarm decides about the state of an alarm and moves it there. Call it locked.
func (s *Service) evaluateAlarm(a *alarm, windows []window) []deed {
	made := s.evaluate(a.key.Place, a.queries, a.watched, windows)
	decided := a.judge(a.readings(made, windows))
	switch decided.state {
	case a.state.value:
		if a.state.value == stateAlarm {
			return s.again(a)
		}
		return nil
	case "": // retained
		return nil
	default:
		return s.move(a, decided.state, decided.reason(a), decided.data(a, s.clock.Now()))
	}
}

// reading is a period's value; NaN is missing.
type reading struct {
	from   time.Time
	value  float64
	count  float64
	breach bool
}

func (r reading) missing() bool { return math.IsNaN(r.value) }

// readings are those of the evaluation range, the newest first.
func (a *alarm) readings(made result, windows []window) []reading {
	breaches := comparisons()[a.ComparisonOperator].breaches
	read := make([]reading, 0, len(windows))
	for i, each := range slices.Backward(windows) {
		one := reading{from: each.from, value: made.points[i]}
		if len(made.counts) > 0 {
			one.count = made.counts[i]
		}
		one.breach = !one.missing() && breaches(one.value, *a.Threshold)
		read = append(read, one)
	}
	return read
}

// lookAtAll evaluates all alarms of a place.
func (s *Service) lookAtAll(place resource.Place) {
	s.mu.Lock()
	var keys []alarmKey
	for key, one := range s.alarms {
		if key.Place == place && one.rule == nil {
			keys = append(keys, key)
		}
	}
	s.mu.Unlock()
	for _, key := range keys {
		s.look(key)
	}
}

package elb

import (
	"math"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Recorder is where metrics go: [cloudwatch.Service].
type Recorder interface {
	// RecordAt adds a value that was seen so many times at a moment.
	RecordAt(place resource.Place, namespace, name string, dimensions map[string]string, unit string, value, count float64,
		at time.Time)
	// Minute is how long a minute of AWS lasts here.
	Minute() time.Duration
}

// WithMetrics counts requests. Without it nothing is counted.
func WithMetrics(recorder Recorder) Option { return func(s *Service) { s.recorder = recorder } }

const (
	namespace     = "AWS/ApplicationELB"
	inCounts      = "Count"
	inSeconds     = "Seconds"
	dimBalancer   = "LoadBalancer"
	dimGroup      = "TargetGroup"
	statusClasses = 6 // by the first digit of a status
)

// Response times are counted in buckets of about six percent, from a microsecond to half an hour: 16 for each
// doubling. The sum of each is kept, so that averages are exact.
const (
	bucketsPerDoubling = 16
	responseBuckets    = 31 * bucketsPerDoubling
	mantissaShift      = 52 - 4 // of a float64, so that four bits of the mantissa remain
)

type meterKey struct{ balancer, group string } // ARNs; the group's may be empty

// meter counts the requests that came through a load balancer to a target group. Counting takes no lock.
type meter struct {
	place                     resource.Place
	balancer, group, groupARN string // as dimensions name them
	length                    time.Duration
	now                       atomic.Pointer[minute]

	mu   sync.Mutex
	past []*minute // still written to, perhaps, by requests that began in it
}

// minute is what happened in a minute of AWS.
type minute struct {
	begin    time.Time
	requests atomic.Int64
	targets  [statusClasses]atomic.Int64 // answers of targets by class of status
	own      [3]atomic.Int64             // answers of the load balancer's own: 502, 503, 504
	own4     atomic.Int64
	other5   atomic.Int64
	logins   [loginKinds]atomic.Int64
	times    [responseBuckets]struct{ count, nanoseconds atomic.Int64 }
}

// meterOf returns the meter of what goes through a load balancer to a group, which may be nil. Call it locked.
func (s *Service) meterOf(through *balancer, to *group) *meter {
	if s.recorder == nil {
		return nil
	}
	key := meterKey{balancer: through.arn}
	if to != nil {
		key.group = to.arn
	}
	found, ok := s.meters[key]
	if !ok {
		found = &meter{place: through.place, balancer: through.fullName, length: s.recorder.Minute()}
		if to != nil {
			found.group, found.groupARN = to.fullName, to.arn
		}
		s.meters[key] = found
	}
	return found
}

// current returns the minute that a moment is in.
func (m *meter) current(now time.Time) *minute {
	begin := now.Truncate(m.length)
	if current := m.now.Load(); current != nil && !current.begin.Before(begin) {
		return current
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.now.Load()
	if last != nil && !last.begin.Before(begin) {
		return last
	}
	if last != nil {
		m.past = append(m.past, last)
	}
	made := &minute{begin: begin}
	m.now.Store(made)
	return made
}

// forwarded counts a request for which a target was chosen.
func (m *meter) forwarded(now time.Time) {
	if m != nil {
		m.current(now).requests.Add(1)
	}
}

// received counts a target's answer.
func (m *meter) received(status int, began time.Time) {
	if m == nil {
		return
	}
	now := time.Now()
	in, took := m.current(now), now.Sub(began)
	if class := status / 100; class > 0 && class < statusClasses {
		in.targets[class].Add(1)
	}
	slot := &in.times[slotOf(took)]
	slot.count.Add(1)
	slot.nanoseconds.Add(int64(took))
}

// answered counts an answer of the load balancer's own.
func (m *meter) answered(status int) {
	if m == nil {
		return
	}
	in := m.current(time.Now())
	switch {
	case status >= http.StatusBadGateway && status <= http.StatusGatewayTimeout:
		in.own[status-http.StatusBadGateway].Add(1)
	case status >= http.StatusBadRequest && status < http.StatusInternalServerError:
		in.own4.Add(1)
	case status >= http.StatusInternalServerError:
		in.other5.Add(1)
	}
}

func slotOf(took time.Duration) int {
	micros := max(float64(took)/float64(time.Microsecond), 1)
	slot := int(math.Float64bits(micros)>>mantissaShift) - int(math.Float64bits(1)>>mantissaShift)
	return min(slot, responseBuckets-1)
}

// measure is a value to be recorded.
type measure struct {
	place        resource.Place
	name, unit   string
	dimensions   []map[string]string
	value, count float64
	at           time.Time
}

// Collect records what was counted since it was last called, and how many targets are healthy.
func (s *Service) Collect(now time.Time) {
	if s.recorder == nil {
		return
	}
	s.mu.Lock()
	measured := s.hosts(now)
	healthy := make(map[string]float64)
	for arn, group := range s.groups {
		healthy[arn] = float64(max(group.countOf(Healthy), 1))
	}
	meters := make([]*meter, 0, len(s.meters))
	for key, one := range s.meters {
		meters = append(meters, one)
		if s.balancers[key.balancer] == nil {
			delete(s.meters, key) // after this last time
		}
	}
	s.mu.Unlock()
	for _, one := range meters {
		measured = append(measured, one.drain(now, healthy)...)
	}
	for _, one := range measured {
		for _, dimensions := range one.dimensions {
			s.recorder.RecordAt(one.place, namespace, one.name, dimensions, one.unit, one.value, one.count, one.at)
		}
	}
}

func (g *group) countOf(state State) int {
	count := 0
	for _, one := range g.targets {
		if one.health.State == state {
			count++
		}
	}
	return count
}

// hosts are the healthy and unhealthy targets of each group in use, and that nothing was asked of them so far. Call it
// locked.
func (s *Service) hosts(now time.Time) []measure {
	var measured []measure
	for _, group := range s.groups {
		for _, arn := range s.balancersOf(group.arn) {
			through := s.balancers[arn]
			if through == nil || through.Type != applicationType {
				continue
			}
			both := []map[string]string{{dimBalancer: through.fullName, dimGroup: group.fullName}}
			gauge := func(name string, value int, dimensions []map[string]string) {
				measured = append(measured, measure{
					place: group.place, name: name, unit: inCounts, dimensions: dimensions, value: float64(value), count: 1, at: now,
				})
			}
			gauge("HealthyHostCount", group.countOf(Healthy), both)
			gauge("UnHealthyHostCount", group.countOf(Unhealthy), both)
			gauge("RequestCountPerTarget", 0, append(both, map[string]string{dimGroup: group.fullName}))
		}
	}
	return measured
}

// drain takes the counts of the minutes that are over, or under way, out of the meter.
func (m *meter) drain(now time.Time, healthy map[string]float64) []measure {
	m.mu.Lock()
	minutes := m.past
	if current := m.now.Load(); current != nil {
		minutes = append(slices.Clip(minutes), current)
	}
	var kept []*minute
	for _, one := range m.past {
		if now.Sub(one.begin) < 2*max(m.length, time.Minute) { // requests that began in it may still count
			kept = append(kept, one)
		}
	}
	m.past = kept
	m.mu.Unlock()
	var measured []measure
	for _, one := range minutes {
		measured = append(measured, m.measure(one, healthy)...)
	}
	return measured
}

func (m *meter) measure(one *minute, healthy map[string]float64) []measure {
	var measured []measure
	balancer := map[string]string{dimBalancer: m.balancer}
	both := map[string]string{dimBalancer: m.balancer, dimGroup: m.group}
	add := func(name string, seen int64, value float64, unit string, dimensions ...map[string]string) {
		if seen > 0 {
			measured = append(measured, measure{m.place, name, unit, dimensions, value, float64(seen), one.begin})
		}
	}
	if requests := one.requests.Swap(0); requests > 0 {
		add("RequestCount", requests, 1, inCounts, balancer, both)
		perTarget := float64(requests) / max(healthy[m.groupARN], 1)
		add("RequestCountPerTarget", 1, perTarget, inCounts, both, map[string]string{dimGroup: m.group})
	}
	for class, name := range []string{2: "2XX", 3: "3XX", 4: "4XX", 5: "5XX"} {
		if name != "" {
			add("HTTPCode_Target_"+name+"_Count", one.targets[class].Swap(0), 1, inCounts, balancer, both)
		}
	}
	var failed int64
	for i, name := range []string{"502", "503", "504"} {
		count := one.own[i].Swap(0)
		failed += count
		add("HTTPCode_ELB_"+name+"_Count", count, 1, inCounts, balancer)
	}
	failed += one.other5.Swap(0)
	add("HTTPCode_ELB_5XX_Count", failed, 1, inCounts, balancer)
	add("HTTPCode_ELB_4XX_Count", one.own4.Swap(0), 1, inCounts, balancer)
	for kind, name := range loginMetrics() {
		add(name, one.logins[kind].Swap(0), 1, inCounts, balancer)
	}
	for i := range one.times {
		if count := one.times[i].count.Swap(0); count > 0 {
			mean := float64(one.times[i].nanoseconds.Swap(0)) / float64(count) / float64(time.Second)
			add("TargetResponseTime", count, mean, inSeconds, balancer, both)
		}
	}
	return measured
}

package elb_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// ledger keeps the sums of what is recorded, by metric and dimensions.
type ledger struct {
	mu      sync.Mutex
	sums    map[string]float64
	counted map[string]float64
}

func (l *ledger) RecordAt(
	_ resource.Place, _, name string, dimensions map[string]string, _ string, value, count float64, _ time.Time,
) {
	kinds := []string{}
	for _, name := range []string{"LoadBalancer", "TargetGroup"} {
		if id, ok := dimensions[name]; ok {
			kinds = append(kinds, id[:strings.LastIndex(id, "/")])
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := name + " " + strings.Join(kinds, " ")
	l.sums[key] += value * count
	l.counted[key] += count
}

func (*ledger) Minute() time.Duration { return time.Minute }

func TestRequestsAreCountedAsTheirMetricsSay(t *testing.T) {
	t.Parallel()
	kept := &ledger{sums: make(map[string]float64), counted: make(map[string]float64)}
	s := newStand(t, nil, nil, elb.WithMetrics(kept))
	fetch(t, s.url) // 503: there is no target
	s.join(t, 4, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bad":
			w.WriteHeader(http.StatusNotFound)
		case "/gone":
			panic(http.ErrAbortHandler)
		}
	}))
	s.join(t, 5, http.NotFoundHandler())
	s.await(t, 4, elb.Healthy)
	s.await(t, 5, elb.Unhealthy)
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for range 5 {
				fetch(t, s.url+"/")
			}
		})
	}
	clients.Wait()
	fetch(t, s.url+"/bad")
	fetch(t, s.url+"/gone")
	s.Collect(time.Now())
	const balancer, group = "app/items", "targetgroup/items"
	got := make(map[string]float64)
	for key, total := range kept.sums {
		if !strings.HasPrefix(key, "TargetResponseTime") {
			got[key] = total
		}
	}
	want := map[string]float64{
		"RequestCount " + balancer: 42, "RequestCount " + balancer + " " + group: 42,
		"RequestCountPerTarget " + group: 42, "RequestCountPerTarget " + balancer + " " + group: 42,
		"HTTPCode_Target_2XX_Count " + balancer: 40, "HTTPCode_Target_2XX_Count " + balancer + " " + group: 40,
		"HTTPCode_Target_4XX_Count " + balancer: 1, "HTTPCode_Target_4XX_Count " + balancer + " " + group: 1,
		"HTTPCode_ELB_5XX_Count " + balancer: 2, "HTTPCode_ELB_502_Count " + balancer: 1, "HTTPCode_ELB_503_Count " + balancer: 1,
		"HealthyHostCount " + balancer + " " + group: 1, "UnHealthyHostCount " + balancer + " " + group: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	times := "TargetResponseTime " + balancer
	if kept.counted[times] != 41 || kept.sums[times] <= 0 || kept.sums[times] > 60 {
		t.Errorf("%v answers took %v seconds", kept.counted[times], kept.sums[times])
	}
	s.Collect(time.Now())
	if again := kept.sums["RequestCount "+balancer]; again != 42 {
		t.Errorf("collecting again makes %v requests of 42", again)
	}
}

// BenchmarkRequests tells what counting costs a request.
func BenchmarkRequests(b *testing.B) {
	kept := &ledger{sums: make(map[string]float64), counted: make(map[string]float64)}
	for name, options := range map[string][]elb.Option{"counted": {elb.WithMetrics(kept)}, "not counted": nil} {
		b.Run(name, func(b *testing.B) {
			s := newStand(b, nil, nil, options...)
			s.join(b, 4, says("four"))
			s.await(b, 4, elb.Healthy)
			for b.Loop() {
				fetch(b, s.url)
			}
		})
	}
}

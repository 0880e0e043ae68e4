package ecs_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// ledger keeps the last value of each metric, and how often it was recorded.
type ledger struct {
	mu     sync.Mutex
	values map[string]float64
	counts map[string]int
}

func (l *ledger) RecordAt(
	_ resource.Place, namespace, name string, dimensions map[string]string, _ string, value, _ float64, _ time.Time,
) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := namespace + " " + name + " " + dimensions["ClusterName"] + " " + dimensions["ServiceName"]
	l.values[key] = value
	l.counts[key]++
}

func TestTasksTellWhatTheyUse(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("what processes use is read from Linux's /proc")
	}
	kept := &ledger{values: make(map[string]float64), counts: make(map[string]int)}
	w := newWorldOf(t, func(plain ecs.Containers) ecs.Containers { return plain }, func(d *ecs.Deps) { d.Metrics = kept })
	w.define(t, repository+":1", nil)
	if err := w.create(t, 2); err != nil {
		t.Fatal(err)
	}
	const memory, cpu = "AWS/ECS MemoryUtilization main web", "AWS/ECS CPUUtilization main web"
	for deadline := time.Now().Add(time.Minute); kept.counts[memory] < 2; {
		if time.Now().After(deadline) {
			t.Fatalf("recorded %v", kept.counts)
		}
		w.Collect(time.Now())
	}
	if used := kept.values[memory]; used <= 0 || used > 100 {
		t.Errorf("a web server uses %v%% of 512 MiB", used)
	}
	if _, ok := kept.values[cpu]; !ok || kept.values[cpu] < 0 {
		t.Errorf("recorded %v", kept.values)
	}
	if _, ok := kept.values["ECS/ContainerInsights RunningTaskCount main web"]; ok {
		t.Error("a cluster without Container Insights has its metrics")
	}
}

func TestContainerInsightsCountTasks(t *testing.T) {
	t.Parallel()
	kept := &ledger{values: make(map[string]float64), counts: make(map[string]int)}
	w := newWorldOf(t, func(plain ecs.Containers) ecs.Containers { return plain }, func(d *ecs.Deps) { d.Metrics = kept })
	if _, err := w.Providers()["AWS::ECS::Cluster"].Update(t.Context(), resource.Request{
		Place: here(), Type: "AWS::ECS::Cluster", PhysicalID: "main", Properties: resource.Properties{
			"ClusterName": "main", "CapacityProviders": []any{"FARGATE"},
			"ClusterSettings": []any{map[string]any{"Name": "containerInsights", "Value": "enabled"}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	w.define(t, repository+":1", nil)
	if err := w.create(t, 2); err != nil {
		t.Fatal(err)
	}
	w.Collect(time.Now())
	const insights = "ECS/ContainerInsights "
	got := make(map[string]float64)
	for _, name := range []string{"RunningTaskCount main web", "DesiredTaskCount main web", "ServiceCount main ", "TaskCount main "} {
		got[name] = kept.values[insights+name]
	}
	want := map[string]float64{
		"RunningTaskCount main web": 2, "DesiredTaskCount main web": 2, "ServiceCount main ": 1, "TaskCount main ": 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheDesiredCountIsReadAndSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.define(t, repository+":1", nil)
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	if err := w.SetDesiredCount(here(), "main", "web", 2); err != nil {
		t.Fatal(err)
	}
	count, err := w.DesiredCount(here(), "main", "web")
	if err != nil || count.Desired != 2 {
		t.Errorf("the count is %v, %v", count, err)
	}
	if _, err := w.DesiredCount(here(), "main", "none"); err == nil {
		t.Error("a service that does not exist has a desired count")
	}
}

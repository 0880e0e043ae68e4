package ecs

import (
	"strconv"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Metrics is where metrics go: [cloudwatch.Service].
type Metrics interface {
	// RecordAt adds a value that was seen so many times at a moment.
	RecordAt(place resource.Place, namespace, name string, dimensions map[string]string, unit string, value, count float64,
		at time.Time)
}

const (
	namespace        = "AWS/ECS"
	insightNamespace = "ECS/ContainerInsights"
	// gaugeEvery is how often processes are looked at, in real time: /proc counts hundredths of a second. In between
	// the last values stand.
	gaugeEvery  = 250 * time.Millisecond
	unitsPerCPU = 1024
	mebibyte    = 1 << 20
	percent     = 100
)

// metered is a container that knows what it uses.
type metered interface {
	// Usage returns the processor time since its start and the memory in bytes; false if it has ended.
	Usage() (time.Duration, int64, bool)
}

// gauge is what a task uses. It is empty until the task was looked at twice.
type gauge struct {
	at        time.Time
	processor time.Duration // in all
	cpuUnits  float64       // of 1024 for each processor
	memory    float64       // MiB
	known     bool
}

// measure looks at a task anew, unless that was done just now. Call it locked.
func (t *task) measure(now time.Time) {
	if now.Sub(t.gauge.at) < gaugeEvery {
		return
	}
	var processor time.Duration
	var memory int64
	for _, one := range t.containers {
		container, ok := one.running.(metered)
		if !ok {
			continue
		}
		used, space, _ := container.Usage()
		processor, memory = processor+used, memory+space
	}
	last := t.gauge
	t.gauge = gauge{at: now, processor: processor, memory: float64(memory) / mebibyte, known: !last.at.IsZero()}
	if t.gauge.known {
		t.gauge.cpuUnits = max((processor-last.processor).Seconds()/now.Sub(last.at).Seconds()*unitsPerCPU, 0)
	}
}

// reading is a value to be recorded.
type reading struct {
	place           resource.Place
	namespace, name string
	dimensions      map[string]string
	unit            string
	value           float64
}

// Collect records what tasks use of what they reserved, and in clusters with Container Insights how many there are.
func (s *Service) Collect(now time.Time) {
	if s.Metrics == nil {
		return
	}
	var read []reading
	s.mu.Lock()
	for _, cluster := range s.clusters {
		for _, fleet := range cluster.fleets {
			if fleet.status == active {
				read = append(read, fleet.utilization(time.Now())...)
			}
		}
		if cluster.status == active && cluster.observed() {
			read = append(read, cluster.insights()...)
		}
	}
	s.mu.Unlock()
	for _, one := range read {
		s.Metrics.RecordAt(one.place, one.namespace, one.name, one.dimensions, one.unit, one.value, 1, now)
	}
}

func (f *fleet) dimensions() map[string]string {
	return map[string]string{"ClusterName": f.cluster.name, "ServiceName": f.name}
}

// utilization is one value for each running task, so that the number of samples is that of tasks ("Service
// utilization", developer guide).
func (f *fleet) utilization(now time.Time) []reading {
	var read []reading
	for _, task := range f.tasks {
		if !task.running() {
			continue
		}
		task.measure(now)
		cpu, memory := task.definition.reserved()
		if !task.gauge.known || cpu == 0 || memory == 0 {
			continue
		}
		read = append(read,
			reading{f.place, namespace, "CPUUtilization", f.dimensions(), "Percent", task.gauge.cpuUnits / cpu * percent},
			reading{f.place, namespace, "MemoryUtilization", f.dimensions(), "Percent", task.gauge.memory / memory * percent})
	}
	return read
}

// reserved returns the CPU units and the MiB of a task.
func (d *definition) reserved() (float64, float64) {
	cpu, _ := strconv.ParseFloat(d.CPU, 64)       // was checked when it was registered
	memory, _ := strconv.ParseFloat(d.Memory, 64) // as was this
	return cpu, memory
}

// insights are the metrics of Container Insights that count ("Amazon ECS Container Insights metrics", user guide).
func (c *cluster) insights() []reading {
	own := map[string]string{"ClusterName": c.name}
	var services, tasks int
	var read []reading
	for _, fleet := range c.fleets {
		if fleet.status != active {
			continue
		}
		running := fleet.count(nil, (*task).running)
		services, tasks = services+1, tasks+running
		for name, value := range map[string]int{
			"DesiredTaskCount": fleet.desired, "RunningTaskCount": running, "PendingTaskCount": fleet.count(nil, (*task).pending),
			"DeploymentCount": len(fleet.deployments),
		} {
			read = append(read, reading{c.place, insightNamespace, name, fleet.dimensions(), "Count", float64(value)})
		}
		read = append(read, fleet.used()...)
	}
	return append(read,
		reading{c.place, insightNamespace, "ServiceCount", own, "Count", float64(services)},
		reading{c.place, insightNamespace, "TaskCount", own, "Count", float64(tasks)})
}

// used is what the tasks of a service use and reserve together.
func (f *fleet) used() []reading {
	totals := make(map[string]float64)
	for _, task := range f.tasks {
		if task.running() && task.gauge.known {
			cpu, memory := task.definition.reserved()
			totals["CpuUtilized"] += task.gauge.cpuUnits
			totals["CpuReserved"] += cpu
			totals["MemoryUtilized"] += task.gauge.memory
			totals["MemoryReserved"] += memory
		}
	}
	var read []reading
	for name, total := range totals {
		unit := "None"
		if name[0] == 'M' {
			unit = "Megabytes"
		}
		read = append(read, reading{f.place, insightNamespace, name, f.dimensions(), unit, total})
	}
	return read
}

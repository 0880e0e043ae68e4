package ecs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/network"
)

// Statuses of a task ("Task lifecycle", developer guide).
const (
	provisioning   = "PROVISIONING"
	pending        = "PENDING"
	activating     = "ACTIVATING"
	running        = "RUNNING"
	deactivating   = "DEACTIVATING"
	stopping       = "STOPPING"
	deprovisioning = "DEPROVISIONING"
	stopped        = "STOPPED"
)

// Health of a task or container.
const (
	healthyStatus = "HEALTHY"
	unhealthy     = "UNHEALTHY"
	unknown       = "UNKNOWN"
)

// Stop codes (Task, API reference).
const (
	failedToStart = "TaskFailedToStart"
	essentialExit = "EssentialContainerExited"
	byUser        = "UserInitiated"
	byScheduler   = "ServiceSchedulerInitiated"
	bySpot        = "SpotInterruption"
)

// About how long the steps of a task take on Fargate. AWS publishes no times; users report 20 to 40 s from the request to
// RUNNING with an image from within the VPC (github.com/aws/containers-roadmap/issues/358). How they are spread over the
// steps is believed.
const (
	provisioningTime   = 15 * time.Second
	pullingTime        = 8 * time.Second // of each image
	activatingTime     = 3 * time.Second
	deprovisioningTime = 15 * time.Second
	// remembered is how long stopped tasks can be described ("Stopped tasks", developer guide).
	remembered = time.Hour
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("the container service is closed")

// task is a task of a fleet. Its fields are the Service's, under its lock, but for those that are set when it is
// made.
type task struct {
	fleet      *fleet
	deployment *deployment
	definition *definition
	arn, id    string
	eni        string
	created    time.Time
	subnet     network.Subnet
	address    netip.Addr
	provider   string // capacity provider
	containers []*container
	volumes    map[string]string // directories, by the volumes' names; known to what brings the task up alone
	hosts      string            // the file that is its /etc/hosts; known to what brings the task up alone

	asked  context.Context    //nolint:containedctx // ends when the task is asked to stop
	ask    context.CancelFunc // asks
	last   string             // status
	stop   stopRequest
	leftAt time.Time // when its containers were told to end

	pullStarted, pullStopped, started, stoppingAt, stoppedAt time.Time

	registered []LoadBalancer
	enlisted   []string // registries of Cloud Map
	healthy    bool     // works now
	proven     bool     // has worked once
	counted    bool     // was counted as a failure
	verdict    string   // why it has to be replaced
	gauge      gauge    // of what it uses
	changes    int      // that EventBridge was told of

	group, startedBy, token string // of RunTask; those of a service tell of it
	execute                 bool   // commands in its containers are allowed
}

// stopRequest is why a task was asked to stop.
type stopRequest struct {
	code, reason string
}

// container is a container of a task.
type container struct {
	spec    *ContainerSpec
	arn     string
	image   Image
	running Container // nil until it is started
	last    string
	exit    *int
	reason  string
	health  string     // "" without a health check
	secrets []KeyValue // fetched when the task starts
	begun   time.Time  // when it was started, or started again

	variables []KeyValue // of its environment files
	ready     chan struct{}
}

func (t *task) stopping() bool { return t.stop.code != "" }

// retired says that the task's containers were told to end: it takes no part in the service any more.
func (t *task) retired() bool { return !t.leftAt.IsZero() }

func (t *task) running() bool { return t.last == running }

func (t *task) pending() bool {
	return slices.Contains([]string{provisioning, pending, activating}, t.last) && !t.stopping()
}

// health folds the containers' health into the task's: containers without a health check do not count.
func (t *task) health() string {
	folded := healthyStatus
	for _, container := range t.containers {
		switch {
		case container.health == unhealthy && container.spec.essential():
			return unhealthy
		case container.health == unknown && container.spec.essential():
			folded = unknown
		}
	}
	return folded
}

// requestStop asks the task to stop, once: the first reason stands. Call it locked.
func (t *task) requestStop(code, reason string) {
	if t.stopping() {
		return
	}
	t.stop = stopRequest{code, reason}
	t.stoppingAt = time.Now().UTC()
	t.healthy = false
	if code == byScheduler && !t.started.IsZero() {
		t.fleet.notices.stopped = append(t.fleet.notices.stopped, t.id)
	}
	t.tell()
	t.ask()
}

// newTask makes a task of a deployment and lets it live. Call it locked.
func (s *Service) newTask(f *fleet, of *deployment) (*task, error) {
	if s.life.Err() != nil {
		return nil, ErrClosed
	}
	subnet := f.leastUsedSubnet(of)
	address, err := s.addresses.Take(subnet)
	if err != nil {
		return nil, fmt.Errorf("assigning an address: %w", err)
	}
	id := hexID()
	made := &task{
		fleet: f, deployment: of, definition: of.revision.definition, id: id,
		arn: arn(f.place, "task/"+f.cluster.name+"/"+id), eni: "eni-0" + hexID()[:16], created: time.Now().UTC(),
		subnet: subnet, address: address, last: provisioning, provider: f.provider(of),
		volumes: make(map[string]string), group: "service:" + f.name, startedBy: of.id, execute: f.execute,
	}
	if of.run != nil {
		made.execute = of.run.execute
		made.group, made.startedBy, made.token = of.run.group, of.run.startedBy, of.run.token
	}
	made.asked, made.ask = context.WithCancel(s.life)
	for i := range made.definition.ContainerDefinitions {
		spec := &made.definition.ContainerDefinitions[i]
		one := &container{
			spec: spec, arn: arn(f.place, fmt.Sprintf("container/%s/%s/%s", f.cluster.name, id, uuid.NewString())),
			last: pending, ready: make(chan struct{}),
		}
		if spec.HealthCheck != nil {
			one.health = unknown
		}
		made.containers = append(made.containers, one)
	}
	f.tasks = append(f.tasks, made)
	made.tell()
	s.work.Go(func() { s.live(made) })
	return made, nil
}

// leastUsedSubnet spreads the tasks of a deployment over its subnets.
func (f *fleet) leastUsedSubnet(of *deployment) network.Subnet {
	used := make(map[string]int)
	for _, task := range f.tasks {
		if !task.stopping() {
			used[task.subnet.ID]++
		}
	}
	candidates := of.revision.network.Subnets
	chosen := slices.MinFunc(candidates, func(a, b string) int { return used[a] - used[b] })
	if found, ok := f.owner.Subnets(f.place.Account, f.place.Region, chosen); ok {
		return found
	}
	return network.Subnet{ID: chosen, CIDR: "10.0.0.0/16", AvailabilityZone: f.place.Region + "a"}
}

// provider chooses the capacity provider of the next task: the base first, then by weight.
func (f *fleet) provider(of *deployment) string {
	used := make(map[string]int)
	for _, task := range f.tasks {
		if !task.stopping() && task.deployment == of {
			used[task.provider]++
		}
	}
	strategy := of.revision.strategy
	for _, item := range strategy {
		if used[item.CapacityProvider] < item.Base {
			return item.CapacityProvider
		}
	}
	best, lowest := "", 0.0
	for _, item := range strategy {
		if item.Weight == 0 {
			continue
		}
		load := float64(used[item.CapacityProvider]-item.Base+1) / float64(item.Weight)
		if best == "" || load < lowest {
			best, lowest = item.CapacityProvider, load
		}
	}
	return best
}

// portsOf returns where the ports of a task whose containers run really are. A port that no container has mapped is one of
// the balanced container, which may listen where it likes.
func (t *task) portsOf(balanced string) func(port int) string {
	addresses := make(map[int]string)
	for _, each := range t.containers {
		for _, mapping := range each.spec.PortMappings {
			if each.running != nil && mapping.protocol() == tcp {
				addresses[mapping.ContainerPort] = each.running.Address()
			}
		}
	}
	return func(port int) string { return cmp.Or(addresses[port], balanced) }
}

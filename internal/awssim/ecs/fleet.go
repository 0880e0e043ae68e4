package ecs

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Rollout states of a deployment.
const (
	inProgress = "IN_PROGRESS"
	completed  = "COMPLETED"
	failed     = "FAILED"
)

// primary is the status of the deployment that a service moves to; earlier ones are ACTIVE.
const primary = "PRIMARY"

// maxEvents is how many service events are kept ("Service event messages", developer guide).
const maxEvents = 100

// fleet is an ECS service: it keeps tasks running. Its fields are the Service's, under its lock.
type fleet struct {
	settings

	owner     *Service
	cluster   *cluster
	arn, name string
	place     resource.Place
	created   time.Time
	status    string
	tags      map[string]string

	deployments []*deployment        // the primary first
	lastDone    *deployment          // the one that completed last
	current     *serviceDeployment   // the one under way
	history     []*serviceDeployment // newest first
	served      []*servedRevision    // every revision that was ever deployed, newest first
	tasks       []*task              // oldest first; stopped ones for a while
	events      []event              // newest first
	notices     notices
	told        map[string]string // what EventBridge knows of the deployments
	offered     []connectResource // what Service Connect has of the newest revision in AWS Cloud Map

	standalone bool // it is no service: its tasks are not replaced
	steady     bool
	failures   int       // tasks in a row that failed to start or to become healthy
	notBefore  time.Time // when the next task may start

	wake    chan struct{} // asks the scheduler to look again
	changed chan struct{} // closed, and replaced, after each look
	gone    bool          // the scheduler has ended
}

// settings are what can be changed without a new deployment.
type settings struct {
	desired     int
	config      DeploymentConfig // with every default written out
	grace       time.Duration    // in which an unhealthy load balancer target does not count
	propagate   string
	managedTags bool
	execute     bool // commands in containers are allowed
	rebalancing string
}

// revision is what a deployment deploys: a change of it makes a new deployment.
type revision struct {
	definition *definition
	network    vpcConfiguration
	balancers  []LoadBalancer
	registries []ServiceRegistry
	connect    *connectConfig // nil without Service Connect
	strategy   []StrategyItem
	launchType string
}

// LoadBalancer connects a container's port with a target group.
type LoadBalancer struct {
	TargetGroupArn        string    `json:"targetGroupArn"`
	ContainerName         string    `json:"containerName"`
	ContainerPort         int       `json:"containerPort"`
	AdvancedConfiguration *advanced `json:"advancedConfiguration,omitempty"`
}

// vpcConfiguration is where tasks get their network interfaces.
type vpcConfiguration struct {
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups"`
	AssignPublicIP string   `json:"assignPublicIp"`
}

// deployment is one try to run a revision.
type deployment struct {
	id       string
	revision revision
	served   *servedRevision
	run      *run // of RunTask; nil for services
	created  time.Time
	updated  time.Time
	rollout  string
	reason   string
	failed   int // tasks that failed
	streak   int // of these since a task was healthy

	production, test float64 // percent of the traffic, if the strategy shifts it
}

// event is a service event.
type event struct {
	id      string
	at      time.Time
	message string
}

// notices are what happened to tasks since the scheduler last looked, to be told in one event each.
type notices struct {
	draining     map[string]int // by deployment
	registered   map[string]int // by target group
	deregistered map[string]int // by target group
	stopped      []string       // task ids
}

func deploymentID() string {
	const least = 1_000_000_000_000_000_000
	return fmt.Sprintf("ecs-svc/%d", least+rand.Int64N(least)) //nolint:gosec // an identifier, not a secret
}

// deploy moves the fleet to a revision. An earlier deployment of the same revision that still has its place is
// taken up again, so that going back finds its tasks. Call it locked.
func (f *fleet) deploy(wanted revision, force bool) *deployment {
	now := time.Now().UTC()
	at := slices.IndexFunc(f.deployments, func(d *deployment) bool {
		return reflect.DeepEqual(d.revision, wanted) && d.rollout != failed
	})
	if at == 0 && !force {
		return f.deployments[0]
	}
	if at > 0 && !force {
		again := f.deployments[at]
		f.deployments = slices.Insert(slices.Delete(f.deployments, at, at+1), 0, again)
		again.begin(now, "")
		f.depart(now)
		f.unsettle()
		return again
	}
	id := deploymentID()
	made := &deployment{id: id, revision: wanted, created: now, served: f.serve(wanted, lastPart(id), now)}
	made.begin(now, "")
	f.deployments = slices.Insert(f.deployments, 0, made)
	f.failures, f.notBefore = 0, time.Time{}
	f.depart(now)
	f.unsettle()
	return made
}

// unsettle says that the fleet has to prove anew that all is as desired.
func (f *fleet) unsettle() {
	f.steady = false
	f.kick()
}

func (d *deployment) begin(now time.Time, reason string) {
	if reason == "" {
		reason = fmt.Sprintf("ECS deployment %s in progress.", d.id)
	}
	d.rollout, d.reason, d.updated, d.failed, d.streak = inProgress, reason, now, 0, 0
}

// kick asks the scheduler to look again. It never blocks.
func (f *fleet) kick() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// poke is kick for those who do not hold the lock.
func (f *fleet) poke() {
	f.owner.mu.Lock()
	defer f.owner.mu.Unlock()
	f.kick()
}

// sayf adds a service event. Repeating the last one is left out.
func (f *fleet) sayf(format string, args ...any) {
	if f.standalone {
		return
	}
	f.say(fmt.Sprintf("(service %s) ", f.name) + fmt.Sprintf(format, args...))
}

func (f *fleet) say(message string) {
	if len(f.events) > 0 && f.events[0].message == message {
		return
	}
	added := event{id: uuid.NewString(), at: time.Now().UTC(), message: message}
	f.tellAction(added)
	f.events = slices.Insert(f.events, 0, added)
	f.events = f.events[:min(len(f.events), maxEvents)]
}

// tell turns notices into events, in the order in which AWS was recorded to tell them (April and October 2026).
func (f *fleet) tell() {
	noticed := f.notices
	f.notices = notices{
		registered: make(map[string]int), deregistered: make(map[string]int), draining: make(map[string]int),
	}
	for group, count := range noticed.registered {
		f.sayf("registered %d targets in (target-group %s)", count, group)
	}
	if len(noticed.stopped) > 0 {
		f.sayf("has stopped %d running tasks: %s.", len(noticed.stopped), taskList(f.inOrder(noticed.stopped)))
	}
	for group, count := range noticed.deregistered {
		f.sayf("deregistered %d targets in (target-group %s)", count, group)
	}
	for deployment, count := range noticed.draining {
		if !f.standalone {
			f.say(fmt.Sprintf("(service %s, taskSet %s) has begun draining connections on %d tasks.", f.name, deployment, count))
		}
	}
}

// inOrder sorts tasks by age, the newest first.
func (f *fleet) inOrder(ids []string) []string {
	age := make(map[string]int, len(f.tasks))
	for i, task := range f.tasks {
		age[task.id] = i
	}
	slices.SortFunc(ids, func(a, b string) int { return age[b] - age[a] })
	return ids
}

func taskList(ids []string) string {
	named := make([]string, len(ids))
	for i, id := range ids {
		named[i] = "(task " + id + ")"
	}
	return strings.Join(named, " ")
}

// count counts the tasks of a deployment, or of all if it is nil.
func (f *fleet) count(of *deployment, which func(*task) bool) int {
	count := 0
	for _, task := range f.tasks {
		if (of == nil || task.deployment == of) && which(task) {
			count++
		}
	}
	return count
}

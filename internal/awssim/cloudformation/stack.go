package cloudformation

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	awsevent "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// stack is one stack, living or deleted. What follows mu is guarded by it.
type stack struct {
	resource.Place

	id, name string
	created  time.Time
	bus      awsevent.Sink // nil tells nobody
	topics   Topics        // nil tells nobody
	nesting  nesting       // where it belongs

	mu                    sync.Mutex
	status                status
	reason                string
	updated, deleted      time.Time
	deployed              *deployment        // what is, or is being, deployed
	records               map[string]*record // by logical id
	outputs               map[string]intrinsic.Output
	imports               map[string]bool // exports that the stack uses
	events                []event         // oldest first
	terminationProtection bool
	policy                *stackPolicy // nil if none was set
	policyDuringUpdate    *stackPolicy // in force until the update ends
	disableRollback       bool
	express               bool              // the operation under way, or the last one, does not wait for resources
	tokens                map[string]string // ClientRequestToken -> operation that brought it
	operation             *operation        // nil when nothing is in progress
	changeSets            []*changeSet      // oldest first; executed ones stay, to be described by ARN
	changeSetID           string            // of the change set that was executed last, if the last operation was one
	lastOperations        []operationEntry  // of the last request, newest first
	detections            []*detection      // of drift, oldest first
	unfinished            *update           // an update that failed and was not, or not wholly, rolled back
	deletion              deletion          // how DeleteStack wanted it deleted last
	led                   bool              // what its parent does with it is not over
	skip                  []string          // of a nested stack, what the next try to roll it back leaves out; nil does not try
}

// deployment is one version of a stack: all that an update replaces and a rollback restores. It is not
// changed after it was made.
type deployment struct {
	template         *document.Template
	parameters       map[string]parameterValue
	tags             []tag
	capabilities     []string
	notificationARNs []string
	roleARN          string
	timeout          *int // minutes
	rollback         rollbackConfiguration
	config           *deploymentConfig // nil if none was given
	// imports are the physical ids, by logical id, of resources that exist and are taken over.
	imports map[string]string
	// nested are the change sets of nested stacks, by logical id, if a change set brings the deployment.
	nested map[string]nestedSet
}

// record is a resource of a stack. Its maps are replaced, never changed.
type record struct {
	logicalID, physicalID, resourceType string

	status  status
	reason  string
	changed time.Time

	definition   *document.Resource // as it was applied last
	dependencies []string           // logical ids, as they were when it was applied last
	properties   resource.Properties
	metadata     resource.Properties // nil if there is none
	shown        resource.Properties // properties with the secrets of NoEcho parameters masked
	attributes   map[string]any
	tags         map[string]string
	// touched is set while an update is not known to be undone or done: a rollback has to apply the old
	// properties again.
	touched bool
	// attempted are the properties that an update in place tried to apply; a rollback leads back from them.
	attempted resource.Properties
	// deletedFirst is set when an update deleted the old physical resource to make room for its replacement.
	deletedFirst bool
	// skipped is set while the resource is not what the stack takes it for, because a rollback left it out.
	skipped bool
	// imported is set on a resource that existed before: a rollback lets go of it without deleting it.
	imported bool
	// drift is what was found when the resource was looked at last; nil before.
	drift *drift
	// replaced is set on what an update left behind: its events have no properties, and ids without a time (recorded).
	replaced bool
	// snapshot is set on what is replaced, if its data are to be copied before it goes.
	snapshot bool
}

// wantsSnapshot reports whether the resource's data are to be copied before it is deleted. A database is, unless its
// template says otherwise (DeletionPolicy, user guide).
func (r *record) wantsSnapshot() bool {
	if r.replaced {
		return r.snapshot
	}
	const snapshot = "Snapshot"
	switch r.definition.DeletionPolicy {
	case snapshot:
		return true
	case "":
		return r.resourceType == "AWS::RDS::DBCluster" ||
			r.resourceType == "AWS::RDS::DBInstance" && r.properties["DBClusterIdentifier"] == nil
	default:
		return false
	}
}

// event is a line of a stack's history.
type event struct {
	id, token                          string
	operationID, operationType         string
	logicalID, physicalID, typeOfThing string
	status                             status
	reason                             string
	at                                 time.Time
	properties                         resource.Properties // as they are shown; nil for the stack's own events
	encoded                            wire.Encoded        // as DescribeStackEvents tells it; nil before it did
}

// enter moves the stack to a status and writes the event. The caller holds mu.
func (st *stack) enter(to status, reason string, now time.Time) {
	automatic := to == rollbackInProgress || to == updateRollback
	if automatic && (st.operation.name() == operationCreate || st.operation.name() == operationUpdate) {
		st.operation.turn()
		st.lastOperations = append([]operationEntry{st.operation.entry()}, st.lastOperations...)
	}
	st.status, st.reason, now = to, reason, st.moment(now)
	st.tell(event{
		id: uuid.NewString(), logicalID: st.name, physicalID: st.id, typeOfThing: stackType, status: to, reason: reason, at: now,
		operationID: st.operation.identity(), operationType: st.operation.name(), token: st.operation.clientToken(),
	})
}

// note moves a resource to a status and writes the event. The caller holds mu.
func (st *stack) note(r *record, to status, reason string, now time.Time) {
	now = st.moment(now)
	r.status, r.reason, r.changed = to, reason, now
	mark, properties := string(to)+"-"+now.Format("2006-01-02T15:04:05.000Z"), r.shown
	if r.replaced {
		mark, properties = uuid.NewString(), nil
	}
	st.tell(event{
		id: r.logicalID + "-" + mark, logicalID: r.logicalID, physicalID: r.physicalID, typeOfThing: r.resourceType,
		status: to, reason: reason, at: now, properties: properties,
		operationID: st.operation.identity(), operationType: st.operation.name(), token: st.operation.clientToken(),
	})
}

// moment returns the time of an event that happens now: at least a millisecond after the one before. Ids of events have
// their time, and clients order events by it. The caller holds mu.
func (st *stack) moment(now time.Time) time.Time {
	if len(st.events) == 0 {
		return now
	}
	if next := st.events[len(st.events)-1].at.Truncate(time.Millisecond).Add(time.Millisecond); now.Before(next) {
		return next
	}
	return now
}

// snapshot copies the records, so that a rollback knows where to go back to. The caller holds mu.
func (st *stack) snapshot() map[string]record {
	copies := make(map[string]record, len(st.records))
	for name, live := range st.records {
		copies[name] = *live
	}
	return copies
}

// resourceTags are the tags that CloudFormation passes on to a resource of the stack.
func (st *stack) resourceTags(deployed *deployment, logicalID string) map[string]string {
	const own = 3
	tags := make(map[string]string, len(deployed.tags)+own)
	for _, t := range deployed.tags {
		tags[t.Key] = t.Value
	}
	tags["aws:cloudformation:stack-name"] = st.name
	tags["aws:cloudformation:stack-id"] = st.id
	tags["aws:cloudformation:logical-id"] = logicalID
	return tags
}

// inUse returns the logical ids of resources that exist or may exist, sorted. The caller holds mu.
func (st *stack) inUse() []string {
	names := make([]string, 0, len(st.records))
	for name, r := range st.records {
		if r.status != deleteComplete && r.status != deleteSkipped {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// forget lets go of what a deleted stack no longer needs; its outputs can still be read (recorded). The caller holds mu.
func (st *stack) forget() {
	st.imports, st.unfinished = nil, nil
	for _, r := range st.records {
		r.attributes, r.tags = nil, nil
	}
}

func sortedKeys[V any](members map[string]V) []string { return slices.Sorted(maps.Keys(members)) }

func encodeProperties(properties resource.Properties) string {
	if properties == nil {
		return ""
	}
	text, err := json.Marshal(properties)
	if err != nil {
		return ""
	}
	return string(text)
}

package cloudformation

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// The words of drift-aware change sets. Source: "Using drift-aware change sets" in the user guide and the API reference.
const (
	deploymentRevertDrift = "REVERT_DRIFT"

	actionSync           = "SyncWithActual"
	sourceNoModification = "NoModification"

	fromActual   = "ACTUAL_STATE"
	fromPrevious = "PREVIOUS_DEPLOYMENT_STATE"
	fromTemplate = "TEMPLATE"

	driftUnsupported  = "UNSUPPORTED"
	ignoredForWriting = "WRITE_ONLY_PROPERTY"
)

// liveStates looks at the stack's resources; those that cannot be asked have no entry. The caller holds st.mu.
func (s *Service) liveStates(st *stack) map[string]*drift {
	states := make(map[string]*drift)
	for _, logicalID := range st.inUse() {
		r := st.records[logicalID]
		if r.physicalID == "" {
			continue
		}
		if found := s.look(st, r); found != nil {
			states[logicalID] = found
		}
	}
	return states
}

// stackDriftStatus sums up what liveStates found.
func stackDriftStatus(states map[string]*drift) string {
	for _, each := range states {
		if each.status != driftInSync {
			return driftDrifted
		}
	}
	return driftInSync
}

// gone reports whether a drift-aware change set found a resource deleted.
func (p *planner) gone(logicalID string) bool {
	found := p.live[logicalID]
	return found != nil && found.status == driftDeleted
}

// before returns the properties that a change starts from: those that a drift-aware change set found, else those of
// the last deployment.
func (p *planner) before(live *record) resource.Properties {
	found := p.live[live.logicalID]
	if found == nil || found.status != driftModified {
		return live.properties
	}
	return found.overlaid(live.properties)
}

// overlaid returns the properties of the last deployment as they were found; what is never read back stays.
func (d *drift) overlaid(previous resource.Properties) resource.Properties {
	actual := maps.Clone(previous)
	for name := range previous {
		value, has := d.actual[name]
		if has {
			actual[name] = value
		} else if !slices.Contains(d.ignored, name) {
			delete(actual, name)
		}
	}
	return actual
}

// compareWithLive adds to a change what only a drift-aware change set tells.
func (p *planner) compareWithLive(change *plannedChange, live *record) {
	if p.live == nil {
		return
	}
	found := p.live[live.logicalID]
	change.live, change.previous = found, live.properties
	change.drift = driftUnsupported
	if found != nil {
		change.drift = found.status
	}
	if found != nil && found.status == driftModified {
		p.addSyncs(change, live)
	}
	for i := range change.details {
		detail := &change.details[i]
		if detail.name == "" {
			continue
		}
		detail.beforeFrom, detail.afterFrom = fromPrevious, fromTemplate
		if found != nil && !slices.Contains(found.ignored, detail.name) {
			detail.beforeFrom = fromActual
		}
		if previous := live.properties[detail.name]; found != nil && !reflect.DeepEqual(previous, change.before[detail.name]) {
			detail.drift = &propertyDrift{previous: previous, actual: change.before[detail.name], checked: found.checked}
		}
	}
	if len(change.details) > 0 && !slices.ContainsFunc(change.details, func(d plannedDetail) bool { return !d.sync }) {
		change.action = actionSync
	}
}

// addSyncs adds the properties that the new template has as they were found.
func (p *planner) addSyncs(change *plannedChange, live *record) {
	for _, name := range sortedKeys(live.properties) {
		actual := change.before[name]
		if reflect.DeepEqual(live.properties[name], actual) || !reflect.DeepEqual(actual, change.after[name]) {
			continue
		}
		detail := direct("Properties")
		detail.name, detail.before, detail.after, detail.source, detail.sync = name, actual, actual, sourceNoModification, true
		change.details = append(change.details, detail)
	}
	slices.SortStableFunc(change.details, func(a, b plannedDetail) int {
		if a.sync == b.sync || a.name == "" || b.name == "" {
			return 0
		}
		return strings.Compare(a.name, b.name)
	})
}

// propertyDrift is what was found of a property that drifted.
type propertyDrift struct {
	previous, actual any
	checked          time.Time
}

type liveDrift struct {
	PreviousValue, ActualValue *string
	DriftDetectionTimestamp    wire.Time
}

func (d *propertyDrift) describe() *liveDrift {
	if d == nil {
		return nil
	}
	return &liveDrift{
		PreviousValue: valueText(d.previous), ActualValue: valueText(d.actual), DriftDetectionTimestamp: wire.At(d.checked),
	}
}

type ignoredAttribute struct{ Path, Reason string }

func (d *drift) describeIgnored() []ignoredAttribute {
	if d == nil {
		return nil
	}
	var described []ignoredAttribute
	for _, name := range d.ignored {
		described = append(described, ignoredAttribute{Path: "/Properties/" + name, Reason: ignoredForWriting})
	}
	return described
}

// neverRead returns the properties of a resource that no service tells.
func neverRead(resourceType string, properties resource.Properties) []string {
	known, ok := schema.For(resourceType)
	if !ok {
		return nil
	}
	var names []string
	for _, pointer := range known.WriteOnly {
		if _, has := properties[pointer[0]]; has && len(pointer) == 1 {
			names = append(names, pointer[0])
		}
	}
	slices.Sort(names)
	return names
}

// takeLive makes what a drift-aware change set found the state from which the stack is updated, and to which a
// rollback leads back. What is gone is forgotten, so that it is created again. The caller holds st.mu.
func (st *stack) takeLive(states map[string]*drift, next *document.Template) {
	for logicalID, found := range states {
		live := st.records[logicalID]
		switch {
		case live == nil:
		case found.status == driftModified:
			live.properties, live.drift = found.overlaid(live.properties), nil
		case found.status == driftDeleted && next.Resources[logicalID] != nil:
			delete(st.records, logicalID)
		}
	}
}

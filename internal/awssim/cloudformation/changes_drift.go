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
func (p *planner) before(live *record) foretold {
	found := p.live[live.logicalID]
	if found == nil || found.status != driftModified {
		return foretold{real: live.properties, shown: abridged(live.shown)}
	}
	shown := found.overlaid(live.shown)
	for name, value := range live.shown {
		if !sameText(value, live.properties[name]) { // a secret
			shown[name] = value
		}
	}
	return foretold{real: found.overlaid(live.properties), shown: abridged(shown)}
}

// overlaid returns the properties of the last deployment as they were found; what is never read back stays.
func (d *drift) overlaid(previous resource.Properties) resource.Properties {
	actual := make(resource.Properties, len(previous))
	maps.Copy(actual, previous)
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
func (p *planner) compareWithLive(change *plannedChange, live *record, before, after foretold) {
	if p.live == nil {
		return
	}
	found := p.live[live.logicalID]
	change.live, change.previous = found, contextOf(live.definition, abridged(live.shown), live.metadata)
	change.drift = driftUnsupported
	if found != nil {
		change.drift = found.status
	}
	synced := syncs(live, before, after)
	for _, details := range []*[]plannedDetail{&change.following, &change.comparing} {
		*details = append(*details, synced...)
		for i := range *details {
			(*details)[i].trace(live, before, found)
		}
	}
	all := slices.Concat(change.following, change.comparing)
	if len(all) > 0 && !slices.ContainsFunc(all, func(d plannedDetail) bool { return !d.sync }) {
		change.action = actionSync
	}
}

// trace says where a detail's values come from.
func (d *plannedDetail) trace(live *record, before foretold, found *drift) {
	property, path := d.property()
	if property == "" {
		return
	}
	d.beforeFrom, d.afterFrom = fromPrevious, fromTemplate
	if found != nil && !slices.Contains(found.ignored, property) {
		d.beforeFrom = fromActual
	}
	previous, actual := at(live.shown, path), at(before.shown, path)
	if found != nil && !sameText(previous, actual) {
		d.drift = &propertyDrift{previous: previous, actual: actual, checked: found.checked}
	}
}

// property returns the name of the property that a detail is about, "" if none, and the way from it to the value.
func (d *plannedDetail) property() (string, []string) {
	below, ok := strings.CutPrefix(d.path, "/Properties/")
	if !ok {
		return "", nil
	}
	way := strings.Split(below, "/")
	return way[0], way
}

func at(value any, way []string) any {
	for _, name := range way {
		value = members(value)[name]
	}
	return value
}

// syncs are the properties that the new template has as they were found.
func syncs(live *record, before, after foretold) []plannedDetail {
	var details []plannedDetail
	for _, name := range sortedKeys(live.properties) {
		actual := before.real[name]
		if reflect.DeepEqual(live.properties[name], actual) || !reflect.DeepEqual(actual, after.real[name]) {
			continue
		}
		detail := detailOf(live.resourceType, name, actual, actual)
		detail.before, detail.after, detail.source, detail.sync = before.shown[name], before.shown[name], sourceNoModification, true
		details = append(details, detail)
	}
	return details
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

// neverTold says whether no service tells what is at a path within a property, such as
// /Actions/0/AuthenticateOidcConfig/ClientSecret.
func neverTold(resourceType, path string) bool {
	known, ok := schema.For(resourceType)
	if !ok {
		return false
	}
	names := strings.Split(strings.TrimPrefix(path, "/"), "/")
	return slices.ContainsFunc(known.WriteOnly, func(pointer schema.Pointer) bool {
		return slices.EqualFunc(pointer, names, func(pattern, name string) bool { return pattern == name || pattern == "*" })
	})
}

// takeLive makes what a drift-aware change set found the state from which the stack is updated, and to which a
// rollback leads back. What is gone is forgotten, so that it is created again. The caller holds st.mu.
func (st *stack) takeLive(states map[string]*drift, next *document.Template) {
	for logicalID, found := range states {
		live := st.records[logicalID]
		switch {
		case live == nil:
		case found.status == driftModified:
			live.properties, live.shown, live.drift = found.overlaid(live.properties), found.overlaid(live.shown), nil
		case found.status == driftDeleted && next.Resources[logicalID] != nil:
			delete(st.records, logicalID)
		}
	}
}

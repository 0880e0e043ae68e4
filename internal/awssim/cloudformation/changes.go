package cloudformation

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// knownAfterApply stands for a value that only the execution will tell, as AWS writes it in change sets.
const knownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}"

// The words of change sets.
const (
	actionAdd, actionModify, actionRemove = "Add", "Modify", "Remove"

	replacementTrue, replacementFalse, replacementConditional = "True", "False", "Conditional"

	recreationNever, recreationAlways, recreationConditionally = "Never", "Always", "Conditionally"

	evaluationStatic, evaluationDynamic = "Static", "Dynamic"
)

// plannedChange is what a change set does to one resource.
type plannedChange struct {
	action, logicalID, physicalID, resourceType, policy, replacement string
	// CloudFormation looks twice, and each look has details that the other lacks (recorded): without property values it
	// follows references, with them it compares values.
	following, comparing []plannedDetail
	before, after        *shownContext       // what the resource is and will be, or nil
	doubt                error               // why after may not be right
	changeSetID          string              // of a nested stack's own change set
	wanted               resource.Properties // of a nested stack, secrets included
	// What only drift-aware change sets have: the drift status, what was found, and what was last deployed.
	drift    string
	live     *drift
	previous *shownContext
}

// plannedDetail is one reason for a change.
type plannedDetail struct {
	attribute, name, recreation, evaluation, source, cause string
	path                                                   string // of the value below the resource
	before, after                                          any
	// What only drift-aware change sets have.
	beforeFrom, afterFrom string
	drift                 *propertyDrift
	sync                  bool // the new template has what was found: nothing is done
}

// details are those of one look.
func (c plannedChange) details(values bool) []plannedDetail {
	if values {
		return c.comparing
	}
	return c.following
}

// changes reports whether there is anything to tell of the resource.
func (c plannedChange) changes() bool { return len(c.following)+len(c.comparing) > 0 }

// plan foretells what a deployment would change, as far as it can be known: resources in the order of their
// dependencies, then removals. With the states in which resources were found it compares with those. The caller holds
// st.mu.
func (s *Service) plan(st *stack, deployed *deployment, live map[string]*drift) ([]plannedChange, error) {
	return s.planWith(st, deployed, live, nil)
}

// planWith is plan with a look at nested stacks; nil tells only that they may change.
func (s *Service) planWith(st *stack, deployed *deployment, live map[string]*drift, below *nestedPlan) ([]plannedChange, error) {
	p := &planner{stack: st, deployed: deployed, scope: s.scope(st, deployed), fate: make(map[string]string), live: live}
	if below != nil && below.proposed.lineage.includeNested {
		p.below = below
	}
	p.scope.Unknown = knownAfterApply
	p.scope.Import = func(name string) (string, error) {
		if value, ok := s.store.imported(st.Place, name); ok {
			return value, nil
		}
		p.scope.Doubt = refusal("No export named %s", name) // the words, and what is shown meanwhile, are quoted
		return knownAfterApply, nil
	}
	p.scope.Resource = func(logicalID string) (string, error) {
		if p.unknown(logicalID) {
			return knownAfterApply, nil
		}
		return refOf(st, logicalID)
	}
	p.scope.Attribute = func(logicalID, attribute string) (any, error) {
		if p.unknown(logicalID) {
			return knownAfterApply, nil
		}
		return s.attributeOf(st, logicalID, attribute)
	}
	p.past = s.past(st)
	active, err := p.scope.Active()
	if err != nil {
		return nil, clientError(err)
	}
	return p.changes(active)
}

// past is the scope of the last deployment in which no attribute is known. The caller holds st.mu.
func (s *Service) past(st *stack) *intrinsic.Scope {
	scope := s.scope(st, st.deployed)
	for name, value := range st.deployed.parameters {
		if value.noEcho {
			scope.Parameters[name] = value.shown()
		}
	}
	scope.Unknown = knownAfterApply
	scope.Attribute = func(string, string) (any, error) { return knownAfterApply, nil }
	return scope
}

type planner struct {
	stack    *stack
	deployed *deployment
	scope    *intrinsic.Scope
	past     *intrinsic.Scope  // of the last deployment
	fate     map[string]string // replacement of the resources planned so far that change
	live     map[string]*drift // nil unless the change set is drift-aware
	below    *nestedPlan       // nil unless the change set includes nested stacks
}

// stays reports whether a change is none, for a nested stack that was looked at.
func (p *planner) stays(change *plannedChange) bool {
	return change.resourceType == stackType && p.below != nil && !p.below.look(change)
}

// unknown reports whether a resource's ids will only be known after the execution.
func (p *planner) unknown(logicalID string) bool {
	_, exists := p.stack.records[logicalID]
	fate := p.fate[logicalID]
	return !exists || p.gone(logicalID) || fate == replacementTrue || fate == replacementConditional
}

// changes lists what happens to each resource, sorted by logical id; they are looked at in the order of their dependencies,
// for each must know what becomes of those that it refers to.
func (p *planner) changes(active []string) ([]plannedChange, error) {
	var planned []plannedChange
	for _, logicalID := range inDependencyOrder(p.deployed.template, active) {
		definition := p.deployed.template.Resources[logicalID]
		live, exists := p.stack.records[logicalID]
		after, err := p.properties(definition)
		if err != nil {
			return nil, err
		}
		if !exists || p.gone(logicalID) {
			addition := plannedChange{
				action: actionAdd, logicalID: logicalID, resourceType: definition.Type,
				after: contextOf(definition, after.shown, after.metadata), doubt: after.doubt,
			}
			if exists {
				addition.drift, addition.previous = driftDeleted, contextOf(live.definition, abridged(live.shown), live.metadata)
			}
			addition.wanted = after.real
			p.stays(&addition) // it does not, but its change set is made
			planned = append(planned, addition)
			continue
		}
		change := p.modification(live, definition, after)
		change.wanted = after.real
		if p.stays(&change) {
			continue
		}
		if change.action == actionModify && change.changes() {
			p.fate[logicalID] = change.replacement
		}
		if change.changes() {
			planned = append(planned, change)
		}
	}
	for _, logicalID := range p.stack.inUse() {
		if !slices.Contains(active, logicalID) {
			planned = append(planned, p.removal(p.stack.records[logicalID]))
		}
	}
	slices.SortFunc(planned, func(a, b plannedChange) int { return strings.Compare(a.logicalID, b.logicalID) })
	return planned, nil
}

func (p *planner) removal(live *record) plannedChange {
	return plannedChange{
		action: actionRemove, logicalID: live.logicalID, physicalID: live.physicalID, resourceType: live.resourceType,
		policy: policyAction(live.definition.DeletionPolicy), before: contextOf(live.definition, p.forgotten(live), live.metadata),
	}
}

// forgotten are the properties of what goes: what it got from attributes of others is told as unknown (recorded).
func (p *planner) forgotten(live *record) resource.Properties {
	shown := make(resource.Properties, len(live.shown))
	maps.Copy(shown, live.shown)
	for name, expression := range live.definition.Properties {
		attribute := func(r document.Reference) bool { return r.Attribute != "" && p.stack.records[r.Name] != nil }
		if !slices.ContainsFunc(document.References(expression), attribute) {
			continue
		}
		value, err := p.past.Value(expression)
		if err != nil {
			value = knownAfterApply
		}
		shown[name] = value
	}
	return abridged(shown)
}

// foretold are the properties that a resource will have, as far as they are known, and its metadata.
type foretold struct {
	real, shown, metadata resource.Properties
	doubt                 error // why some of the properties may not be right
}

// properties evaluates what is known of a resource's properties and metadata; what is not becomes knownAfterApply.
func (p *planner) properties(definition *document.Resource) (foretold, error) {
	p.scope.Doubt = nil
	evaluated, shown, err := p.foretell(definition.Properties)
	if err != nil {
		return foretold{}, err
	}
	after := foretold{real: evaluated, shown: abridged(shown), doubt: p.scope.Doubt}
	if metadata, ok := definition.Metadata.(map[string]any); ok {
		if after.metadata, _, err = p.foretell(metadata); err != nil {
			return foretold{}, err
		}
	}
	if known, ok := schema.For(definition.Type); ok {
		after.real, err = known.Coerce(evaluated)
	}
	return after, err
}

// foretell returns the values of members, and as they are shown.
func (p *planner) foretell(members map[string]any) (resource.Properties, resource.Properties, error) {
	evaluated, shown := make(resource.Properties), make(resource.Properties)
	for _, name := range sortedKeys(members) {
		one := map[string]any{name: members[name]}
		value, err := p.scope.Properties(one)
		if _, wrong := errors.AsType[*intrinsic.Error](err); err != nil && !wrong {
			return nil, nil, err
		}
		if err != nil {
			p.scope.Doubt = cmp.Or(p.scope.Doubt, err)
			evaluated[name], shown[name] = knownAfterApply, knownAfterApply
			continue
		}
		maps.Copy(evaluated, value)
		maps.Copy(shown, masked(p.deployed, p.scope, one, value))
	}
	return evaluated, shown, nil
}

func (p *planner) modification(live *record, definition *document.Resource, after foretold) plannedChange {
	before := p.before(live)
	change := plannedChange{
		action: actionModify, logicalID: live.logicalID, physicalID: live.physicalID, resourceType: live.resourceType,
		before: contextOf(live.definition, before.shown, live.metadata), after: contextOf(definition, after.shown, after.metadata),
		replacement: replacementFalse, doubt: after.doubt,
	}
	change.following, change.comparing = p.details(live, definition, before, after)
	known, ok := schema.For(definition.Type)
	if ok && known.Tagging.Property != "" && !maps.Equal(live.tags, p.stack.resourceTags(p.deployed, live.logicalID)) {
		change.following, change.comparing = append(change.following, direct("Tags")), append(change.comparing, direct("Tags"))
	}
	p.addMetadata(&change, live, definition, after)
	for _, policy := range policyDetails(live.definition, definition) {
		change.following = append(change.following, policy)
		change.comparing = append(change.comparing, p.compare(policy, nil)...)
	}
	if definition.Type == stackType {
		change.following, change.comparing = append(change.following, automatic()), append(change.comparing, automatic())
	}
	p.compareWithLive(&change, live, before, after)
	change.replacement = replacementOf(slices.Concat(change.following, change.comparing))
	if change.replacement == replacementTrue {
		change.policy = "ReplaceAnd" + policyAction(definition.UpdateReplacePolicy)
	}
	return change
}

package cloudformation

import (
	"errors"
	"maps"
	"reflect"
	"slices"

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
	details                                                          []plannedDetail
	before, after                                                    resource.Properties
	// What only drift-aware change sets have: the drift status, what was found, and the properties last deployed.
	drift    string
	live     *drift
	previous resource.Properties
}

// plannedDetail is one reason for a change. Recordings show that AWS looks twice: without property values it
// follows references, with them it compares values; each look has details that the other lacks.
type plannedDetail struct {
	attribute, name, recreation, evaluation, source, cause string
	before, after                                          any
	look                                                   look
	// What only drift-aware change sets have.
	beforeFrom, afterFrom string
	drift                 *propertyDrift
	sync                  bool // the new template has what was found: nothing is done
}

// look says in which descriptions a detail is shown.
type look int

const (
	always look = iota
	withoutValues
	withValues
)

func (d plannedDetail) shown(values bool) bool {
	return d.look == always || (d.look == withValues) == values
}

// plan foretells what a deployment would change, as far as it can be known: resources in the order of their
// dependencies, then removals. With the states in which resources were found it compares with those. The caller holds
// st.mu.
func (s *Service) plan(st *stack, deployed *deployment, live map[string]*drift) ([]plannedChange, error) {
	p := &planner{stack: st, deployed: deployed, scope: s.scope(st, deployed), fate: make(map[string]string), live: live}
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
		return attributeOf(st, logicalID, attribute)
	}
	active, err := p.scope.Active()
	if err != nil {
		return nil, clientError(err)
	}
	return p.changes(active)
}

type planner struct {
	stack    *stack
	deployed *deployment
	scope    *intrinsic.Scope
	fate     map[string]string // replacement of the resources planned so far that change
	live     map[string]*drift // nil unless the change set is drift-aware
}

// unknown reports whether a resource's ids will only be known after the execution.
func (p *planner) unknown(logicalID string) bool {
	_, exists := p.stack.records[logicalID]
	fate := p.fate[logicalID]
	return !exists || p.gone(logicalID) || fate == replacementTrue || fate == replacementConditional
}

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
			addition := plannedChange{action: actionAdd, logicalID: logicalID, resourceType: definition.Type, after: after}
			if exists {
				addition.drift, addition.previous = driftDeleted, live.properties
			}
			planned = append(planned, addition)
			continue
		}
		change := p.modification(live, definition, after)
		if change.action == actionModify && len(change.details) > 0 {
			p.fate[logicalID] = change.replacement
		}
		if len(change.details) > 0 {
			planned = append(planned, change)
		}
	}
	for _, logicalID := range p.stack.inUse() {
		if !slices.Contains(active, logicalID) {
			planned = append(planned, removal(p.stack.records[logicalID]))
		}
	}
	return planned, nil
}

func removal(live *record) plannedChange {
	policy := "Delete"
	if retained(live.definition.DeletionPolicy) {
		policy = "Retain"
	}
	return plannedChange{
		action: actionRemove, logicalID: live.logicalID, physicalID: live.physicalID, resourceType: live.resourceType,
		policy: policy, before: live.properties,
	}
}

// properties evaluates what is known of a resource's properties; what is not becomes knownAfterApply.
func (p *planner) properties(definition *document.Resource) (resource.Properties, error) {
	evaluated := make(resource.Properties, len(definition.Properties))
	for name, expression := range definition.Properties {
		value, err := p.scope.Properties(map[string]any{name: expression})
		if _, wrong := errors.AsType[*intrinsic.Error](err); err != nil && !wrong {
			return nil, err
		}
		if err != nil {
			value = map[string]any{name: knownAfterApply}
		}
		maps.Copy(evaluated, value)
	}
	known, ok := schema.For(definition.Type)
	if !ok {
		return evaluated, nil
	}
	return known.Coerce(evaluated)
}

func (p *planner) modification(live *record, definition *document.Resource, after resource.Properties) plannedChange {
	change := plannedChange{
		action: actionModify, logicalID: live.logicalID, physicalID: live.physicalID, resourceType: live.resourceType,
		before: p.before(live), after: after, replacement: replacementFalse,
	}
	names := make(map[string]any)
	maps.Copy(names, change.before)
	maps.Copy(names, after)
	for _, name := range sortedKeys(names) {
		change.details = append(change.details, p.details(definition, name, change.before[name], after[name])...)
	}
	known, ok := schema.For(definition.Type)
	if ok && known.Tagging.Property != "" && !maps.Equal(live.tags, p.stack.resourceTags(p.deployed, live.logicalID)) {
		change.details = append(change.details, direct("Tags"))
	}
	if !reflect.DeepEqual(live.definition.Metadata, definition.Metadata) {
		change.details = append(change.details, direct("Metadata"))
	}
	p.compareWithLive(&change, live)
	change.replacement = replacementOf(change.details)
	if change.replacement == replacementTrue {
		change.policy = "ReplaceAndDelete"
		if retained(definition.UpdateReplacePolicy) {
			change.policy = "ReplaceAndRetain"
		}
	}
	return change
}

func direct(attribute string) plannedDetail {
	return plannedDetail{
		attribute: attribute, recreation: recreationNever, evaluation: evaluationStatic, source: "DirectModification",
	}
}

// details says why a property changes: because of resources that change, of parameters, or by itself.
func (p *planner) details(definition *document.Resource, name string, before, after any) []plannedDetail {
	base := direct("Properties")
	base.name, base.before, base.after = name, before, after
	base.recreation = recreationOf(definition.Type, name, base.before, after)
	differs := !reflect.DeepEqual(base.before, after)
	var details []plannedDetail
	for _, reference := range document.References(definition.Properties[name]) {
		details = append(details, p.caused(base, reference, differs)...)
	}
	if len(details) == 0 && differs {
		return []plannedDetail{base}
	}
	return details
}

// caused says what one reference contributes to the change of a property.
func (p *planner) caused(base plannedDetail, reference document.Reference, differs bool) []plannedDetail {
	byItself, detail := base, base
	byItself.evaluation = evaluationDynamic
	isResource := p.deployed.template.Resources[reference.Name] != nil
	fate, changing := p.fate[reference.Name]
	switch {
	case isResource && differs && p.unknown(reference.Name):
		detail.source, detail.cause = sourceOf(reference)
		if fate != replacementTrue {
			detail.evaluation = evaluationDynamic
		}
		byItself.look = withValues
		return []plannedDetail{byItself, detail}
	case isResource && changing && reference.Attribute != "":
		detail.source, detail.cause = sourceOf(reference)
		detail.evaluation, detail.look = evaluationDynamic, withoutValues
		return []plannedDetail{detail}
	case differs && p.parameterChanged(reference.Name):
		detail.source, detail.cause = "ParameterReference", reference.Name
		before, after := byItself, byItself
		before.look, after.look = withValues, withoutValues
		return []plannedDetail{before, detail, after} // each look has its own order (recorded)
	default:
		return nil
	}
}

func sourceOf(reference document.Reference) (string, string) {
	if reference.Attribute == "" {
		return "ResourceReference", reference.Name
	}
	return "ResourceAttribute", reference.Name + "." + reference.Attribute
}

func (p *planner) parameterChanged(name string) bool {
	next, ok := p.deployed.parameters[name]
	return ok && next != p.stack.deployed.parameters[name]
}

func recreationOf(resourceType, name string, before, after any) string {
	known, ok := schema.For(resourceType)
	if !ok {
		return recreationNever
	}
	from, to := one(name, before), one(name, after)
	switch {
	case len(known.RequiresReplacement(from, to)) > 0:
		return recreationAlways
	case len(known.MayRequireReplacement(from, to)) > 0:
		return recreationConditionally
	default:
		return recreationNever
	}
}

func one(name string, value any) map[string]any {
	if value == nil {
		return map[string]any{}
	}
	return map[string]any{name: value}
}

func replacementOf(details []plannedDetail) string {
	fate := replacementFalse
	for _, detail := range details {
		switch {
		case detail.recreation == recreationAlways && detail.evaluation == evaluationStatic:
			return replacementTrue
		case detail.recreation != recreationNever:
			fate = replacementConditional
		}
	}
	return fate
}

// inDependencyOrder sorts logical ids so that each comes after those that it waits for.
func inDependencyOrder(template *document.Template, names []string) []string {
	ordered := make([]string, 0, len(names))
	placed := make(map[string]bool, len(names))
	var place func(name string)
	place = func(name string) {
		if placed[name] || !slices.Contains(names, name) {
			return
		}
		placed[name] = true
		for _, other := range template.Resources[name].Dependencies {
			place(other)
		}
		ordered = append(ordered, name)
	}
	for _, name := range names {
		place(name)
	}
	return ordered
}

// scopes lists the attributes that details touch, as a change set sums them up.
func scopes(details []plannedDetail) []string {
	touched := []string{}
	for _, detail := range details {
		if !slices.Contains(touched, detail.attribute) {
			touched = append(touched, detail.attribute)
		}
	}
	slices.Sort(touched)
	return touched
}

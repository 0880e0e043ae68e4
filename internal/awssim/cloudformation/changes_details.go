package cloudformation

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// sourceDirect is the source of what an expression changes by itself.
const sourceDirect = "DirectModification"

func direct(attribute string) plannedDetail {
	return plannedDetail{
		attribute: attribute, recreation: recreationNever, evaluation: evaluationStatic, source: sourceDirect,
	}
}

// automatic is why every nested stack changes: only its own update tells whether its template is another (API reference,
// recorded).
func automatic() plannedDetail {
	detail := direct("Properties")
	detail.evaluation, detail.source = evaluationDynamic, "Automatic"
	return detail
}

// details says why properties change, first as following references tells, then as comparing values does.
func (p *planner) details(
	live *record, definition *document.Resource, before, after foretold,
) ([]plannedDetail, []plannedDetail) {
	var following, byThemselves, comparing []plannedDetail
	for _, name := range changeOrder(before.real, after.real, eventOrder) {
		base := detailOf(definition.Type, name, before.real[name], after.real[name])
		expression := definition.Properties[name]
		differs := !reflect.DeepEqual(before.real[name], after.real[name])
		rewritten := !reflect.DeepEqual(live.definition.Properties[name], expression)
		caused, byItself := p.follow(base, expression, differs, rewritten)
		following, byThemselves = append(following, caused...), append(byThemselves, byItself...)
		if differs {
			base.before, base.after = before.shown[name], after.shown[name]
			values := p.compare(base, expression)
			if len(values) == 0 { // a secret
				values = p.value(base, expression)
			}
			comparing = append(comparing, values...)
		}
	}
	return append(byThemselves, following...), comparing
}

// detailOf is what all details of one property have in common.
func detailOf(resourceType, name string, before, after any) plannedDetail {
	detail := direct("Properties")
	detail.name, detail.path = name, "/Properties/"+name
	known, ok := schema.For(resourceType)
	if !ok {
		return detail
	}
	if name == known.Tagging.Property && resourceType != "AWS::S3::Bucket" { // recorded: a bucket's tags are like other properties
		detail.attribute, detail.name = "Tags", ""
	}
	from, to := one(name, before), one(name, after)
	switch {
	case len(known.RequiresReplacement(from, to)) > 0:
		detail.recreation = recreationAlways
	case len(known.MayRequireReplacement(from, to)) > 0:
		detail.recreation = recreationConditionally
	}
	return detail
}

func one(name string, value any) map[string]any {
	if value == nil {
		return map[string]any{}
	}
	return map[string]any{name: value}
}

// follow tells what an expression's references cause, and what is left as the property's own change: an expression that
// the template has rewritten changes by itself, too (quoted).
func (p *planner) follow(base plannedDetail, expression any, differs, rewritten bool) ([]plannedDetail, []plannedDetail) {
	var caused, byItself []plannedDetail
	dynamic := base
	dynamic.evaluation = evaluationDynamic
	for _, reference := range document.References(expression) {
		fate, changing := p.fate[reference.Name]
		detail := base
		switch {
		case p.isResource(reference.Name) && differs && p.unknown(reference.Name):
			detail.source, detail.cause = sourceOf(reference)
			if fate == replacementConditional {
				detail.evaluation = evaluationDynamic
			}
		case p.isResource(reference.Name) && changing && reference.Attribute != "":
			detail.source, detail.cause = sourceOf(reference)
			detail.evaluation = evaluationDynamic
		case differs && p.parameterChanged(reference.Name):
			detail.source, detail.cause = "ParameterReference", reference.Name
			byItself = []plannedDetail{dynamic}
		default:
			continue
		}
		caused = append(caused, detail)
	}
	switch {
	case len(caused) == 0 && differs:
		byItself = []plannedDetail{base}
	case len(caused) > 0 && rewritten:
		byItself = []plannedDetail{dynamic}
	}
	return caused, byItself
}

// compare tells the values that change, down to the members of objects and the items of lists.
func (p *planner) compare(base plannedDetail, expression any) []plannedDetail {
	if sameText(base.before, base.after) {
		return nil
	}
	before, after := members(base.before), members(base.after)
	if before == nil || after == nil || reflect.TypeOf(base.before) != reflect.TypeOf(base.after) {
		return p.value(base, expression)
	}
	order := eventOrder
	if _, isList := base.after.([]any); isList {
		order = numerical
	}
	var details []plannedDetail
	for _, name := range changeOrder(before, after, order) {
		inner := base
		inner.path, inner.before, inner.after = base.path+"/"+name, before[name], after[name]
		details = append(details, p.compare(inner, within(expression, name))...)
	}
	return details
}

// members are the members of an object or the items of a list by their position; nil for anything else.
func members(value any) map[string]any {
	switch typed := value.(type) {
	case map[string]any:
		return typed
	case []any:
		items := make(map[string]any, len(typed))
		for i, item := range typed {
			items[strconv.Itoa(i)] = item
		}
		return items
	default:
		return nil
	}
}

// sameText compares values as they are shown: 80 and "80" are the same.
func sameText(a, b any) bool {
	return (a == nil) == (b == nil) && render(a, alphabetical) == render(b, alphabetical)
}

// numerical sorts positions.
func numerical(names []string) {
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
}

// within follows an expression into a member; a function call stands for all that it answers.
func within(expression any, name string) any {
	if object, ok := expression.(map[string]any); ok {
		if _, _, isCall := document.Call(object); isCall {
			return expression
		}
	}
	return members(expression)[name]
}

// value tells the change of one value, and what causes it.
func (p *planner) value(base plannedDetail, expression any) []plannedDetail {
	dynamic := base
	dynamic.evaluation = evaluationDynamic
	var details []plannedDetail
	for _, reference := range document.References(expression) {
		detail := base
		switch {
		case p.isResource(reference.Name) && p.unknown(reference.Name):
			detail.source, detail.cause = sourceOf(reference)
			if p.fate[reference.Name] == replacementConditional {
				detail.evaluation = evaluationDynamic
			}
		case p.parameterChanged(reference.Name):
			detail.source, detail.cause = "ParameterReference", reference.Name
		default:
			continue
		}
		details = append(details, detail)
	}
	if len(details) == 0 {
		return []plannedDetail{base}
	}
	return slices.Insert(details, 0, dynamic)
}

// changeOrder lists members in the order of a change set's details: what goes, what stays, what comes (recorded).
func changeOrder(before, after map[string]any, order memberOrder) []string {
	var gone, kept, come []string
	for name := range before {
		if _, stays := after[name]; stays {
			kept = append(kept, name)
		} else {
			gone = append(gone, name)
		}
	}
	for name := range after {
		if _, known := before[name]; !known {
			come = append(come, name)
		}
	}
	for _, names := range [][]string{gone, kept, come} {
		order(names)
	}
	return slices.Concat(gone, kept, come)
}

func (p *planner) isResource(name string) bool { return p.deployed.template.Resources[name] != nil }

func sourceOf(reference document.Reference) (string, string) {
	if reference.Attribute == "" {
		return "ResourceReference", reference.Name
	}
	return "ResourceAttribute", reference.Name + "." + reference.Attribute
}

func (p *planner) parameterChanged(name string) bool {
	next, ok := p.deployed.parameters[name]
	return ok && next.given() != p.stack.deployed.parameters[name].given()
}

func replacementOf(details []plannedDetail) string {
	fate := replacementFalse
	for _, detail := range details {
		switch {
		case detail.recreation == recreationAlways && detail.evaluation == evaluationStatic:
			return replacementTrue
		case detail.recreation == recreationAlways, detail.recreation == recreationConditionally:
			fate = replacementConditional
		}
	}
	return fate
}

package cloudformation

import (
	"reflect"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// policyAction says what a DeletionPolicy or an UpdateReplacePolicy makes of the old physical resource.
func policyAction(policy string) string {
	switch policy {
	case "Retain", "RetainExceptOnCreate":
		return "Retain"
	case "Snapshot":
		return "Snapshot"
	default:
		return "Delete"
	}
}

// shownContext is a resource as the description of a change set tells it: its properties as they are shown, policies and
// metadata.
type shownContext struct {
	members    map[string]any
	definition *document.Resource
}

func contextOf(definition *document.Resource, properties, metadata resource.Properties) *shownContext {
	context := map[string]any{"Properties": properties}
	if definition.DeletionPolicy != "" {
		context["DeletionPolicy"] = definition.DeletionPolicy
	}
	if definition.UpdateReplacePolicy != "" {
		context["UpdateReplacePolicy"] = definition.UpdateReplacePolicy
	}
	if metadata != nil {
		context["Metadata"] = metadata
	}
	return &shownContext{members: context, definition: definition}
}

// addMetadata tells why metadata change, as it is told of properties (recorded). What is shown of their values is believed.
func (p *planner) addMetadata(change *plannedChange, live *record, definition *document.Resource, after foretold) {
	if reflect.DeepEqual(live.metadata, after.metadata) {
		return
	}
	base := direct("Metadata")
	base.path, base.before, base.after = "/Metadata", orNoValue(live.metadata), orNoValue(after.metadata)
	caused, byItself := p.follow(base, definition.Metadata, true, !reflect.DeepEqual(live.definition.Metadata, definition.Metadata))
	change.following = slices.Concat(change.following, byItself, caused)
	change.comparing = append(change.comparing, p.compare(base, definition.Metadata)...)
}

// orNoValue are metadata, or nil if there are none.
func orNoValue(metadata resource.Properties) any {
	if metadata == nil {
		return nil
	}
	return metadata
}

// policyDetails tells which policies change. What is shown of their values is believed; that they have no word about
// recreation is quoted.
func policyDetails(before, after *document.Resource) []plannedDetail {
	var details []plannedDetail
	for _, policy := range []struct{ attribute, before, after string }{
		{"DeletionPolicy", before.DeletionPolicy, after.DeletionPolicy},
		{"UpdateReplacePolicy", before.UpdateReplacePolicy, after.UpdateReplacePolicy},
	} {
		if policy.before != policy.after {
			detail := direct(policy.attribute)
			detail.recreation, detail.path = "", "/"+policy.attribute
			detail.before, detail.after = orNothing(policy.before), orNothing(policy.after)
			details = append(details, detail)
		}
	}
	return details
}

// orNothing is a policy as a template has it, or nil if it has none.
func orNothing(policy string) any {
	if policy == "" {
		return nil
	}
	return policy
}

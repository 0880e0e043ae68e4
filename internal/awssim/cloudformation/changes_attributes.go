package cloudformation

import (
	"reflect"

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

func contextOf(definition *document.Resource, properties resource.Properties) *shownContext {
	context := map[string]any{"Properties": properties}
	if definition.DeletionPolicy != "" {
		context["DeletionPolicy"] = definition.DeletionPolicy
	}
	if definition.UpdateReplacePolicy != "" {
		context["UpdateReplacePolicy"] = definition.UpdateReplacePolicy
	}
	if definition.Metadata != nil {
		context["Metadata"] = definition.Metadata
	}
	return &shownContext{members: context, definition: definition}
}

// attributeDetails tells which attributes beside the properties change. What is shown of their values is believed; that
// policies have no word about recreation is quoted.
func attributeDetails(before, after *document.Resource) []plannedDetail {
	var details []plannedDetail
	if !reflect.DeepEqual(before.Metadata, after.Metadata) {
		metadata := direct("Metadata")
		metadata.path, metadata.before, metadata.after = "/Metadata", before.Metadata, after.Metadata
		details = append(details, metadata)
	}
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

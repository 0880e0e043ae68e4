package cloudformation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// The words of imports are those that ministack's tests of import change sets quote from AWS, where there are any.
const (
	changeSetImport = "IMPORT"

	actionImport = "Import"

	reasonReviewImport = "Verify that resources and their properties defined in the template match " +
		"the intended configuration of the resource import to avoid unexpected changes."
)

type resourceToImport struct {
	ResourceType       string
	LogicalResourceID  string `query:"LogicalResourceId"`
	ResourceIdentifier map[string]string
}

// checkImports refuses a change set of type IMPORT whose list does not fit its template, in AWS's order. The caller
// holds st.mu.
func (s *Service) checkImportList(st *stack, deployed *deployment, list []resourceToImport) error {
	if len(list) == 0 {
		return invalid("Must Provide at least one resource to import")
	}
	var logicalIDs, undeclared []string
	for i, each := range list {
		if len(each.ResourceIdentifier) == 0 {
			return invalid("1 validation error detected: Value null at 'resourcesToImport.%d.member.resourceIdentifier' "+
				"failed to satisfy constraint: Member must not be null", i+1)
		}
		if slices.Contains(logicalIDs, each.LogicalResourceID) {
			return invalid("Every resource to import must have unique LogicalResourceId")
		}
		logicalIDs = append(logicalIDs, each.LogicalResourceID)
		if deployed.template.Resources[each.LogicalResourceID] == nil {
			undeclared = append(undeclared, each.LogicalResourceID)
		}
	}
	if len(undeclared) > 0 {
		return invalid("The logical resource ids %s provided in ResourceToImport do not exist in the template.", listed(undeclared))
	}
	for _, each := range list {
		if err := s.checkIdentifier(deployed.template.Resources[each.LogicalResourceID], each); err != nil {
			return err
		}
	}
	return s.checkNothingElse(st, deployed, logicalIDs)
}

func (s *Service) checkIdentifier(definition *document.Resource, each resourceToImport) error {
	if _, readable := s.providers[each.ResourceType].(resource.Reader); !readable {
		return invalid("ResourceTypes [%s] are not supported for Import", each.ResourceType)
	}
	keys := identifierOf(each.ResourceType)
	if !slices.Equal(sortedKeys(each.ResourceIdentifier), slices.Sorted(slices.Values(keys))) {
		return invalid("Invalid resource identifier for resource type %s. Expected %s", each.ResourceType, listed(keys))
	}
	if each.ResourceType != definition.Type {
		return invalid("Resource type of [%s] passed in ResourceToImport does not match with resource type defined in the template. "+
			"Resource type in ResourceToImport: %s; Resource type in Template: %s.",
			each.LogicalResourceID, each.ResourceType, definition.Type)
	}
	return nil
}

// checkNothingElse refuses an import that does anything beside importing. The caller holds st.mu.
func (s *Service) checkNothingElse(st *stack, deployed *deployment, imported []string) error {
	plan, err := s.plan(st, deployed, nil)
	if err != nil {
		return err
	}
	var added, touched []string
	for _, change := range plan {
		if change.action == actionAdd {
			added = append(added, change.logicalID)
		} else {
			touched = append(touched, change.logicalID)
		}
	}
	slices.Sort(touched)
	inStack := missingFrom(added, imported)
	unlisted := missingFrom(imported, added)
	switch {
	case len(added) == 0:
		return invalid("The template should contain at least one new resource to import.")
	case len(inStack) > 0:
		return invalid("Resources %s passed in ResourceToImport are already in a stack and cannot be imported.", listed(inStack))
	case len(unlisted) > 0:
		return invalid("Resources %s is missing from ResourceToImport list", listed(unlisted))
	case len(touched) > 0:
		return invalid("You have modified resources %s in your template that are not being imported. "+
			"Update, create or delete operations cannot be executed during import operations.", listed(touched))
	}
	var without []string
	for _, logicalID := range imported {
		if deployed.template.Resources[logicalID].DeletionPolicy == "" {
			without = append(without, logicalID)
		}
	}
	if len(without) > 0 {
		return invalid("The following resources to import %s must have DeletionPolicy attribute specified in the template.",
			listed(without))
	}
	if s.outputsDiffer(st, deployed) {
		return invalid("As part of the import operation, you cannot modify or add [Outputs]")
	}
	return nil
}

// outputsDiffer compares the Outputs sections. The caller holds st.mu.
func (s *Service) outputsDiffer(st *stack, deployed *deployment) bool {
	return fmt.Sprint(st.deployed.template.Outputs) != fmt.Sprint(deployed.template.Outputs)
}

// missingFrom returns the members of names that others lacks.
func missingFrom(others, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

func listed(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

// identifierOf returns the properties that identify a resource of a type.
func identifierOf(resourceType string) []string {
	known, ok := schema.For(resourceType)
	if !ok {
		return nil
	}
	names := make([]string, len(known.PrimaryIdentifier))
	for i, pointer := range known.PrimaryIdentifier {
		names[i] = pointer.String()
	}
	return names
}

// findImport returns the physical id of a resource to import, or why it cannot be imported.
func (s *Service) findImport(place resource.Place, each resourceToImport) (string, error) {
	reader, ok := s.providers[each.ResourceType].(resource.Reader)
	if !ok {
		return "", refusal("ResourceTypes [%s] are not supported for Import", each.ResourceType)
	}
	var values []string
	for _, key := range identifierOf(each.ResourceType) {
		values = append(values, each.ResourceIdentifier[key])
	}
	whole := strings.Join(values, "|")
	for _, candidate := range append([]string{whole}, values...) { // of several, one may be what Ref answers
		if _, exists := reader.Read(resource.Request{Place: place, Type: each.ResourceType, PhysicalID: candidate}); exists {
			return candidate, nil
		}
	}
	return "", refusal("%s", notThere(each.ResourceType, whole))
}

// notThere says that a resource to import does not exist; some services have words of their own.
func notThere(resourceType, identifier string) string {
	switch resourceType {
	case "AWS::S3::Bucket":
		return "Bucket not found"
	case "AWS::Logs::LogGroup":
		identifier = `{"/properties/LogGroupName":"` + identifier + `"}`
	}
	return fmt.Sprintf("Resource of type '%s' with identifier '%s' was not found.", resourceType, identifier)
}

// owner returns the ARN of the stack that has a resource, or "".
func (s *Service) owner(place resource.Place, resourceType, physicalID string) string {
	for _, st := range s.store.all(place) {
		st.mu.Lock()
		for _, logicalID := range st.inUse() {
			r := st.records[logicalID]
			if st.status != deleteComplete && r.resourceType == resourceType && r.physicalID == physicalID {
				st.mu.Unlock()
				return st.id
			}
		}
		st.mu.Unlock()
	}
	return ""
}

// resolveImports finds the resources of a list and returns their physical ids by logical id. The caller does not hold
// any stack's lock.
func (s *Service) resolveImports(place resource.Place, list []resourceToImport) (map[string]string, error) {
	found := make(map[string]string, len(list))
	for _, each := range list {
		physicalID, err := s.findImport(place, each)
		if err != nil {
			return nil, err
		}
		if owner := s.owner(place, each.ResourceType, physicalID); owner != "" {
			return nil, refusal("%s already exists in stack %s", physicalID, owner)
		}
		found[each.LogicalResourceID] = physicalID
	}
	return found, nil
}

// existing lists the resources that a change set would add although they exist: those whose names the template spells
// out. It refuses those that a rollback could delete.
func (s *Service) existingResources(
	place resource.Place, template *document.Template, added []string,
) ([]resourceToImport, error) {
	var list []resourceToImport
	var unsafe []string
	for _, logicalID := range added {
		definition := template.Resources[logicalID]
		each := resourceToImport{
			ResourceType: definition.Type, LogicalResourceID: logicalID, ResourceIdentifier: make(map[string]string),
		}
		var shown []string
		for _, key := range identifierOf(definition.Type) {
			if name, literal := definition.Properties[key].(string); literal && name != "" {
				each.ResourceIdentifier[key] = name
				shown = append(shown, key+"="+name)
			}
		}
		if len(shown) == 0 || len(shown) != len(identifierOf(definition.Type)) {
			continue
		}
		if _, err := s.findImport(place, each); err != nil {
			continue // it does not exist: it is created
		}
		list = append(list, each)
		if !retained(definition.DeletionPolicy) {
			unsafe = append(unsafe, logicalID+" ({"+strings.Join(shown, ", ")+"})")
		}
	}
	if len(unsafe) > 0 {
		return nil, refusal("CloudFormation is attempting to import some resources because they already exist in your account. "+
			"The resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for "+
			"successful import. The affected resources are %s", strings.Join(unsafe, ", "))
	}
	return list, nil
}

// takeOver makes imports of the additions that a deployment takes over. The order of the changes stays.
func takeOver(changes []plannedChange, imports map[string]string) []plannedChange {
	for i, change := range changes {
		physicalID, ok := imports[change.logicalID]
		if change.action == actionAdd && ok {
			changes[i] = plannedChange{
				action: actionImport, logicalID: change.logicalID, physicalID: physicalID, resourceType: change.resourceType,
				after: change.after,
			}
		}
	}
	return changes
}

type identifierSummary struct {
	ResourceType        string
	LogicalResourceIDs  []string `query:"LogicalResourceIds"`
	ResourceIdentifiers []string
}

// identifierSummaries tells how the resources of a template are identified in imports, by type.
func (s *Service) identifierSummaries(template *document.Template) []identifierSummary {
	byType := make(map[string][]string)
	for _, logicalID := range sortedKeys(template.Resources) {
		name := template.Resources[logicalID].Type
		if _, readable := s.providers[name].(resource.Reader); readable {
			byType[name] = append(byType[name], logicalID)
		}
	}
	summaries := []identifierSummary{}
	for _, name := range sortedKeys(byType) {
		summaries = append(summaries, identifierSummary{
			ResourceType: name, LogicalResourceIDs: byType[name], ResourceIdentifiers: identifierOf(name),
		})
	}
	return summaries
}

// refuseImports refuses lists of resources to import where AWS does.
func (in *createChangeSetInput) refuseImports(call *wire.Call) error {
	switch {
	case in.ChangeSetType != changeSetImport && len(in.ResourcesToImport) > 0:
		return invalid("ResourcesToImport can only be specified for change sets of type IMPORT") // believed
	case in.ChangeSetType == changeSetImport && in.ImportExistingResources:
		return invalid("ImportExistingResources cannot be specified for change sets of type IMPORT") // believed
	case in.ChangeSetType == changeSetImport && in.DeploymentMode != "":
		return wire.Unsupported(call, "DeploymentMode with ChangeSetType IMPORT")
	default:
		return nil
	}
}

package cloudformation

import (
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// scope evaluates a deployment's expressions against the resources as they are now. It must only be used
// while st.mu is held.
func (s *Service) scope(st *stack, deployed *deployment) *intrinsic.Scope {
	parameters := make(map[string]any, len(deployed.parameters))
	for name, value := range deployed.parameters {
		parameters[name] = value.resolved()
	}
	arns := make([]any, len(deployed.notificationARNs))
	for i, arn := range deployed.notificationARNs {
		arns[i] = arn
	}
	return &intrinsic.Scope{
		Template:   deployed.template,
		Parameters: parameters,
		Pseudo: map[string]any{
			"AWS::AccountId": st.Account, "AWS::Region": st.Region, "AWS::StackName": st.name, "AWS::StackId": st.id,
			"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::NotificationARNs": arns,
		},
		Resource:  func(logicalID string) (string, error) { return refOf(st, logicalID) },
		Attribute: func(logicalID, attribute string) (any, error) { return s.attributeOf(st, logicalID, attribute) },
		Import:    func(name string) (string, error) { return s.importFor(st, name) },
	}
}

func refOf(st *stack, logicalID string) (string, error) {
	live, ok := st.records[logicalID]
	if !ok || live.physicalID == "" {
		return "", unresolved(logicalID)
	}
	return live.physicalID, nil
}

func (s *Service) attributeOf(st *stack, logicalID, attribute string) (any, error) {
	live, ok := st.records[logicalID]
	if !ok || live.physicalID == "" {
		return nil, unresolved(logicalID)
	}
	if viewer, ok := s.providers[live.resourceType].(resource.Viewer); ok {
		if value, ok := viewer.Attribute(st.Place, live.resourceType, live.physicalID, attribute); ok {
			return value, nil
		}
	}
	if value, ok := live.attributes[attribute]; ok {
		return value, nil
	}
	if value, ok := property(live.properties, attribute); ok {
		return value, nil
	}
	if name, isOutput := strings.CutPrefix(attribute, "Outputs."); isOutput && live.resourceType == stackType {
		return nil, &intrinsic.Error{Message: "Output '" + name + "' not found in stack '" + live.physicalID + "'"}
	}
	return nil, noAttribute(logicalID, attribute)
}

// property follows a dotted name: many types answer properties as attributes.
func property(properties map[string]any, name string) (any, bool) {
	first, rest, nested := strings.Cut(name, ".")
	value, ok := properties[first]
	if !nested || !ok {
		return value, ok
	}
	inner, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	return property(inner, rest)
}

func unresolved(logicalID string) error {
	return &intrinsic.Error{
		Message: "Template format error: Unresolved resource dependencies [" + logicalID + "] in the Resources block of the template",
	}
}

func noAttribute(logicalID, attribute string) error {
	return &intrinsic.Error{
		Message: "Template error: resource " + logicalID + " does not support attribute type " + attribute + " in Fn::GetAtt",
	}
}

func (s *Service) importFor(st *stack, name string) (string, error) {
	value, ok := s.store.imported(st.Place, name)
	if !ok {
		return "", refusal("No export named %s found", name)
	}
	if st.imports == nil {
		st.imports = make(map[string]bool)
	}
	st.imports[name] = true
	return value, nil
}

// preview is a scope that knows nothing of resources but whether references to them can be right.
func (s *Service) preview(st *stack, deployed *deployment) *intrinsic.Scope {
	scope := s.scope(st, deployed)
	scope.Import = func(string) (string, error) { return "", intrinsic.ErrUnknown }
	scope.Zones = func(string) ([]string, error) { return nil, intrinsic.ErrUnknown } // asked for when a resource is made
	exists := func(logicalID string) error {
		holds, err := scope.Condition(deployed.template.Resources[logicalID].Condition)
		if err != nil {
			return err
		}
		if !holds {
			return scope.Unresolved(logicalID)
		}
		return intrinsic.ErrUnknown
	}
	scope.Resource = func(logicalID string) (string, error) { return "", exists(logicalID) }
	scope.Attribute = func(logicalID, _ string) (any, error) { return nil, exists(logicalID) }
	return scope
}

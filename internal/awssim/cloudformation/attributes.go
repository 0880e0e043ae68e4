package cloudformation

import (
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// checkAttributes finds attributes that types do not have. CloudFormation takes such a template, and fails the operation
// before it touches any resource (recorded).
func checkAttributes(template *document.Template, scope *intrinsic.Scope, active []string) error {
	for _, logicalID := range active {
		properties := template.Resources[logicalID].Properties
		if err := attributeProblem(template, properties, "/Resources/"+logicalID+"/Properties"); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(template.Outputs) {
		output := template.Outputs[name]
		holds, err := scope.Condition(output.Condition)
		if err != nil {
			return clientError(err)
		}
		if !holds {
			continue
		}
		if err := attributeProblem(template, output.Value, "/Outputs/"+name+"/Value"); err != nil {
			return err
		}
	}
	return nil
}

// attributeProblem looks at a value and all in it; the path tells where it is.
func attributeProblem(template *document.Template, value any, path string) error {
	switch typed := value.(type) {
	case []any:
		for i, item := range typed {
			if err := attributeProblem(template, item, path+"/"+strconv.Itoa(i)); err != nil {
				return err
			}
		}
	case map[string]any:
		if function, _, ok := document.Call(typed); ok && (function == "Fn::GetAtt" || function == "Fn::Sub") {
			return lackingAttribute(template, typed, path+"/"+function)
		}
		for _, name := range sortedKeys(typed) {
			if err := attributeProblem(template, typed[name], path+"/"+name); err != nil {
				return err
			}
		}
	}
	return nil
}

func lackingAttribute(template *document.Template, call map[string]any, path string) error {
	for _, reference := range document.References(call) {
		owner := template.Resources[reference.Name]
		if owner == nil || reference.Attribute == "" {
			continue
		}
		known, ok := schema.For(owner.Type)
		if ok && !known.HasAttribute(reference.Attribute) {
			return refusal("[Error] %s: Resource type %s does not support attribute {%s}", path, owner.Type, reference.Attribute)
		}
	}
	return nil
}

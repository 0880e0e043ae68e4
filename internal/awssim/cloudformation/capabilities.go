package cloudformation

import (
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// The acknowledgements that CreateStack and UpdateStack ask for.
const (
	capabilityIAM        = "CAPABILITY_IAM"
	capabilityNamedIAM   = "CAPABILITY_NAMED_IAM"
	capabilityAutoExpand = "CAPABILITY_AUTO_EXPAND"
)

// customName is the property that gives an IAM resource a name of the user's; for types without one it is "".
// Source: "Acknowledging IAM resources in CloudFormation templates", user guide.
func customName(resourceType string) (string, bool) {
	switch resourceType {
	case "AWS::IAM::Role":
		return "RoleName", true
	case "AWS::IAM::User":
		return "UserName", true
	case "AWS::IAM::Group":
		return "GroupName", true
	case "AWS::IAM::InstanceProfile":
		return "InstanceProfileName", true
	case "AWS::IAM::ManagedPolicy":
		return "ManagedPolicyName", true
	case "AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition":
		return "", true
	default:
		return "", false
	}
}

// requiredCapability returns the IAM acknowledgement that a template needs, or "", and the types that need it.
func requiredCapability(template *document.Template) (string, []string) {
	needed := ""
	var types []string
	for _, logicalID := range sortedKeys(template.Resources) {
		wanted := template.Resources[logicalID]
		property, isIAM := customName(wanted.Type)
		if !isIAM {
			continue
		}
		types = append(types, wanted.Type)
		if needed == "" {
			needed = capabilityIAM
		}
		if _, named := wanted.Properties[property]; named {
			needed = capabilityNamedIAM
		}
	}
	slices.Sort(types)
	return needed, slices.Compact(types)
}

func checkCapabilities(template *document.Template, given []string) error {
	for _, capability := range given {
		if capability != capabilityIAM && capability != capabilityNamedIAM && capability != capabilityAutoExpand {
			return invalid("1 validation error detected: Value '[%s]' at 'capabilities' failed to satisfy constraint: "+
				"Member must satisfy constraint: [Member must satisfy enum value set: "+
				"[CAPABILITY_IAM, CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND]]", capability)
		}
	}
	needed, _ := requiredCapability(template)
	granted := needed == "" || slices.Contains(given, capabilityNamedIAM) || slices.Contains(given, needed)
	if !granted {
		return fail("InsufficientCapabilitiesException", "Requires capabilities : [%s]", needed)
	}
	if len(template.Transforms) > 0 && !slices.Contains(given, capabilityAutoExpand) {
		return fail("InsufficientCapabilitiesException", "Requires capabilities : [%s]", capabilityAutoExpand)
	}
	return nil
}

package cloudformation

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// References finds the values that templates keep in Systems Manager and Secrets Manager.
type References interface {
	// Parameter returns the value of an SSM parameter, which may have a version behind a colon, and its kind: String,
	// StringList or SecureString.
	Parameter(place resource.Place, name string) (value, kind string, ok bool)
	// Resolve returns the value of a dynamic reference, {{resolve:service:key}}. Its errors are worded as CloudFormation's.
	Resolve(place resource.Place, service, key string) (string, error)
}

const secureParameters = "ssm-secure"

var dynamicReference = regexp.MustCompile(`\{\{resolve:([a-z-]+):([^{}]*)\}\}`)

// resolve replaces the dynamic references in a value. What comes of it is for providers alone: nothing shows it.
func (s *Service) resolve(place resource.Place, value any) (any, error) {
	switch typed := value.(type) {
	case string:
		return s.resolveText(place, typed)
	case []any:
		items := make([]any, len(typed))
		for i, item := range typed {
			resolved, err := s.resolve(place, item)
			if err != nil {
				return nil, err
			}
			items[i] = resolved
		}
		return items, nil
	case map[string]any:
		members := make(map[string]any, len(typed))
		for _, name := range sortedKeys(typed) {
			resolved, err := s.resolve(place, typed[name])
			if err != nil {
				return nil, err
			}
			members[name] = resolved
		}
		return members, nil
	default:
		return value, nil
	}
}

func (s *Service) resolveText(place resource.Place, text string) (string, error) {
	if !strings.Contains(text, "{{resolve:") {
		return text, nil
	}
	var failure error
	resolved := dynamicReference.ReplaceAllStringFunc(text, func(reference string) string {
		parts := dynamicReference.FindStringSubmatch(reference)
		if s.references == nil {
			failure = refusal("awssim does not implement the dynamic reference %s here", reference)
			return reference
		}
		value, err := s.references.Resolve(place, parts[1], parts[2])
		if err != nil {
			failure = err
		}
		return value
	})
	return resolved, failure
}

// resolveAll resolves the references of properties. Without any it returns the properties themselves.
func (s *Service) resolveAll(place resource.Place, properties resource.Properties) (resource.Properties, error) {
	if !refers(properties, "") {
		return properties, nil
	}
	resolved, err := s.resolve(place, properties)
	if err != nil {
		return nil, err
	}
	members, _ := resolved.(map[string]any) // of a map comes a map
	return members, nil
}

// resolveKnown is resolveAll for properties of before, whose secrets may be gone: then they stay references.
func (s *Service) resolveKnown(place resource.Place, properties resource.Properties) resource.Properties {
	if !refers(properties, "") {
		return properties
	}
	known := make(resource.Properties, len(properties))
	for name, value := range properties {
		resolved, err := s.resolve(place, value)
		if err != nil {
			resolved = value
		}
		known[name] = resolved
	}
	return known
}

// refers reports whether a value has a dynamic reference to a service, or to any if service is empty.
func refers(value any, service string) bool {
	switch typed := value.(type) {
	case string:
		return strings.Contains(typed, "{{resolve:"+service)
	case []any:
		return slices.ContainsFunc(typed, func(item any) bool { return refers(item, service) })
	case map[string]any:
		for _, member := range typed {
			if refers(member, service) {
				return true
			}
		}
	}
	return false
}

// refersToSecrets reports whether a value has a reference to what must not be shown.
func refersToSecrets(value any) bool {
	return refers(value, secureParameters+":") || refers(value, "secretsmanager:")
}

// checkReferences refuses the references that CloudFormation looks up before it starts: plain parameters that do not
// exist, and secure ones where they may not be.
func (s *Service) checkReferences(place resource.Place, template *document.Template) error {
	for _, logicalID := range sortedKeys(template.Resources) {
		definition := template.Resources[logicalID]
		for _, name := range sortedKeys(definition.Properties) {
			value := definition.Properties[name]
			path := definition.Type + "/Properties/" + name
			if refers(value, secureParameters+":") && !takesSecureParameters(path) {
				return invalid("SSM Secure reference is not supported in: [%s]", path)
			}
			if err := s.checkPlainReferences(place, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) checkPlainReferences(place resource.Place, value any) error {
	switch typed := value.(type) {
	case string:
		for _, parts := range dynamicReference.FindAllStringSubmatch(typed, -1) {
			if parts[1] != "ssm" || strings.Contains(parts[2], "$") { // a variable of Fn::Sub is looked up later
				continue
			}
			if _, err := s.resolveText(place, parts[0]); err != nil {
				return invalid("%s", err.Error())
			}
		}
	case []any:
		for _, item := range typed {
			if err := s.checkPlainReferences(place, item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range sortedKeys(typed) {
			if err := s.checkPlainReferences(place, typed[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// takesSecureParameters knows the properties for secure parameters, of the types that the simulator has. Source:
// "Get a secure string value from Systems Manager Parameter Store", user guide.
func takesSecureParameters(path string) bool {
	switch path {
	case "AWS::RDS::DBCluster/Properties/MasterUserPassword", "AWS::RDS::DBInstance/Properties/MasterUserPassword":
		return true
	default:
		return false
	}
}

// unresolvedActual puts the references of a template back where what was found is what they stand for, so that it can be
// compared and shown. Secrets that differ are not told.
func (s *Service) unresolvedActual(place resource.Place, found *drift, wanted resource.Properties) {
	resolved := s.resolveKnown(place, wanted)
	for _, name := range sortedKeys(wanted) {
		if !refers(wanted[name], "") {
			continue
		}
		switch actual, has := found.actual[name]; {
		case !has:
		case reflect.DeepEqual(actual, resolved[name]):
			found.actual[name] = wanted[name]
		case refersToSecrets(wanted[name]):
			delete(found.actual, name)
			found.ignored = append(found.ignored, name)
		}
	}
}

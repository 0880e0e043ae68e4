package document

import "slices"

func (t *Template) readResources(sections map[string]any) error {
	resources, err := section(sections, "Resources")
	if err != nil {
		return err
	}
	if len(resources) == 0 {
		return malformed("At least one Resources member must be defined.")
	}
	t.Resources = make(map[string]*Resource, len(resources))
	for _, name := range sortedKeys(resources) {
		members, ok := resources[name].(map[string]any)
		if !ok {
			return malformed("[/Resources/%s] resource definition is malformed", name)
		}
		if !alphanumeric.MatchString(name) {
			return malformed("Resource name %s is non alphanumeric.", name)
		}
		resource, err := readResource(name, members)
		if err != nil {
			return err
		}
		t.Resources[name] = resource
	}
	return nil
}

func readResource(name string, members map[string]any) (*Resource, error) {
	resource := &Resource{}
	for _, key := range sortedKeys(members) {
		if err := resource.read(name, key, members[key]); err != nil {
			return nil, err
		}
	}
	if resource.Type == "" {
		return nil, malformed("[/Resources/%s] Every Resources object must contain a Type member.", name)
	}
	return resource, nil
}

func (r *Resource) read(name, key string, value any) error {
	ok := true
	switch key {
	case "Type":
		r.Type, ok = value.(string)
	case "Properties":
		r.Properties, ok = value.(map[string]any)
	case "Condition":
		r.Condition, ok = value.(string)
	case "DependsOn":
		r.DependsOn, ok = stringList(value)
	case "Metadata":
		r.Metadata = value
	case "DeletionPolicy":
		policies := []string{"Delete", "Retain", "Snapshot", "RetainExceptOnCreate"}
		return readPolicy(&r.DeletionPolicy, key, value, policies)
	case "UpdateReplacePolicy":
		return readPolicy(&r.UpdateReplacePolicy, key, value, []string{"Delete", "Retain", "Snapshot"})
	case "CreationPolicy", "UpdatePolicy":
		return refuse("awssim does not implement the resource attribute %s (of %s)", key, name)
	default:
		return refuse("Invalid template resource property '%s'", key)
	}
	if !ok {
		return wrongType("/Resources/"+name, key)
	}
	return nil
}

func readPolicy(into *string, key string, value any, allowed []string) error {
	policy, ok := value.(string)
	if !ok {
		return malformed("Every %s member must be a string.", key)
	}
	if !slices.Contains(allowed, policy) {
		return malformed("Unrecognized %s %s", key, policy)
	}
	*into = policy
	return nil
}

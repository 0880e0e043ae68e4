package document

import (
	"maps"
	"slices"
)

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
	case deletionPolicy, updateReplacePolicy:
		return r.readPolicy(key, value)
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

// The attributes that say what becomes of a physical resource.
const (
	deletionPolicy      = "DeletionPolicy"
	updateReplacePolicy = "UpdateReplacePolicy"
)

// readPolicy takes a policy, or the call of a function that gives one: no transform is needed for that (recorded).
func (r *Resource) readPolicy(key string, value any) error {
	if members, ok := value.(map[string]any); ok {
		if _, _, ok := Call(members); ok {
			if r.Policies == nil {
				r.Policies = make(map[string]any)
			}
			r.Policies[key] = value
			return nil
		}
	}
	policy, ok := value.(string)
	if !ok {
		return malformed("Every %s member must be a string.", key)
	}
	return r.setPolicy(key, policy)
}

func (r *Resource) setPolicy(key, policy string) error {
	into, allowed := &r.UpdateReplacePolicy, []string{"Delete", "Retain", "Snapshot"}
	if key == deletionPolicy {
		into, allowed = &r.DeletionPolicy, append(allowed, "RetainExceptOnCreate")
	}
	if !slices.Contains(allowed, policy) {
		return malformed("Unrecognized %s %s", key, policy)
	}
	*into = policy
	return nil
}

// Settled returns the template with a value for each policy that is the call of a function; the template itself if it has
// none.
func (t *Template) Settled(evaluate func(expression any) (string, error)) (*Template, error) {
	settled := t
	for _, name := range sortedKeys(t.Resources) {
		if len(t.Resources[name].Policies) == 0 {
			continue
		}
		if settled == t {
			copied := *t
			copied.Resources = maps.Clone(t.Resources)
			settled = &copied
		}
		resource := *t.Resources[name]
		for _, key := range sortedKeys(resource.Policies) {
			policy, err := evaluate(resource.Policies[key])
			if err != nil {
				return nil, err
			}
			if err := resource.setPolicy(key, policy); err != nil {
				return nil, err
			}
		}
		settled.Resources[name] = &resource
	}
	return settled, nil
}

// expressions are all values of a resource that may call functions.
func (r *Resource) expressions() any { return []any{r.Properties, r.Metadata, r.Policies} }

package cloudformation

import (
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// inDependencyOrder sorts logical ids so that each comes after those that it waits for.
func inDependencyOrder(template *document.Template, names []string) []string {
	ordered := make([]string, 0, len(names))
	placed := make(map[string]bool, len(names))
	var place func(name string)
	place = func(name string) {
		if placed[name] || !slices.Contains(names, name) {
			return
		}
		placed[name] = true
		for _, other := range template.Resources[name].Dependencies {
			place(other)
		}
		ordered = append(ordered, name)
	}
	for _, name := range names {
		place(name)
	}
	return ordered
}

// scopes lists the attributes that details touch, as a change set sums them up.
func scopes(details []plannedDetail) []string {
	touched := []string{}
	for _, detail := range details {
		if !slices.Contains(touched, detail.attribute) {
			touched = append(touched, detail.attribute)
		}
	}
	eventOrder(touched)
	return touched
}

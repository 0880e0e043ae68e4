package awssim

import (
	"maps"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// Support is what a simulator implements. Its lists are sorted.
type Support struct {
	// Operations by service, each as AWS names it.
	Operations map[string][]string
	// Moving are the resource types that do what they do on AWS: tasks run, load balancers forward.
	Moving []string
	// Plain are the resource types that exist and have properties, but do nothing.
	Plain []string
	// Refused are the resource types whose schema is known, but which templates cannot have yet.
	Refused []string
}

// Support tells what the simulator implements.
func (s *Server) Support() Support {
	operations := make(map[string][]string, len(s.services))
	for name, service := range s.services {
		operations[name] = slices.Sorted(maps.Keys(service.Operations))
	}
	var refused []string
	for _, name := range schema.Types() {
		if !slices.Contains(s.plain, name) && !slices.Contains(s.moving, name) {
			refused = append(refused, name)
		}
	}
	slices.Sort(refused)
	return Support{Operations: operations, Moving: s.moving, Plain: s.plain, Refused: refused}
}

// split returns the types that a provider serves, and those that others do.
func split(providers map[string]resource.Provider, by resource.Provider) ([]string, []string) {
	var served, others []string
	for name, provider := range providers {
		if provider == by {
			served = append(served, name)
		} else {
			others = append(others, name)
		}
	}
	slices.Sort(served)
	slices.Sort(others)
	return served, others
}

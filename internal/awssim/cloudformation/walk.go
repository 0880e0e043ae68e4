package cloudformation

import (
	"context"
	"slices"
)

// walk is work on resources that wait for each other.
type walk struct {
	names []string
	// waitsFor returns the names that must be done first; unknown names count as done.
	waitsFor func(name string) []string
	// work is called concurrently, once for each name whose predecessors succeeded.
	work func(ctx context.Context, name string) error
	// keepGoing lets the rest go on after a failure, except for what waits for the failed one.
	keepGoing bool
}

// run returns the names that failed, sorted. Without keepGoing the first failure cancels what is running
// and nothing new starts.
func (w walk) run(ctx context.Context) []string {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type result struct {
		name string
		err  error
	}
	var (
		results = make(chan result)
		waiting = slices.Sorted(slices.Values(w.names))
		pending = make(map[string]bool, len(w.names)) // not yet done
		failed  []string
		running int
	)
	for _, name := range waiting {
		pending[name] = true
	}
	for {
		if ctx.Err() == nil {
			waiting = slices.DeleteFunc(waiting, func(name string) bool {
				if slices.ContainsFunc(w.waitsFor(name), func(other string) bool { return pending[other] && other != name }) {
					return false
				}
				running++
				go func() { results <- result{name: name, err: w.work(ctx, name)} }()
				return true
			})
		}
		if running == 0 {
			slices.Sort(failed)
			return failed
		}
		ended := <-results
		running--
		if ended.err == nil {
			delete(pending, ended.name)
			continue
		}
		failed = append(failed, ended.name)
		if !w.keepGoing {
			cancel(errSibling)
		}
	}
}

// reversed turns "waits for" around, so that what was made last goes first.
func reversed(names []string, waitsFor func(name string) []string) func(name string) []string {
	dependents := make(map[string][]string, len(names))
	for _, name := range names {
		for _, other := range waitsFor(name) {
			dependents[other] = append(dependents[other], name)
		}
	}
	return func(name string) []string { return dependents[name] }
}

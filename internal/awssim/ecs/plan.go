package ecs

import "slices"

// view is what the scheduler looks at: the tasks of a service that are meant to run.
type view struct {
	desired                int
	minPercent, maxPercent int
	// failed says that the primary deployment has failed and starts nothing.
	failed bool
	// parallel says that the newest deployment's tasks run beside those that serve, rather than replace them.
	parallel bool
	// hold says that the newest deployment does not start yet, keep that the old tasks stay, refill that those of them
	// that end are replaced, and spare that others stay too.
	hold, keep, refill, spare bool
	// primary are the tasks of the newest deployment, old those of earlier ones; oldest first. Others are neither
	// wanted nor serving; there are some only in parallel.
	primary, old, others []taskView
}

// taskView is a task that is meant to run.
type taskView struct {
	id      string
	running bool
	healthy bool // running, and healthy for load balancer and container health check
}

// steps is what the scheduler does next.
type steps struct {
	start    int
	startOld int
	stop     []string // ids of tasks
}

// next decides how a service gets closer to its desired state: never more than the maximum percent of tasks at a
// time, never fewer healthy ones than the minimum percent ("Rolling update", developer guide: the maximum is
// rounded down, the minimum up).
func (v *view) next() steps {
	if v.parallel {
		return v.nextParallel()
	}
	const hundred = 100
	most := v.desired * v.maxPercent / hundred
	least := (v.desired*v.minPercent + hundred - 1) / hundred

	var planned steps
	surplus := max(0, len(v.primary)-v.desired)
	planned.stop = append(planned.stop, ids(expendable(v.primary)[:surplus])...)
	if v.failed {
		return planned
	}
	planned.start = max(0, min(v.desired-len(v.primary), most-len(v.primary)-len(v.old)))

	spare := healthy(v.primary) + healthy(v.old) - least
	for _, candidate := range expendable(v.old) {
		if !candidate.healthy {
			planned.stop = append(planned.stop, candidate.id)
			continue
		}
		// Old tasks go as far as new ones can do their work, and as they stand in the new ones' way.
		if spare > 0 {
			planned.stop = append(planned.stop, candidate.id)
			spare--
		}
	}
	return planned
}

// nextParallel decides while two deployments run side by side, each with the desired number of tasks.
func (v *view) nextParallel() steps {
	var planned steps
	surplus := max(0, len(v.primary)-v.desired)
	planned.stop = append(planned.stop, ids(expendable(v.primary)[:surplus])...)
	if !v.hold && !v.failed {
		planned.start = max(0, v.desired-len(v.primary))
	}
	leaving := len(v.old)
	if v.keep {
		leaving = max(0, len(v.old)-v.desired)
	}
	planned.stop = append(planned.stop, ids(expendable(v.old)[:leaving])...)
	if v.refill {
		planned.startOld = max(0, v.desired-len(v.old))
	}
	if !v.spare {
		planned.stop = append(planned.stop, ids(expendable(v.others))...)
	}
	return planned
}

// expendable sorts tasks so that those that do the least come first, and of equals the newest.
func expendable(tasks []taskView) []taskView {
	sorted := slices.Clone(tasks)
	slices.Reverse(sorted)
	slices.SortStableFunc(sorted, func(a, b taskView) int { return a.worth() - b.worth() })
	return sorted
}

func (t taskView) worth() int {
	switch {
	case t.healthy:
		return 2
	case t.running:
		return 1
	default:
		return 0
	}
}

func healthy(tasks []taskView) int {
	count := 0
	for _, task := range tasks {
		if task.healthy {
			count++
		}
	}
	return count
}

func ids(tasks []taskView) []string {
	list := make([]string, 0, len(tasks))
	for _, task := range tasks {
		list = append(list, task.id)
	}
	return list
}

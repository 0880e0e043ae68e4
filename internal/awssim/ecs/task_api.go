package ecs

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describeTasksInput struct {
	Cluster string   `json:"cluster"`
	Tasks   []string `json:"tasks"`
	Include []string `json:"include"`
}

type describeTasksOutput struct {
	Tasks    []describedTask `json:"tasks"`
	Failures []failure       `json:"failures"`
}

func (s *Service) describeTasks(_ context.Context, call *wire.Call, in *describeTasksInput) (*describeTasksOutput, error) {
	const most = 100
	if len(in.Tasks) == 0 {
		return nil, errInvalid("Tasks cannot be empty.")
	}
	if len(in.Tasks) > most {
		return nil, errInvalid("Tasks cannot have more than 100 elements.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &describeTasksOutput{Tasks: []describedTask{}, Failures: []failure{}}
	for _, name := range in.Tasks {
		if found := from.task(name); found != nil {
			out.Tasks = append(out.Tasks, found.describe(slices.Contains(in.Include, "TAGS")))
		} else {
			out.Failures = append(out.Failures, missing(arn(from.place, "task/"+from.name+"/"+lastPart(name))))
		}
	}
	return out, nil
}

// task finds a task by id or ARN.
func (c *cluster) task(name string) *task {
	for _, fleet := range c.everyFleet() {
		for _, task := range fleet.tasks {
			if task.id == lastPart(name) {
				return task
			}
		}
	}
	return nil
}

type listTasksInput struct {
	pageInput

	Cluster       string `json:"cluster"`
	ServiceName   string `json:"serviceName"`
	Family        string `json:"family"`
	StartedBy     string `json:"startedBy"`
	DesiredStatus string `json:"desiredStatus"`
	LaunchType    string `json:"launchType"`
}

type listTasksOutput struct {
	TaskArns  []string `json:"taskArns"`
	NextToken string   `json:"nextToken,omitempty"`
}

func (s *Service) listTasks(_ context.Context, call *wire.Call, in *listTasksInput) (*listTasksOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	if in.ServiceName != "" {
		if _, ok := from.fleets[lastPart(in.ServiceName)]; !ok {
			return nil, errNoService()
		}
	}
	var arns []string
	for _, fleet := range from.everyFleet() {
		for _, task := range fleet.tasks {
			if in.wants(task) {
				arns = append(arns, task.arn)
			}
		}
	}
	page, next, err := in.page(arns)
	return &listTasksOutput{TaskArns: page, NextToken: next}, err
}

func (in *listTasksInput) wants(t *task) bool {
	desired := running
	if t.stopping() {
		desired = stopped
	}
	wanted := in.DesiredStatus
	if wanted == "" || wanted == pending { // nothing is ever desired to be PENDING (ListTasks, API reference)
		wanted = running
	}
	return desired == wanted &&
		(in.ServiceName == "" || lastPart(in.ServiceName) == t.fleet.name) &&
		(in.Family == "" || in.Family == t.definition.Family) &&
		(in.StartedBy == "" || in.StartedBy == t.startedBy) &&
		(in.LaunchType == "" || in.LaunchType == launchFargate)
}

type stopTaskInput struct {
	Cluster string `json:"cluster"`
	Task    string `json:"task"`
	Reason  string `json:"reason"`
}

type taskOutput struct {
	Task describedTask `json:"task"`
}

func (s *Service) stopTask(_ context.Context, call *wire.Call, in *stopTaskInput) (*taskOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	found := from.task(in.Task)
	if found == nil {
		return nil, errInvalid("The referenced task was not found.")
	}
	reason := in.Reason
	if reason == "" {
		reason = "Task stopped by user"
	}
	found.requestStop(byUser, reason)
	found.fleet.kick()
	return &taskOutput{Task: found.describe(false)}, nil
}

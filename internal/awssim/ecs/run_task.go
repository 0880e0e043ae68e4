package ecs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Limits of RunTask (API reference).
const maxRun = 10

type runTaskInput struct {
	Cluster                  string               `json:"cluster"`
	TaskDefinition           string               `json:"taskDefinition"`
	Count                    *int                 `json:"count"`
	LaunchType               string               `json:"launchType"`
	CapacityProviderStrategy []StrategyItem       `json:"capacityProviderStrategy"`
	PlatformVersion          string               `json:"platformVersion"`
	NetworkConfiguration     NetworkConfiguration `json:"networkConfiguration"`
	Overrides                taskOverrides        `json:"overrides"`
	Group                    string               `json:"group"`
	StartedBy                string               `json:"startedBy"`
	ClientToken              string               `json:"clientToken"`
	ReferenceID              string               `json:"referenceId"`
	EnableECSManagedTags     bool                 `json:"enableECSManagedTags"`
	EnableExecuteCommand     bool                 `json:"enableExecuteCommand"`
	PropagateTags            string               `json:"propagateTags"`
	Tags                     []Tag                `json:"tags"`
}

// taskOverrides replace parts of a task definition for one task.
type taskOverrides struct {
	ContainerOverrides            []containerOverride `json:"containerOverrides"`
	InferenceAcceleratorOverrides []struct{}          `json:"inferenceAcceleratorOverrides"`
	CPU                           string              `json:"cpu,omitempty"`
	Memory                        string              `json:"memory,omitempty"`
	TaskRoleArn                   string              `json:"taskRoleArn,omitempty"`
	ExecutionRoleArn              string              `json:"executionRoleArn,omitempty"`
}

type containerOverride struct {
	Name              string     `json:"name"`
	Command           []string   `json:"command,omitempty"`
	Environment       []KeyValue `json:"environment,omitempty"`
	CPU               int        `json:"cpu,omitempty"`
	Memory            int        `json:"memory,omitempty"`
	MemoryReservation int        `json:"memoryReservation,omitempty"`
}

type runTaskOutput struct {
	Tasks    []describedTask `json:"tasks"`
	Failures []failure       `json:"failures"`
}

// runTask starts tasks that belong to no service. A client token that was used before answers the same tasks.
func (s *Service) runTask(_ context.Context, call *wire.Call, in *runTaskInput) (*runTaskOutput, error) {
	return s.run(call.Place(), in) //nolint:contextcheck // the tasks outlive the request
}

func (s *Service) run(place resource.Place, in *runTaskInput) (*runTaskOutput, error) {
	count := 1
	if in.Count != nil {
		count = *in.Count
	}
	if count < 1 || count > maxRun {
		return nil, errInvalid("Count must be between 1 and 10.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	into, err := s.cluster(place, in.Cluster)
	if err != nil {
		return nil, err
	}
	runner := s.loose(into)
	out := &runTaskOutput{Tasks: []describedTask{}, Failures: []failure{}}
	for _, each := range runner.tasks {
		if in.ClientToken != "" && each.token == in.ClientToken {
			out.Tasks = append(out.Tasks, each.describe(true))
		}
	}
	if len(out.Tasks) > 0 {
		return out, nil
	}
	chosen, err := s.chooseRun(into, in)
	if err != nil {
		return nil, err
	}
	for range count {
		made, err := s.newTask(runner, chosen)
		if err != nil {
			return nil, errInvalid("%s", err)
		}
		out.Tasks = append(out.Tasks, made.describe(true))
	}
	return out, nil
}

// StartTasks runs tasks for a rule of EventBridge. The request is one of RunTask in JSON; what it has beyond that in its
// overrides is ignored, as on AWS.
func (s *Service) StartTasks(place resource.Place, request []byte) error {
	var in runTaskInput
	if err := json.Unmarshal(request, &in); err != nil {
		return fmt.Errorf("reading the request: %w", err)
	}
	_, err := s.run(place, &in)
	return err
}

// run is what RunTask says beyond what a service's deployment does.
type run struct {
	group, startedBy, token, propagate string
	managedTags, execute               bool
	tags                               map[string]string
	overrides                          taskOverrides
}

func (s *Service) chooseRun(into *cluster, in *runTaskInput) (*deployment, error) {
	if in.PropagateTags == "SERVICE" {
		return nil, errInvalid("Invalid value for propagateTags: SERVICE is not valid when running a task.")
	}
	found, err := s.definition(into.place, in.TaskDefinition)
	if err != nil {
		return nil, errClient("TaskDefinition not found.")
	}
	if found.status != active {
		return nil, errClient("TaskDefinition is inactive")
	}
	spec := FleetSpec{
		TaskDefinition: in.TaskDefinition, LaunchType: in.LaunchType, CapacityProviderStrategy: in.CapacityProviderStrategy,
		PlatformVersion: in.PlatformVersion, NetworkConfiguration: in.NetworkConfiguration,
	}
	if err := spec.unsupported(); err != nil {
		return nil, err
	}
	wanted, err := s.revision(into.place, into, &spec, revision{})
	if err != nil {
		return nil, err
	}
	if err := checkExecute(in.EnableExecuteCommand, found.TaskRoleArn+in.Overrides.TaskRoleArn); err != nil {
		return nil, err
	}
	if wanted.definition, err = overridden(wanted.definition, &in.Overrides); err != nil {
		return nil, err
	}
	details := &run{
		group: in.Group, startedBy: in.StartedBy, token: in.ClientToken, propagate: in.PropagateTags,
		managedTags: in.EnableECSManagedTags, execute: in.EnableExecuteCommand, tags: tagMap(in.Tags), overrides: in.Overrides,
	}
	if details.group == "" {
		details.group = "family:" + found.Family
	}
	return &deployment{
		revision: wanted, created: time.Now().UTC(), run: details,
		served: &servedRevision{revision: wanted, digests: make(map[string]string)},
	}, nil
}

// overridden returns the definition as one task runs it.
func overridden(original *definition, wanted *taskOverrides) (*definition, error) {
	changed := *original
	changed.ContainerDefinitions = slices.Clone(original.ContainerDefinitions)
	for _, override := range wanted.ContainerOverrides {
		container, ok := changed.container(override.Name)
		if !ok {
			return nil, errInvalid("Override for container named %s is not a container in the TaskDefinition.", override.Name)
		}
		if override.Command != nil {
			container.Command = override.Command
		}
		variables := slices.DeleteFunc(slices.Clone(container.Environment), func(v KeyValue) bool {
			return slices.ContainsFunc(override.Environment, func(o KeyValue) bool { return o.Name == v.Name })
		})
		container.Environment = slices.Concat(variables, override.Environment)
	}
	if wanted.CPU != "" {
		changed.CPU = wanted.CPU
	}
	if wanted.Memory != "" {
		changed.Memory = wanted.Memory
	}
	if !validSize(changed.CPU, changed.Memory) {
		return nil, errClient("No Fargate configuration exists for given values: %s CPU, %s memory. "+
			"See the Amazon ECS documentation for the valid values.", changed.CPU, changed.Memory)
	}
	return &changed, nil
}

// loose is what looks after a cluster's tasks that belong to no service. Call it locked.
func (s *Service) loose(in *cluster) *fleet {
	if in.loose == nil {
		in.loose = &fleet{
			owner: s, cluster: in, place: in.place, created: time.Now().UTC(), status: active, settings: defaultSettings(),
			standalone: true, wake: make(chan struct{}, 1), changed: make(chan struct{}),
		}
		in.loose.tell() // makes the notices
		s.work.Go(func() { s.schedule(in.loose) })
	}
	return in.loose
}

// everyFleet are the cluster's services, and what looks after its other tasks.
func (c *cluster) everyFleet() []*fleet {
	all := make([]*fleet, 0, len(c.fleets)+1)
	for _, each := range c.fleets {
		all = append(all, each)
	}
	if c.loose != nil {
		all = append(all, c.loose)
	}
	return all
}

type executeCommandInput struct {
	Cluster     string `json:"cluster"`
	Container   string `json:"container"`
	Command     string `json:"command"`
	Interactive bool   `json:"interactive"`
	Task        string `json:"task"`
}

// checkExecute refuses commands in containers whose task has no role.
func checkExecute(wanted bool, role string) error {
	if wanted && role == "" {
		return errInvalid("The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid task role " +
			"in your task definition and try again.")
	}
	return nil
}

// executeCommand is refused: by ECS for tasks that do not allow it, by awssim for the others.
func (s *Service) executeCommand(_ context.Context, call *wire.Call, in *executeCommandInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	found := from.task(in.Task)
	if found == nil || found.last == stopped {
		return nil, errInvalid("The specified task is not running. Verify that the task ID is correct and try again.") // believed
	}
	if !found.execute {
		return nil, errInvalid("The execute command failed because execute command was not enabled when the task was run or the " +
			"execute command agent isn't running. Wait and try again or run a new task with execute command enabled and try again.")
	}
	return nil, wire.Unsupported(call, "sessions in containers")
}

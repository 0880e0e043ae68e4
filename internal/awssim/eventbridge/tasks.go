package eventbridge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Tasks is where targets run tasks: ecs.Service. It is called without the service's lock.
type Tasks interface {
	// StartTasks does what RunTask of the API does with a request in JSON.
	StartTasks(place resource.Place, request []byte) error
}

// RunTasksWith says who runs tasks, before the first rule.
func (s *Service) RunTasksWith(tasks Tasks) { s.tasks = tasks }

// ECSParameters are which tasks a rule runs in the cluster that is its target.
type ECSParameters struct {
	TaskDefinitionArn        string
	TaskCount                *int                  `json:",omitempty"`
	LaunchType               string                `json:",omitempty"`
	PlatformVersion          string                `json:",omitempty"`
	Group                    string                `json:",omitempty"`
	ReferenceID              string                `json:"ReferenceId,omitempty"`
	PropagateTags            string                `json:",omitempty"`
	EnableECSManagedTags     bool                  `json:",omitempty"`
	EnableExecuteCommand     bool                  `json:",omitempty"`
	CapacityProviderStrategy []strategyItem        `json:",omitempty"`
	NetworkConfiguration     *networkConfiguration `json:",omitempty"`
	Tags                     []props.Tag           `json:",omitempty"`
	TagList                  []props.Tag           `json:"-"` // what templates call Tags
}

type strategyItem struct {
	CapacityProvider string `json:"capacityProvider"`
	Weight           int    `json:"weight"`
	Base             int    `json:"base"`
}

type networkConfiguration struct {
	AwsVpcConfiguration struct {
		Subnets        []string `json:"Subnets"`
		SecurityGroups []string `json:"SecurityGroups,omitempty"`
		AssignPublicIP string   `json:"AssignPublicIp,omitempty"`
	} `json:"awsvpcConfiguration"`
}

// isCluster says whether a target runs tasks.
func (t *Target) isCluster() bool {
	return strings.HasPrefix(t.Arn, "arn:aws:ecs:") && strings.Contains(t.Arn, ":cluster/")
}

// checkTasks refuses a cluster without a role or without tasks (the text about the role is quoted in public issues, the other
// one believed).
func (t *Target) checkTasks() error {
	switch {
	case !t.isCluster() && t.EcsParameters != nil:
		return errInvalid("Parameter(s) EcsParameters not supported for target: %s.", t.ID)
	case !t.isCluster():
		return nil
	case t.RoleArn == "":
		return errInvalid("RoleArn is required for target %s.", t.Arn)
	case t.EcsParameters == nil || t.EcsParameters.TaskDefinitionArn == "":
		return errInvalid("Parameter(s) EcsParameters must be specified for target: %s.", t.ID)
	}
	const most = 10
	if count := t.EcsParameters.TaskCount; count != nil && (*count < 1 || *count > most) {
		return errInvalid("Parameter(s) TaskCount must be between 1 and 10 for target: %s.", t.ID) // believed
	}
	if len(t.EcsParameters.TagList) > 0 {
		t.EcsParameters.Tags, t.EcsParameters.TagList = t.EcsParameters.TagList, nil
	}
	return nil
}

// runTask is a request of RunTask.
type runTask struct {
	Cluster                  string                `json:"cluster"`
	TaskDefinition           string                `json:"taskDefinition"`
	Count                    *int                  `json:"count,omitempty"`
	LaunchType               string                `json:"launchType,omitempty"`
	PlatformVersion          string                `json:"platformVersion,omitempty"`
	Group                    string                `json:"group,omitempty"`
	ReferenceID              string                `json:"referenceId,omitempty"`
	PropagateTags            string                `json:"propagateTags,omitempty"`
	EnableECSManagedTags     bool                  `json:"enableECSManagedTags,omitempty"`
	EnableExecuteCommand     bool                  `json:"enableExecuteCommand,omitempty"`
	CapacityProviderStrategy []strategyItem        `json:"capacityProviderStrategy,omitempty"`
	NetworkConfiguration     *networkConfiguration `json:"networkConfiguration,omitempty"`
	Tags                     []map[string]string   `json:"tags,omitempty"`
	StartedBy                string                `json:"startedBy"`
	Overrides                json.RawMessage       `json:"overrides,omitempty"`
}

// request is what a rule asks of ECS. What the target gets is its overrides, unless that is the event itself ("Amazon ECS task
// targets", user guide).
func (t *Target) request(by *rule, text string) ([]byte, error) {
	wanted := t.EcsParameters
	asked := runTask{
		Cluster: t.Arn, TaskDefinition: wanted.TaskDefinitionArn, Count: wanted.TaskCount, LaunchType: wanted.LaunchType,
		PlatformVersion: wanted.PlatformVersion, Group: wanted.Group, ReferenceID: wanted.ReferenceID,
		PropagateTags: wanted.PropagateTags, EnableECSManagedTags: wanted.EnableECSManagedTags,
		EnableExecuteCommand: wanted.EnableExecuteCommand, CapacityProviderStrategy: wanted.CapacityProviderStrategy,
		NetworkConfiguration: wanted.NetworkConfiguration, StartedBy: "events-rule/" + by.name,
	}
	for _, tag := range wanted.Tags {
		asked.Tags = append(asked.Tags, map[string]string{"key": tag.Key, "value": tag.Value})
	}
	if cmp.Or(t.Input, t.InputPath) != "" || t.InputTransformer != nil {
		if !json.Valid([]byte(text)) {
			return nil, fmt.Errorf("the input is not JSON: %s", text)
		}
		asked.Overrides = json.RawMessage(text)
	}
	content, err := json.Marshal(asked)
	if err != nil {
		return nil, fmt.Errorf("asking for tasks: %w", err)
	}
	return content, nil
}

// start runs a target's tasks. What fails then is only logged: ECS tells the bus of its tasks meanwhile, so that this does not
// wait. Call it locked.
func (s *Service) start(by *rule, target *Target, text string) error {
	content, err := target.request(by, text)
	if err != nil {
		return err
	}
	if s.tasks == nil {
		return fmt.Errorf("this service was made without %s", target.Arn)
	}
	s.work.Go(func() {
		if err := s.tasks.StartTasks(by.Place, content); err != nil {
			s.Logger.Warn("a rule's tasks are not run", "rule", by.arn(), "target", target.Arn, "error", err)
		}
	})
	return nil
}

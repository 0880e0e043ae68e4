package ecs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	launchFargate = "FARGATE"
	awsvpc        = "awsvpc"
	awslogs       = "awslogs"
	linuxFamily   = "LINUX"
)

// TaskSpec is a task definition as CloudFormation (by field name) and the API (by JSON name) write it. What is
// not here is refused.
type TaskSpec struct {
	Family                  string            `json:"family,omitempty"`
	ContainerDefinitions    []ContainerSpec   `json:"containerDefinitions"`
	TaskRoleArn             string            `json:"taskRoleArn,omitempty"`
	ExecutionRoleArn        string            `json:"executionRoleArn,omitempty"`
	NetworkMode             string            `json:"networkMode,omitempty"`
	RequiresCompatibilities []string          `json:"requiresCompatibilities,omitempty"`
	CPU                     string            `json:"cpu,omitempty"`
	Memory                  string            `json:"memory,omitempty"`
	RuntimePlatform         *Platform         `json:"runtimePlatform,omitempty"`
	EphemeralStorage        *EphemeralStorage `json:"ephemeralStorage,omitempty"`
	Volumes                 []Volume          `json:"volumes"`
}

// Platform is what a task runs on.
type Platform struct {
	CPUArchitecture       string `json:"cpuArchitecture,omitempty"`
	OperatingSystemFamily string `json:"operatingSystemFamily,omitempty"`
}

// EphemeralStorage is the size of a task's disk; there is no limit here.
type EphemeralStorage struct {
	SizeInGiB int `json:"sizeInGiB"`
}

// disk is how large a task's disk is.
func (t *TaskSpec) disk() EphemeralStorage {
	const usual = 20
	if t.EphemeralStorage != nil {
		return *t.EphemeralStorage
	}
	return EphemeralStorage{usual}
}

// ContainerSpec is a container of a task definition.
type ContainerSpec struct {
	Name              string            `json:"name"`
	Image             string            `json:"image"`
	CPU               int               `json:"cpu"`
	Memory            int               `json:"memory,omitempty"`
	MemoryReservation int               `json:"memoryReservation,omitempty"`
	Essential         *bool             `json:"essential,omitempty"`
	PortMappings      []PortMapping     `json:"portMappings"`
	Environment       []KeyValue        `json:"environment"`
	EnvironmentFiles  []EnvironmentFile `json:"environmentFiles,omitempty"`
	RestartPolicy     *RestartPolicy    `json:"restartPolicy,omitempty"`

	FirelensConfiguration *FirelensConfiguration `json:"firelensConfiguration,omitempty"`

	Secrets                []SecretRef       `json:"secrets,omitempty"`
	EntryPoint             []string          `json:"entryPoint,omitempty"`
	Command                []string          `json:"command,omitempty"`
	WorkingDirectory       string            `json:"workingDirectory,omitempty"`
	User                   string            `json:"user,omitempty"`
	ReadonlyRootFilesystem bool              `json:"readonlyRootFilesystem,omitempty"`
	StartTimeout           int               `json:"startTimeout,omitempty"`
	StopTimeout            *int              `json:"stopTimeout,omitempty"`
	LogConfiguration       *LogConfiguration `json:"logConfiguration,omitempty"`
	HealthCheck            *HealthCheck      `json:"healthCheck,omitempty"`
	DependsOn              []Dependency      `json:"dependsOn,omitempty"`
	DockerLabels           map[string]string `json:"dockerLabels,omitempty"`
	Ulimits                []Ulimit          `json:"ulimits,omitempty"`
	LinuxParameters        *LinuxParameters  `json:"linuxParameters,omitempty"`

	// What has no effect on a process here is told as it was given.
	Interactive        bool   `json:"interactive,omitempty"`
	PseudoTerminal     bool   `json:"pseudoTerminal,omitempty"`
	Privileged         bool   `json:"privileged,omitempty"`
	VersionConsistency string `json:"versionConsistency,omitempty"`

	RepositoryCredentials *RepositoryCredentials `json:"repositoryCredentials,omitempty"`

	MountPoints    []MountPoint `json:"mountPoints"`
	VolumesFrom    []VolumeFrom `json:"volumesFrom"`
	SystemControls []struct{}   `json:"systemControls"`
}

// PortMapping is a port on which a container listens.
type PortMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort,omitempty"`
	Protocol      string `json:"protocol,omitempty"`
	Name          string `json:"name,omitempty"`
	AppProtocol   string `json:"appProtocol,omitempty"`
}

// KeyValue is an environment variable.
type KeyValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// LogConfiguration is where a container's output goes.
type LogConfiguration struct {
	LogDriver string            `json:"logDriver"`
	Options   map[string]string `json:"options,omitempty"`
}

// HealthCheck is a command that says whether a container is healthy; times are in seconds.
type HealthCheck struct {
	Command     []string `json:"command"`
	Interval    int      `json:"interval,omitempty"`
	Timeout     int      `json:"timeout,omitempty"`
	Retries     int      `json:"retries,omitempty"`
	StartPeriod int      `json:"startPeriod,omitempty"`
}

// Dependency makes a container wait for another one's condition: START, COMPLETE, SUCCESS or HEALTHY.
type Dependency struct {
	ContainerName string `json:"containerName"`
	Condition     string `json:"condition"`
}

// Ulimit is accepted and not enforced: processes have the simulator's limits.
type Ulimit struct {
	Name      string `json:"name"`
	SoftLimit int    `json:"softLimit"`
	HardLimit int    `json:"hardLimit"`
}

// LinuxParameters can ask for an init process, which processes here do not need, and for capabilities, which they have no
// more and no less of.
type LinuxParameters struct {
	InitProcessEnabled bool          `json:"initProcessEnabled,omitempty"`
	Capabilities       *Capabilities `json:"capabilities,omitempty"`
}

// Capabilities are those of the Linux kernel.
type Capabilities struct {
	Add  []string `json:"add,omitempty"`
	Drop []string `json:"drop,omitempty"`
}

// checkPower refuses what no container on Fargate may do (API reference; the words are believed).
func (c *ContainerSpec) checkPower() error {
	if c.Privileged {
		return errClient("Fargate compatible task definitions do not support privileged")
	}
	if c.LinuxParameters == nil || c.LinuxParameters.Capabilities == nil {
		return nil
	}
	for _, added := range c.LinuxParameters.Capabilities.Add {
		if added != "SYS_PTRACE" {
			return errClient("Fargate compatible task definitions do not support adding the Linux capability %s", added)
		}
	}
	return nil
}

func (c *ContainerSpec) essential() bool { return c.Essential == nil || *c.Essential }

// stopTimeout is how long a container may take to end; real time (default: ContainerDefinition, API reference).
func (c *ContainerSpec) stopTimeout() time.Duration {
	const standard = 30
	if c.StopTimeout == nil {
		return standard * time.Second
	}
	return time.Duration(*c.StopTimeout) * time.Second
}

// definition is a registered task definition.
type definition struct {
	TaskSpec

	arn        string
	place      resource.Place
	revision   int
	status     string
	registered time.Time
	retired    time.Time
	tags       map[string]string
}

func (d *definition) container(name string) (*ContainerSpec, bool) {
	at := slices.IndexFunc(d.ContainerDefinitions, func(c ContainerSpec) bool { return c.Name == name })
	if at < 0 {
		return nil, false
	}
	return &d.ContainerDefinitions[at], true
}

// register adds a revision of the definition's family. Call it locked.
func (s *Service) register(place resource.Place, spec TaskSpec, tags map[string]string) (*definition, error) {
	spec.CPU, spec.Memory = inUnits(spec.CPU, "vcpu"), inUnits(spec.Memory, "gb")
	if err := spec.check(); err != nil {
		return nil, err
	}
	key := familyKey{place, spec.Family}
	s.revisions[key]++
	made := &definition{
		place: place, revision: s.revisions[key], status: active, registered: time.Now().UTC(), tags: tags, TaskSpec: spec,
	}
	made.arn = arn(place, fmt.Sprintf("task-definition/%s:%d", spec.Family, made.revision))
	s.definitions[made.arn] = made
	return made, nil
}

// check refuses what ECS refuses, and what it would run that this simulator cannot.
func (t *TaskSpec) check() error {
	switch {
	case !entityName.MatchString(t.Family):
		return errClient("Family contains invalid characters.")
	case len(t.ContainerDefinitions) == 0:
		return errClient("Container list cannot be empty.")
	case t.NetworkMode != awsvpc:
		return errClient("Fargate only supports network mode ‘awsvpc’.")
	case len(t.RequiresCompatibilities) != 1 || t.RequiresCompatibilities[0] != launchFargate:
		return errClient("awssim runs task definitions that require the compatibility FARGATE only.")
	case !validSize(t.CPU, t.Memory):
		return errClient("No Fargate configuration exists for given values: %s CPU, %s memory. "+
			"See the Amazon ECS documentation for the valid values.", t.CPU, t.Memory)
	}
	if err := t.checkPlatform(); err != nil {
		return err
	}
	names := make(map[string]bool)
	hasEssential := false
	for i := range t.ContainerDefinitions {
		container := &t.ContainerDefinitions[i]
		if names[container.Name] {
			return errClient("Container.name contains duplicates.")
		}
		if err := container.check(t); err != nil {
			return err
		}
		names[container.Name] = true
		hasEssential = hasEssential || container.essential()
	}
	if !hasEssential {
		return errClient("At least one container must be essential.")
	}
	if err := t.checkVolumes(); err != nil {
		return err
	}
	if err := t.checkRouting(); err != nil {
		return err
	}
	return t.checkDependencies(names)
}

func (t *TaskSpec) checkPlatform() error {
	if t.RuntimePlatform == nil {
		return nil
	}
	if family := t.RuntimePlatform.OperatingSystemFamily; family != "" && family != linuxFamily {
		return errClient("awssim does not implement operatingSystemFamily %s.", family)
	}
	if wanted := t.architecture(); wanted != x86 && wanted != arm {
		return errClient("Invalid 'cpuArchitecture' setting: %s.", wanted)
	}
	return nil
}

// Architectures that Fargate has.
const (
	x86 = "X86_64"
	arm = "ARM64"
)

// architecture is what the task asks for. It is shown, not enforced: processes run on this machine, whatever it is,
// so that the same definition works on every developer's.
func (t *TaskSpec) architecture() string {
	if t.RuntimePlatform == nil || t.RuntimePlatform.CPUArchitecture == "" {
		return x86
	}
	return t.RuntimePlatform.CPUArchitecture
}

func (c *ContainerSpec) check(task *TaskSpec) error {
	switch {
	case !entityName.MatchString(c.Name):
		return errClient("Container.name contains invalid characters.")
	case c.Image == "":
		return errClient("Container.image should not be null or empty.")
	case c.LogConfiguration != nil && c.LogConfiguration.LogDriver != awslogs && !c.routed():
		return errClient("awssim does not implement the log driver %s.", c.LogConfiguration.LogDriver)
	case c.LogConfiguration != nil && !c.routed() && task.ExecutionRoleArn == "":
		return errClient("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
	case strings.Contains(c.Image, ".dkr.ecr.") && task.ExecutionRoleArn == "":
		return errClient("Fargate requires task definition to have execution role ARN to support ECR images.")
	}
	const longestStop = 120
	if c.StopTimeout != nil && (*c.StopTimeout < 0 || *c.StopTimeout > longestStop) {
		return errClient("The stopTimeout value must be between 0 and 120 seconds.")
	}
	for _, mapping := range c.PortMappings {
		if mapping.HostPort != 0 && mapping.HostPort != mapping.ContainerPort {
			return errClient("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
		}
		if mapping.Protocol != "" && mapping.Protocol != "tcp" {
			return errClient("awssim does not implement port mappings of protocol %s.", mapping.Protocol)
		}
	}
	if err := c.checkPower(); err != nil {
		return err
	}
	if err := c.checkSecrets(task); err != nil {
		return err
	}
	if err := c.checkFiles(task); err != nil {
		return err
	}
	if err := c.RestartPolicy.check(); err != nil {
		return err
	}
	if err := c.HealthCheck.check(); err != nil {
		return err
	}
	return c.LogConfiguration.check()
}

func (l *LogConfiguration) check() error {
	if l == nil {
		return nil
	}
	if l.LogDriver == awsfirelens {
		return l.checkRoute()
	}
	for option := range l.Options {
		switch option {
		case logGroup, logRegion, logPrefix, "mode", "max-buffer-size":
		default:
			return errClient("awssim does not implement the log option %s.", option)
		}
	}
	for _, option := range []string{logGroup, logRegion, logPrefix} {
		if l.Options[option] == "" {
			return errClient("Log driver awslogs requires options: awslogs-group, awslogs-region, awslogs-stream-prefix.")
		}
	}
	return nil
}

func (h *HealthCheck) check() error {
	if h == nil {
		return nil
	}
	if len(h.Command) < 2 || (h.Command[0] != "CMD" && h.Command[0] != "CMD-SHELL") {
		return errClient("Container health check command must begin with CMD or CMD-SHELL.")
	}
	return nil
}

func (t *TaskSpec) checkDependencies(names map[string]bool) error {
	for _, container := range t.ContainerDefinitions {
		for _, dependency := range container.DependsOn {
			if !names[dependency.ContainerName] {
				return errClient("Container dependency: container '%s' depends on '%s', which does not exist.",
					container.Name, dependency.ContainerName)
			}
			if !slices.Contains([]string{onStart, onComplete, onSuccess, onHealthy}, dependency.Condition) {
				return errClient("Invalid container dependency condition '%s'.", dependency.Condition)
			}
		}
	}
	if _, ok := t.startOrder(); !ok {
		return errClient("Invalid 'dependsOn' setting: the containers depend on each other in a cycle.")
	}
	return nil
}

// dependencies are a container's, and the log router if its output goes there (believed).
func (t *TaskSpec) dependencies(of *ContainerSpec) []Dependency {
	needed := slices.Clone(of.DependsOn)
	for _, other := range t.ContainerDefinitions {
		if of.routed() && other.FirelensConfiguration != nil {
			needed = append(needed, Dependency{ContainerName: other.Name, Condition: onStart})
		}
	}
	return needed
}

// startOrder sorts containers so that each comes after those that it depends on; false for a cycle.
func (t *TaskSpec) startOrder() ([]string, bool) {
	var order []string
	for len(order) < len(t.ContainerDefinitions) {
		before := len(order)
		for _, container := range t.ContainerDefinitions {
			ready := !slices.Contains(order, container.Name) && !slices.ContainsFunc(t.dependencies(&container),
				func(d Dependency) bool { return !slices.Contains(order, d.ContainerName) })
			if ready {
				order = append(order, container.Name)
			}
		}
		if len(order) == before {
			return nil, false
		}
	}
	return order, true
}

package ecs

import (
	"fmt"
	"slices"
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

// Protocols of ports on which containers listen.
const (
	tcp = "tcp"
	udp = "udp"
)

// protocol of the port, tcp unless it is told.
func (m PortMapping) protocol() string {
	if m.Protocol == "" {
		return tcp
	}
	return m.Protocol
}

// listens says whether a container has the port mapped, with the protocol.
func (c *ContainerSpec) listens(port int, protocol string) bool {
	return slices.ContainsFunc(c.PortMappings, func(m PortMapping) bool {
		return m.ContainerPort == port && m.protocol() == protocol
	})
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

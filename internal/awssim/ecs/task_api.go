package ecs

import (
	"context"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describedTask struct {
	TaskArn              string               `json:"taskArn"`
	TaskDefinitionArn    string               `json:"taskDefinitionArn"`
	ClusterArn           string               `json:"clusterArn"`
	Group                string               `json:"group"`
	StartedBy            string               `json:"startedBy"`
	LastStatus           string               `json:"lastStatus"`
	DesiredStatus        string               `json:"desiredStatus"`
	HealthStatus         string               `json:"healthStatus"`
	CPU                  string               `json:"cpu"`
	Memory               string               `json:"memory"`
	LaunchType           string               `json:"launchType"`
	CapacityProviderName string               `json:"capacityProviderName,omitempty"`
	PlatformVersion      string               `json:"platformVersion"`
	PlatformFamily       string               `json:"platformFamily"`
	AvailabilityZone     string               `json:"availabilityZone"`
	Connectivity         string               `json:"connectivity"`
	ConnectivityAt       wire.Time            `json:"connectivityAt,omitzero"`
	CreatedAt            wire.Time            `json:"createdAt"`
	PullStartedAt        wire.Time            `json:"pullStartedAt,omitzero"`
	PullStoppedAt        wire.Time            `json:"pullStoppedAt,omitzero"`
	StartedAt            wire.Time            `json:"startedAt,omitzero"`
	StoppingAt           wire.Time            `json:"stoppingAt,omitzero"`
	ExecutionStoppedAt   wire.Time            `json:"executionStoppedAt,omitzero"`
	StoppedAt            wire.Time            `json:"stoppedAt,omitzero"`
	StopCode             string               `json:"stopCode,omitempty"`
	StoppedReason        string               `json:"stoppedReason,omitempty"`
	Version              int                  `json:"version"`
	Containers           []describedContainer `json:"containers"`
	Attachments          []attachment         `json:"attachments"`
	Attributes           []KeyValue           `json:"attributes"`
	EnableExecuteCommand bool                 `json:"enableExecuteCommand"`
	Overrides            taskOverrides        `json:"overrides"`
	Tags                 []Tag                `json:"tags"`
	// EphemeralStorage is told twice, as AWS does for Fargate.
	EphemeralStorage        EphemeralStorage `json:"ephemeralStorage"`
	FargateEphemeralStorage EphemeralStorage `json:"fargateEphemeralStorage"`
}

type attachment struct {
	ID      string     `json:"id"`
	Type    string     `json:"type"`
	Status  string     `json:"status"`
	Details []KeyValue `json:"details"`
}

type describedContainer struct {
	ContainerArn      string             `json:"containerArn"`
	TaskArn           string             `json:"taskArn"`
	Name              string             `json:"name"`
	Image             string             `json:"image"`
	ImageDigest       string             `json:"imageDigest,omitempty"`
	RuntimeID         string             `json:"runtimeId,omitempty"`
	LastStatus        string             `json:"lastStatus"`
	ExitCode          *int               `json:"exitCode,omitempty"`
	Reason            string             `json:"reason,omitempty"`
	NetworkBindings   []struct{}         `json:"networkBindings"`
	NetworkInterfaces []networkInterface `json:"networkInterfaces"`
	HealthStatus      string             `json:"healthStatus"`
	CPU               string             `json:"cpu"`
	Memory            string             `json:"memory,omitempty"`
}

type networkInterface struct {
	AttachmentID       string `json:"attachmentId"`
	PrivateIPv4Address string `json:"privateIpv4Address"`
}

func (t *task) describe(withTags bool) describedTask {
	described := describedTask{
		TaskArn: t.arn, TaskDefinitionArn: t.definition.arn, ClusterArn: t.fleet.cluster.arn,
		Group: t.group, StartedBy: t.startedBy, EnableExecuteCommand: t.execute, LastStatus: t.last, DesiredStatus: running,
		HealthStatus: t.healthStatus(), CPU: t.definition.CPU, Memory: t.definition.Memory,
		LaunchType: launchFargate, CapacityProviderName: t.provider,
		PlatformVersion: platformVersion, PlatformFamily: platformFamily, AvailabilityZone: t.subnet.AvailabilityZone,
		Connectivity: "CONNECTED", CreatedAt: wire.At(t.created), ConnectivityAt: wire.At(t.pullStarted),
		PullStartedAt: wire.At(t.pullStarted), PullStoppedAt: wire.At(t.pullStopped), StartedAt: wire.At(t.started),
		StoppingAt: wire.At(t.stoppingAt), ExecutionStoppedAt: wire.At(t.leftAt), StoppedAt: wire.At(t.stoppedAt),
		Version: t.changes, Containers: []describedContainer{}, Attachments: []attachment{t.attachment()},
		Attributes: []KeyValue{{Name: "ecs.cpu-architecture", Value: strings.ToLower(t.definition.architecture())}},
		Overrides:  t.overrides(), Tags: []Tag{},
		EphemeralStorage: t.definition.disk(), FargateEphemeralStorage: t.definition.disk(),
	}
	if t.stopping() {
		described.DesiredStatus, described.StopCode, described.StoppedReason = stopped, t.stop.code, t.stop.reason
	}
	for _, one := range t.containers {
		described.Containers = append(described.Containers, t.describeContainer(one))
	}
	if withTags {
		described.Tags = sortedTags(t.tags())
	}
	return described
}

// healthStatus is UNKNOWN unless a container has a health check.
func (t *task) healthStatus() string {
	if !slices.ContainsFunc(t.containers, func(c *container) bool { return c.health != "" }) {
		return unknown
	}
	return t.health()
}

// overrides names every container, whether it is overridden or not.
func (t *task) overrides() taskOverrides {
	var told taskOverrides
	if t.deployment.run != nil {
		told = t.deployment.run.overrides
	}
	told.ContainerOverrides = append([]containerOverride{}, told.ContainerOverrides...)
	for _, each := range t.containers {
		if !slices.ContainsFunc(told.ContainerOverrides, func(o containerOverride) bool { return o.Name == each.spec.Name }) {
			told.ContainerOverrides = append(told.ContainerOverrides, containerOverride{Name: each.spec.Name})
		}
	}
	told.InferenceAcceleratorOverrides = []struct{}{}
	return told
}

// tags are those that the service propagates to its tasks, or that RunTask has given.
func (t *task) tags() map[string]string {
	table := make(map[string]string)
	if own := t.deployment.run; own != nil {
		if own.managedTags {
			table["aws:ecs:clusterName"] = t.fleet.cluster.name
		}
		if own.propagate == "TASK_DEFINITION" {
			maps.Copy(table, t.definition.tags)
		}
		maps.Copy(table, own.tags)
		return table
	}
	if t.fleet.managedTags {
		table["aws:ecs:clusterName"], table["aws:ecs:serviceName"] = t.fleet.cluster.name, t.fleet.name
	}
	maps.Copy(table, map[string]map[string]string{
		"SERVICE": t.fleet.tags, "TASK_DEFINITION": t.definition.tags,
	}[t.fleet.propagate])
	return table
}

// attachmentID is the UUID by which a task's network interface is attached.
func (t *task) attachmentID() string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(t.eni)).String() }

// hardware is the address that belongs to a task's network interface: of those that are administered locally.
func (t *task) hardware() string {
	const size = 6
	address := uuid.NewSHA1(uuid.NameSpaceOID, []byte(t.eni))
	address[0] = 0x0a
	return net.HardwareAddr(address[:size]).String()
}

func (t *task) attachment() attachment {
	status := "ATTACHED"
	if t.last == stopped {
		status = "DELETED"
	}
	return attachment{ID: t.attachmentID(), Type: "ElasticNetworkInterface", Status: status, Details: []KeyValue{
		{"subnetId", t.subnet.ID},
		{"networkInterfaceId", t.eni},
		{"macAddress", t.hardware()},
		{"privateDnsName", "ip-" + strings.ReplaceAll(t.address.String(), ".", "-") + ".ec2.internal"},
		{"privateIPv4Address", t.address.String()},
	}}
}

func (t *task) describeContainer(c *container) describedContainer {
	described := describedContainer{
		ContainerArn: c.arn, TaskArn: t.arn, Name: c.spec.Name, Image: c.spec.Image, LastStatus: c.last,
		ExitCode: c.exit, Reason: c.reason, NetworkBindings: []struct{}{},
		NetworkInterfaces: []networkInterface{{t.attachmentID(), t.address.String()}},
		HealthStatus:      unknown, CPU: strconv.Itoa(c.spec.CPU),
	}
	if t.last == stopped {
		described.LastStatus = stopped
	}
	if c.health != "" {
		described.HealthStatus = c.health
	}
	if c.image != nil {
		described.ImageDigest = c.image.Digest()
	}
	if c.running != nil {
		described.RuntimeID = t.runtimeID(c)
	}
	if c.spec.Memory != 0 {
		described.Memory = strconv.Itoa(c.spec.Memory)
	}
	return described
}

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

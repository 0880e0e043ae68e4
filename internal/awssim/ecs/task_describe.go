package ecs

import (
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

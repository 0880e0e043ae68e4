package ecs

import (
	"fmt"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describedService struct {
	ServiceArn                    string                `json:"serviceArn"`
	ServiceName                   string                `json:"serviceName"`
	ClusterArn                    string                `json:"clusterArn"`
	LoadBalancers                 []LoadBalancer        `json:"loadBalancers"`
	ServiceRegistries             []ServiceRegistry     `json:"serviceRegistries"`
	Status                        string                `json:"status"`
	DesiredCount                  int                   `json:"desiredCount"`
	RunningCount                  int                   `json:"runningCount"`
	PendingCount                  int                   `json:"pendingCount"`
	LaunchType                    string                `json:"launchType,omitempty"`
	CapacityProviderStrategy      []StrategyItem        `json:"capacityProviderStrategy,omitempty"`
	PlatformVersion               string                `json:"platformVersion,omitempty"`
	PlatformFamily                string                `json:"platformFamily,omitempty"`
	TaskDefinition                string                `json:"taskDefinition,omitempty"`
	DeploymentConfiguration       DeploymentConfig      `json:"deploymentConfiguration"`
	Deployments                   []describedDeployment `json:"deployments"`
	CurrentServiceDeployment      string                `json:"currentServiceDeployment,omitempty"`
	CurrentServiceRevisions       []currentRevision     `json:"currentServiceRevisions,omitempty"`
	RoleArn                       string                `json:"roleArn"`
	Events                        []describedEvent      `json:"events"`
	CreatedAt                     wire.Time             `json:"createdAt"`
	PlacementConstraints          []struct{}            `json:"placementConstraints"`
	PlacementStrategy             []struct{}            `json:"placementStrategy"`
	NetworkConfiguration          *NetworkConfiguration `json:"networkConfiguration,omitempty"`
	HealthCheckGracePeriodSeconds int                   `json:"healthCheckGracePeriodSeconds"`
	SchedulingStrategy            string                `json:"schedulingStrategy"`
	DeploymentController          Controller            `json:"deploymentController"`
	Tags                          []Tag                 `json:"tags,omitempty"`
	CreatedBy                     string                `json:"createdBy"`
	EnableECSManagedTags          bool                  `json:"enableECSManagedTags"`
	PropagateTags                 string                `json:"propagateTags"`
	EnableExecuteCommand          bool                  `json:"enableExecuteCommand"`
	AvailabilityZoneRebalancing   string                `json:"availabilityZoneRebalancing"`
	ResourceManagementType        string                `json:"resourceManagementType"`
}

// begins describes a service as the answer does that starts a deployment: before the scheduler has looked at it.
func (d *describedService) begins() {
	d.CurrentServiceDeployment = ""
	if len(d.Deployments) > 0 {
		d.Deployments[0].DesiredCount = 0
		d.CurrentServiceRevisions[0].RequestedTaskCount = 0
	}
}

type describedDeployment struct {
	ID                       string               `json:"id"`
	Status                   string               `json:"status"`
	TaskDefinition           string               `json:"taskDefinition"`
	DesiredCount             int                  `json:"desiredCount"`
	PendingCount             int                  `json:"pendingCount"`
	RunningCount             int                  `json:"runningCount"`
	FailedTasks              int                  `json:"failedTasks"`
	CreatedAt                wire.Time            `json:"createdAt"`
	UpdatedAt                wire.Time            `json:"updatedAt"`
	LaunchType               string               `json:"launchType,omitempty"`
	CapacityProviderStrategy []StrategyItem       `json:"capacityProviderStrategy,omitempty"`
	PlatformVersion          string               `json:"platformVersion"`
	PlatformFamily           string               `json:"platformFamily"`
	NetworkConfiguration     NetworkConfiguration `json:"networkConfiguration"`
	RolloutState             string               `json:"rolloutState"`
	RolloutStateReason       string               `json:"rolloutStateReason"`
	ServiceConnect           *connectConfig       `json:"serviceConnectConfiguration,omitempty"`
	ServiceConnectResources  []connectResource    `json:"serviceConnectResources,omitempty"`
}

type describedEvent struct {
	ID        string    `json:"id"`
	CreatedAt wire.Time `json:"createdAt"`
	Message   string    `json:"message"`
}

// The platform of all tasks.
const (
	platformVersion = "1.4.0"
	platformFamily  = "Linux"
)

func (f *fleet) describe(withTags bool) describedService {
	described := describedService{
		ServiceArn: f.arn, ServiceName: f.name, ClusterArn: f.cluster.arn, LoadBalancers: []LoadBalancer{},
		ServiceRegistries: []ServiceRegistry{}, Status: f.status, DesiredCount: f.desired,
		RunningCount: f.count(nil, (*task).running), PendingCount: f.count(nil, (*task).pending),
		DeploymentConfiguration: f.config, Deployments: []describedDeployment{},
		Events: []describedEvent{}, CreatedAt: wire.At(f.created),
		RoleArn:              f.serviceRole(),
		PlacementConstraints: []struct{}{}, PlacementStrategy: []struct{}{},
		HealthCheckGracePeriodSeconds: int(f.grace / time.Second), SchedulingStrategy: replica,
		DeploymentController: Controller{Type: "ECS"}, CreatedBy: fmt.Sprintf("arn:aws:iam::%s:user/awssim", f.place.Account),
		EnableECSManagedTags: f.managedTags, EnableExecuteCommand: f.execute, PropagateTags: f.propagate,
		AvailabilityZoneRebalancing: f.rebalancing, ResourceManagementType: "CUSTOMER",
	}
	if told := f.config.Alarms; told != nil && !told.Enable && len(told.AlarmNames) == 0 {
		described.DeploymentConfiguration.Alarms = nil // which are told once there are some
	}
	if len(f.deployments) > 0 {
		current := f.deployments[0].revision
		described.TaskDefinition = current.definition.arn
		described.LoadBalancers = append(described.LoadBalancers, current.balancers...)
		described.ServiceRegistries = append(described.ServiceRegistries, current.registries...)
		described.LaunchType, described.CapacityProviderStrategy = current.launchType, current.strategy
		described.NetworkConfiguration = &NetworkConfiguration{current.network}
		described.PlatformVersion, described.PlatformFamily = "LATEST", platformFamily
	}
	if f.current != nil {
		described.CurrentServiceDeployment = f.current.arn
	}
	for i, deployment := range f.deployments {
		described.Deployments = append(described.Deployments, f.describeDeployment(deployment, i == 0))
		described.CurrentServiceRevisions = append(described.CurrentServiceRevisions, f.currentRevision(deployment))
	}
	for _, happened := range f.events {
		described.Events = append(described.Events, describedEvent{happened.id, wire.At(happened.at), happened.message})
	}
	if withTags {
		described.Tags = sortedTags(f.tags)
	}
	return described
}

// serviceRole is the role with which ECS acts for services.
func (f *fleet) serviceRole() string {
	return "arn:aws:iam::" + f.place.Account + ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
}

func (f *fleet) describeDeployment(d *deployment, isPrimary bool) describedDeployment {
	described := describedDeployment{
		ID: d.id, Status: active, TaskDefinition: d.revision.definition.arn,
		PendingCount: f.count(d, (*task).pending), RunningCount: f.count(d, (*task).running), FailedTasks: d.failed,
		CreatedAt: wire.At(d.created), UpdatedAt: wire.At(d.updated), LaunchType: d.revision.launchType,
		CapacityProviderStrategy: d.revision.strategy, PlatformVersion: platformVersion, PlatformFamily: platformFamily,
		NetworkConfiguration: NetworkConfiguration{d.revision.network}, RolloutState: d.rollout, RolloutStateReason: d.reason,
		ServiceConnect: d.revision.connect, ServiceConnectResources: d.served.offered,
	}
	described.DesiredCount = f.wanted(d)
	if isPrimary {
		described.Status = primary
	}
	return described
}

package ecs

import (
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// FleetSpec is a service as CloudFormation (by field name) and the API (by JSON name) write it. What is not here is
// refused.
type FleetSpec struct {
	TaskDefinition                string               `json:"taskDefinition,omitempty"`
	DesiredCount                  *int                 `json:"desiredCount,omitempty"`
	LaunchType                    string               `json:"launchType,omitempty"`
	PlatformVersion               string               `json:"platformVersion,omitempty"`
	CapacityProviderStrategy      []StrategyItem       `json:"capacityProviderStrategy,omitempty"`
	NetworkConfiguration          NetworkConfiguration `json:"networkConfiguration,omitzero"`
	LoadBalancers                 []LoadBalancer       `json:"loadBalancers,omitempty"`
	ServiceRegistries             []ServiceRegistry    `json:"serviceRegistries,omitempty"`
	HealthCheckGracePeriodSeconds *int                 `json:"healthCheckGracePeriodSeconds,omitempty"`
	DeploymentConfiguration       *DeploymentConfig    `json:"deploymentConfiguration,omitempty"`
	DeploymentController          *Controller          `json:"deploymentController,omitempty"`
	SchedulingStrategy            string               `json:"schedulingStrategy,omitempty"`
	AvailabilityZoneRebalancing   string               `json:"availabilityZoneRebalancing,omitempty"`
	EnableECSManagedTags          *bool                `json:"enableECSManagedTags,omitempty"`
	EnableExecuteCommand          *bool                `json:"enableExecuteCommand,omitempty"`
	PropagateTags                 string               `json:"propagateTags,omitempty"`
	ServiceConnectConfiguration   *connectConfig       `json:"serviceConnectConfiguration,omitempty"`
}

// NetworkConfiguration is where tasks get their addresses.
type NetworkConfiguration struct {
	AwsvpcConfiguration vpcConfiguration `json:"awsvpcConfiguration"`
}

// Controller is who deploys; only ECS itself does here.
type Controller struct {
	Type string `json:"type"`
}

// Defaults of a service (CreateService, API reference).
const (
	defaultDesired    = 1
	defaultMinPercent = 100
	defaultMaxPercent = 200
	maxSubnets        = 16
	maxGroups         = 5
	replica           = "REPLICA"
	disabled          = "DISABLED"
)

// unsupported returns an error for what the simulator does not act on.
func (f *FleetSpec) unsupported() error {
	switch {
	case f.SchedulingStrategy != "" && f.SchedulingStrategy != replica:
		return errInvalid("awssim does not implement schedulingStrategy %s.", f.SchedulingStrategy)
	case f.DeploymentController != nil && f.DeploymentController.Type != "ECS":
		return errInvalid("awssim does not implement the deployment controller %s.", f.DeploymentController.Type)
	case f.LaunchType != "" && f.LaunchType != launchFargate:
		return errInvalid("awssim does not implement launchType %s.", f.LaunchType)
	case !slices.Contains([]string{"", "LATEST", "1.4.0"}, f.PlatformVersion):
		return errInvalid("awssim does not implement platformVersion %s.", f.PlatformVersion)
	}
	return nil
}

// settings applies what is given to the settings that are in force.
func (f *FleetSpec) settings(current settings) (settings, error) {
	if f.DesiredCount != nil {
		current.desired = *f.DesiredCount
	}
	if f.HealthCheckGracePeriodSeconds != nil {
		current.grace = time.Duration(*f.HealthCheckGracePeriodSeconds) * time.Second
	}
	if f.DeploymentConfiguration != nil {
		current.config = current.config.merge(f.DeploymentConfiguration)
	}
	if f.PropagateTags != "" {
		current.propagate = f.PropagateTags
	}
	if f.AvailabilityZoneRebalancing != "" {
		current.rebalancing = f.AvailabilityZoneRebalancing
	}
	if f.EnableExecuteCommand != nil {
		current.execute = *f.EnableExecuteCommand
	}
	if f.EnableECSManagedTags != nil {
		current.managedTags = *f.EnableECSManagedTags
	}
	return current, current.check()
}

// balance says what is not said about rebalancing: ENABLED, where deployments may start more tasks than are desired. That
// services that cannot be rebalanced are taken as DISABLED is believed.
func (s *settings) balance() {
	const all = 100
	if s.rebalancing != "" {
		return
	}
	s.rebalancing = disabled
	if s.config.MaximumPercent != nil && *s.config.MaximumPercent > all {
		s.rebalancing = "ENABLED"
	}
}

func (s *settings) check() error {
	if s.desired < 0 {
		return errInvalid("desiredCount must not be negative.")
	}
	return s.config.check()
}

func defaultSettings() settings {
	return settings{
		desired: defaultDesired, config: defaultConfig(),
		propagate: "NONE",
	}
}

// revision applies what is given to the revision that is deployed. Call it locked.
func (s *Service) revision(place resource.Place, in *cluster, f *FleetSpec, current revision) (revision, error) {
	if f.TaskDefinition != "" {
		found, err := s.definition(place, f.TaskDefinition)
		if err != nil || found.status != active {
			return current, errClient("TaskDefinition is inactive or does not exist: %s", f.TaskDefinition)
		}
		current.definition = found
	}
	if current.definition == nil {
		return current, errInvalid("TaskDefinition can not be blank.")
	}
	if len(f.NetworkConfiguration.AwsvpcConfiguration.Subnets) > 0 {
		current.network = f.NetworkConfiguration.AwsvpcConfiguration
	}
	if current.network.AssignPublicIP == "" {
		current.network.AssignPublicIP = disabled
	}
	if f.ServiceConnectConfiguration != nil {
		connected, err := s.connect(in, f.ServiceConnectConfiguration, current.definition)
		if err != nil {
			return current, err
		}
		current.connect = connected
	}
	if f.LoadBalancers != nil {
		current.balancers = f.LoadBalancers
	}
	if f.ServiceRegistries != nil {
		current.registries = append([]ServiceRegistry(nil), f.ServiceRegistries...) // nil for none: deployments are compared
	}
	if len(f.CapacityProviderStrategy) > 0 {
		current.strategy, current.launchType = f.CapacityProviderStrategy, ""
	}
	if f.LaunchType != "" && len(f.CapacityProviderStrategy) > 0 {
		return current, errInvalid("Specifying both a launch type and capacity provider strategy is not supported. " +
			"Remove one and try again.")
	}
	if f.LaunchType != "" {
		current.strategy, current.launchType = nil, f.LaunchType
	}
	if current.launchType == "" && len(current.strategy) == 0 {
		current.strategy = in.DefaultCapacityProviderStrategy
	}
	if err := current.check(in); err != nil {
		return current, err
	}
	if err := s.checkRegistries(&current); err != nil {
		return current, err
	}
	return current, s.checkTargets(current.balancers)
}

// checkTargets refuses target groups of instances, which tasks with addresses of their own are not (the text is recorded in
// github.com/riboseinc/terraform-aws-ecs-gitlab/issues/5).
func (s *Service) checkTargets(balancers []LoadBalancer) error {
	for _, balancer := range balancers {
		if kind := s.Balancers.TargetType(balancer.TargetGroupArn); kind != "" && kind != "ip" {
			return errInvalid("The provided target group %s has target type %s, which is incompatible with the awsvpc network mode "+
				"specified in the task definition.", balancer.TargetGroupArn, kind)
		}
	}
	return nil
}

func (r *revision) check(in *cluster) error {
	if len(r.network.Subnets) == 0 {
		return errInvalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	if len(r.network.Subnets) > maxSubnets {
		return errInvalid("subnets can have at most 16 items.")
	}
	if len(r.network.SecurityGroups) > maxGroups {
		return errInvalid("securityGroup can have at most 5 items.")
	}
	if err := checkStrategy(r.strategy); err != nil {
		return err
	}
	if !weighs(r.strategy) {
		return errInvalid("The specified capacity provider strategy must contain at least one capacity provider with a weight " +
			"greater than 0.")
	}
	for _, item := range r.strategy {
		if !slices.Contains(in.CapacityProviders, item.CapacityProvider) {
			return errInvalid("The specified capacity provider '%s' is not associated with the cluster.", item.CapacityProvider)
		}
	}
	if r.launchType == "" && len(r.strategy) == 0 {
		return errInvalid("awssim runs services on Fargate: give the launch type FARGATE or a capacity provider strategy.")
	}
	for _, balancer := range r.balancers {
		if err := balancer.check(r.definition); err != nil {
			return err
		}
	}
	return nil
}

func (b LoadBalancer) check(in *definition) error {
	found, ok := in.container(b.ContainerName)
	if !ok {
		return errInvalid("The container %s does not exist in the task definition.", b.ContainerName)
	}
	switch {
	case found.listens(b.ContainerPort, tcp):
		return nil
	case found.listens(b.ContainerPort, udp):
		return errInvalid("awssim does not balance ports of protocol udp: %d of the container %s.", b.ContainerPort, b.ContainerName)
	}
	return errInvalid("The container %s did not have a container port %d defined.", b.ContainerName, b.ContainerPort)
}

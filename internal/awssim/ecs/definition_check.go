package ecs

import (
	"regexp"
	"slices"
	"strings"
)

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
		if err := mapping.check(); err != nil {
			return err
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

// mappingName is a name of a port, or none. Source: PortMapping in the API reference.
var mappingName = regexp.MustCompile(`^([a-z0-9_][a-z0-9_-]{0,63})?$`)

func (m PortMapping) check() error {
	switch {
	case m.HostPort != 0 && m.HostPort != m.ContainerPort:
		return errClient("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
	case m.protocol() != tcp && m.Protocol != udp:
		return errClient("Invalid 'protocol' setting for container port mapping: %s.", m.Protocol) // believed
	case m.Protocol == udp && m.AppProtocol != "":
		return errClient("The appProtocol of a port mapping requires the protocol tcp.") // believed
	case !mappingName.MatchString(m.Name):
		return errClient("The port mapping name %s is not valid.", m.Name) // believed
	}
	return nil
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

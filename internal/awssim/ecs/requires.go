package ecs

import (
	"slices"
	"strings"
)

// KeyName is an attribute without a value.
type KeyName struct {
	Name string `json:"name"`
}

// requires are the attributes of container instances that a task definition needs, in the order in which AWS was recorded
// to list them. Where those of health checks, dependencies and file systems stand is believed.
func (t *TaskSpec) requires() []KeyName {
	logs := t.any(func(c *ContainerSpec) bool {
		return c.LogConfiguration != nil && c.LogConfiguration.LogDriver == awslogs
	})
	pulls := t.any(func(c *ContainerSpec) bool { return strings.Contains(c.Image, ".dkr.ecr.") })
	names := []KeyName{}
	for _, each := range []struct {
		name string
		need bool
	}{
		{"com.amazonaws.ecs.capability.logging-driver.awslogs", logs},
		{"ecs.capability.execution-role-awslogs", logs && t.ExecutionRoleArn != ""},
		{"com.amazonaws.ecs.capability.ecr-auth", pulls},
		{"com.amazonaws.ecs.capability.docker-remote-api.1.19", logs},
		{"ecs.capability.secrets.asm.environment-variables", t.refersTo("secretsmanager")},
		{"ecs.capability.secrets.ssm.environment-variables", t.refersTo("")},
		{"com.amazonaws.ecs.capability.task-iam-role", t.TaskRoleArn != ""},
		{"ecs.capability.container-health-check", t.any(func(c *ContainerSpec) bool { return c.HealthCheck != nil })},
		{"ecs.capability.container-ordering", t.any(func(c *ContainerSpec) bool { return len(c.DependsOn) > 0 })},
		{"ecs.capability.execution-role-ecr-pull", pulls && t.ExecutionRoleArn != ""},
		{"com.amazonaws.ecs.capability.docker-remote-api.1.18", true},
		{"ecs.capability.efs", slices.ContainsFunc(t.Volumes, func(v Volume) bool { return v.EFSVolumeConfiguration != nil })},
		{"ecs.capability.task-eni", true},
	} {
		if each.need {
			names = append(names, KeyName{each.name})
		}
	}
	return names
}

func (t *TaskSpec) any(is func(*ContainerSpec) bool) bool {
	for i := range t.ContainerDefinitions {
		if is(&t.ContainerDefinitions[i]) {
			return true
		}
	}
	return false
}

// refersTo says whether a container takes secrets from a service: those that name no service are parameters.
func (t *TaskSpec) refersTo(service string) bool {
	return t.any(func(c *ContainerSpec) bool {
		return slices.ContainsFunc(c.Secrets, func(s SecretRef) bool {
			return strings.HasPrefix(s.ValueFrom, "arn:aws:secretsmanager:") == (service != "")
		})
	})
}

package template

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/ecs"
)

// ContainerName is the name of the application's container in each task.
const ContainerName = "app"

// portVariable tells the application which port to listen on.
const portVariable = "PORT"

// task is the task definition and what it writes to.
type task struct {
	definition, logGroup cfn.Handle
}

func addTaskDefinition(d *cfn.Document, spec *v1alpha1.EcsAppSpec, image string) task {
	logGroup := addLogGroup(d, spec.Observability.Logs)
	allowed := addRoles(d)
	definition := d.Add("TaskDefinition", ecs.TaskDefinition{
		// A family is no unique name: every version is a revision of it, in one place.
		Family:                  cfn.StackName(),
		RequiresCompatibilities: []cfn.String{cfn.S("FARGATE")},
		NetworkMode:             cfn.S("awsvpc"),
		Cpu:                     cfn.S(strconv.Itoa(int(spec.CPU))),
		Memory:                  cfn.S(strconv.Itoa(int(spec.Memory))),
		ExecutionRoleArn:        allowed.execution.Attr("Arn"),
		TaskRoleArn:             allowed.task.Attr("Arn"),
		RuntimePlatform: &ecs.TaskDefinitionRuntimePlatform{
			CpuArchitecture:       cfn.S(spec.Architecture),
			OperatingSystemFamily: cfn.S("LINUX"),
		},
		ContainerDefinitions: []ecs.TaskDefinitionContainerDefinition{container(spec.Container, image, logGroup)},
	},
		// The old revision stays, so that a rollback has somewhere to go.
		cfn.OnReplace(cfn.Retain), cfn.OnDelete(cfn.Delete),
	)
	return task{definition: definition, logGroup: logGroup}
}

func container(spec v1alpha1.ContainerSpec, image string, logGroup cfn.Handle) ecs.TaskDefinitionContainerDefinition {
	return ecs.TaskDefinitionContainerDefinition{
		Name:         cfn.S(ContainerName),
		Image:        cfn.S(image),
		Essential:    cfn.B(true),
		EntryPoint:   cfn.Strings(spec.EntryPoint),
		Command:      cfn.Strings(spec.Command),
		Environment:  environment(spec),
		PortMappings: []ecs.TaskDefinitionPortMapping{{ContainerPort: cfn.I(spec.Port), Protocol: tcp}},
		LogConfiguration: &ecs.TaskDefinitionLogConfiguration{
			LogDriver: cfn.S("awslogs"),
			Options: map[string]cfn.String{
				"awslogs-group":         logGroup.Ref(),
				"awslogs-region":        cfn.Region(),
				"awslogs-stream-prefix": cfn.S(ContainerName),
			},
		},
	}
}

// environment returns the variables by name, since their order means nothing, with PORT unless the user sets it.
func environment(spec v1alpha1.ContainerSpec) []ecs.TaskDefinitionKeyValuePair {
	variables := slices.Clone(spec.Env)
	if !slices.ContainsFunc(variables, func(v v1alpha1.EnvVar) bool { return v.Name == portVariable }) {
		variables = append(variables, v1alpha1.EnvVar{Name: portVariable, Value: strconv.Itoa(int(spec.Port))})
	}
	slices.SortFunc(variables, func(a, b v1alpha1.EnvVar) int { return strings.Compare(a.Name, b.Name) })
	var pairs []ecs.TaskDefinitionKeyValuePair
	for _, v := range variables {
		pairs = append(pairs, ecs.TaskDefinitionKeyValuePair{Name: cfn.S(v.Name), Value: cfn.S(v.Value)})
	}
	return pairs
}

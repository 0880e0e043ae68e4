package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// stackReader is how stacks are seen.
type stackReader interface {
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (
		*cloudformation.DescribeStacksOutput, error)
	DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (
		*cloudformation.DescribeStackEventsOutput, error)
	DescribeStackResource(context.Context, *cloudformation.DescribeStackResourceInput, ...func(*cloudformation.Options)) (
		*cloudformation.DescribeStackResourceOutput, error)
}

// stackDeployer is how stacks are brought to a template.
type stackDeployer interface {
	CreateStack(context.Context, *cloudformation.CreateStackInput, ...func(*cloudformation.Options)) (
		*cloudformation.CreateStackOutput, error)
	UpdateStack(context.Context, *cloudformation.UpdateStackInput, ...func(*cloudformation.Options)) (
		*cloudformation.UpdateStackOutput, error)
	DeleteStack(context.Context, *cloudformation.DeleteStackInput, ...func(*cloudformation.Options)) (
		*cloudformation.DeleteStackOutput, error)
	UpdateTerminationProtection(context.Context, *cloudformation.UpdateTerminationProtectionInput,
		...func(*cloudformation.Options)) (*cloudformation.UpdateTerminationProtectionOutput, error)
}

// stackRepairer is how failed stacks are led back.
type stackRepairer interface {
	ContinueUpdateRollback(context.Context, *cloudformation.ContinueUpdateRollbackInput,
		...func(*cloudformation.Options)) (*cloudformation.ContinueUpdateRollbackOutput, error)
	RollbackStack(context.Context, *cloudformation.RollbackStackInput, ...func(*cloudformation.Options)) (
		*cloudformation.RollbackStackOutput, error)
}

type stacksAPI interface {
	stackReader
	stackDeployer
	stackRepairer
}

// servicesAPI is how the tasks of a service are seen.
type servicesAPI interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (
		*ecs.DescribeServicesOutput, error)
	ListTasks(context.Context, *ecs.ListTasksInput, ...func(*ecs.Options)) (*ecs.ListTasksOutput, error)
	DescribeTasks(context.Context, *ecs.DescribeTasksInput, ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error)
}

// imagesAPI is how tags become digests.
type imagesAPI interface {
	DescribeImages(context.Context, *ecr.DescribeImagesInput, ...func(*ecr.Options)) (*ecr.DescribeImagesOutput, error)
}

var (
	_ stacksAPI   = (*cloudformation.Client)(nil)
	_ servicesAPI = (*ecs.Client)(nil)
	_ imagesAPI   = (*ecr.Client)(nil)
)

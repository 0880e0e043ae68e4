package template

import (
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/iam"
)

const tasksService = "ecs-tasks.amazonaws.com"

// roles are what ECS may do to start a task, and what the application in it may do: nothing yet.
type roles struct {
	execution, task cfn.Handle
}

func addRoles(d *cfn.Document) roles {
	return roles{
		execution: d.Add("TaskExecutionRole", iam.Role{
			Description:              cfn.S("Lets ECS pull the image and write the logs"),
			AssumeRolePolicyDocument: iam.TrustService(tasksService),
			ManagedPolicyArns: []cfn.String{cfn.Concat(
				cfn.S("arn:"), cfn.Partition(), cfn.S(":iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
			)},
		}),
		task: d.Add("TaskRole", iam.Role{
			Description:              cfn.S("The application's own permissions"),
			AssumeRolePolicyDocument: iam.TrustService(tasksService),
		}),
	}
}

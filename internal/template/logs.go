package template

import (
	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/logs"
)

// addLogGroup names the group after the stack, whose name no other stack of the account and region has.
func addLogGroup(d *cfn.Document, spec v1alpha1.LogsSpec) cfn.Handle {
	return d.Add("LogGroup", logs.LogGroup{
		LogGroupName:    cfn.Concat(cfn.S("/ecs/"), cfn.StackName()),
		RetentionInDays: cfn.I(spec.RetentionDays),
	})
}

package aws

import (
	"context"
	"fmt"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// service is an ECS service by cluster and ARN.
type service struct{ cluster, arn string }

// rollout looks at the ECS service of a stack. It returns nil while there is none. After a failure it looks for the tasks
// that failed even if the service has recovered since.
func (r *region) rollout(ctx context.Context, stackID, logicalID string, failed bool) (*stack.Rollout, error) {
	svc, err := r.locate(ctx, stackID, logicalID)
	if err != nil || svc == nil {
		return nil, err
	}
	out, err := r.services.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: &svc.cluster, Services: []string{svc.arn},
	})
	switch {
	case err != nil && ClassOf(err) != NotFound:
		return nil, fmt.Errorf("describing service %q: %w", svc.arn, err)
	case err == nil && len(out.Services) > 0 && awssdk.ToString(out.Services[0].Status) == "ACTIVE":
		return r.describeRollout(ctx, svc, &out.Services[0], failed)
	default:
		r.located.Delete(stackID)
		return nil, nil //nolint:nilnil // no service is an answer, not an error
	}
}

// locate finds the ECS service that a stack created, or nil.
func (r *region) locate(ctx context.Context, stackID, logicalID string) (*service, error) {
	if known, ok := r.located.Load(stackID); ok {
		return known.(*service), nil //nolint:forcetypeassert // nothing else is stored
	}
	out, err := r.stacks.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{
		StackName: &stackID, LogicalResourceId: &logicalID,
	})
	if err != nil {
		if ClassOf(err) == NotFound {
			return nil, nil //nolint:nilnil // no service is an answer, not an error
		}
		return nil, fmt.Errorf("looking for the service of stack %q: %w", stackID, err)
	}
	svc := parseService(awssdk.ToString(out.StackResourceDetail.PhysicalResourceId))
	if svc != nil {
		r.located.Store(stackID, svc)
	}
	return svc, nil
}

// parseService reads arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME.
func parseService(arn string) *service {
	_, path, ok := strings.Cut(arn, ":service/")
	cluster, _, hasCluster := strings.Cut(path, "/")
	if !ok || !hasCluster {
		return nil
	}
	return &service{cluster: cluster, arn: arn}
}

func (r *region) describeRollout(
	ctx context.Context, svc *service, seen *ecstypes.Service, failed bool,
) (*stack.Rollout, error) {
	rollout := &stack.Rollout{Desired: seen.DesiredCount, Running: seen.RunningCount, Total: seen.RunningCount}
	for _, deployment := range seen.Deployments {
		if awssdk.ToString(deployment.Status) == "PRIMARY" {
			rollout.Desired, rollout.Running = deployment.DesiredCount, deployment.RunningCount
		}
		if deployment.FailedTasks > 0 || deployment.RolloutState == ecstypes.DeploymentRolloutStateFailed {
			rollout.Failed, failed = deployment.FailedTasks, true
		}
	}
	if !failed {
		return rollout, nil
	}
	var err error
	rollout.Diagnosis, err = r.diagnose(ctx, svc)
	return rollout, err
}

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

// seeRollout looks at the ECS service of a stack. After a failure it looks for the tasks that failed even if the service
// has recovered since.
func (r *region) seeRollout(ctx context.Context, seen *stack.Observation, logicalID string) {
	svc, found, err := r.service(ctx, seen.ID, logicalID)
	switch {
	case err != nil:
		seen.RolloutUnknown = "The ECS service cannot be seen: " + Explain(err)
	case found != nil:
		seen.Rollout = rolloutOf(found)
		if seen.Rollout.Failing || failed(seen.Phase) {
			seen.Rollout.Diagnosis = r.diagnose(ctx, svc)
		}
	}
}

// service returns the ECS service of a stack, or nil if there is none.
func (r *region) service(ctx context.Context, stackID, logicalID string) (*service, *ecstypes.Service, error) {
	svc, err := r.locate(ctx, stackID, logicalID)
	if err != nil || svc == nil {
		return nil, nil, err
	}
	out, err := r.services.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: &svc.cluster, Services: []string{svc.arn},
	})
	switch {
	case err != nil && ClassOf(err) != NotFound:
		return nil, nil, fmt.Errorf("describing service %q: %w", svc.arn, err)
	case err == nil && len(out.Services) > 0 && awssdk.ToString(out.Services[0].Status) == "ACTIVE":
		return svc, &out.Services[0], nil
	default:
		r.located.Delete(stackID)
		return nil, nil, nil
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

func rolloutOf(seen *ecstypes.Service) *stack.Rollout {
	rollout := &stack.Rollout{Desired: seen.DesiredCount, Running: seen.RunningCount, Total: seen.RunningCount}
	for _, deployment := range seen.Deployments {
		if awssdk.ToString(deployment.Status) == "PRIMARY" {
			rollout.Desired, rollout.Running = deployment.DesiredCount, deployment.RunningCount
		}
		if deployment.FailedTasks > 0 || deployment.RolloutState == ecstypes.DeploymentRolloutStateFailed {
			rollout.Failed, rollout.Failing = deployment.FailedTasks, true
		}
	}
	return rollout
}

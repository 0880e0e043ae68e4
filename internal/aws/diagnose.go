package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// diagnose says why the tasks of a service stop, from the newest one that did not stop because it was asked to.
// ECS forgets stopped tasks after an hour; the answer is then empty.
func (r *region) diagnose(ctx context.Context, svc *service) string {
	tasks, err := r.stoppedTasks(ctx, svc)
	if err != nil {
		return "the stopped tasks cannot be read: " + Explain(err)
	}
	slices.SortFunc(tasks, func(a, b ecstypes.Task) int {
		return awssdk.ToTime(b.StoppingAt).Compare(awssdk.ToTime(a.StoppingAt))
	})
	for _, task := range tasks {
		if reason := whyStopped(&task); reason != "" {
			return reason
		}
	}
	return ""
}

func (r *region) stoppedTasks(ctx context.Context, svc *service) ([]ecstypes.Task, error) {
	listed, err := r.services.ListTasks(ctx, &ecs.ListTasksInput{
		Cluster: &svc.cluster, ServiceName: &svc.arn, DesiredStatus: ecstypes.DesiredStatusStopped,
	})
	if err != nil || len(listed.TaskArns) == 0 {
		return nil, wrapUnlessNil(err, "listing stopped tasks of service %q", svc.arn)
	}
	out, err := r.services.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &svc.cluster, Tasks: listed.TaskArns})
	if err != nil {
		return nil, fmt.Errorf("describing stopped tasks of service %q: %w", svc.arn, err)
	}
	return out.Tasks, nil
}

func wrapUnlessNil(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// whyStopped says why a task failed; empty if it was stopped because it was no longer wanted.
func whyStopped(task *ecstypes.Task) string {
	reason := stable(awssdk.ToString(task.StoppedReason))
	if strings.HasPrefix(reason, "Scaling activity initiated by") || strings.HasPrefix(reason, "Task stopped by") {
		return ""
	}
	for _, container := range task.Containers {
		name := awssdk.ToString(container.Name)
		if said := stable(awssdk.ToString(container.Reason)); said != "" && !strings.Contains(reason, said) {
			reason += fmt.Sprintf("; container %s: %s", name, said)
		}
		if container.ExitCode != nil && *container.ExitCode != 0 {
			reason += fmt.Sprintf("; container %s exited with code %d", name, *container.ExitCode)
		}
	}
	return withHint(task, reason)
}

const (
	exitKilled      = 137 // 128 + SIGKILL
	exitNotRunnable = 126
	exitNotFound    = 127
)

// withHint adds what to do.
func withHint(task *ecstypes.Task, reason string) string {
	switch {
	case strings.Contains(reason, "CannotPullContainer"):
		return reason + " (check that the image exists for this architecture and that the tasks can reach the registry)"
	case strings.Contains(reason, "health checks"):
		return reason + " (check spec.container.port and spec.loadBalancer.healthCheck.path)"
	case strings.Contains(reason, "OutOfMemory"), exited(task, exitKilled):
		return reason + " (it may have run out of memory: raise spec.memory)"
	case exited(task, exitNotFound), exited(task, exitNotRunnable):
		return reason + " (the command cannot be run: check spec.container.command and the image's architecture)"
	case task.StopCode == ecstypes.TaskStopCodeEssentialContainerExited:
		return reason + " (its last words are in the log group, if the stack still has one)"
	default:
		return reason
	}
}

func exited(task *ecstypes.Task, code int32) bool {
	return slices.ContainsFunc(task.Containers, func(c ecstypes.Container) bool {
		return c.ExitCode != nil && *c.ExitCode == code
	})
}

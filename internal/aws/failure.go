package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

const (
	// maxEventPages bounds the search for the start of an operation; a page has 100 events.
	maxEventPages = 5
	// maxFailures is how many failed resources a message names.
	maxFailures = 3
)

// failure says which resources failed in the last operation of a stack, and why.
func (r *region) failure(ctx context.Context, stackID string) string {
	events, err := r.lastOperation(ctx, stackID)
	if err != nil {
		return "The stack's events cannot be read: " + Explain(err)
	}
	return describeFailures(events, stackID)
}

// lastOperation returns the events since the last operation was asked for, newest first.
func (r *region) lastOperation(ctx context.Context, stackID string) ([]cfntypes.StackEvent, error) {
	var events []cfntypes.StackEvent
	pages := cloudformation.NewDescribeStackEventsPaginator(r.stacks,
		&cloudformation.DescribeStackEventsInput{StackName: &stackID})
	for page := 0; page < maxEventPages && pages.HasMorePages(); page++ {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describing events of stack %q: %w", stackID, err)
		}
		start := slices.IndexFunc(out.StackEvents, func(e cfntypes.StackEvent) bool { return startsOperation(e, stackID) })
		if start >= 0 {
			return append(events, out.StackEvents[:start]...), nil
		}
		events = append(events, out.StackEvents...)
	}
	return events, nil
}

// startsOperation says whether the event is the stack's own first one of a create, update or delete.
func startsOperation(event cfntypes.StackEvent, stackID string) bool {
	if awssdk.ToString(event.PhysicalResourceId) != stackID {
		return false
	}
	return event.ResourceStatus == cfntypes.ResourceStatusCreateInProgress ||
		event.ResourceStatus == cfntypes.ResourceStatusUpdateInProgress ||
		event.ResourceStatus == cfntypes.ResourceStatusDeleteInProgress
}

// describeFailures names the resources that failed first; those that were cancelled because of them say nothing.
func describeFailures(newestFirst []cfntypes.StackEvent, stackID string) string {
	var failures []string
	for _, event := range slices.Backward(newestFirst) {
		reason := awssdk.ToString(event.ResourceStatusReason)
		if awssdk.ToString(event.PhysicalResourceId) == stackID || !isFailure(event.ResourceStatus) ||
			strings.HasSuffix(reason, "cancelled") {
			continue
		}
		failures = append(failures, awssdk.ToString(event.LogicalResourceId)+": "+unwrapHandler(stable(reason)))
	}
	failures = slices.Compact(failures)
	if more := len(failures) - maxFailures; more > 0 {
		return fmt.Sprintf("%s; and %d more", strings.Join(failures[:maxFailures], "; "), more)
	}
	return strings.Join(failures, "; ")
}

func isFailure(status cfntypes.ResourceStatus) bool {
	return strings.HasSuffix(string(status), "_FAILED")
}

// unwrapHandler takes the wrapping of a resource handler off what it says.
func unwrapHandler(reason string) string {
	reason = strings.TrimPrefix(reason, "Resource handler returned message: ")
	return strings.Trim(reason, `" `)
}

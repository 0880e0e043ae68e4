package aws

import (
	"context"
	"fmt"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// The stack tags that make a stack ours.
const (
	TagOwner   = "ecsapp.dev/owner-uid"
	TagCluster = "ecsapp.dev/cluster-uid"
	TagApp     = "ecsapp.dev/app"
)

// Target is a stack to observe or act on.
type Target struct {
	// Region of the stack; the operator's own if empty.
	Region string
	// Name of the stack.
	Name string
	// ID is the stack's ARN as it was last seen; empty if it never was.
	ID string
	// Owner and Cluster are the UIDs that the stack's tags must carry.
	Owner, Cluster string
	// App names the owner for people, as namespace/name.
	App string
	// Service is the logical id of the ECS service in the template.
	Service string
	// DigestOutput is the stack output that carries the digest of the template in force.
	DigestOutput string
}

// RegionOf returns the region of a stack's ARN; "" for no ARN.
func RegionOf(id string) string {
	const regionPart = 3
	if parts := strings.Split(id, ":"); len(parts) > regionPart {
		return parts[regionPart]
	}
	return ""
}

// Observe looks at a stack and its service. It changes nothing. Only the stack itself is needed to decide what to do:
// if the rest cannot be seen, that is told and no error.
func (c *Cloud) Observe(ctx context.Context, target Target) (stack.Observation, error) {
	region := c.in(target.Region)
	found, err := region.find(ctx, target)
	if err != nil || found == nil {
		return stack.Observation{Phase: stack.Absent}, err
	}
	seen := observation(found, target)
	if seen.Phase == stack.Absent || seen.Phase == stack.Foreign {
		return seen, nil
	}
	if failed(seen.Phase) {
		seen.Failure = region.failure(ctx, seen.ID)
	}
	region.seeRollout(ctx, &seen, target.Service)
	return seen, nil
}

// failed says whether the last operation on the stack did.
func failed(phase stack.Phase) bool {
	switch phase {
	case stack.RolledBack, stack.Broken, stack.RollbackFailed, stack.DeleteFailed:
		return true
	case stack.Absent, stack.Busy, stack.Steady, stack.Foreign:
	}
	return false
}

// find returns the stack, or nil if there is none. The ARN comes first: a stack that was deleted and created again
// has another one, and after a lost answer the name alone leads to it.
func (r *region) find(ctx context.Context, target Target) (*cfntypes.Stack, error) {
	var known *cfntypes.Stack
	var err error
	if target.ID != "" {
		known, err = r.describe(ctx, target.ID)
		if err != nil || (known != nil && PhaseOf(known.StackStatus) != stack.Absent) {
			return known, err
		}
	}
	named, err := r.describe(ctx, target.Name)
	if err != nil || (named != nil && PhaseOf(named.StackStatus) != stack.Absent) {
		return named, err
	}
	if target.ID != "" && known == nil {
		return nil, &lostError{id: target.ID}
	}
	return nil, nil //nolint:nilnil // no stack is an answer, not an error
}

func (r *region) describe(ctx context.Context, nameOrID string) (*cfntypes.Stack, error) {
	out, err := r.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &nameOrID})
	if err != nil {
		if ClassOf(err) == NotFound {
			return nil, nil //nolint:nilnil // no stack is an answer, not an error
		}
		return nil, fmt.Errorf("describing stack %q: %w", nameOrID, err)
	}
	if len(out.Stacks) == 0 {
		return nil, nil //nolint:nilnil // no stack is an answer, not an error
	}
	return &out.Stacks[0], nil
}

func observation(found *cfntypes.Stack, target Target) stack.Observation {
	seen := stack.Observation{
		Phase:     PhaseOf(found.StackStatus),
		ID:        awssdk.ToString(found.StackId),
		Status:    string(found.StackStatus),
		Reason:    stable(awssdk.ToString(found.StackStatusReason)),
		Revision:  revision(found),
		Protected: awssdk.ToBool(found.EnableTerminationProtection),
		Deletable: found.StackStatus == cfntypes.StackStatusCreateInProgress,
		Outputs:   map[string]string{},
	}
	for _, output := range found.Outputs {
		seen.Outputs[awssdk.ToString(output.OutputKey)] = awssdk.ToString(output.OutputValue)
	}
	seen.Digest = seen.Outputs[target.DigestOutput]
	if !owned(found, target) {
		seen.Phase = stack.Foreign
	}
	return seen
}

// owned says whether the stack carries our tags. CloudFormation sets tags at once, before it creates anything.
func owned(found *cfntypes.Stack, target Target) bool {
	tags := map[string]string{}
	for _, tag := range found.Tags {
		tags[awssdk.ToString(tag.Key)] = awssdk.ToString(tag.Value)
	}
	return tags[TagOwner] == target.Owner && tags[TagCluster] == target.Cluster
}

// revision changes with every operation on the stack.
func revision(found *cfntypes.Stack) string {
	last := awssdk.ToTime(found.CreationTime)
	for _, later := range []*time.Time{found.LastUpdatedTime, found.DeletionTime} {
		if later != nil && later.After(last) {
			last = *later
		}
	}
	return last.UTC().Format(time.RFC3339Nano) + " " + string(found.StackStatus)
}

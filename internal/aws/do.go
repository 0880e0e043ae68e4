package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// Order is one step to take on a stack.
type Order struct {
	Action stack.Action
	Target Target
	// Seen is the observation that the action follows from.
	Seen stack.Observation
	// Body is the template for Create and Update.
	Body string
	// Digest of the template.
	Digest string
	// Tags of the stack, without those of ownership, for Create and Update.
	Tags map[string]string
	// Protected is the termination protection for Protect.
	Protected *bool
	// Salt tells this step from an earlier one of the same kind. It must be the same when a step is repeated after a lost
	// answer: take it from what was remembered before.
	Salt string
}

// Do takes one step. It writes to AWS once, or not at all for actions that write nothing. Repeating it after a lost
// answer does no harm: its token is the same while the stack is as it was seen. The error's class tells what to do next.
func (c *Cloud) Do(ctx context.Context, order Order) error {
	stacks := c.in(order.Target.Region).stacks
	token := order.token()
	nameOrID := order.Seen.ID
	var err error
	switch order.Action {
	case stack.None, stack.Wait, stack.Release, stack.Hold:
		return nil
	case stack.Create:
		_, err = stacks.CreateStack(ctx, &cloudformation.CreateStackInput{
			StackName: &order.Target.Name, TemplateBody: &order.Body, Tags: order.tags(),
			Capabilities: capabilities(), ClientRequestToken: &token,
		})
	case stack.Update:
		_, err = stacks.UpdateStack(ctx, &cloudformation.UpdateStackInput{
			StackName: &nameOrID, TemplateBody: &order.Body, Tags: order.tags(),
			Capabilities: capabilities(), ClientRequestToken: &token,
		})
	case stack.Delete:
		_, err = stacks.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &nameOrID, ClientRequestToken: &token})
	case stack.ContinueRollback:
		err = continueRollback(ctx, stacks, order, token)
	case stack.Protect:
		_, err = stacks.UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{
			StackName: &nameOrID, EnableTerminationProtection: order.Protected,
		})
	}
	return wrapUnlessNil(err, "%s of stack %q", order.Action, order.Target.Name)
}

// continueRollback leads a stack back whose update failed, or the rollback of it.
func continueRollback(ctx context.Context, stacks stackRepairer, order Order, token string) error {
	if order.Seen.Status == string(cfntypes.StackStatusUpdateFailed) {
		_, err := stacks.RollbackStack(ctx, &cloudformation.RollbackStackInput{
			StackName: &order.Seen.ID, ClientRequestToken: &token,
		})
		return err
	}
	_, err := stacks.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{
		StackName: &order.Seen.ID, ClientRequestToken: &token,
	})
	return err
}

func capabilities() []cfntypes.Capability {
	return []cfntypes.Capability{cfntypes.CapabilityCapabilityIam}
}

// tags returns the stack's tags with those of ownership, in a stable order.
func (o Order) tags() []cfntypes.Tag {
	all := maps.Clone(o.Tags)
	if all == nil {
		all = map[string]string{}
	}
	all[TagOwner], all[TagCluster], all[TagApp] = o.Target.Owner, o.Target.Cluster, o.Target.App
	tags := make([]cfntypes.Tag, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		tags = append(tags, cfntypes.Tag{Key: awssdk.String(key), Value: awssdk.String(all[key])})
	}
	return tags
}

// token is equal for equal orders on an unchanged stack. Tokens are at most 128 characters of [a-zA-Z0-9-].
func (o Order) token() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		o.Target.Name, o.Target.Owner, string(o.Action), o.Seen.ID, o.Seen.Revision, o.Digest, o.Salt,
	}, "\n")))
	return strings.ToLower(string(o.Action)) + "-" + hex.EncodeToString(sum[:16])
}

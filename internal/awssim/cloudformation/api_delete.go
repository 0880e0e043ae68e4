package cloudformation

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type deleteStackInput struct {
	StackName          string
	RetainResources    []string
	RoleARN            string
	DeletionMode       string
	ClientRequestToken string
	DeploymentConfig   *deploymentConfig
}

func (s *Service) deleteStack(_ context.Context, call *wire.Call, in *deleteStackInput) (*wire.None, error) {
	var wrong violations
	wrong.name(in.StackName)
	wrong.token(in.ClientRequestToken)
	wrong.oneOf(in.DeletionMode, "deletionMode", "STANDARD", "FORCE_DELETE_STACK")
	in.DeploymentConfig.check(&wrong)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	st, ok := s.store.find(call.Place(), in.StackName)
	if !ok {
		return new(wire.None), nil // deleting what is not there succeeds
	}
	blocked, protected := s.blockedDeletion(st), s.protectedRoot(st)
	st.mu.Lock()
	defer st.mu.Unlock()
	if again, err := st.repeated("DeleteStack", in.ClientRequestToken); again || err != nil {
		return new(wire.None), err
	}
	if st.status == deleteComplete || st.status == deleteInProgress {
		return new(wire.None), nil
	}
	if err := st.mayDelete(in, protected); err != nil {
		return nil, err
	}
	if err := s.checkRole(in.RoleARN, st.deployed.roleARN); err != nil {
		return nil, err
	}
	s.startDelete(st, in, blocked) //nolint:contextcheck // it outlives the call
	return new(wire.None), nil
}

// mayDelete refuses a deletion in the words of AWS. The caller holds st.mu.
func (st *stack) mayDelete(in *deleteStackInput, protected bool) error {
	switch {
	case st.terminationProtection, protected:
		return invalid("Stack [%s] cannot be deleted while TerminationProtection is enabled", st.name)
	case !st.status.deletable():
		return invalid("Stack [%s] cannot be deleted while in status %s", st.id, st.status)
	case len(in.RetainResources) > 0 && st.status != deleteFailed:
		return invalid("Invalid operation on stack [%s]. When you delete a stack, specify which resources to retain only when "+
			"the stack is in the DELETE_FAILED state.", st.id)
	case in.DeletionMode == "FORCE_DELETE_STACK" && st.status != deleteFailed:
		return invalid("Invalid operation on stack [%s]. You can activate DeletionMode FORCE_DELETE_STACK in a delete stack "+
			"operation only when the stack is in the DELETE_FAILED state.", st.id)
	}
	for _, logicalID := range in.RetainResources {
		if st.records[logicalID] == nil {
			return invalid("The following resources to retain do not exist in the stack: [%s]", logicalID)
		}
	}
	return nil
}

// startDelete starts the deletion; one that an import blocks is cancelled at once. The caller holds st.mu.
func (s *Service) startDelete(st *stack, in *deleteStackInput, blocked string) {
	before, reason := st.status, st.reason
	st.express = in.DeploymentConfig.express()
	how := deletion{retain: in.RetainResources, force: in.DeletionMode == "FORCE_DELETE_STACK"}
	if blocked != "" {
		s.begin(st, "DeleteStack", in.ClientRequestToken, func(context.Context) {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.enter(before, blocked, s.clock.Now())
			st.reason = reason
		})
		st.enter(deleteInProgress, reasonUser, s.clock.Now())
		return
	}
	for _, each := range st.changeSets {
		s.dropNested(each)
	}
	st.changeSetID = "" // recorded: what is deleted tells of no change set
	st.deletion = how
	s.begin(st, "DeleteStack", in.ClientRequestToken, func(ctx context.Context) { s.runDelete(ctx, st, how) })
	st.deleted = s.clock.Now()
	st.enter(deleteInProgress, reasonUser, st.deleted)
}

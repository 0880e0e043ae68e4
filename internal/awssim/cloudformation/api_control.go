package cloudformation

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// checkNameAndToken is what all operations that steer one under way begin with.
func checkNameAndToken(stackName, token string) error {
	var wrong violations
	wrong.name(stackName)
	wrong.token(token)
	return wrong.err()
}

type cancelUpdateStackInput struct{ StackName, ClientRequestToken string }

func (s *Service) cancelUpdateStack(_ context.Context, call *wire.Call, in *cancelUpdateStackInput) (*wire.None, error) {
	if err := checkNameAndToken(in.StackName, in.ClientRequestToken); err != nil {
		return nil, err
	}
	st, err := s.living(call, in.StackName, absent)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if again, err := st.repeated("CancelUpdateStack", in.ClientRequestToken); again || err != nil {
		return new(wire.None), err
	}
	if st.status != updateInProgress {
		return nil, invalid("CancelUpdateStack cannot be called from current stack status")
	}
	if in.ClientRequestToken != "" {
		st.tokens[in.ClientRequestToken] = "CancelUpdateStack"
		st.operation.token = in.ClientRequestToken
	}
	st.operation.cancel(errCancelled)
	return new(wire.None), nil
}

type continueUpdateRollbackInput struct {
	StackName, RoleARN, ClientRequestToken string
	ResourcesToSkip                        []string
	ForceRollback                          bool
}

// continueUpdateRollbackOutput has no members, but AWS writes its element.
type continueUpdateRollbackOutput struct{}

func (s *Service) continueUpdateRollback(
	_ context.Context, call *wire.Call, in *continueUpdateRollbackInput,
) (*continueUpdateRollbackOutput, error) {
	if err := checkNameAndToken(in.StackName, in.ClientRequestToken); err != nil {
		return nil, err
	}
	if in.ForceRollback && len(in.ResourcesToSkip) > 0 {
		return nil, invalid("ForceRollback and ResourcesToSkip are mutually exclusive")
	}
	st, err := s.living(call, in.StackName, absent)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	out := new(continueUpdateRollbackOutput)
	if again, err := st.repeated("ContinueUpdateRollback", in.ClientRequestToken); again || err != nil {
		return out, err
	}
	if st.nesting.parentID != "" {
		return nil, invalid("RollbackUpdatedStack cannot be invoked on child stacks")
	}
	if st.status != updateRollbackFailed {
		return nil, invalid("ContinueUpdateRollback cannot be called from current stack status")
	}
	if err := s.checkRole(in.RoleARN, st.deployed.roleARN); err != nil {
		return nil, err
	}
	skip, err := s.leaveOut(st, in)
	if err != nil {
		return nil, err
	}
	s.begin(st, "ContinueUpdateRollback", in.ClientRequestToken, func(context.Context) { //nolint:contextcheck // outlives the call
		s.runRollbackUpdate(st, skip)
	})
	st.enter(updateRollback, reasonUser, s.clock.Now())
	return out, nil
}

type rollbackStackInput struct {
	StackName, RoleARN, ClientRequestToken string
	RetainExceptOnCreate                   bool
	DeploymentConfig                       *deploymentConfig
}

// rollbackStack leads a stack back that failed with its rollback disabled.
func (s *Service) rollbackStack(_ context.Context, call *wire.Call, in *rollbackStackInput) (*stackID, error) {
	if err := checkNameAndToken(in.StackName, in.ClientRequestToken); err != nil {
		return nil, err
	}
	st, err := s.living(call, in.StackName, absent)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if again, err := st.repeated("RollbackStack", in.ClientRequestToken); again || err != nil {
		return &stackID{StackID: st.id}, err
	}
	if st.deployed.config.express() && !in.DeploymentConfig.express() {
		return nil, invalid("RollbackStack is not supported for stacks that were last updated using EXPRESS deployment mode")
	}
	if st.nesting.parentID != "" {
		return nil, invalid("RollbackStack cannot be invoked on child stacks") // believed
	}
	if err := s.checkRole(in.RoleARN, st.deployed.roleARN); err != nil {
		return nil, err
	}
	st.express = in.DeploymentConfig.express()
	switch st.status { //nolint:exhaustive // all others are refused
	case createFailed:
		s.begin(st, "RollbackStack", in.ClientRequestToken, func(ctx context.Context) { //nolint:contextcheck // it outlives the call
			s.runRollbackCreate(ctx, st, in.RetainExceptOnCreate)
		})
		st.deleted = s.clock.Now()
		st.enter(rollbackInProgress, reasonUser, st.deleted)
	case updateFailed:
		s.begin(st, "RollbackStack", in.ClientRequestToken, func(context.Context) { //nolint:contextcheck // it outlives the call
			s.runRollbackUpdate(st, nil)
		})
		st.enter(updateRollback, reasonUser, s.clock.Now())
	default:
		return nil, invalid("RollbackStack cannot be called from current stack status")
	}
	return &stackID{StackID: st.id, OperationID: st.operation.id}, nil
}

type updateTerminationProtectionInput struct {
	StackName                   string
	EnableTerminationProtection *bool
}

func (s *Service) updateTerminationProtection(
	_ context.Context, call *wire.Call, in *updateTerminationProtectionInput,
) (*stackID, error) {
	var wrong violations
	wrong.name(in.StackName)
	if in.EnableTerminationProtection == nil {
		wrong.add("null", "enableTerminationProtection", "Member must not be null")
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	st, err := s.living(call, in.StackName, absent)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.nesting.parentID != "" {
		return nil, invalid("UpdateTerminationProtection cannot be invoked on child stacks") // believed
	}
	st.terminationProtection = *in.EnableTerminationProtection
	return &stackID{StackID: st.id}, nil
}

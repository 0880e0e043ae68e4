package cloudformation

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type setStackPolicyInput struct {
	StackName, StackPolicyURL string
	StackPolicyBody           *string
}

func (s *Service) setStackPolicy(_ context.Context, call *wire.Call, in *setStackPolicyInput) (*wire.None, error) {
	st, err := s.living(call, in.StackName, absent)
	if err != nil {
		return nil, err
	}
	policy, err := s.policyOf(call, in.StackPolicyBody, "StackPolicyURL", in.StackPolicyURL)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.policy = policy
	return new(wire.None), nil
}

// givenPolicy parses a policy that may be left out.
func givenPolicy(body *string) (*stackPolicy, error) {
	if body == nil {
		return nil, nil //nolint:nilnil // no policy, no error
	}
	return parsePolicy(*body)
}

type getStackPolicyInput struct{ StackName string }

type getStackPolicyOutput struct{ StackPolicyBody string }

func (s *Service) getStackPolicy(_ context.Context, call *wire.Call, in *getStackPolicyInput) (*getStackPolicyOutput, error) {
	st, err := s.living(call, in.StackName, absent)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	out := &getStackPolicyOutput{}
	if policy := st.policyInForce(); policy != nil {
		out.StackPolicyBody = policy.body
	}
	return out, nil
}

// policyInForce is the policy of the update that runs, if it brought one, or else the stack's. The caller holds mu.
func (st *stack) policyInForce() *stackPolicy {
	if st.policyDuringUpdate != nil {
		return st.policyDuringUpdate
	}
	return st.policy
}

package elb

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type attributesOutput struct{ Attributes []toldAttribute }

// toldAttribute has a value even if that is empty.
type toldAttribute struct {
	Key   string
	Value *string
}

func tell(attributes map[string]string) *attributesOutput {
	out := &attributesOutput{Attributes: []toldAttribute{}}
	for _, each := range props.SortedTags(attributes) {
		out.Attributes = append(out.Attributes, toldAttribute{each.Key, &each.Value})
	}
	return out
}

type balancerInput struct{ LoadBalancerArn string }

func (s *Service) describeLoadBalancerAttributes(
	_ context.Context, _ *wire.Call, in *balancerInput,
) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.balancers[in.LoadBalancerArn]
	if !ok {
		return nil, errBalancerNotFound()
	}
	return tell(found.attributes), nil
}

type groupInput struct{ TargetGroupArn string }

func (s *Service) describeTargetGroupAttributes(_ context.Context, _ *wire.Call, in *groupInput) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.groups[in.TargetGroupArn]
	if !ok {
		return nil, errGroupNotFound()
	}
	return tell(found.attributes), nil
}

type listenerInput struct{ ListenerArn string }

func (s *Service) describeListenerAttributes(_ context.Context, _ *wire.Call, in *listenerInput) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.listeners[in.ListenerArn]
	if !ok {
		return nil, errListenerNotFound()
	}
	return tell(found.attributes), nil
}

type modifyBalancerInput struct {
	LoadBalancerArn string
	Attributes      []attribute
}

func (s *Service) modifyLoadBalancerAttributes(
	_ context.Context, _ *wire.Call, in *modifyBalancerInput,
) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.balancers[in.LoadBalancerArn]
	if !ok {
		return nil, errBalancerNotFound()
	}
	return change(&found.attributes, found.kinds(), in.Attributes)
}

type modifyGroupAttributesInput struct {
	TargetGroupArn string
	Attributes     []attribute
}

func (s *Service) modifyTargetGroupAttributes(
	_ context.Context, _ *wire.Call, in *modifyGroupAttributesInput,
) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.groups[in.TargetGroupArn]
	if !ok {
		return nil, errGroupNotFound()
	}
	merged, err := groupAttributes(found.Protocol).merge(found.attributes, in.Attributes)
	if err != nil {
		return nil, err
	}
	if err := checkSticky(merged); err != nil {
		return nil, err
	}
	found.attributes = merged
	return tell(merged), nil
}

type modifyListenerAttributesInput struct {
	ListenerArn string
	Attributes  []attribute
}

func (s *Service) modifyListenerAttributes(
	_ context.Context, _ *wire.Call, in *modifyListenerAttributesInput,
) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.listeners[in.ListenerArn]
	if !ok {
		return nil, errListenerNotFound()
	}
	return change(&found.attributes, listenerAttributes(found.Protocol), in.Attributes)
}

func change(values *map[string]string, kinds attributeKinds, given []attribute) (*attributesOutput, error) {
	merged, err := kinds.merge(*values, given)
	if err != nil {
		return nil, err
	}
	*values = merged
	return tell(merged), nil
}

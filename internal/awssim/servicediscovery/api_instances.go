package servicediscovery

import (
	"context"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type registerInput struct {
	ServiceID        string `json:"ServiceId"`
	InstanceID       string `json:"InstanceId"`
	CreatorRequestID string `json:"CreatorRequestId"`
	Attributes       map[string]string
}

func (s *Service) registerInstance(_ context.Context, call *wire.Call, in *registerInput) (*operationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	into, err := s.serviceOf(call.Place(), in.ServiceID)
	if err != nil {
		return nil, err
	}
	made := &instance{id: in.InstanceID, creator: in.CreatorRequestID, attributes: in.Attributes}
	if err := s.register(into, made); err != nil {
		return nil, err
	}
	begun := s.begin(operation{
		kind: registerInstanceKind, place: call.Place(), lasts: shortTime,
		targets: map[string]string{targetInstance: made.id, targetService: into.id},
	})
	return &operationOutput{begun.id}, nil
}

type instanceInput struct {
	ServiceID  string `json:"ServiceId"`
	InstanceID string `json:"InstanceId"`
}

func (s *Service) deregisterInstance(_ context.Context, call *wire.Call, in *instanceInput) (*operationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, found, err := s.instanceOf(call.Place(), in.ServiceID, in.InstanceID)
	if err != nil {
		return nil, err
	}
	s.deregister(from, found)
	begun := s.begin(operation{
		kind: deregisterInstanceKind, place: call.Place(), lasts: shortTime,
		targets: map[string]string{targetInstance: found.id, targetService: from.id},
	})
	return &operationOutput{begun.id}, nil
}

type describedInstance struct {
	ID               string            `json:"Id"`
	CreatorRequestID string            `json:"CreatorRequestId,omitempty"`
	Attributes       map[string]string `json:",omitempty"`
	CreatedByAccount string            `json:",omitempty"`
}

type getInstanceOutput struct {
	ResourceOwner string
	Instance      describedInstance
}

func (s *Service) getInstance(_ context.Context, call *wire.Call, in *instanceInput) (*getInstanceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found, err := s.instanceOf(call.Place(), in.ServiceID, in.InstanceID)
	if err != nil {
		return nil, err
	}
	return &getInstanceOutput{call.Account, describedInstance{
		found.id, found.creator, maps.Clone(found.attributes), call.Account,
	}}, nil
}

type listInstancesInput struct {
	ServiceID  string `json:"ServiceId"`
	MaxResults *int
	NextToken  string
}

type listInstancesOutput struct {
	ResourceOwner string
	Instances     []describedInstance
	NextToken     string `json:",omitempty"`
}

func (s *Service) listInstances(_ context.Context, call *wire.Call, in *listInstancesInput) (*listInstancesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of, err := s.serviceOf(call.Place(), in.ServiceID)
	if err != nil {
		return nil, err
	}
	found := []describedInstance{}
	for _, each := range of.instances {
		found = append(found, describedInstance{
			ID: each.id, Attributes: maps.Clone(each.attributes), CreatedByAccount: call.Account,
		})
	}
	page, next, err := pageOf(found, in.NextToken, in.MaxResults, func(d describedInstance) string { return d.ID })
	return &listInstancesOutput{call.Account, page, next}, err
}

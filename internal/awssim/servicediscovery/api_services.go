package servicediscovery

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describedService struct {
	ID                      string `json:"Id"`
	Arn                     string
	ResourceOwner           string
	Name                    string
	NamespaceID             string        `json:"NamespaceId,omitempty"`
	Description             string        `json:",omitempty"`
	InstanceCount           int           `json:",omitempty"`
	DNSConfig               *DNSConfig    `json:"DnsConfig,omitempty"`
	Type                    string        `json:",omitempty"`
	HealthCheckCustomConfig *CustomHealth `json:",omitempty"`
	CreateDate              wire.Time
	CreatorRequestID        string `json:"CreatorRequestId,omitempty"`
	CreatedByAccount        string
}

func (s *service) describe() describedService {
	described := describedService{
		ID: s.id, Arn: s.arn(), ResourceOwner: s.namespace.place.Account, Name: s.name, NamespaceID: s.namespace.id,
		Description: s.description, InstanceCount: len(s.instances), DNSConfig: s.dns, Type: kindHTTP,
		HealthCheckCustomConfig: s.custom, CreateDate: wire.At(s.created), CreatorRequestID: s.creator,
		CreatedByAccount: s.namespace.place.Account,
	}
	if s.dns != nil {
		described.Type = kindDNSHTTP
	}
	return described
}

type createServiceInput struct {
	ServiceSpec

	CreatorRequestID string `json:"CreatorRequestId"`
	Tags             []props.Tag
}

type serviceOutput struct{ Service describedService }

func (s *Service) createService(_ context.Context, call *wire.Call, in *createServiceInput) (*serviceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.addService(call.Place(), &in.ServiceSpec, in.CreatorRequestID, props.MergeTags(nil, in.Tags))
	if err != nil {
		return nil, err
	}
	return &serviceOutput{made.describe()}, nil
}

func (s *Service) getService(_ context.Context, call *wire.Call, in *idInput) (*serviceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.serviceOf(call.Place(), in.ID)
	if err != nil {
		return nil, err
	}
	return &serviceOutput{found.describe()}, nil
}

func (s *Service) deleteService(_ context.Context, call *wire.Call, in *idInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.serviceOf(call.Place(), in.ID)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, s.removeService(found)
}

type serviceChange struct {
	Description *string
	DNSConfig   *struct {
		DNSRecords []DNSRecord `json:"DnsRecords"`
	} `json:"DnsConfig"`
}

type updateServiceInput struct {
	ID      string `json:"Id"`
	Service serviceChange
}

// updateService changes the description and the times to live. A DnsConfig that is left out is taken away (API reference).
func (s *Service) updateService(_ context.Context, call *wire.Call, in *updateServiceInput) (*operationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.serviceOf(call.Place(), in.ID)
	if err != nil {
		return nil, err
	}
	if in.Service.DNSConfig != nil {
		if err := s.retime(found, in.Service.DNSConfig.DNSRecords); err != nil {
			return nil, err
		}
	} else {
		s.unlist(found)
	}
	if in.Service.Description != nil {
		found.description = *in.Service.Description
	}
	begun := s.begin(operation{
		kind: updateServiceKind, place: call.Place(), lasts: shortTime, targets: map[string]string{targetService: found.id},
	})
	return &operationOutput{begun.id}, nil
}

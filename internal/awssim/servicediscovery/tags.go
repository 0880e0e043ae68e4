package servicediscovery

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// tagsOf returns the tags of a namespace or a service. Call it locked.
func (s *Service) tagsOf(call *wire.Call, resourceARN string) (map[string]string, error) {
	if found := s.namespaces[idOf(resourceARN)]; found != nil && found.arn() == resourceARN && found.place == call.Place() {
		return found.tags, nil
	}
	if found := s.services[idOf(resourceARN)]; found != nil && found.arn() == resourceARN && found.namespace.place == call.Place() {
		return found.tags, nil
	}
	return nil, wire.Errorf("ResourceNotFoundException", "Could not find resource with ARN: %s", resourceARN)
}

type arnInput struct{ ResourceARN string }

type tagsOutput struct{ Tags []props.Tag }

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *arnInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(call, in.ResourceARN)
	return &tagsOutput{props.SortedTags(tags)}, err
}

type tagInput struct {
	ResourceARN string
	Tags        []props.Tag
}

func (s *Service) tagResource(_ context.Context, call *wire.Call, in *tagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(call, in.ResourceARN)
	for _, each := range in.Tags {
		if err == nil {
			tags[each.Key] = each.Value
		}
	}
	return &struct{}{}, err
}

type untagInput struct {
	ResourceARN string
	TagKeys     []string
}

func (s *Service) untagResource(_ context.Context, call *wire.Call, in *untagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(call, in.ResourceARN)
	for _, key := range in.TagKeys {
		delete(tags, key)
	}
	return &struct{}{}, err
}

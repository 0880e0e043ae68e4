package autoscaling

import (
	"context"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type resourceInput struct{ ResourceARN string }

type tagsOutput struct{ Tags map[string]string }

// tagged returns the target of an ARN. Call it locked.
func (s *Service) tagged(call *wire.Call, arn string) (*target, error) {
	for key, one := range s.targets {
		if key.Place == call.Place() && one.arn == arn {
			return one, nil
		}
	}
	return nil, wire.Errorf("ResourceNotFoundException", "The scalable target %s does not exist", arn)
}

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *resourceInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(call, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &tagsOutput{Tags: maps.Clone(found.tags)}, nil
}

type tagResourceInput struct {
	resourceInput

	Tags map[string]string
}

func (s *Service) tagResource(_ context.Context, call *wire.Call, in *tagResourceInput) (*empty, error) {
	const most = 50
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(call, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	merged := maps.Clone(found.tags)
	maps.Copy(merged, in.Tags)
	if len(merged) > most {
		return nil, wire.Errorf("TooManyTagsException", "A scalable target can have at most 50 tags")
	}
	found.tags = merged
	return &empty{}, nil
}

type untagResourceInput struct {
	resourceInput

	TagKeys []string
}

func (s *Service) untagResource(_ context.Context, call *wire.Call, in *untagResourceInput) (*empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(call, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	found.tags = maps.Clone(found.tags)
	for _, key := range in.TagKeys {
		delete(found.tags, key)
	}
	return &empty{}, nil
}

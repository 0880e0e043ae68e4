package eventbridge

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// byARN finds a rule. Call it locked.
func (s *Service) byARN(call *wire.Call, arn string) (*rule, error) {
	if strings.Contains(arn, ":event-bus/") {
		if err := checkBus(arn); err != nil {
			return nil, err
		}
		return nil, wire.Unsupported(call, "tags of event buses")
	}
	_, name, _ := strings.Cut(arn, ":rule/")
	return s.find(call, name, "")
}

type arnInput struct{ ResourceARN string }

type tagsOutput struct{ Tags []Tag }

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *arnInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.byARN(call, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	out := &tagsOutput{Tags: []Tag{}}
	for _, name := range slices.Sorted(maps.Keys(found.tags)) {
		out.Tags = append(out.Tags, Tag{name, found.tags[name]})
	}
	return out, nil
}

type tagInput struct {
	ResourceARN string
	Tags        []Tag
}

func (s *Service) tagResource(_ context.Context, call *wire.Call, in *tagInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.byARN(call, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	for _, tag := range in.Tags {
		found.tags[tag.Key] = tag.Value
	}
	return &wire.None{}, nil
}

type untagInput struct {
	ResourceARN string
	TagKeys     []string
}

func (s *Service) untagResource(_ context.Context, call *wire.Call, in *untagInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.byARN(call, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	for _, name := range in.TagKeys {
		delete(found.tags, name)
	}
	return &wire.None{}, nil
}

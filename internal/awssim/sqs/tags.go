package sqs

import (
	"context"
	"maps"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type tagQueueInput struct {
	QueueURL string `json:"QueueUrl"`
	Tags     map[string]string
}

func (s *Service) tagQueue(_ context.Context, call *wire.Call, in *tagQueueInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	maps.Copy(found.tags, in.Tags)
	return &wire.None{}, nil
}

type untagQueueInput struct {
	QueueURL string `json:"QueueUrl"`
	TagKeys  []string
}

func (s *Service) untagQueue(_ context.Context, call *wire.Call, in *untagQueueInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	for _, each := range in.TagKeys {
		delete(found.tags, each)
	}
	return &wire.None{}, nil
}

type tagsOutput struct {
	Tags map[string]string `json:",omitempty"`
}

func (s *Service) listQueueTags(_ context.Context, call *wire.Call, in *queueURL) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	own := maps.Clone(found.tags)
	maps.DeleteFunc(own, func(name, _ string) bool { return strings.HasPrefix(name, "aws:") }) // not told (recorded)
	return &tagsOutput{own}, nil
}

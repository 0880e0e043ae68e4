package route53

import (
	"context"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type tagsInput struct {
	ResourceType string `path:"ResourceType"`
	ResourceID   string `path:"ResourceId"`
}

type tagSet struct {
	ResourceType string
	ResourceID   string      `xml:"ResourceId"`
	Tags         []props.Tag `xml:"Tags>Tag"`
}

type tagsOutput struct{ ResourceTagSet tagSet }

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *tagsInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(call, in.ResourceType, in.ResourceID)
	if err != nil {
		return nil, err
	}
	return &tagsOutput{tagSet{in.ResourceType, in.ResourceID, props.SortedTags(found.tags)}}, nil
}

func (s *Service) tagged(call *wire.Call, kind, id string) (*zone, error) {
	if kind != "hostedzone" {
		return nil, wire.Unsupported(call, "the resource type "+kind)
	}
	return s.find(call.Account, id)
}

type changeTagsInput struct {
	ResourceType string `path:"ResourceType"`
	ResourceID   string `path:"ResourceId"`
	Body         struct {
		AddTags       []props.Tag `xml:"AddTags>Tag"`
		RemoveTagKeys []string    `xml:"RemoveTagKeys>Key"`
	} `body:"xml"`
}

type changeTagsOutput struct{}

func (s *Service) changeTagsForResource(_ context.Context, call *wire.Call, in *changeTagsInput) (*changeTagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(call, in.ResourceType, in.ResourceID)
	if err != nil {
		return nil, err
	}
	changed := maps.Clone(found.tags)
	if changed == nil {
		changed = make(map[string]string)
	}
	maps.Copy(changed, props.MergeTags(nil, in.Body.AddTags))
	for _, key := range in.Body.RemoveTagKeys {
		delete(changed, key)
	}
	found.tags = changed
	return new(changeTagsOutput), nil
}

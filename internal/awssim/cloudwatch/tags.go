package cloudwatch

import (
	"context"
	"net/http"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type resourceInput struct{ ResourceARN string }

// emptyOutput is a result without members, which is not the same as no result.
type emptyOutput struct{}

type tagsOutput struct{ Tags []Tag }

// tagsOf returns the tags of an alarm or dashboard, never nil. Call it locked.
func (s *Service) tagsOf(call *wire.Call, arn string) (map[string]string, error) {
	if _, name, ok := strings.Cut(arn, ":alarm:"); ok {
		if found, ok := s.alarms[alarmKey{call.Place(), name}]; ok && found.arn == arn {
			if found.tags == nil {
				found.tags = make(map[string]string)
			}
			return found.tags, nil
		}
	}
	if _, name, ok := strings.Cut(arn, ":dashboard/"); ok {
		if found, ok := s.dashboards[dashboardKey{call.Account, name}]; ok && found.arn() == arn {
			if found.tags == nil {
				found.tags = make(map[string]string)
			}
			return found.tags, nil
		}
	}
	return nil, &wire.Error{
		Code: "ResourceNotFoundException", Message: "Unknown resource " + arn, Status: http.StatusNotFound,
	}
}

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *resourceInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(call, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	out := &tagsOutput{Tags: []Tag{}}
	for _, tag := range props.SortedTags(tags) {
		out.Tags = append(out.Tags, Tag(tag))
	}
	return out, nil
}

type tagResourceInput struct {
	resourceInput

	Tags []Tag
}

func (s *Service) tagResource(_ context.Context, call *wire.Call, in *tagResourceInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(call, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	for _, tag := range in.Tags {
		tags[tag.Key] = tag.Value
	}
	return &emptyOutput{}, nil
}

type untagResourceInput struct {
	resourceInput

	TagKeys []string
}

func (s *Service) untagResource(_ context.Context, call *wire.Call, in *untagResourceInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(call, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(tags, key)
	}
	return &emptyOutput{}, nil
}

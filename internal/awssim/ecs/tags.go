package ecs

import (
	"context"
	"maps"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type arnInput struct {
	ResourceArn string `json:"resourceArn"`
}

type tagsOutput struct {
	Tags []Tag `json:"tags"`
}

type tagInput struct {
	ResourceArn string `json:"resourceArn"`
	Tags        []Tag  `json:"tags"`
}

type untagInput struct {
	ResourceArn string   `json:"resourceArn"`
	TagKeys     []string `json:"tagKeys"`
}

// tagsOf returns the tags of a cluster, service or task definition, to read or change. Call it locked.
func (s *Service) tagsOf(call *wire.Call, resourceARN string) (*map[string]string, error) {
	if found, ok := s.clusters[resourceARN]; ok && found.status == active {
		return &found.tags, nil
	}
	if found, ok := s.definitions[resourceARN]; ok {
		return &found.tags, nil
	}
	if _, path, ok := strings.Cut(resourceARN, ":service/"); ok {
		clusterName, _, _ := strings.Cut(path, "/")
		found, err := s.fleet(call.Place(), clusterName, resourceARN)
		if err != nil {
			return nil, err
		}
		return &found.tags, nil
	}
	return nil, errInvalid("The specified resource is not found. Specify a valid ARN and try again.")
}

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *arnInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &tagsOutput{Tags: sortedTags(*tags)}, nil
}

func (s *Service) tagResource(_ context.Context, call *wire.Call, in *tagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	changed := tagMap(in.Tags)
	for key, value := range *tags {
		if _, ok := changed[key]; !ok {
			changed[key] = value
		}
	}
	*tags = changed
	return &struct{}{}, nil
}

func (s *Service) untagResource(_ context.Context, call *wire.Call, in *untagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	changed := maps.Clone(*tags)
	for _, key := range in.TagKeys {
		delete(changed, key)
	}
	*tags = changed
	return &struct{}{}, nil
}

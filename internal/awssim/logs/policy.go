package logs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type putRetentionPolicyInput struct {
	LogGroupName    string `json:"logGroupName"`
	RetentionInDays int    `json:"retentionInDays"`
}

func (s *Service) putRetentionPolicy(_ context.Context, call *wire.Call, in *putRetentionPolicyInput) (*wire.None, error) {
	if err := checkRetention(in.RetentionInDays); err != nil {
		return nil, err
	}
	return s.setRetention(call, in.LogGroupName, in.RetentionInDays)
}

func (s *Service) deleteRetentionPolicy(_ context.Context, call *wire.Call, in *groupInput) (*wire.None, error) {
	return s.setRetention(call, in.LogGroupName, 0)
}

func (s *Service) setRetention(call *wire.Call, name string, days int) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, name, "")
	if err != nil {
		return nil, err
	}
	found.retention = days
	return &wire.None{}, nil
}

func checkRetention(days int) error {
	if slices.Contains(retentions(), days) {
		return nil
	}
	allowed := strings.ReplaceAll(strings.Trim(fmt.Sprint(retentions()), "[]"), " ", ", ")
	return errInvalid("retentionInDays", days, "Member must satisfy enum value set: ["+allowed+"]")
}

type tagsInput struct {
	ResourceArn string            `json:"resourceArn"`
	Tags        map[string]string `json:"tags"`
}

type untagInput struct {
	ResourceArn string   `json:"resourceArn"`
	TagKeys     []string `json:"tagKeys"`
}

type arnInput struct {
	ResourceArn string `json:"resourceArn"`
}

type tagsOutput struct {
	Tags map[string]string `json:"tags"`
}

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *arnInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, "", in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	maps.Copy(tags, found.tags)
	return &tagsOutput{Tags: tags}, nil
}

func (s *Service) tagResource(_ context.Context, call *wire.Call, in *tagsInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, "", in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if found.tags == nil {
		found.tags = make(map[string]string)
	}
	maps.Copy(found.tags, in.Tags)
	return &wire.None{}, nil
}

func (s *Service) untagResource(_ context.Context, call *wire.Call, in *untagInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, "", in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(found.tags, key)
	}
	return &wire.None{}, nil
}

// The operations that TagResource and its like replaced, and that clients still call.

func (s *Service) listTagsLogGroup(ctx context.Context, call *wire.Call, in *groupInput) (*tagsOutput, error) {
	return s.listTagsForResource(ctx, call, &arnInput{in.LogGroupName})
}

type tagGroupInput struct {
	LogGroupName string            `json:"logGroupName"`
	Tags         map[string]string `json:"tags"`
}

func (s *Service) tagLogGroup(ctx context.Context, call *wire.Call, in *tagGroupInput) (*wire.None, error) {
	return s.tagResource(ctx, call, &tagsInput{in.LogGroupName, in.Tags})
}

type untagGroupInput struct {
	LogGroupName string   `json:"logGroupName"`
	Tags         []string `json:"tags"`
}

func (s *Service) untagLogGroup(ctx context.Context, call *wire.Call, in *untagGroupInput) (*wire.None, error) {
	return s.untagResource(ctx, call, &untagInput{in.LogGroupName, in.Tags})
}

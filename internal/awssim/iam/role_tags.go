package iam

import (
	"context"
	"maps"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type tagRoleInput struct {
	RoleName string
	Tags     []Tag
}

func (s *Service) tagRole(_ context.Context, call *wire.Call, in *tagRoleInput) (*wire.None, error) {
	return s.retag(call, in.RoleName, func(tags map[string]string) {
		for _, tag := range in.Tags {
			tags[tag.Key] = tag.Value
		}
	})
}

type untagRoleInput struct {
	RoleName string
	TagKeys  []string
}

func (s *Service) untagRole(_ context.Context, call *wire.Call, in *untagRoleInput) (*wire.None, error) {
	return s.retag(call, in.RoleName, func(tags map[string]string) {
		for _, name := range in.TagKeys {
			delete(tags, name)
		}
	})
}

// retag changes the tags that are a role's own.
func (s *Service) retag(call *wire.Call, name string, change func(map[string]string)) (*wire.None, error) {
	found, err := s.role(call, name)
	if err != nil {
		return nil, err
	}
	own := make(map[string]string)
	for _, each := range members(found.Properties["Tags"]) {
		key, _ := each["Key"].(string)
		own[key], _ = each["Value"].(string)
	}
	change(own)
	var tags []Tag
	for _, key := range slices.Sorted(maps.Keys(own)) {
		tags = append(tags, Tag{key, own[key]})
	}
	return s.edit(&found, resource.Properties{"Tags": tagList(tags)})
}

type roleTagsInput struct {
	pageInput

	RoleName string
}

type roleTagsOutput struct {
	pageOutput

	Tags []Tag
}

func (s *Service) listRoleTags(_ context.Context, call *wire.Call, in *roleTagsInput) (*roleTagsOutput, error) {
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	tags := append([]Tag{}, tagsOf(&found)...) // a list, be it empty
	page, more, err := pageOf(&in.pageInput, tags, func(t Tag) string { return t.Key })
	return &roleTagsOutput{more, page}, err
}

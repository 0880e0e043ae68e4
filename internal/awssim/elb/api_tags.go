package elb

import (
	"context"
	"maps"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describeTagsInput struct{ ResourceArns []string }

type tagDescription struct {
	ResourceArn string
	Tags        []props.Tag
}

type describeTagsOutput struct{ TagDescriptions []tagDescription }

func (s *Service) describeTags(_ context.Context, _ *wire.Call, in *describeTagsInput) (*describeTagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &describeTagsOutput{TagDescriptions: []tagDescription{}}
	for _, wanted := range in.ResourceArns {
		tags, err := s.tagsOf(wanted)
		if err != nil {
			return nil, err
		}
		out.TagDescriptions = append(out.TagDescriptions, tagDescription{ResourceArn: wanted, Tags: props.SortedTags(*tags)})
	}
	return out, nil
}

// tagsOf returns the tags of a resource, to be read or replaced. Call it locked.
func (s *Service) tagsOf(wanted string) (*map[string]string, error) {
	if found, ok := s.balancers[wanted]; ok {
		return &found.tags, nil
	}
	if found, ok := s.groups[wanted]; ok {
		return &found.tags, nil
	}
	if found, ok := s.listeners[wanted]; ok {
		return &found.tags, nil
	}
	if found, ok := s.rules[wanted]; ok {
		return &found.tags, nil
	}
	switch {
	case strings.Contains(wanted, ":loadbalancer/"):
		return nil, errBalancerNotFound()
	case strings.Contains(wanted, ":targetgroup/"):
		return nil, errGroupNotFound()
	case strings.Contains(wanted, ":listener/"):
		return nil, errListenerNotFound()
	default:
		return nil, errRuleNotFound()
	}
}

type addTagsInput struct {
	ResourceArns []string
	Tags         []props.Tag
}

// maxTags is how many tags a resource takes ("Quotas", user guide).
const maxTags = 50

func (s *Service) addTags(_ context.Context, _ *wire.Call, in *addTagsInput) (*wire.None, error) {
	added, err := uniqueTags(in.Tags)
	if err != nil {
		return nil, err
	}
	return s.changeTags(in.ResourceArns, func(tags map[string]string) { maps.Copy(tags, added) })
}

// uniqueTags refuses keys that are given twice.
func uniqueTags(given []props.Tag) (map[string]string, error) {
	tags := make(map[string]string, len(given))
	for _, tag := range given {
		if _, twice := tags[tag.Key]; twice {
			return nil, wire.Errorf("DuplicateTagKeys", "Tag key was specified more than once: %s", tag.Key)
		}
		tags[tag.Key] = tag.Value
	}
	return tags, nil
}

type removeTagsInput struct{ ResourceArns, TagKeys []string }

func (s *Service) removeTags(_ context.Context, _ *wire.Call, in *removeTagsInput) (*wire.None, error) {
	return s.changeTags(in.ResourceArns, func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
}

func (s *Service) changeTags(arns []string, apply func(map[string]string)) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, wanted := range arns {
		tags, err := s.tagsOf(wanted)
		if err != nil {
			return nil, err
		}
		changed := make(map[string]string)
		maps.Copy(changed, *tags)
		apply(changed)
		if len(changed) > maxTags {
			return nil, wire.Errorf("TooManyTags", "You have reached the limit on the number of tags for this resource")
		}
		*tags = changed
	}
	return new(wire.None), nil
}

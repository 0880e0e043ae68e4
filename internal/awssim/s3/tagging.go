package s3

import (
	"context"
	"encoding/xml"
	"maps"
	"net/url"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// mostTags is how many tags an object has at most. Source: PutObjectTagging in the API reference.
const mostTags = 10

type tagging struct {
	XMLName xml.Name    `xml:"Tagging"`
	Tags    []objectTag `xml:"TagSet>Tag"`
}

type objectTag struct{ Key, Value string }

// parseTags reads the tags that PutObject has in a header, as a query.
func parseTags(header string) (map[string]string, error) {
	values, err := url.ParseQuery(header)
	if err != nil {
		return nil, wire.Errorf("InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "+
			"parameters without tag name duplicates.")
	}
	var list []objectTag
	for name, given := range values {
		for _, value := range given {
			list = append(list, objectTag{name, value})
		}
	}
	return tagsFrom(list)
}

func tagsFrom(list []objectTag) (map[string]string, error) {
	if len(list) > mostTags {
		return nil, wire.Errorf("BadRequest", "Object tags cannot be greater than %d", mostTags)
	}
	tags := make(map[string]string, len(list))
	for _, each := range list {
		if _, twice := tags[each.Key]; twice {
			return nil, wire.Errorf("InvalidTag", "Cannot provide multiple Tags with the same key")
		}
		tags[each.Key] = each.Value
	}
	return tags, nil
}

type objectKeyInput struct {
	Bucket string `path:"Bucket"`
	Key    string `path:"Key"`
}

func (s *Service) getTagging(_ context.Context, _ *wire.Call, in *objectKeyInput) (*tagging, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	out := new(tagging)
	for _, name := range slices.Sorted(maps.Keys(found.Tags)) {
		out.Tags = append(out.Tags, objectTag{name, found.Tags[name]})
	}
	return out, nil
}

type putTaggingInput struct {
	objectKeyInput
	checks

	Tagging tagging `body:"xml"`
}

func (s *Service) putTagging(_ context.Context, call *wire.Call, in *putTaggingInput) (*wire.None, error) {
	if err := in.verify(call, call.Body); err != nil {
		return nil, err
	}
	tags, err := tagsFrom(in.Tagging.Tags)
	if err != nil {
		return nil, err
	}
	return s.tag(&in.objectKeyInput, tags)
}

func (s *Service) deleteTagging(_ context.Context, _ *wire.Call, in *objectKeyInput) (*wire.None, error) {
	return s.tag(in, nil)
}

func (s *Service) tag(in *objectKeyInput, tags map[string]string) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	changed := *found
	changed.Tags = tags
	s.buckets[in.Bucket].Objects[in.Key] = &changed
	return new(wire.None), nil
}

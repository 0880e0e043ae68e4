package ssm

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// labelName is what a label may be called (LabelParameterVersion, API reference).
var labelName = regexp.MustCompile(`^[a-zA-Z_.-][a-zA-Z0-9_.-]{0,99}$`)

type labelInput struct {
	Name             string   `json:"Name"`
	ParameterVersion int      `json:"ParameterVersion"`
	Labels           []string `json:"Labels"`
}

type labelOutput struct {
	InvalidLabels    []string `json:"InvalidLabels"`
	ParameterVersion int      `json:"ParameterVersion"`
}

func (s *Service) labelParameterVersion(_ context.Context, call *wire.Call, in *labelInput) (*labelOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, to, err := s.versionOf(call, in)
	if err != nil {
		return nil, err
	}
	out := &labelOutput{InvalidLabels: []string{}, ParameterVersion: to.number}
	for _, label := range in.Labels {
		lower := strings.ToLower(label)
		if !labelName.MatchString(label) || strings.HasPrefix(lower, "aws") || strings.HasPrefix(lower, "ssm") {
			out.InvalidLabels = append(out.InvalidLabels, label)
			continue
		}
		for _, each := range found.versions {
			each.unlabel(label)
		}
		to.labels = append(to.labels, label)
	}
	return out, nil
}

type unlabelOutput struct {
	RemovedLabels []string `json:"RemovedLabels"`
	InvalidLabels []string `json:"InvalidLabels"`
}

func (s *Service) unlabelParameterVersion(_ context.Context, call *wire.Call, in *labelInput) (*unlabelOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, from, err := s.versionOf(call, in)
	if err != nil {
		return nil, err
	}
	out := &unlabelOutput{RemovedLabels: []string{}, InvalidLabels: []string{}}
	for _, label := range in.Labels {
		if !slices.Contains(from.labels, label) {
			out.InvalidLabels = append(out.InvalidLabels, label)
			continue
		}
		from.unlabel(label)
		out.RemovedLabels = append(out.RemovedLabels, label)
	}
	return out, nil
}

func (v *version) unlabel(label string) {
	v.labels = slices.DeleteFunc(v.labels, func(l string) bool { return l == label })
}

// versionOf returns the version that a request names by number; the latest without one. Call it locked.
func (s *Service) versionOf(call *wire.Call, in *labelInput) (*parameter, *version, error) {
	found, ok := s.find(call.Place(), in.Name)
	if !ok {
		return nil, nil, errNotFound()
	}
	if in.ParameterVersion == 0 {
		return found, found.latest(), nil
	}
	at := slices.IndexFunc(found.versions, func(v *version) bool { return v.number == in.ParameterVersion })
	if at < 0 {
		return nil, nil, wire.Errorf("ParameterVersionNotFound",
			"Systems Manager could not find version %d of %s. Verify the version and try again.", in.ParameterVersion, in.Name)
	}
	return found, found.versions[at], nil
}

// taggedInput names what is tagged; here only parameters can be.
type taggedInput struct {
	ResourceType string   `json:"ResourceType"`
	ResourceID   string   `json:"ResourceId"`
	Tags         []tag    `json:"Tags"`
	TagKeys      []string `json:"TagKeys"`
}

// tagged returns the parameter whose tags a request is about. Call it locked.
func (s *Service) tagged(call *wire.Call, in *taggedInput) (*parameter, error) {
	if in.ResourceType != "Parameter" {
		return nil, wire.Errorf("InvalidResourceType", "awssim tags resources of the type Parameter only, not %q", in.ResourceType)
	}
	found, ok := s.find(call.Place(), in.ResourceID)
	if !ok {
		return nil, wire.Errorf("InvalidResourceId", "")
	}
	return found, nil
}

func (s *Service) addTagsToResource(_ context.Context, call *wire.Call, in *taggedInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(call, in)
	if err != nil {
		return nil, err
	}
	if found.tags == nil {
		found.tags = make(map[string]string)
	}
	for _, given := range in.Tags {
		found.tags[given.Key] = given.Value
	}
	return &wire.None{}, nil
}

func (s *Service) removeTagsFromResource(_ context.Context, call *wire.Call, in *taggedInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(call, in)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(found.tags, key)
	}
	return &wire.None{}, nil
}

type tagsOutput struct {
	TagList []tag `json:"TagList"`
}

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *taggedInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(call, in)
	if err != nil {
		return nil, err
	}
	out := &tagsOutput{TagList: []tag{}}
	for _, sorted := range props.SortedTags(found.tags) {
		out.TagList = append(out.TagList, tag(sorted))
	}
	return out, nil
}

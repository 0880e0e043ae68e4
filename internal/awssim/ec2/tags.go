package ec2

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// tagSpecification gives tags to what is created.
type tagSpecification struct {
	ResourceType string
	Tags         []givenTag `query:"Tag"`
}

type givenTag struct {
	Key   string
	Value *string // without one, a tag of any value is deleted
}

// tagList writes tags as templates have them.
func tagList(given []tagSpecification) []any {
	list := []any{}
	for _, specification := range given {
		for _, each := range specification.Tags {
			value := ""
			if each.Value != nil {
				value = *each.Value
			}
			list = append(list, map[string]any{"Key": each.Key, "Value": value})
		}
	}
	return list
}

// taggable are the types whose resources have tags, and what the API calls them.
func taggable() map[string]string {
	return map[string]string{
		vpcType: "vpc", subnetType: "subnet", groupType: "security-group", tableType: "route-table", gatewayType: "internet-gateway",
		natType: "natgateway", addressType: "elastic-ip", endpointType: "vpc-endpoint",
	}
}

type describedTag struct {
	ResourceID   string `query:"resourceId"`
	ResourceType string `query:"resourceType"`
	Key          string `query:"key"`
	Value        string `query:"value"`
}

type describeTagsOutput struct {
	TagSet    []describedTag `query:"tagSet"`
	NextToken string         `query:"nextToken"`
}

func (s *Service) describeTags(_ context.Context, call *wire.Call, in *pageInput) (*describeTagsOutput, error) {
	var described []shown[describedTag]
	for kind, word := range taggable() {
		for _, each := range s.records.Records(call.Place(), kind) {
			for name, value := range each.Tags {
				id := idOf(&each)
				described = append(described, shown[describedTag]{id + " " + name, describedTag{id, word, name, value}, map[string][]string{
					"key": {name}, "value": {value}, "resource-id": {id}, "resource-type": {word},
				}, map[string]string{name: value}})
			}
		}
	}
	page, next, err := pick(in, nil, "", described)
	return &describeTagsOutput{page, next}, err
}

// idOf is the id by which the API knows a resource: that of an address is the one of its allocation.
func idOf(r *generic.Record) string {
	if r.Type == addressType {
		return r.Text("AllocationId")
	}
	return r.ID
}

type changeTagsInput struct {
	ResourceIDs []string   `query:"ResourceId"`
	Tags        []givenTag `query:"Tag"`
	DryRun      bool
}

func (s *Service) createTags(_ context.Context, call *wire.Call, in *changeTagsInput) (*wire.None, error) {
	return s.changeTags(call, in, func(tags map[string]string, given givenTag) {
		tags[given.Key] = ""
		if given.Value != nil {
			tags[given.Key] = *given.Value
		}
	})
}

func (s *Service) deleteTags(_ context.Context, call *wire.Call, in *changeTagsInput) (*wire.None, error) {
	return s.changeTags(call, in, func(tags map[string]string, given givenTag) {
		if given.Value == nil || *given.Value == tags[given.Key] {
			delete(tags, given.Key)
		}
	})
}

func (s *Service) changeTags(
	call *wire.Call, in *changeTagsInput, change func(tags map[string]string, given givenTag),
) (*wire.None, error) {
	if in.DryRun {
		return nil, wire.Unsupported(call, "the parameter DryRun")
	}
	for _, given := range in.Tags {
		if strings.HasPrefix(given.Key, "aws:") {
			return nil, wire.Errorf("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		}
	}
	found := make(map[string]generic.Record)
	for kind := range taggable() {
		for _, each := range s.records.Records(call.Place(), kind) {
			found[idOf(&each)] = each
		}
	}
	for _, id := range in.ResourceIDs {
		if _, ok := found[id]; !ok {
			return nil, wire.Errorf("InvalidID", "The ID '%s' is not valid", id)
		}
	}
	for _, id := range in.ResourceIDs {
		record := found[id]
		own := make(map[string]string)
		for _, each := range members(record.Properties["Tags"]) {
			key, _ := each["Key"].(string)
			own[key], _ = each["Value"].(string)
		}
		for _, given := range in.Tags {
			change(own, given)
		}
		list := []any{}
		for _, name := range slices.Sorted(maps.Keys(own)) {
			list = append(list, map[string]any{"Key": name, "Value": own[name]})
		}
		if err := s.records.Edit(call.Place(), record.Type, record.ID, resource.Properties{"Tags": list}); err != nil {
			return nil, err
		}
	}
	return &wire.None{}, nil
}

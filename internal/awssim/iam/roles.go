package iam

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// hour is how long a session lasts unless the role says otherwise, in seconds.
const hour = 3600

var roleName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// Tag is a role's tag.
type Tag struct{ Key, Value string }

// tagsOf returns a resource's tags by key, nil if it has none.
func tagsOf(r *generic.Record) []Tag {
	var tags []Tag
	for _, name := range slices.Sorted(maps.Keys(r.Tags)) {
		tags = append(tags, Tag{name, r.Tags[name]})
	}
	return tags
}

type boundary struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

type role struct {
	Path                     string
	RoleName                 string
	RoleID                   string `query:"RoleId"`
	Arn                      string
	CreateDate               wire.Time
	AssumeRolePolicyDocument string
	Description              string
	MaxSessionDuration       *int
	PermissionsBoundary      *boundary
	RoleLastUsed             *lastUsed
	Tags                     []Tag
}

// lastUsed is empty: roles are not used here.
type lastUsed struct{}

func describe(r *generic.Record) role {
	described := role{
		Path: "/", RoleName: r.ID, RoleID: r.Text("RoleId"), Arn: r.Text("Arn"), Description: r.Text("Description"),
		AssumeRolePolicyDocument: encoded(r.Properties["AssumeRolePolicyDocument"]), MaxSessionDuration: new(hour),
		RoleLastUsed: &lastUsed{}, Tags: tagsOf(r),
	}
	if path := r.Text("Path"); path != "" {
		described.Path = path
	}
	if created, err := time.Parse(time.RFC3339, r.Text("CreateDate")); err == nil {
		described.CreateDate = wire.At(created)
	}
	if seconds, ok := r.Properties["MaxSessionDuration"].(float64); ok {
		described.MaxSessionDuration = new(int(seconds))
	}
	if arn := r.Text("PermissionsBoundary"); arn != "" {
		described.PermissionsBoundary = &boundary{"Policy", arn}
	}
	return described
}

type roleInput struct{ RoleName string }

type roleOutput struct{ Role role }

func (s *Service) getRole(_ context.Context, call *wire.Call, in *roleInput) (*roleOutput, error) {
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	return &roleOutput{describe(&found)}, nil
}

type listRolesInput struct {
	pageInput

	PathPrefix string
}

type listRolesOutput struct {
	pageOutput

	Roles []role
}

func (s *Service) listRoles(_ context.Context, call *wire.Call, in *listRolesInput) (*listRolesOutput, error) {
	roles := []role{}
	for _, each := range s.records.Everywhere(call.Account, roleType) {
		one := describe(&each)
		one.Tags, one.PermissionsBoundary, one.RoleLastUsed = nil, nil, nil // which a listing does not have
		if strings.HasPrefix(one.Path, in.PathPrefix) {
			roles = append(roles, one)
		}
	}
	page, more, err := pageOf(&in.pageInput, roles, func(r role) string { return r.RoleName })
	return &listRolesOutput{more, page}, err
}

type createRoleInput struct {
	RoleName, Path, AssumeRolePolicyDocument, Description, PermissionsBoundary string
	MaxSessionDuration                                                         *int
	Tags                                                                       []Tag
}

func (s *Service) createRole(_ context.Context, call *wire.Call, in *createRoleInput) (*roleOutput, error) {
	document, err := trusting(in.AssumeRolePolicyDocument)
	switch {
	case !roleName.MatchString(in.RoleName):
		return nil, wire.Errorf("ValidationError", "The specified value for roleName is invalid. It must contain only alphanumeric "+
			"characters and/or the following: +=,.@_-")
	case err != nil:
		return nil, err
	}
	if _, taken := s.find(call, roleType, in.RoleName); taken {
		return nil, errConflict("EntityAlreadyExists", "Role with name %s already exists.", in.RoleName)
	}
	properties := resource.Properties{"RoleName": in.RoleName, "AssumeRolePolicyDocument": document}
	for name, value := range map[string]string{
		"Path": in.Path, "Description": in.Description, "PermissionsBoundary": in.PermissionsBoundary,
	} {
		if value != "" {
			properties[name] = value
		}
	}
	if in.MaxSessionDuration != nil {
		properties["MaxSessionDuration"] = float64(*in.MaxSessionDuration)
	}
	if len(in.Tags) > 0 {
		properties["Tags"] = tagList(in.Tags)
	}
	made, err := s.make(call, roleType, properties)
	if err != nil {
		return nil, err
	}
	return &roleOutput{brief(&made)}, nil
}

// brief is a role as the operation that makes it tells it.
func brief(r *generic.Record) role {
	made := describe(r)
	made.Description, made.MaxSessionDuration, made.PermissionsBoundary, made.RoleLastUsed = "", nil, nil, nil
	return made
}

func (s *Service) make(call *wire.Call, resourceType string, properties resource.Properties) (generic.Record, error) {
	return s.records.Make(resource.Request{
		Place: resource.Place{Account: call.Account, Region: home}, Type: resourceType, Properties: properties,
	})
}

func tagList(tags []Tag) []any {
	list := []any{}
	for _, tag := range tags {
		list = append(list, map[string]any{"Key": tag.Key, "Value": tag.Value})
	}
	return list
}

type linkedRoleInput struct{ AWSServiceName, Description, CustomSuffix string }

// linkedNames are the roles of the services that use some for ECS ("Using service-linked roles", user guide).
func linkedNames() map[string]string {
	return map[string]string{
		"ecs.amazonaws.com": "AWSServiceRoleForECS", "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
		"ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
		"rds.amazonaws.com":                         "AWSServiceRoleForRDS",
	}
}

func (s *Service) createServiceLinkedRole(_ context.Context, call *wire.Call, in *linkedRoleInput) (*roleOutput, error) {
	name, ok := linkedNames()[in.AWSServiceName]
	switch {
	case !ok:
		return nil, wire.Unsupported(call, "the service "+in.AWSServiceName)
	case in.CustomSuffix != "":
		return nil, wire.Errorf("InvalidInput", "Custom suffix is not allowed for %s", in.AWSServiceName)
	}
	if _, taken := s.find(call, roleType, name); taken {
		return nil, wire.Errorf("InvalidInput", "Service role name %s has been taken in this account, "+
			"please try a different suffix.", name)
	}
	return s.createRole(context.Background(), call, &createRoleInput{ //nolint:contextcheck // it is not waited for
		RoleName: name, Path: "/aws-service-role/" + in.AWSServiceName + "/", Description: in.Description,
		AssumeRolePolicyDocument: `{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow",` +
			`"Principal":{"Service":["` + in.AWSServiceName + `"]}}]}`,
	})
}

func (s *Service) deleteRole(_ context.Context, call *wire.Call, in *roleInput) (*wire.None, error) {
	found, err := s.role(call, in.RoleName)
	switch {
	case err != nil:
		return nil, err
	case len(s.profiles(call, in.RoleName)) > 0:
		return nil, errConflict("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	case len(texts(found.Properties["ManagedPolicyArns"])) > 0 || len(s.attachedBy(call, in.RoleName)) > 0:
		return nil, errConflict("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	case len(s.inline(call, &found)) > 0:
		return nil, errConflict("DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	return s.drop(&found)
}

type assumeInput struct{ RoleName, PolicyDocument string }

func (s *Service) updateAssumeRolePolicy(_ context.Context, call *wire.Call, in *assumeInput) (*wire.None, error) {
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	document, err := trusting(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	return s.edit(&found, resource.Properties{"AssumeRolePolicyDocument": document})
}

// updateRoleOutput is empty, and yet a result.
type updateRoleOutput struct{}

type updateRoleInput struct {
	RoleName           string
	Description        *string
	MaxSessionDuration *int
}

func (s *Service) updateRole(_ context.Context, call *wire.Call, in *updateRoleInput) (*updateRoleOutput, error) {
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	changes := resource.Properties{}
	if in.Description != nil {
		changes["Description"] = *in.Description
	}
	if in.MaxSessionDuration != nil {
		changes["MaxSessionDuration"] = float64(*in.MaxSessionDuration)
	}
	_, err = s.edit(&found, changes)
	return &updateRoleOutput{}, err
}

type describeRoleInput struct{ RoleName, Description string }

func (s *Service) updateRoleDescription(ctx context.Context, call *wire.Call, in *describeRoleInput) (*roleOutput, error) {
	if _, err := s.updateRole(ctx, call, &updateRoleInput{RoleName: in.RoleName, Description: &in.Description}); err != nil {
		return nil, err
	}
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	changed := brief(&found)
	changed.Description = in.Description
	return &roleOutput{changed}, nil
}

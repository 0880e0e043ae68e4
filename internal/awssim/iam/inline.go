package iam

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// inlined is a policy in a role, and the record that it is part of.
type inlined struct {
	name     string
	document any
	in       generic.Record
}

// inline returns the inline policies of a role: its own, and those that are resources.
func (s *Service) inline(call *wire.Call, of *generic.Record) []inlined {
	var found []inlined
	for _, each := range members(of.Properties["Policies"]) {
		name, _ := each["PolicyName"].(string)
		found = append(found, inlined{name, each["PolicyDocument"], *of})
	}
	for _, each := range s.records.Everywhere(call.Account, inlineType) {
		if slices.Contains(texts(each.Properties["Roles"]), of.ID) {
			found = append(found, inlined{each.Text("PolicyName"), each.Properties["PolicyDocument"], each})
		}
	}
	for _, each := range s.records.Everywhere(call.Account, rolePolicyType) {
		if each.Text("RoleName") == of.ID {
			found = append(found, inlined{each.Text("PolicyName"), each.Properties["PolicyDocument"], each})
		}
	}
	return found
}

type namesOutput struct {
	pageOutput

	PolicyNames []string
}

func (s *Service) listRolePolicies(_ context.Context, call *wire.Call, in *roleTagsInput) (*namesOutput, error) {
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, each := range s.inline(call, &found) {
		names = append(names, each.name)
	}
	page, more, err := pageOf(&in.pageInput, names, func(name string) string { return name })
	return &namesOutput{more, page}, err
}

type rolePolicyInput struct{ RoleName, PolicyName string }

type rolePolicyOutput struct{ RoleName, PolicyName, PolicyDocument string }

func (s *Service) member(call *wire.Call, in *rolePolicyInput) (generic.Record, inlined, error) {
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return found, inlined{}, err
	}
	for _, each := range s.inline(call, &found) {
		if each.name == in.PolicyName {
			return found, each, nil
		}
	}
	return found, inlined{}, errMissing("The role policy with name %s cannot be found.", in.PolicyName)
}

func (s *Service) getRolePolicy(_ context.Context, call *wire.Call, in *rolePolicyInput) (*rolePolicyOutput, error) {
	_, found, err := s.member(call, in)
	if err != nil {
		return nil, err
	}
	return &rolePolicyOutput{in.RoleName, in.PolicyName, encoded(found.document)}, nil
}

type putRolePolicyInput struct{ RoleName, PolicyName, PolicyDocument string }

func (s *Service) putRolePolicy(_ context.Context, call *wire.Call, in *putRolePolicyInput) (*wire.None, error) {
	document, err := decoded(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	of, found, err := s.member(call, &rolePolicyInput{in.RoleName, in.PolicyName})
	if of.ID == "" {
		return nil, err
	}
	if err == nil && found.in.Type != roleType {
		return s.edit(&found.in, resource.Properties{"PolicyDocument": document})
	}
	policies := without(of.Properties["Policies"], in.PolicyName)
	policies = append(policies, map[string]any{"PolicyName": in.PolicyName, "PolicyDocument": document})
	return s.edit(&of, resource.Properties{"Policies": policies})
}

// without returns the policies of a role but for one.
func without(policies any, name string) []any {
	kept := []any{}
	for _, each := range members(policies) {
		if each["PolicyName"] != name {
			kept = append(kept, each)
		}
	}
	return kept
}

func (s *Service) deleteRolePolicy(_ context.Context, call *wire.Call, in *rolePolicyInput) (*wire.None, error) {
	of, found, err := s.member(call, in)
	if err != nil {
		return nil, err
	}
	switch found.in.Type {
	case roleType:
		return s.edit(&of, resource.Properties{"Policies": without(of.Properties["Policies"], in.PolicyName)})
	case inlineType:
		left := slices.DeleteFunc(texts(found.in.Properties["Roles"]), func(name string) bool { return name == in.RoleName })
		return s.edit(&found.in, resource.Properties{"Roles": anyList(left)})
	default:
		return s.drop(&found.in)
	}
}

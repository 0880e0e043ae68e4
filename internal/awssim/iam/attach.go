package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type attached struct{ PolicyName, PolicyArn string }

// attachedBy are the ARNs of managed policies of templates that attach themselves to a role.
func (s *Service) attachedBy(call *wire.Call, name string) []string {
	var arns []string
	for _, each := range s.records.Everywhere(call.Account, managedPolicyType) {
		if slices.Contains(texts(each.Properties["Roles"]), name) {
			arns = append(arns, each.ID)
		}
	}
	return arns
}

type listAttachedInput struct {
	pageInput

	RoleName, PathPrefix string
}

type listAttachedOutput struct {
	pageOutput

	AttachedPolicies []attached
}

func (s *Service) listAttachedRolePolicies(
	_ context.Context, call *wire.Call, in *listAttachedInput,
) (*listAttachedOutput, error) {
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	policies := []attached{}
	for _, arn := range append(texts(found.Properties["ManagedPolicyArns"]), s.attachedBy(call, in.RoleName)...) {
		if strings.HasPrefix(pathOf(arn), in.PathPrefix) {
			policies = append(policies, attached{arn[strings.LastIndex(arn, "/")+1:], arn})
		}
	}
	page, more, err := pageOf(&in.pageInput, policies, func(a attached) string { return a.PolicyArn })
	return &listAttachedOutput{more, page}, err
}

type attachInput struct{ RoleName, PolicyArn string }

func (s *Service) attachRolePolicy(_ context.Context, call *wire.Call, in *attachInput) (*wire.None, error) {
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(in.PolicyArn, "arn:") {
		return nil, wire.Errorf("InvalidInput", "ARN %s is not valid.", in.PolicyArn)
	}
	if _, ok := s.policy(call, in.PolicyArn); !ok {
		return nil, errMissing("Policy %s does not exist or is not attachable.", in.PolicyArn)
	}
	arns := texts(found.Properties["ManagedPolicyArns"])
	if slices.Contains(arns, in.PolicyArn) || slices.Contains(s.attachedBy(call, in.RoleName), in.PolicyArn) {
		return &wire.None{}, nil
	}
	return s.edit(&found, resource.Properties{"ManagedPolicyArns": anyList(append(arns, in.PolicyArn))})
}

func (s *Service) detachRolePolicy(_ context.Context, call *wire.Call, in *attachInput) (*wire.None, error) {
	found, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	arns := texts(found.Properties["ManagedPolicyArns"])
	if slices.Contains(arns, in.PolicyArn) {
		left := slices.DeleteFunc(arns, func(arn string) bool { return arn == in.PolicyArn })
		return s.edit(&found, resource.Properties{"ManagedPolicyArns": anyList(left)})
	}
	record, ok := s.find(call, managedPolicyType, in.PolicyArn)
	if ok && slices.Contains(texts(record.Properties["Roles"]), in.RoleName) {
		left := slices.DeleteFunc(texts(record.Properties["Roles"]), func(name string) bool { return name == in.RoleName })
		return s.edit(&record, resource.Properties{"Roles": anyList(left)})
	}
	return nil, errMissing("Policy %s was not found.", in.PolicyArn)
}

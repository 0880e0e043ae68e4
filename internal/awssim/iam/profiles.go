package iam

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type profile struct {
	InstanceProfileName, Path, Arn string
	Roles                          []role
}

// profiles are the instance profiles that have a role.
func (s *Service) profiles(call *wire.Call, name string) []profile {
	found := []profile{}
	for _, each := range s.records.Everywhere(call.Account, profileType) {
		if slices.Contains(texts(each.Properties["Roles"]), name) {
			found = append(found, profile{each.ID, "/", each.Text("Arn"), []role{}})
		}
	}
	return found
}

type profilesOutput struct {
	pageOutput

	InstanceProfiles []profile
}

func (s *Service) listInstanceProfilesForRole(_ context.Context, call *wire.Call, in *roleTagsInput) (*profilesOutput, error) {
	if _, err := s.role(call, in.RoleName); err != nil {
		return nil, err
	}
	page, more, err := pageOf(&in.pageInput, s.profiles(call, in.RoleName), func(p profile) string { return p.InstanceProfileName })
	return &profilesOutput{more, page}, err
}

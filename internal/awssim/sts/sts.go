// Package sts is the part of the Security Token Service that says who calls.
package sts

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Service answers for one made-up user.
type Service struct{}

// New returns the service.
func New() *Service { return &Service{} }

// API returns the operations of STS.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "sts", Protocol: wire.Query, Version: "2011-06-15", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Operations: map[string]wire.Handler{"GetCallerIdentity": wire.Op(s.getCallerIdentity)},
	}
}

type callerIdentity struct {
	Arn     string
	UserID  string `query:"UserId"`
	Account string
}

func (s *Service) getCallerIdentity(_ context.Context, call *wire.Call, _ *wire.None) (*callerIdentity, error) {
	return &callerIdentity{
		Arn:     "arn:aws:iam::" + call.Account + ":user/awssim",
		UserID:  "AIDAAWSSIM0000000000A",
		Account: call.Account,
	}, nil
}

// Package sts is the part of the Security Token Service that says who calls, and lets callers become a role. Since
// policies grant and forbid nothing here, every caller may assume every role that exists.
package sts

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Records are the resources among which roles are: [generic.Provider].
type Records interface {
	Everywhere(account, resourceType string) []generic.Record
}

// Service answers for one made-up user, and for the roles that it became.
type Service struct {
	clock clock.Clock
	roles Records

	mu       sync.Mutex
	sessions map[string]session // by access key
}

// session is a role that somebody assumed.
type session struct {
	RoleName, RoleID, Name string
	Expires                time.Time
}

// New returns the service for the roles among records.
func New(pace clock.Clock, roles Records) *Service {
	return &Service{clock: pace, roles: roles, sessions: make(map[string]session)}
}

// API returns the operations of STS.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "sts", Protocol: wire.Query, Version: "2011-06-15", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Operations: map[string]wire.Handler{
			"AssumeRole":        wire.Op(s.assumeRole),
			"GetCallerIdentity": wire.Op(s.getCallerIdentity),
		},
	}
}

type callerIdentity struct {
	Arn     string
	UserID  string `query:"UserId"`
	Account string
}

func (s *Service) getCallerIdentity(_ context.Context, call *wire.Call, _ *wire.None) (*callerIdentity, error) {
	caller, assumed := s.caller(call)
	if assumed && !caller.Expires.After(s.clock.Now()) {
		return nil, &wire.Error{
			Code: "ExpiredToken", Status: http.StatusForbidden, Message: "The security token included in the request is expired",
		}
	}
	if assumed {
		return &callerIdentity{Arn: caller.arn(call.Account), UserID: caller.id(), Account: call.Account}, nil
	}
	return &callerIdentity{Arn: userARN(call.Account), UserID: "AIDAAWSSIM0000000000A", Account: call.Account}, nil
}

// caller returns the session that a call is part of, or false if it is the user's own.
func (s *Service) caller(call *wire.Call) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.sessions[call.AccessKey]
	return found, ok
}

func userARN(account string) string { return "arn:aws:iam::" + account + ":user/awssim" }

func (s session) arn(account string) string {
	return "arn:aws:sts::" + account + ":assumed-role/" + s.RoleName + "/" + s.Name
}

func (s session) id() string { return s.RoleID + ":" + s.Name }

package sts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"net/http"
	"regexp"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	roleType = "AWS::IAM::Role"

	// hour is how long a session lasts unless the request says otherwise, and at most if a role assumes another, in
	// seconds. So is longest unless the role allows more. Source: AssumeRole in the API reference.
	hour              = 3600
	shortest, longest = 900, 43200

	// remembered is how long a session is known to have expired.
	remembered = 24 * time.Hour
)

var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

type assumeInput struct {
	RoleArn, RoleSessionName string
	DurationSeconds          *int

	// These narrow what a session may do, or tell policies of it: nothing is forbidden here.
	ExternalID             string `query:"ExternalId"`
	Policy, SourceIdentity string
	PolicyArns             []policyARN
	Tags                   []tag
	TransitiveTagKeys      []string
}

type policyARN struct {
	Arn string `query:"arn"`
}

type tag struct{ Key, Value string }

type assumeOutput struct {
	Credentials     credentials
	AssumedRoleUser assumedRole
	SourceIdentity  string
}

type credentials struct {
	AccessKeyID     string `query:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      wire.Time
}

type assumedRole struct {
	AssumedRoleID string `query:"AssumedRoleId"`
	Arn           string
}

func (s *Service) assumeRole(_ context.Context, call *wire.Call, in *assumeInput) (*assumeOutput, error) {
	if !sessionName.MatchString(in.RoleSessionName) {
		return nil, wire.Errorf("ValidationError", "1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy "+
			`constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`, in.RoleSessionName)
	}
	caller, chained := s.caller(call)
	role, ok := s.role(call.Account, in.RoleArn)
	if !ok {
		who := userARN(call.Account)
		if chained {
			who = caller.arn(call.Account)
		}
		return nil, &wire.Error{
			Code: "AccessDenied", Status: http.StatusForbidden,
			Message: "User: " + who + " is not authorized to perform: sts:AssumeRole on resource: " + in.RoleArn,
		}
	}
	seconds, err := lasting(in.DurationSeconds, &role, chained)
	if err != nil {
		return nil, err
	}
	made := session{
		RoleName: role.ID, RoleID: role.Text("RoleId"), Name: in.RoleSessionName,
		Expires: s.clock.Now().Add(time.Duration(seconds) * time.Second).UTC().Truncate(time.Second),
	}
	return &assumeOutput{
		Credentials:     s.open(made),
		AssumedRoleUser: assumedRole{AssumedRoleID: made.id(), Arn: made.arn(call.Account)},
		SourceIdentity:  in.SourceIdentity,
	}, nil
}

// role finds a role by its ARN.
func (s *Service) role(account, arn string) (generic.Record, bool) {
	for _, each := range s.roles.Everywhere(account, roleType) {
		if each.Text("Arn") == arn {
			return each, true
		}
	}
	return generic.Record{}, false
}

// lasting returns for how many seconds a role is assumed.
func lasting(wanted *int, role *generic.Record, chained bool) (int, error) {
	if wanted == nil {
		return hour, nil
	}
	most := hour
	if allowed, ok := role.Properties["MaxSessionDuration"].(float64); ok {
		most = int(allowed)
	}
	switch seconds := *wanted; {
	case seconds < shortest:
		return 0, wire.Errorf("ValidationError", "1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy "+
			"constraint: Member must have value greater than or equal to %d", seconds, shortest)
	case seconds > longest:
		return 0, wire.Errorf("ValidationError", "1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy "+
			"constraint: Member must have value less than or equal to %d", seconds, longest)
	case chained && seconds > hour:
		return 0, wire.Errorf("ValidationError",
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	case seconds > most:
		return 0, wire.Errorf("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	default:
		return seconds, nil
	}
}

// open makes credentials for a session, and forgets those that expired long ago.
func (s *Service) open(made session) credentials {
	const secretBytes, tokenBytes = 30, 240
	opened := credentials{
		AccessKeyID: "ASIA" + rand.Text()[:16], SecretAccessKey: random(secretBytes), SessionToken: random(tokenBytes),
		Expiration: wire.At(made.Expires),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.clock.Now().Add(-remembered)
	maps.DeleteFunc(s.sessions, func(_ string, each session) bool { return each.Expires.Before(limit) })
	s.sessions[opened.AccessKeyID] = made
	return opened
}

func random(length int) string {
	bytes := make([]byte, length)
	_, _ = rand.Read(bytes) // it never fails
	return base64.StdEncoding.EncodeToString(bytes)
}

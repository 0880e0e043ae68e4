package sts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/policy"
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

// The forms of values (AssumeRole, API reference).
var sessionName = regexp.MustCompile(`^[\w+=,.@-]*$`)

const (
	shortestARN               = 20
	shortestName, longestName = 2, 64
)

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
	if err := in.check(); err != nil {
		return nil, err
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

// check refuses values that no session can have, before anybody looks for the role.
func (in *assumeInput) check() error {
	switch {
	case len(in.RoleArn) < shortestARN:
		return unsatisfied(in.RoleArn, "roleArn", "have length greater than or equal to %d", shortestARN)
	case len(in.RoleSessionName) < shortestName:
		return unsatisfied(in.RoleSessionName, "roleSessionName", "have length greater than or equal to %d", shortestName)
	case len(in.RoleSessionName) > longestName:
		return unsatisfied(in.RoleSessionName, "roleSessionName", "have length less than or equal to %d", longestName)
	case !sessionName.MatchString(in.RoleSessionName):
		return unsatisfied(in.RoleSessionName, "roleSessionName", `satisfy regular expression pattern: [\w+=,.@-]*`)
	case in.DurationSeconds != nil && *in.DurationSeconds < shortest:
		return unsatisfied(*in.DurationSeconds, "durationSeconds", "have value greater than or equal to %d", shortest)
	case in.DurationSeconds != nil && *in.DurationSeconds > longest:
		return unsatisfied(*in.DurationSeconds, "durationSeconds", "have value less than or equal to %d", longest)
	case !strings.HasPrefix(in.RoleArn, "arn:"):
		return wire.Errorf("ValidationError", "%s is invalid", in.RoleArn)
	case in.Policy != "" && !policy.Valid(in.Policy):
		return wire.Errorf("MalformedPolicyDocument", "The policy is not in the valid JSON format.") // believed
	}
	return nil
}

// unsatisfied is how AWS refuses a value that a constraint of its API model forbids.
func unsatisfied(value any, member, constraint string, args ...any) error {
	return wire.Errorf("ValidationError",
		"1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: Member must %s",
		value, member, fmt.Sprintf(constraint, args...))
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

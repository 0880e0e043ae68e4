// Package iam is the part of IAM's API that looks at roles and policies and makes them: over the same records that
// templates make. Policies grant and forbid nothing here.
//
// Errors of roles and policies, and which members which answer has, are those of public recordings of the service
// (tests of localstack, February 2026); the texts of pages and of the names of roles are believed.
package iam

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	roleType          = "AWS::IAM::Role"
	inlineType        = "AWS::IAM::Policy"
	rolePolicyType    = "AWS::IAM::RolePolicy"
	managedPolicyType = "AWS::IAM::ManagedPolicy"
	profileType       = "AWS::IAM::InstanceProfile"

	// home is where records are kept that the API makes: IAM is global, and this is its region.
	home = "us-east-1"
)

// Records are the resources that templates make: [generic.Provider].
type Records interface {
	Everywhere(account, resourceType string) []generic.Record
	Make(r resource.Request) (generic.Record, error)
	Drop(r resource.Request) error
	Edit(place resource.Place, resourceType, id string, changes resource.Properties) error
}

// Service is IAM in all accounts.
type Service struct{ records Records }

// New returns the API over records.
func New(records Records) *Service { return &Service{records} }

// API returns the operations of IAM.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "iam", Protocol: wire.Query, Version: "2010-05-08", Namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
		Operations: map[string]wire.Handler{
			"GetRole":                     wire.Op(s.getRole),
			"ListRoles":                   wire.Op(s.listRoles),
			"CreateRole":                  wire.Op(s.createRole),
			"CreateServiceLinkedRole":     wire.Op(s.createServiceLinkedRole),
			"DeleteRole":                  wire.Op(s.deleteRole),
			"UpdateAssumeRolePolicy":      wire.Op(s.updateAssumeRolePolicy),
			"UpdateRole":                  wire.Op(s.updateRole),
			"UpdateRoleDescription":       wire.Op(s.updateRoleDescription),
			"TagRole":                     wire.Op(s.tagRole),
			"UntagRole":                   wire.Op(s.untagRole),
			"ListRoleTags":                wire.Op(s.listRoleTags),
			"ListInstanceProfilesForRole": wire.Op(s.listInstanceProfilesForRole),
			"ListRolePolicies":            wire.Op(s.listRolePolicies),
			"GetRolePolicy":               wire.Op(s.getRolePolicy),
			"PutRolePolicy":               wire.Op(s.putRolePolicy),
			"DeleteRolePolicy":            wire.Op(s.deleteRolePolicy),
			"ListAttachedRolePolicies":    wire.Op(s.listAttachedRolePolicies),
			"AttachRolePolicy":            wire.Op(s.attachRolePolicy),
			"DetachRolePolicy":            wire.Op(s.detachRolePolicy),
			"GetPolicy":                   wire.Op(s.getPolicy),
			"GetPolicyVersion":            wire.Op(s.getPolicyVersion),
			"ListPolicies":                wire.Op(s.listPolicies),
			"CreatePolicy":                wire.Op(s.createPolicy),
			"DeletePolicy":                wire.Op(s.deletePolicy),
		},
	}
}

func errMissing(format string, args ...any) error {
	failure := wire.Errorf("NoSuchEntity", format, args...)
	failure.Status = http.StatusNotFound
	return failure
}

func errConflict(code, format string, args ...any) error {
	failure := wire.Errorf(code, format, args...)
	failure.Status = http.StatusConflict
	return failure
}

// find returns the resource of a type that has an id.
func (s *Service) find(call *wire.Call, resourceType, id string) (generic.Record, bool) {
	for _, each := range s.records.Everywhere(call.Account, resourceType) {
		if each.ID == id {
			return each, true
		}
	}
	return generic.Record{}, false
}

func (s *Service) role(call *wire.Call, name string) (generic.Record, error) {
	if found, ok := s.find(call, roleType, name); ok {
		return found, nil
	}
	return generic.Record{}, errMissing("The role with name %s cannot be found.", name)
}

// edit changes properties of a resource.
func (s *Service) edit(r *generic.Record, changes resource.Properties) (*wire.None, error) {
	return &wire.None{}, s.records.Edit(r.Place, r.Type, r.ID, changes)
}

func (s *Service) drop(r *generic.Record) (*wire.None, error) {
	err := s.records.Drop(resource.Request{Place: r.Place, Type: r.Type, PhysicalID: r.ID, Properties: r.Properties})
	if failed, ok := errors.AsType[*resource.Failure](err); ok {
		return nil, errConflict("DeleteConflict", "%s", failed.Message)
	}
	return &wire.None{}, err
}

// encoded writes a policy document as answers have it: URL-encoded JSON.
func encoded(document any) string {
	text, ok := document.(string)
	if !ok {
		written, _ := json.Marshal(document) //nolint:errchkjson // it was JSON
		text = string(written)
	}
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// decoded reads a policy document of a request.
func decoded(text string) (map[string]any, error) {
	var document map[string]any
	if json.Unmarshal([]byte(text), &document) != nil {
		return nil, malformed("This policy contains invalid Json")
	}
	if _, ok := document["Statement"]; !ok {
		return nil, malformed("Syntax errors in policy.")
	}
	return document, nil
}

func malformed(text string) error { return wire.Errorf("MalformedPolicyDocument", "%s", text) }

// trusting reads the document that says who may take a role.
func trusting(text string) (map[string]any, error) {
	document, err := decoded(text)
	if err != nil {
		return nil, err
	}
	statements := members(document["Statement"])
	if one, ok := document["Statement"].(map[string]any); ok {
		statements = append(statements, one)
	}
	for _, each := range statements {
		if _, ok := each["Resource"]; ok {
			return nil, malformed("Has prohibited field Resource")
		}
		actions := texts(each["Action"])
		if one, ok := each["Action"].(string); ok {
			actions = append(actions, one)
		}
		if slices.ContainsFunc(actions, func(action string) bool { return !strings.HasPrefix(strings.ToLower(action), "sts:") }) {
			return nil, malformed("AssumeRole policy may only specify STS AssumeRole actions.")
		}
	}
	return document, nil
}

// members returns a property that is a list of objects.
func members(value any) []map[string]any {
	list, _ := value.([]any)
	var found []map[string]any
	for _, each := range list {
		if object, ok := each.(map[string]any); ok {
			found = append(found, object)
		}
	}
	return found
}

// texts returns a property that is a list of texts.
func texts(value any) []string {
	list, _ := value.([]any)
	var found []string
	for _, each := range list {
		if text, ok := each.(string); ok {
			found = append(found, text)
		}
	}
	return found
}

// anyList returns a list as properties have it.
func anyList[T any](list []T) []any {
	written := make([]any, len(list))
	for i, each := range list {
		written[i] = each
	}
	return written
}

// pageInput is what all listings take.
type pageInput struct {
	Marker   string
	MaxItems *int
}

type pageOutput struct {
	IsTruncated bool
	Marker      string
}

func pageOf[T any](in *pageInput, items []T, by func(T) string) ([]T, pageOutput, error) {
	const usual, most = 100, 1000
	limit := usual
	if in.MaxItems != nil {
		if limit = *in.MaxItems; limit < 1 || limit > most {
			return nil, pageOutput{}, wire.Errorf("ValidationError", "1 validation error detected: Value '%d' at 'maxItems' failed to "+
				"satisfy constraint: Member must have value less than or equal to 1000", limit)
		}
	}
	slices.SortFunc(items, func(a, b T) int { return cmp.Compare(by(a), by(b)) })
	page, next, err := paging.Page(items, in.Marker, limit, by)
	if errors.Is(err, paging.ErrToken) {
		return nil, pageOutput{}, wire.Errorf("ValidationError", "Invalid Marker: %s", in.Marker)
	}
	return page, pageOutput{next != "", next}, err
}

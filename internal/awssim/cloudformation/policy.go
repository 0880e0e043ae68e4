package cloudformation

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The deeds that a stack policy judges.
const (
	updateModify  = "Update:Modify"
	updateReplace = "Update:Replace"
	updateDelete  = "Update:Delete"
	updateAny     = "Update:*"
)

// stackPolicy says which resources updates may touch. Source: "Prevent updates to stack resources", user guide.
type stackPolicy struct {
	body string

	Statements []policyStatement `json:"Statement"`
}

type policyStatement struct {
	Effect      string                      `json:"Effect"`
	Principal   string                      `json:"Principal"`
	Action      texts                       `json:"Action"`
	NotAction   texts                       `json:"NotAction"`
	Resource    texts                       `json:"Resource"`
	NotResource texts                       `json:"NotResource"`
	Condition   map[string]map[string]texts `json:"Condition"`
}

// text is the policy as it was given; empty for none.
func (p *stackPolicy) text() string {
	if p == nil {
		return ""
	}
	return p.body
}

// texts is a string or a list of strings.
type texts []string

// UnmarshalJSON reads either form.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t)) //nolint:wrapcheck // the caller says what AWS says
}

func parsePolicy(body string) (*stackPolicy, error) {
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	policy := &stackPolicy{body: body}
	if err := decoder.Decode(policy); err != nil {
		return nil, invalid("Error validating stack policy: Invalid stack policy")
	}
	for _, statement := range policy.Statements {
		if !statement.valid() {
			return nil, invalid("Error validating stack policy: Invalid stack policy")
		}
	}
	return policy, nil
}

func (s policyStatement) valid() bool {
	for _, action := range slices.Concat(s.Action, s.NotAction) {
		if !slices.Contains([]string{updateModify, updateReplace, updateDelete, updateAny}, action) {
			return false
		}
	}
	for operator, keys := range s.Condition {
		if _, ok := keys["ResourceType"]; !ok || len(keys) != 1 || (operator != "StringEquals" && operator != "StringLike") {
			return false
		}
	}
	oneAction := (len(s.Action) > 0) != (len(s.NotAction) > 0)
	oneResource := (len(s.Resource) > 0) != (len(s.NotResource) > 0)
	return (s.Effect == "Allow" || s.Effect == "Deny") && s.Principal == "*" && oneAction && oneResource
}

// refuses returns why a deed on a resource is not allowed, or "". A policy without statements allows all.
func (p *stackPolicy) refuses(action, logicalID, resourceType string) string {
	if p == nil || len(p.Statements) == 0 {
		return ""
	}
	allowed := false
	for i, statement := range p.Statements {
		if !statement.matches(action, logicalID, resourceType) {
			continue
		}
		if statement.Effect == "Deny" {
			return "Action denied by stack policy: Statement [#" + strconv.Itoa(i+1) + "] does not allow [" + action +
				"] for resource [LogicalResourceId/" + logicalID + "];"
		}
		allowed = true
	}
	if !allowed {
		return "Action not allowed by stack policy"
	}
	return ""
}

func (s policyStatement) matches(action, logicalID, resourceType string) bool {
	acts := func(pattern string) bool { return pattern == action || pattern == updateAny }
	named := func(pattern string) bool { return glob(strings.TrimPrefix(pattern, "LogicalResourceId/"), logicalID) }
	if slices.ContainsFunc(s.Action, acts) == (len(s.Action) == 0) || slices.ContainsFunc(s.NotAction, acts) {
		return false
	}
	if slices.ContainsFunc(s.Resource, named) == (len(s.Resource) == 0) || slices.ContainsFunc(s.NotResource, named) {
		return false
	}
	for operator, keys := range s.Condition {
		typed := func(pattern string) bool {
			return pattern == resourceType || (operator == "StringLike" && glob(pattern, resourceType))
		}
		if !slices.ContainsFunc(keys["ResourceType"], typed) {
			return false
		}
	}
	return true
}

// glob matches "*" against any letters; the names that it is asked about have no slashes.
func glob(pattern, name string) bool {
	matched, err := path.Match(pattern, name)
	return err == nil && matched
}

package generic

import (
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// How long IAM takes, rounded from event logs that people publish.
const (
	roleCreate   = 18 * time.Second
	policyCreate = 16 * time.Second
)

func iamKinds() map[string]kind {
	return map[string]kind{
		"AWS::IAM::Role":          {identify: identifyRole, create: roleCreate},
		"AWS::IAM::Policy":        {identify: identifyPolicy, create: policyCreate, flaw: unattached},
		"AWS::IAM::ManagedPolicy": {identify: identifyManagedPolicy, create: policyCreate},
		"AWS::IAM::User":          {identify: identifyPrincipal("UserName", "user"), create: roleCreate},
		"AWS::IAM::Group":         {identify: identifyPrincipal("GroupName", "group"), create: roleCreate},
		"AWS::IAM::OIDCProvider":  {identify: identifyProvider},
	}
}

func identifyRole(r resource.Request) (string, map[string]any) {
	named := text(r.Properties["RoleName"])
	if named == "" {
		named = name(r, roleNameLength)
	}
	return named, map[string]any{
		"Arn": "arn:aws:iam::" + r.Account + ":role" + path(r) + named, "RoleId": "AROA" + random(alphabet, iamLetters),
		"CreateDate": time.Now().UTC().Format(time.RFC3339),
	}
}

// identifyPolicy names an inline policy as CloudFormation always did: by the first letters of stack and logical id.
func identifyPolicy(r resource.Request) (string, map[string]any) {
	const letters = 5
	id := r.StackName[:min(letters, len(r.StackName))] + "-" + r.LogicalID[:min(letters-1, len(r.LogicalID))] + "-" +
		random(mixedCase, suffixLength)
	return id, map[string]any{"Id": id}
}

// unattached is what is wrong with an inline policy of nobody (quoted).
func unattached(properties resource.Properties) string {
	for _, owners := range []string{"Groups", "Roles", "Users"} {
		if list, ok := properties[owners].([]any); ok && len(list) > 0 {
			return ""
		}
	}
	return "At least one of [Groups,Roles,Users] must be non-empty."
}

func identifyManagedPolicy(r resource.Request) (string, map[string]any) {
	named := text(r.Properties["ManagedPolicyName"])
	if named == "" {
		named = name(r, usualNameLength)
	}
	id := "arn:aws:iam::" + r.Account + ":policy" + path(r) + named
	now := time.Now().UTC().Format(time.RFC3339)
	return id, map[string]any{
		"PolicyArn": id, "PolicyId": "ANPA" + random(alphabet, iamLetters), "DefaultVersionId": "v1", "IsAttachable": true,
		"AttachmentCount": float64(0), "PermissionsBoundaryUsageCount": float64(0), "CreateDate": now, "UpdateDate": now,
	}
}

// path is the Path property, which begins and ends with a slash.
func path(r resource.Request) string {
	if given := text(r.Properties["Path"]); given != "" {
		return given
	}
	return "/"
}

// identifyPrincipal names a user or a group.
func identifyPrincipal(property, word string) func(resource.Request) (string, map[string]any) {
	return func(r resource.Request) (string, map[string]any) {
		named := text(r.Properties[property])
		if named == "" {
			named = name(r, roleNameLength)
		}
		return named, map[string]any{"Arn": "arn:aws:iam::" + r.Account + ":" + word + path(r) + named}
	}
}

// identifyProvider names an identity provider by the host in its URL.
func identifyProvider(r resource.Request) (string, map[string]any) {
	arn := "arn:aws:iam::" + r.Account + ":oidc-provider/" + strings.TrimPrefix(text(r.Properties["Url"]), "https://")
	return arn, map[string]any{"Arn": arn}
}

package iam

import "github.com/ecsapp-dev/ecsapp-operator/internal/cfn"

// PolicyVersion is the current version of the policy language.
const PolicyVersion = "2012-10-17"

// PolicyDocument is an IAM policy. Document makes one.
type PolicyDocument struct {
	Statement []Statement `json:"Statement"`
	Version   cfn.S       `json:"Version"`
}

// IsJSON makes a policy fit for properties that take a whole document.
func (PolicyDocument) IsJSON() {}

// Document returns a policy of the current version.
func Document(statements ...Statement) PolicyDocument {
	return PolicyDocument{Version: PolicyVersion, Statement: statements}
}

// Effect says whether a statement allows or denies.
type Effect string

// The effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Statement is one permission, or one trust if it has a Principal.
type Statement struct {
	Action    []cfn.String `json:"Action,omitempty"`
	Effect    Effect       `json:"Effect"`
	Principal *Principal   `json:"Principal,omitempty"`
	Resource  []cfn.String `json:"Resource,omitempty"`
}

// Principal is who a statement is about.
type Principal struct {
	Service []cfn.String `json:"Service,omitempty"` // Such as ecs-tasks.amazonaws.com.
}

// TrustService returns the policy of a role that a service such as "ecs-tasks.amazonaws.com" may take on.
func TrustService(service string) PolicyDocument {
	return Document(Statement{
		Effect:    Allow,
		Principal: &Principal{Service: []cfn.String{cfn.S(service)}},
		Action:    []cfn.String{cfn.S("sts:AssumeRole")},
	})
}

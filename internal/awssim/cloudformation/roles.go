package cloudformation

import "cmp"

// Roles knows which roles a service may assume.
type Roles interface {
	// Trusts reports whether a role exists and trusts a service, such as "cloudformation.amazonaws.com".
	Trusts(arn, service string) bool
}

// checkRole refuses a role that CloudFormation cannot assume: the one that a call gives, or else the one that the stack has.
func (s *Service) checkRole(given, before string) error {
	role := cmp.Or(given, before)
	if role == "" || s.roles == nil || s.roles.Trusts(role, "cloudformation.amazonaws.com") {
		return nil
	}
	return invalid("Role %s is invalid or cannot be assumed", role)
}

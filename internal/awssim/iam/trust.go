package iam

import (
	"encoding/json"
	"strings"

	decide "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/policy"
)

// Trusts reports whether a role exists and lets a service assume it, such as "cloudformation.amazonaws.com".
func (s *Service) Trusts(arn, service string) bool {
	const accountField = 4
	fields := strings.Split(arn, ":")
	if len(fields) <= accountField {
		return false
	}
	for _, each := range s.records.Everywhere(fields[accountField], roleType) {
		if each.Text("Arn") != arn {
			continue
		}
		trust, ok := each.Properties["AssumeRolePolicyDocument"].(string)
		if !ok {
			written, _ := json.Marshal(each.Properties["AssumeRolePolicyDocument"]) //nolint:errchkjson // it was JSON
			trust = string(written)
		}
		return decide.Allows(trust, decide.Request{Service: service, Action: "sts:AssumeRole", Account: fields[accountField]})
	}
	return false
}

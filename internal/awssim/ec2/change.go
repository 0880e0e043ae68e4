package ec2

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// ruleID makes the id of a rule that is part of its group: the same as long as the rule is the same.
func ruleID(groupID, key string) string {
	return fmt.Sprintf("sgr-0%x", sha256.Sum256([]byte(groupID+" "+key)))[:len("sgr-0")+16]
}

type createGroupInput struct {
	GroupName         string
	Description       string             `query:"GroupDescription"`
	VpcID             string             `query:"VpcId"`
	TagSpecifications []tagSpecification `query:"TagSpecification"`
	DryRun            bool
}

type createGroupOutput struct {
	GroupID          string `query:"groupId"`
	SecurityGroupArn string `query:"securityGroupArn"`
	TagSet           []tag  `query:"tagSet"`
}

func (s *Service) createSecurityGroup(_ context.Context, call *wire.Call, in *createGroupInput) (*createGroupOutput, error) {
	place := call.Place()
	if in.VpcID == "" {
		return nil, wire.Errorf("VPCIdNotSpecified", "No default VPC for this user")
	}
	if _, ok := s.records.Record(place, vpcType, in.VpcID); !ok {
		return nil, missing(vpcType, in.VpcID)
	}
	if strings.HasPrefix(in.GroupName, "sg-") {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter groupName is invalid. Group names may not be in "+
			"the format sg-*.", in.GroupName)
	}
	for _, each := range s.groups(place) {
		if each.vpc == in.VpcID && each.name == in.GroupName {
			return nil, wire.Errorf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'",
				in.GroupName, in.VpcID)
		}
	}
	made, err := s.make(call, groupType, resource.Properties{
		"GroupName": in.GroupName, "GroupDescription": in.Description, "VpcId": in.VpcID, "Tags": tagList(in.TagSpecifications),
	}, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &createGroupOutput{made.ID, (&group{Place: place, id: made.ID}).arn(), tagsOf(&made)}, nil
}

type deleteGroupInput struct {
	GroupID   string `query:"GroupId"`
	GroupName string // of groups without a VPC, which are gone
	DryRun    bool
}

func (s *Service) deleteSecurityGroup(_ context.Context, call *wire.Call, in *deleteGroupInput) (*wire.None, error) {
	if in.GroupName != "" {
		return nil, wire.Unsupported(call, "the parameter GroupName")
	}
	for _, each := range s.groups(call.Place()) {
		if each.record == nil && each.id == in.GroupID {
			return nil, wire.Errorf("CannotDelete", "the specified group: %q name: \"default\" cannot be deleted by a user", each.id)
		}
		for _, rule := range each.rules {
			if rule.GroupID == in.GroupID && each.id != in.GroupID {
				return nil, wire.Errorf("DependencyViolation", "resource %s has a dependent object", in.GroupID)
			}
		}
	}
	return s.remove(call, groupType, in.GroupID, in.DryRun)
}

// givenPermission is a rule as requests have it.
type givenPermission struct {
	IPProtocol string `query:"IpProtocol"`
	FromPort   *int
	ToPort     *int
	Groups     []struct {
		GroupID     string `query:"GroupId"`
		UserID      string `query:"UserId"` // of the account, which is the only one
		Description string
	}
	IPRanges []struct {
		CidrIP      string `query:"CidrIp"`
		Description string
	} `query:"IpRanges"`
	Ipv6Ranges []struct {
		CidrIPv6    string `query:"CidrIpv6"`
		Description string
	}
	PrefixListIDs []struct {
		PrefixListID string `query:"PrefixListId"`
		Description  string
	} `query:"PrefixListIds"`
}

type changeRulesInput struct {
	GroupID       string            `query:"GroupId"`
	IPPermissions []givenPermission `query:"IpPermissions"`
	RuleIDs       []string          `query:"SecurityGroupRuleId"` // to revoke
	CidrIP        string            `query:"CidrIp"`
	IPProtocol    string            `query:"IpProtocol"`
	FromPort      *int
	ToPort        *int
	DryRun        bool
}

// rules returns the single rules of a request.
func (in *changeRulesInput) rules(egress bool) []permission {
	given := in.IPPermissions
	if in.CidrIP != "" {
		short := givenPermission{IPProtocol: in.IPProtocol, FromPort: in.FromPort, ToPort: in.ToPort}
		short.IPRanges = append(short.IPRanges, struct {
			CidrIP      string `query:"CidrIp"`
			Description string
		}{CidrIP: in.CidrIP})
		given = append(given, short)
	}
	var rules []permission
	for _, each := range given {
		one := permission{egress: egress, protocol: each.IPProtocol, from: each.FromPort, to: each.ToPort}
		if one.protocol == "-1" {
			one.from, one.to = nil, nil
		}
		add := func(other peer) {
			one.peer = other
			rules = append(rules, one)
		}
		for _, other := range each.Groups {
			add(peer{GroupID: other.GroupID, Description: other.Description})
		}
		for _, other := range each.IPRanges {
			add(peer{CidrIP: other.CidrIP, Description: other.Description})
		}
		for _, other := range each.Ipv6Ranges {
			add(peer{CidrIPv6: other.CidrIPv6, Description: other.Description})
		}
		for _, other := range each.PrefixListIDs {
			add(peer{PrefixListID: other.PrefixListID, Description: other.Description})
		}
	}
	return rules
}

// changing finds the group whose rules are to be changed.
func (s *Service) changing(call *wire.Call, in *changeRulesInput) (*group, error) {
	if in.DryRun {
		return nil, wire.Unsupported(call, "the parameter DryRun")
	}
	for _, each := range s.groups(call.Place()) {
		if each.id != in.GroupID {
			continue
		}
		if each.record == nil {
			return nil, wire.Unsupported(call, "the default group of a VPC")
		}
		return &each, nil
	}
	return nil, missing(groupType, in.GroupID)
}

type changedRules struct {
	Return               bool        `query:"return"`
	SecurityGroupRuleSet []groupRule `query:"securityGroupRuleSet"`
}

func (s *Service) authorizeIngress(_ context.Context, call *wire.Call, in *changeRulesInput) (*changedRules, error) {
	return s.authorize(call, in, false)
}

func (s *Service) authorizeEgress(_ context.Context, call *wire.Call, in *changeRulesInput) (*changedRules, error) {
	return s.authorize(call, in, true)
}

func (s *Service) authorize(call *wire.Call, in *changeRulesInput, egress bool) (*changedRules, error) {
	found, err := s.changing(call, in)
	if err != nil {
		return nil, err
	}
	added := in.rules(egress)
	if len(added) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter ipPermissions")
	}
	out := &changedRules{Return: true, SecurityGroupRuleSet: []groupRule{}}
	for _, rule := range added {
		if rule.GroupID != "" && !slices.ContainsFunc(s.groups(call.Place()), func(g group) bool { return g.id == rule.GroupID }) {
			return nil, missing(groupType, rule.GroupID)
		}
		if slices.ContainsFunc(found.rules, func(has permission) bool { return has.key() == rule.key() }) {
			return nil, wire.Errorf("InvalidPermission.Duplicate", "the specified rule \"%s\" already exists", rule.words())
		}
		rule.id = ruleID(found.id, rule.key())
		found.rules = append(found.rules, rule)
		told := found.describeRule(rule)
		told.TagSet = nil // which only a description has
		out.SecurityGroupRuleSet = append(out.SecurityGroupRuleSet, told)
	}
	return out, s.write(found, egress)
}

// words tells a rule as errors do.
func (p permission) words() string {
	other := p.CidrIP + p.CidrIPv6 + p.PrefixListID + p.GroupID
	if p.protocol == "-1" {
		return "peer: " + other + ", ALL, ALLOW"
	}
	from, to := 0, 0
	if p.from != nil && p.to != nil {
		from, to = *p.from, *p.to
	}
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW", other, strings.ToUpper(p.protocol), from, to)
}

// write makes a group's rules its properties. Those that are resources of their own stay what they are.
func (s *Service) write(g *group, egress bool) error {
	separate := s.separateRules(g.Place)[g.id]
	written := []any{}
	for _, rule := range g.rules {
		own := slices.ContainsFunc(separate, func(other permission) bool { return other.id == rule.id })
		if rule.egress == egress && !own {
			written = append(written, rule.properties())
		}
	}
	name := "SecurityGroupIngress"
	if egress {
		name = "SecurityGroupEgress"
	}
	return s.records.Edit(g.Place, groupType, g.id, resource.Properties{name: written})
}

func (s *Service) revokeIngress(_ context.Context, call *wire.Call, in *changeRulesInput) (*changedRules, error) {
	return s.revoke(call, in, false)
}

func (s *Service) revokeEgress(_ context.Context, call *wire.Call, in *changeRulesInput) (*changedRules, error) {
	return s.revoke(call, in, true)
}

func (s *Service) revoke(call *wire.Call, in *changeRulesInput, egress bool) (*changedRules, error) {
	found, err := s.changing(call, in)
	if err != nil {
		return nil, err
	}
	for _, rule := range in.rules(egress) {
		at := slices.IndexFunc(found.rules, func(has permission) bool { return has.key() == rule.key() })
		if at < 0 {
			return nil, wire.Errorf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
		found.rules = slices.Delete(found.rules, at, at+1)
	}
	for _, id := range in.RuleIDs {
		at := slices.IndexFunc(found.rules, func(has permission) bool { return has.id == id && has.egress == egress })
		if at < 0 {
			return nil, missing(ingressType, id)
		}
		found.rules = slices.Delete(found.rules, at, at+1)
	}
	return &changedRules{Return: true, SecurityGroupRuleSet: []groupRule{}}, s.write(found, egress)
}

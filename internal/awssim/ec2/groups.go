package ec2

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const everywhere = "0.0.0.0/0"

// group is a security group and its rules.
type group struct {
	resource.Place

	id, name, description, vpc string
	rules                      []permission
	tags                       map[string]string
	record                     *generic.Record // nil for the default group of a VPC
}

// groups returns the security groups of a place: those that were made, and the default group of each VPC.
func (s *Service) groups(place resource.Place) []group {
	var found []group
	separate := s.separateRules(place)
	for _, each := range s.records.Records(place, groupType) {
		one := group{
			Place: place, id: each.ID, name: each.Text("GroupName"), description: each.Text("GroupDescription"), vpc: each.Text("VpcId"),
			tags: each.Tags, record: &each,
		}
		one.rules = append(ruleList(each.ID, each.Properties["SecurityGroupIngress"], false), separate[each.ID]...)
		given, has := each.Properties["SecurityGroupEgress"]
		if has {
			one.rules = append(one.rules, ruleList(each.ID, given, true)...)
		} else {
			one.rules = append(one.rules, outbound(each.ID))
		}
		found = append(found, one)
	}
	for _, each := range s.records.Records(place, vpcType) {
		id := each.Text("DefaultSecurityGroup")
		inside := permission{peer: peer{GroupID: id}, id: ruleID(id, "default"), protocol: "-1"}
		found = append(found, group{
			Place: place, id: id, name: "default", description: "default VPC security group", vpc: each.ID,
			rules: append([]permission{inside, outbound(id)}, separate[id]...),
		})
	}
	return found
}

type securityGroup struct {
	OwnerID             string         `query:"ownerId"`
	GroupID             string         `query:"groupId"`
	GroupName           string         `query:"groupName"`
	GroupDescription    string         `query:"groupDescription"`
	SecurityGroupArn    string         `query:"securityGroupArn"`
	IPPermissions       []ipPermission `query:"ipPermissions"`
	IPPermissionsEgress []ipPermission `query:"ipPermissionsEgress"`
	VpcID               string         `query:"vpcId"`
	TagSet              []tag          `query:"tagSet"`
}

func (g *group) describe() shown[securityGroup] {
	described := securityGroup{
		OwnerID: g.Account, GroupID: g.id, GroupName: g.name, GroupDescription: g.description, VpcID: g.vpc, SecurityGroupArn: g.arn(),
		IPPermissions: g.bundle(false), IPPermissionsEgress: g.bundle(true), TagSet: []tag{},
	}
	if g.record != nil {
		described.TagSet = tagsOf(g.record)
	}
	fields := map[string][]string{
		"group-id": {g.id}, "group-name": {g.name}, "vpc-id": {g.vpc}, "owner-id": {g.Account}, "description": {g.description},
	}
	for _, rule := range g.rules {
		name := "ip-permission."
		if rule.egress {
			name = "egress.ip-permission."
		}
		for field, value := range map[string]string{"cidr": rule.CidrIP, "group-id": rule.GroupID, "protocol": rule.protocol} {
			fields[name+field] = append(fields[name+field], value)
		}
	}
	return shown[securityGroup]{g.id, described, fields, g.tags}
}

func (g *group) arn() string {
	return "arn:aws:ec2:" + g.Region + ":" + g.Account + ":security-group/" + g.id
}

type describeGroupsInput struct {
	pageInput

	GroupIDs   []string `query:"GroupId"`
	GroupNames []string `query:"GroupName"`
}

type describeGroupsOutput struct {
	SecurityGroupInfo []securityGroup `query:"securityGroupInfo"`
	NextToken         string          `query:"nextToken"`
}

func (s *Service) describeSecurityGroups(
	_ context.Context, call *wire.Call, in *describeGroupsInput,
) (*describeGroupsOutput, error) {
	var described []shown[securityGroup]
	for _, each := range s.groups(call.Place()) {
		described = append(described, each.describe())
	}
	described = append(described, (&group{}).describe().blank())
	if len(in.GroupNames) > 0 {
		in.Filters = append(in.Filters, filter{"group-name", in.GroupNames})
	}
	page, next, err := pick(&in.pageInput, in.GroupIDs, groupType, described)
	return &describeGroupsOutput{page, next}, err
}

type referencedGroup struct {
	GroupID string `query:"groupId"`
	UserID  string `query:"userId"`
}

type groupRule struct {
	SecurityGroupRuleID  string           `query:"securityGroupRuleId"`
	GroupID              string           `query:"groupId"`
	GroupOwnerID         string           `query:"groupOwnerId"`
	IsEgress             bool             `query:"isEgress"`
	IPProtocol           string           `query:"ipProtocol"`
	FromPort             int              `query:"fromPort"`
	ToPort               int              `query:"toPort"`
	CidrIpv4             string           `query:"cidrIpv4"`
	CidrIpv6             string           `query:"cidrIpv6"`
	PrefixListID         string           `query:"prefixListId"`
	ReferencedGroupInfo  *referencedGroup `query:"referencedGroupInfo"`
	Description          string           `query:"description"`
	TagSet               []tag            `query:"tagSet"`
	SecurityGroupRuleArn string           `query:"securityGroupRuleArn"`
}

func (g *group) describeRule(rule permission) groupRule {
	described := groupRule{
		SecurityGroupRuleID: rule.id, GroupID: g.id, GroupOwnerID: g.Account, IsEgress: rule.egress, IPProtocol: rule.protocol,
		FromPort: -1, ToPort: -1, CidrIpv4: rule.CidrIP, CidrIpv6: rule.CidrIPv6, PrefixListID: rule.PrefixListID,
		Description: rule.Description, TagSet: []tag{},
		SecurityGroupRuleArn: "arn:aws:ec2:" + g.Region + ":" + g.Account + ":security-group-rule/" + rule.id,
	}
	if rule.from != nil {
		described.FromPort = *rule.from
	}
	if rule.to != nil {
		described.ToPort = *rule.to
	}
	if rule.GroupID != "" {
		described.ReferencedGroupInfo = &referencedGroup{rule.GroupID, g.Account}
	}
	return described
}

type describeRulesInput struct {
	pageInput

	RuleIDs []string `query:"SecurityGroupRuleId"`
}

type rulesOutput struct {
	SecurityGroupRuleSet []groupRule `query:"securityGroupRuleSet"`
	NextToken            string      `query:"nextToken"`
}

func (s *Service) describeSecurityGroupRules(_ context.Context, call *wire.Call, in *describeRulesInput) (*rulesOutput, error) {
	var described []shown[groupRule]
	for _, each := range s.groups(call.Place()) {
		for _, rule := range each.rules {
			described = append(described, shown[groupRule]{rule.id, each.describeRule(rule), map[string][]string{
				"group-id": {each.id}, "security-group-rule-id": {rule.id},
			}, nil})
		}
	}
	page, next, err := pick(&in.pageInput, in.RuleIDs, ingressType, described)
	return &rulesOutput{page, next}, err
}

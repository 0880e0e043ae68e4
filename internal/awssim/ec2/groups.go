package ec2

import (
	"context"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const everywhere = "0.0.0.0/0"

// peer is the other side of a rule: one of its members is set.
type peer struct {
	CidrIP, CidrIPv6, PrefixListID, GroupID string
	Description                             string
}

// permission is a rule of a security group.
type permission struct {
	peer

	id       string // sgr-...
	egress   bool
	protocol string
	from, to *int // none with all protocols
}

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

// outbound is the rule that a group has unless it is given others.
func outbound(groupID string) permission {
	return permission{peer: peer{CidrIP: everywhere}, id: ruleID(groupID, "outbound"), egress: true, protocol: "-1"}
}

// separateRules returns the rules that are resources of their own, by group.
func (s *Service) separateRules(place resource.Place) map[string][]permission {
	found := make(map[string][]permission)
	for _, kind := range []string{ingressType, egressType} {
		for _, each := range s.records.Records(place, kind) {
			rule := readRule(each.Properties, kind == egressType)
			rule.id = each.ID
			found[each.Text("GroupId")] = append(found[each.Text("GroupId")], rule)
		}
	}
	return found
}

func ruleList(groupID string, property any, egress bool) []permission {
	var rules []permission
	for _, each := range members(property) {
		rule := readRule(each, egress)
		rule.id = ruleID(groupID, rule.key())
		rules = append(rules, rule)
	}
	return rules
}

func readRule(properties map[string]any, egress bool) permission {
	get := func(names ...string) string {
		for _, name := range names {
			if value, _ := properties[name].(string); value != "" {
				return value
			}
		}
		return ""
	}
	rule := permission{egress: egress, protocol: get("IpProtocol"), peer: peer{
		CidrIP: get("CidrIp"), CidrIPv6: get("CidrIpv6"), Description: get("Description"),
		PrefixListID: get("SourcePrefixListId", "DestinationPrefixListId"),
		GroupID:      get("SourceSecurityGroupId", "DestinationSecurityGroupId"),
	}}
	if number, _ := properties["IpProtocol"].(float64); number != 0 {
		rule.protocol = strconv.Itoa(int(number))
	}
	rule.from, rule.to = port(properties["FromPort"]), port(properties["ToPort"])
	if rule.protocol == "-1" {
		rule.from, rule.to = nil, nil
	}
	return rule
}

func port(value any) *int {
	switch typed := value.(type) {
	case float64:
		return new(int(typed))
	case int:
		return &typed
	case string:
		if number, err := strconv.Atoi(typed); err == nil {
			return &number
		}
	}
	return nil
}

// properties writes the rule as templates have it.
func (p permission) properties() map[string]any {
	written := map[string]any{"IpProtocol": p.protocol}
	if p.from != nil {
		written["FromPort"] = float64(*p.from)
	}
	if p.to != nil {
		written["ToPort"] = float64(*p.to)
	}
	side := "Source"
	if p.egress {
		side = "Destination"
	}
	for name, value := range map[string]string{
		"CidrIp": p.CidrIP, "CidrIpv6": p.CidrIPv6, "Description": p.Description, side + "PrefixListId": p.PrefixListID,
		side + "SecurityGroupId": p.GroupID,
	} {
		if value != "" {
			written[name] = value
		}
	}
	return written
}

// key tells rules of a group apart, whatever their descriptions.
func (p permission) key() string {
	number := func(port *int) string {
		if port == nil {
			return "-"
		}
		return strconv.Itoa(*port)
	}
	return strings.Join([]string{
		strconv.FormatBool(p.egress), p.protocol, number(p.from), number(p.to), p.CidrIP, p.CidrIPv6, p.PrefixListID, p.GroupID,
	}, " ")
}

type userGroup struct {
	Description string `query:"description"`
	GroupID     string `query:"groupId"`
	UserID      string `query:"userId"`
}

type ipRange struct {
	CidrIP      string `query:"cidrIp"`
	Description string `query:"description"`
}

type ipv6Range struct {
	CidrIPv6    string `query:"cidrIpv6"`
	Description string `query:"description"`
}

type prefixList struct {
	PrefixListID string `query:"prefixListId"`
	Description  string `query:"description"`
}

type ipPermission struct {
	IPProtocol    string       `query:"ipProtocol"`
	FromPort      *int         `query:"fromPort"`
	ToPort        *int         `query:"toPort"`
	Groups        []userGroup  `query:"groups"`
	IPRanges      []ipRange    `query:"ipRanges"`
	Ipv6Ranges    []ipv6Range  `query:"ipv6Ranges"`
	PrefixListIDs []prefixList `query:"prefixListIds"`
}

// bundle puts rules of the same protocol and ports together, as DescribeSecurityGroups does.
func (g *group) bundle(egress bool) []ipPermission {
	bundled := []ipPermission{}
	index := make(map[string]int)
	for _, rule := range g.rules {
		if rule.egress != egress {
			continue
		}
		key := permission{protocol: rule.protocol, from: rule.from, to: rule.to}.key()
		at, ok := index[key]
		if !ok {
			at = len(bundled)
			index[key] = at
			bundled = append(bundled, ipPermission{
				IPProtocol: rule.protocol, FromPort: rule.from, ToPort: rule.to, Groups: []userGroup{}, IPRanges: []ipRange{},
				Ipv6Ranges: []ipv6Range{}, PrefixListIDs: []prefixList{},
			})
		}
		into := &bundled[at]
		switch {
		case rule.GroupID != "":
			into.Groups = append(into.Groups, userGroup{rule.Description, rule.GroupID, g.Account})
		case rule.CidrIPv6 != "":
			into.Ipv6Ranges = append(into.Ipv6Ranges, ipv6Range{rule.CidrIPv6, rule.Description})
		case rule.PrefixListID != "":
			into.PrefixListIDs = append(into.PrefixListIDs, prefixList{rule.PrefixListID, rule.Description})
		default:
			into.IPRanges = append(into.IPRanges, ipRange{rule.CidrIP, rule.Description})
		}
	}
	return bundled
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
	SecurityGroupRuleID string           `query:"securityGroupRuleId"`
	GroupID             string           `query:"groupId"`
	GroupOwnerID        string           `query:"groupOwnerId"`
	IsEgress            bool             `query:"isEgress"`
	IPProtocol          string           `query:"ipProtocol"`
	FromPort            int              `query:"fromPort"`
	ToPort              int              `query:"toPort"`
	CidrIpv4            string           `query:"cidrIpv4"`
	CidrIpv6            string           `query:"cidrIpv6"`
	PrefixListID        string           `query:"prefixListId"`
	ReferencedGroupInfo *referencedGroup `query:"referencedGroupInfo"`
	Description         string           `query:"description"`
	TagSet              []tag            `query:"tagSet"`
}

func (g *group) describeRule(rule permission) groupRule {
	described := groupRule{
		SecurityGroupRuleID: rule.id, GroupID: g.id, GroupOwnerID: g.Account, IsEgress: rule.egress, IPProtocol: rule.protocol,
		FromPort: -1, ToPort: -1, CidrIpv4: rule.CidrIP, CidrIpv6: rule.CidrIPv6, PrefixListID: rule.PrefixListID,
		Description: rule.Description, TagSet: []tag{},
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

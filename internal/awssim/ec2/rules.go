package ec2

import (
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

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

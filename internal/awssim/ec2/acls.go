package ec2

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// lastRule is the number of the rule that denies what no other one allows; it cannot be changed.
const lastRule = 32767

// firstRule is the number of the rule by which the default list of a VPC allows everything.
const firstRule = 100

type aclEntry struct {
	RuleNumber int        `query:"ruleNumber"`
	Protocol   string     `query:"protocol"`
	RuleAction string     `query:"ruleAction"`
	Egress     bool       `query:"egress"`
	CidrBlock  string     `query:"cidrBlock"`
	Ipv6Block  string     `query:"ipv6CidrBlock"`
	PortRange  *portRange `query:"portRange"`
}

type portRange struct {
	From int `query:"from"`
	To   int `query:"to"`
}

type aclAssociation struct {
	AssociationID string `query:"networkAclAssociationId"`
	NetworkACLID  string `query:"networkAclId"`
	SubnetID      string `query:"subnetId"`
}

type networkACL struct {
	NetworkACLID   string           `query:"networkAclId"`
	VpcID          string           `query:"vpcId"`
	IsDefault      bool             `query:"default"`
	EntrySet       []aclEntry       `query:"entrySet"`
	AssociationSet []aclAssociation `query:"associationSet"`
	TagSet         []tag            `query:"tagSet"`
	OwnerID        string           `query:"ownerId"`
}

// show describes a list of a VPC with the entries that are not its last ones.
func (l networkACL) show(entries []aclEntry, tags map[string]string) shown[networkACL] {
	for _, egress := range []bool{true, false} {
		entries = append(entries, aclEntry{
			RuleNumber: lastRule, Protocol: "-1", RuleAction: "deny", Egress: egress, CidrBlock: everywhere,
		})
	}
	slices.SortStableFunc(entries, func(a, b aclEntry) int {
		if a.Egress != b.Egress {
			if a.Egress {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.RuleNumber, b.RuleNumber)
	})
	l.EntrySet = entries
	fields := map[string][]string{
		"network-acl-id": {l.NetworkACLID}, "vpc-id": {l.VpcID}, "owner-id": {l.OwnerID},
		"default": {strconv.FormatBool(l.IsDefault)}, "association.subnet-id": nil,
	}
	for _, each := range l.AssociationSet {
		fields["association.subnet-id"] = append(fields["association.subnet-id"], each.SubnetID)
	}
	return shown[networkACL]{l.NetworkACLID, l, fields, tags}
}

func (s *Service) describeACL(r *generic.Record) shown[networkACL] {
	described := networkACL{
		NetworkACLID: r.ID, VpcID: r.Text("VpcId"), OwnerID: r.Account, AssociationSet: []aclAssociation{}, TagSet: tagsOf(r),
	}
	for _, each := range s.records.Records(r.Place, usedACLType) {
		if each.Text("NetworkAclId") == r.ID {
			described.AssociationSet = append(described.AssociationSet, aclAssociation{each.ID, r.ID, each.Text("SubnetId")})
		}
	}
	var entries []aclEntry
	for _, each := range s.records.Records(r.Place, aclEntryType) {
		if each.Text("NetworkAclId") == r.ID {
			entries = append(entries, readEntry(each.Properties))
		}
	}
	return described.show(entries, r.Tags)
}

func readEntry(properties map[string]any) aclEntry {
	entry := aclEntry{
		RuleNumber: number(properties["RuleNumber"]), Protocol: strconv.Itoa(number(properties["Protocol"])),
		Egress: isTrue(properties["Egress"]),
	}
	entry.RuleAction, _ = properties["RuleAction"].(string)
	entry.CidrBlock, _ = properties["CidrBlock"].(string)
	entry.Ipv6Block, _ = properties["Ipv6CidrBlock"].(string)
	if ports, ok := properties["PortRange"].(map[string]any); ok {
		entry.PortRange = &portRange{number(ports["From"]), number(ports["To"])}
	}
	return entry
}

// number reads a property that is a number, or a text of one.
func number(property any) int {
	switch typed := property.(type) {
	case float64:
		return int(typed)
	case string:
		value, _ := strconv.Atoi(typed)
		return value
	default:
		return 0
	}
}

// defaultACL is the list that a VPC comes with. It has the subnets that no other list has.
func (s *Service) defaultACL(vpc *generic.Record) shown[networkACL] {
	id := vpc.Text("DefaultNetworkAcl")
	described := networkACL{
		NetworkACLID: id, VpcID: vpc.ID, IsDefault: true, OwnerID: vpc.Account, AssociationSet: []aclAssociation{}, TagSet: []tag{},
	}
	elsewhere := make(map[string]bool)
	for _, each := range s.records.Records(vpc.Place, usedACLType) {
		elsewhere[each.Text("SubnetId")] = true
	}
	for _, each := range s.records.Records(vpc.Place, subnetType) {
		if each.Text("VpcId") == vpc.ID && !elsewhere[each.ID] {
			described.AssociationSet = append(described.AssociationSet, aclAssociation{each.Text("NetworkAclAssociationId"), id, each.ID})
		}
	}
	var entries []aclEntry
	for _, egress := range []bool{true, false} {
		entries = append(entries, aclEntry{
			RuleNumber: firstRule, Protocol: "-1", RuleAction: "allow", Egress: egress, CidrBlock: everywhere,
		})
	}
	return described.show(entries, nil)
}

type describeACLsInput struct {
	pageInput

	IDs []string `query:"NetworkAclId"`
}

type describeACLsOutput struct {
	NetworkACLSet []networkACL `query:"networkAclSet"`
	NextToken     string       `query:"nextToken"`
}

func (s *Service) describeNetworkAcls(_ context.Context, call *wire.Call, in *describeACLsInput) (*describeACLsOutput, error) {
	lists := all(s, call, aclType, s.describeACL)
	for _, each := range s.records.Records(call.Place(), vpcType) {
		lists = append(lists, s.defaultACL(&each))
	}
	page, next, err := pick(&in.pageInput, in.IDs, aclType, lists)
	return &describeACLsOutput{page, next}, err
}

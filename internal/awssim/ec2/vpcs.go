package ec2

import (
	"context"
	"net/netip"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type state struct {
	State string `query:"state"`
}

type blockAssociation struct {
	CidrBlock      string `query:"cidrBlock"`
	AssociationID  string `query:"associationId"`
	CidrBlockState state  `query:"cidrBlockState"`
}

type vpc struct {
	VpcID                   string             `query:"vpcId"`
	OwnerID                 string             `query:"ownerId"`
	State                   string             `query:"state"`
	CidrBlock               string             `query:"cidrBlock"`
	CidrBlockAssociationSet []blockAssociation `query:"cidrBlockAssociationSet"`
	DhcpOptionsID           string             `query:"dhcpOptionsId"`
	TagSet                  []tag              `query:"tagSet"`
	InstanceTenancy         string             `query:"instanceTenancy"`
	IsDefault               bool               `query:"isDefault"`
}

func (s *Service) describeVpc(r *generic.Record) shown[vpc] {
	tenancy := r.Text("InstanceTenancy")
	if tenancy == "" {
		tenancy = "default"
	}
	described := vpc{
		VpcID: r.ID, OwnerID: r.Account, State: "available", CidrBlock: r.Text("CidrBlock"),
		DhcpOptionsID: "dopt-0" + r.ID[len("vpc-0"):],
		TagSet:        tagsOf(r), InstanceTenancy: tenancy, CidrBlockAssociationSet: []blockAssociation{},
	}
	for _, each := range s.records.Records(r.Place, usedOptionsType) {
		if each.Text("VpcId") == r.ID {
			described.DhcpOptionsID = each.Text("DhcpOptionsId")
		}
	}
	if associations, _ := r.Attributes["CidrBlockAssociations"].([]any); len(associations) > 0 {
		id, _ := associations[0].(string)
		described.CidrBlockAssociationSet = append(described.CidrBlockAssociationSet,
			blockAssociation{described.CidrBlock, id, state{"associated"}})
	}
	return shown[vpc]{r.ID, described, map[string][]string{
		"vpc-id": {r.ID}, "owner-id": {r.Account}, "state": {"available"}, "cidr": {described.CidrBlock},
		"cidr-block-association.cidr-block": {described.CidrBlock}, "is-default": {"false"}, "isDefault": {"false"},
		"dhcp-options-id": {described.DhcpOptionsID},
	}, r.Tags}
}

type describeVpcsInput struct {
	pageInput

	VpcIDs []string `query:"VpcId"`
}

type describeVpcsOutput struct {
	VpcSet    []vpc  `query:"vpcSet"`
	NextToken string `query:"nextToken"`
}

func (s *Service) describeVpcs(_ context.Context, call *wire.Call, in *describeVpcsInput) (*describeVpcsOutput, error) {
	page, next, err := pick(&in.pageInput, in.VpcIDs, vpcType, all(s, call, vpcType, s.describeVpc))
	return &describeVpcsOutput{page, next}, err
}

// all describes all resources of a type.
func all[T any](s *Service, call *wire.Call, resourceType string, describe func(*generic.Record) shown[T]) []shown[T] {
	var described []shown[T]
	for _, each := range s.records.Records(call.Place(), resourceType) {
		described = append(described, describe(&each))
	}
	if len(described) == 0 {
		described = append(described, describe(&generic.Record{ID: "vpc-0"}).blank()) // which knows the filters
	}
	return described
}

type vpcAttributeInput struct {
	VpcID     string `query:"VpcId"`
	Attribute string
	DryRun    bool
}

type attributeValue struct {
	Value bool `query:"value"`
}

type vpcAttributeOutput struct {
	VpcID              string          `query:"vpcId"`
	EnableDNSSupport   *attributeValue `query:"enableDnsSupport"`
	EnableDNSHostnames *attributeValue `query:"enableDnsHostnames"`
}

func (s *Service) describeVpcAttribute(_ context.Context, call *wire.Call, in *vpcAttributeInput) (*vpcAttributeOutput, error) {
	found, ok := s.records.Record(call.Place(), vpcType, in.VpcID)
	if !ok {
		return nil, missing(vpcType, in.VpcID)
	}
	out := &vpcAttributeOutput{VpcID: in.VpcID}
	switch in.Attribute {
	case "enableDnsSupport": // which is on unless it is switched off
		given, set := found.Properties["EnableDnsSupport"]
		out.EnableDNSSupport = &attributeValue{!set || isTrue(given)}
	case "enableDnsHostnames":
		out.EnableDNSHostnames = &attributeValue{isTrue(found.Properties["EnableDnsHostnames"])}
	default:
		return nil, wire.Unsupported(call, "the attribute "+strconv.Quote(in.Attribute))
	}
	return out, nil
}

type createVpcInput struct {
	CidrBlock         string
	InstanceTenancy   string
	TagSpecifications []tagSpecification `query:"TagSpecification"`
	DryRun            bool
}

type vpcOutput struct {
	Vpc vpc `query:"vpc"`
}

func (s *Service) createVpc(_ context.Context, call *wire.Call, in *createVpcInput) (*vpcOutput, error) {
	const least, most = 16, 28
	block, err := netip.ParsePrefix(in.CidrBlock)
	if err != nil {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. "+
			"This is not a valid CIDR block.", in.CidrBlock)
	}
	if block.Bits() < least || block.Bits() > most {
		return nil, wire.Errorf("InvalidVpc.Range", "The CIDR '%s' is invalid.", in.CidrBlock)
	}
	properties := resource.Properties{"CidrBlock": in.CidrBlock, "Tags": tagList(in.TagSpecifications)}
	if in.InstanceTenancy != "" {
		properties["InstanceTenancy"] = in.InstanceTenancy
	}
	made, err := s.make(call, vpcType, properties, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &vpcOutput{s.describeVpc(&made).value}, nil
}

// make makes a resource as a template does.
func (s *Service) make(
	call *wire.Call, resourceType string, properties resource.Properties, dry bool,
) (generic.Record, error) {
	if dry {
		return generic.Record{}, wire.Unsupported(call, "the parameter DryRun")
	}
	made, err := s.records.Make(resource.Request{Place: call.Place(), Type: resourceType, Properties: properties})
	if err != nil {
		return made, refusal(err)
	}
	return made, nil
}

// remove deletes a resource.
func (s *Service) remove(call *wire.Call, resourceType, id string, dry bool) (*wire.None, error) {
	if dry {
		return nil, wire.Unsupported(call, "the parameter DryRun")
	}
	found, ok := s.records.Record(call.Place(), resourceType, id)
	if !ok {
		return nil, missing(resourceType, id)
	}
	err := s.records.Drop(resource.Request{Place: call.Place(), Type: resourceType, PhysicalID: id, Properties: found.Properties})
	if err != nil {
		return nil, refusal(err)
	}
	return &wire.None{}, nil
}

type vpcInput struct {
	VpcID  string `query:"VpcId"`
	DryRun bool
}

func (s *Service) deleteVpc(_ context.Context, call *wire.Call, in *vpcInput) (*wire.None, error) {
	return s.remove(call, vpcType, in.VpcID, in.DryRun)
}

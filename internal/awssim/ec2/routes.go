package ec2

import (
	"context"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type route struct {
	DestinationCidrBlock     string `query:"destinationCidrBlock"`
	DestinationIpv6CidrBlock string `query:"destinationIpv6CidrBlock"`
	GatewayID                string `query:"gatewayId"`
	NatGatewayID             string `query:"natGatewayId"`
	Origin                   string `query:"origin"`
	State                    string `query:"state"`
}

type tableAssociation struct {
	AssociationID string `query:"routeTableAssociationId"`
	RouteTableID  string `query:"routeTableId"`
	SubnetID      string `query:"subnetId"`
	Main          bool   `query:"main"`
	State         state  `query:"associationState"`
}

type routeTable struct {
	RouteTableID   string             `query:"routeTableId"`
	VpcID          string             `query:"vpcId"`
	OwnerID        string             `query:"ownerId"`
	RouteSet       []route            `query:"routeSet"`
	AssociationSet []tableAssociation `query:"associationSet"`
	Propagating    []tag              `query:"propagatingVgwSet"`
	TagSet         []tag              `query:"tagSet"`
}

func (s *Service) describeTable(r *generic.Record) shown[routeTable] {
	described := routeTable{
		RouteTableID: r.ID, VpcID: r.Text("VpcId"), OwnerID: r.Account, RouteSet: []route{}, AssociationSet: []tableAssociation{},
		Propagating: []tag{}, TagSet: tagsOf(r),
	}
	if vpc, ok := s.records.Record(r.Place, vpcType, described.VpcID); ok {
		described.RouteSet = append(described.RouteSet, localRoute(&vpc))
	}
	fields := map[string][]string{"route-table-id": {r.ID}, "vpc-id": {described.VpcID}, "owner-id": {r.Account}}
	for _, each := range s.records.Records(r.Place, routeType) {
		if each.Text("RouteTableId") != r.ID {
			continue
		}
		one := route{
			DestinationCidrBlock:     each.Text("DestinationCidrBlock"),
			DestinationIpv6CidrBlock: each.Text("DestinationIpv6CidrBlock"), GatewayID: each.Text("GatewayId"),
			NatGatewayID: each.Text("NatGatewayId"), Origin: "CreateRoute", State: "active",
		}
		described.RouteSet = append(described.RouteSet, one)
		fields["route.destination-cidr-block"] = append(fields["route.destination-cidr-block"], one.DestinationCidrBlock)
		fields["route.gateway-id"] = append(fields["route.gateway-id"], one.GatewayID)
		fields["route.nat-gateway-id"] = append(fields["route.nat-gateway-id"], one.NatGatewayID)
	}
	for _, each := range s.records.Records(r.Place, usedTableType) {
		if each.Text("RouteTableId") == r.ID {
			described.AssociationSet = append(described.AssociationSet,
				tableAssociation{each.ID, r.ID, each.Text("SubnetId"), false, state{"associated"}})
			fields["association.subnet-id"] = append(fields["association.subnet-id"], each.Text("SubnetId"))
		}
	}
	fields["association.main"] = []string{"false"}
	return shown[routeTable]{r.ID, described, fields, r.Tags}
}

// localRoute is the route that all tables of a VPC have.
func localRoute(vpc *generic.Record) route {
	return route{DestinationCidrBlock: vpc.Text("CidrBlock"), GatewayID: "local", Origin: "CreateRouteTable", State: "active"}
}

// beside is the id of what comes with a VPC and has the VPC's number.
func beside(vpc, prefix string) string { return prefix + strings.TrimPrefix(vpc, "vpc") }

// mainTable is the route table that a VPC comes with. It is no resource of a template, and cannot be changed here.
func mainTable(vpc *generic.Record) shown[routeTable] {
	id := beside(vpc.ID, "rtb")
	return shown[routeTable]{id, routeTable{
		RouteTableID: id, VpcID: vpc.ID, OwnerID: vpc.Account, RouteSet: []route{localRoute(vpc)}, Propagating: []tag{},
		TagSet:         []tag{},
		AssociationSet: []tableAssociation{{beside(vpc.ID, "rtbassoc"), id, "", true, state{"associated"}}},
	}, map[string][]string{
		"route-table-id": {id}, "vpc-id": {vpc.ID}, "owner-id": {vpc.Account}, "association.main": {"true"},
		"association.subnet-id": nil, "route.destination-cidr-block": {vpc.Text("CidrBlock")}, "route.gateway-id": {"local"},
		"route.nat-gateway-id": nil,
	}, nil}
}

type describeTablesInput struct {
	pageInput

	IDs []string `query:"RouteTableId"`
}

type describeTablesOutput struct {
	RouteTableSet []routeTable `query:"routeTableSet"`
	NextToken     string       `query:"nextToken"`
}

func (s *Service) describeRouteTables(
	_ context.Context, call *wire.Call, in *describeTablesInput,
) (*describeTablesOutput, error) {
	tables := all(s, call, tableType, s.describeTable)
	for _, each := range s.records.Records(call.Place(), vpcType) {
		tables = append(tables, mainTable(&each))
	}
	page, next, err := pick(&in.pageInput, in.IDs, tableType, tables)
	return &describeTablesOutput{page, next}, err
}

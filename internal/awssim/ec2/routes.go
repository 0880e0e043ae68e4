package ec2

import (
	"context"
	"strings"
	"time"

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
		described.RouteSet = append(described.RouteSet,
			route{DestinationCidrBlock: vpc.Text("CidrBlock"), GatewayID: "local", Origin: "CreateRouteTable", State: "active"})
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
	page, next, err := pick(&in.pageInput, in.IDs, tableType, all(s, call, tableType, s.describeTable))
	return &describeTablesOutput{page, next}, err
}

type gatewayAttachment struct {
	VpcID string `query:"vpcId"`
	State string `query:"state"`
}

type internetGateway struct {
	ID            string              `query:"internetGatewayId"`
	OwnerID       string              `query:"ownerId"`
	AttachmentSet []gatewayAttachment `query:"attachmentSet"`
	TagSet        []tag               `query:"tagSet"`
}

func (s *Service) describeGateway(r *generic.Record) shown[internetGateway] {
	described := internetGateway{ID: r.ID, OwnerID: r.Account, AttachmentSet: []gatewayAttachment{}, TagSet: tagsOf(r)}
	fields := map[string][]string{
		"internet-gateway-id": {r.ID}, "owner-id": {r.Account}, "attachment.vpc-id": nil, "attachment.state": nil,
	}
	for _, each := range s.records.Records(r.Place, attachmentType) {
		if each.Text("InternetGatewayId") == r.ID {
			described.AttachmentSet = append(described.AttachmentSet, gatewayAttachment{each.Text("VpcId"), "available"})
			fields["attachment.vpc-id"], fields["attachment.state"] = []string{each.Text("VpcId")}, []string{"available"}
		}
	}
	return shown[internetGateway]{r.ID, described, fields, r.Tags}
}

type describeGatewaysInput struct {
	pageInput

	IDs []string `query:"InternetGatewayId"`
}

type describeGatewaysOutput struct {
	InternetGatewaySet []internetGateway `query:"internetGatewaySet"`
	NextToken          string            `query:"nextToken"`
}

func (s *Service) describeInternetGateways(
	_ context.Context, call *wire.Call, in *describeGatewaysInput,
) (*describeGatewaysOutput, error) {
	page, next, err := pick(&in.pageInput, in.IDs, gatewayType, all(s, call, gatewayType, s.describeGateway))
	return &describeGatewaysOutput{page, next}, err
}

type natAddress struct {
	AllocationID string `query:"allocationId"`
	PublicIP     string `query:"publicIp"`
	IsPrimary    bool   `query:"isPrimary"`
	Status       string `query:"status"`
}

type natGateway struct {
	ID                  string       `query:"natGatewayId"`
	SubnetID            string       `query:"subnetId"`
	VpcID               string       `query:"vpcId"`
	State               string       `query:"state"`
	ConnectivityType    string       `query:"connectivityType"`
	NatGatewayAddresses []natAddress `query:"natGatewayAddressSet"`
	TagSet              []tag        `query:"tagSet"`
}

func (s *Service) describeNat(r *generic.Record) shown[natGateway] {
	described := natGateway{
		ID: r.ID, SubnetID: r.Text("SubnetId"), State: "available", ConnectivityType: "public", NatGatewayAddresses: []natAddress{},
		TagSet: tagsOf(r),
	}
	if kind := r.Text("ConnectivityType"); kind != "" {
		described.ConnectivityType = kind
	}
	if subnet, ok := s.records.Record(r.Place, subnetType, described.SubnetID); ok {
		described.VpcID = subnet.Text("VpcId")
	}
	for _, each := range s.records.Records(r.Place, addressType) {
		if id := each.Text("AllocationId"); id == r.Text("AllocationId") {
			described.NatGatewayAddresses = append(described.NatGatewayAddresses, natAddress{id, each.ID, true, "succeeded"})
		}
	}
	return shown[natGateway]{r.ID, described, map[string][]string{
		"nat-gateway-id": {r.ID}, "state": {"available"}, "subnet-id": {described.SubnetID}, "vpc-id": {described.VpcID},
	}, r.Tags}
}

type describeNatsInput struct {
	pageInput

	IDs []string `query:"NatGatewayId"`
}

type describeNatsOutput struct {
	NatGatewaySet []natGateway `query:"natGatewaySet"`
	NextToken     string       `query:"nextToken"`
}

func (s *Service) describeNatGateways(_ context.Context, call *wire.Call, in *describeNatsInput) (*describeNatsOutput, error) {
	page, next, err := pick(&in.pageInput, in.IDs, natType, all(s, call, natType, s.describeNat))
	return &describeNatsOutput{page, next}, err
}

type address struct {
	PublicIP           string `query:"publicIp"`
	AllocationID       string `query:"allocationId"`
	Domain             string `query:"domain"`
	PublicIpv4Pool     string `query:"publicIpv4Pool"`
	NetworkBorderGroup string `query:"networkBorderGroup"`
	TagSet             []tag  `query:"tagSet"`
}

func describeAddress(r *generic.Record) shown[address] {
	id := r.Text("AllocationId")
	return shown[address]{id, address{r.ID, id, "vpc", "amazon", r.Region, tagsOf(r)}, map[string][]string{
		"allocation-id": {id}, "public-ip": {r.ID}, "domain": {"vpc"},
	}, r.Tags}
}

type describeAddressesInput struct {
	Filters       []filter `query:"Filter"`
	AllocationIDs []string `query:"AllocationId"`
	PublicIPs     []string `query:"PublicIp"`
	DryRun        bool
}

type describeAddressesOutput struct {
	AddressesSet []address `query:"addressesSet"`
}

func (s *Service) describeAddresses(
	_ context.Context, call *wire.Call, in *describeAddressesInput,
) (*describeAddressesOutput, error) {
	page := pageInput{Filters: in.Filters, DryRun: in.DryRun}
	described := all(s, call, addressType, describeAddress)
	if len(in.PublicIPs) > 0 {
		page.Filters = append(page.Filters, filter{"public-ip", in.PublicIPs})
	}
	found, _, err := pick(&page, in.AllocationIDs, addressType, described)
	return &describeAddressesOutput{found}, err
}

type vpcEndpoint struct {
	ID              string   `query:"vpcEndpointId"`
	Type            string   `query:"vpcEndpointType"`
	VpcID           string   `query:"vpcId"`
	ServiceName     string   `query:"serviceName"`
	State           string   `query:"state"`
	RouteTableIDSet []string `query:"routeTableIdSet"`
	SubnetIDSet     []string `query:"subnetIdSet"`
	OwnerID         string   `query:"ownerId"`
	CreationTime    string   `query:"creationTimestamp"`
	TagSet          []tag    `query:"tagSet"`
}

func describeEndpoint(r *generic.Record) shown[vpcEndpoint] {
	kind := r.Text("VpcEndpointType")
	if kind == "" {
		kind = "Gateway"
	}
	described := vpcEndpoint{
		ID: r.ID, Type: kind, VpcID: r.Text("VpcId"), ServiceName: r.Text("ServiceName"), State: "available", OwnerID: r.Account,
		RouteTableIDSet: texts(r.Properties["RouteTableIds"]), SubnetIDSet: texts(r.Properties["SubnetIds"]),
		CreationTime: r.Text("CreationTimestamp"), TagSet: tagsOf(r),
	}
	if described.CreationTime == "" {
		described.CreationTime = time.Now().UTC().Format(time.RFC3339)
	}
	return shown[vpcEndpoint]{r.ID, described, map[string][]string{
		"vpc-endpoint-id": {r.ID}, "vpc-id": {described.VpcID}, "service-name": {described.ServiceName}, "vpc-endpoint-type": {kind},
		"vpc-endpoint-state": {"available"},
	}, r.Tags}
}

func texts(value any) []string {
	list, _ := value.([]any)
	found := []string{}
	for _, each := range list {
		if text, ok := each.(string); ok {
			found = append(found, text)
		}
	}
	return found
}

type describeEndpointsInput struct {
	pageInput

	IDs []string `query:"VpcEndpointId"`
}

type describeEndpointsOutput struct {
	VpcEndpointSet []vpcEndpoint `query:"vpcEndpointSet"`
	NextToken      string        `query:"nextToken"`
}

func (s *Service) describeVpcEndpoints(
	_ context.Context, call *wire.Call, in *describeEndpointsInput,
) (*describeEndpointsOutput, error) {
	page, next, err := pick(&in.pageInput, in.IDs, endpointType, all(s, call, endpointType, describeEndpoint))
	return &describeEndpointsOutput{page, next}, err
}

// prefixLists are the lists that AWS manages and that route tables and groups name, with made-up ids.
func prefixLists(region string) map[string]string {
	return map[string]string{
		"pl-0a5e0000": "com.amazonaws." + region + ".s3", "pl-0a5e0001": "com.amazonaws." + region + ".dynamodb",
		"pl-0a5e0002": "com.amazonaws.global.cloudfront.origin-facing",
	}
}

type listedPrefix struct {
	ID      string   `query:"prefixListId"`
	Name    string   `query:"prefixListName"`
	CidrSet []string `query:"cidrSet"`
}

type describePrefixesInput struct {
	pageInput

	IDs []string `query:"PrefixListId"`
}

type describePrefixesOutput struct {
	PrefixListSet []listedPrefix `query:"prefixListSet"`
	NextToken     string         `query:"nextToken"`
}

func (s *Service) describePrefixLists(
	_ context.Context, call *wire.Call, in *describePrefixesInput,
) (*describePrefixesOutput, error) {
	var described []shown[listedPrefix]
	for id, name := range prefixLists(call.Region) {
		described = append(described, shown[listedPrefix]{id, listedPrefix{id, name, []string{}}, map[string][]string{
			"prefix-list-id": {id}, "prefix-list-name": {name},
		}, nil})
	}
	page, next, err := pick(&in.pageInput, in.IDs, "", described)
	return &describePrefixesOutput{page, next}, err
}

type managedPrefix struct {
	ID      string `query:"prefixListId"`
	Family  string `query:"addressFamily"`
	State   string `query:"state"`
	Arn     string `query:"prefixListArn"`
	Name    string `query:"prefixListName"`
	OwnerID string `query:"ownerId"`
	TagSet  []tag  `query:"tagSet"`
}

type describeManagedOutput struct {
	PrefixListSet []managedPrefix `query:"prefixListSet"`
	NextToken     string          `query:"nextToken"`
}

func (s *Service) describeManagedPrefixLists(
	_ context.Context, call *wire.Call, in *describePrefixesInput,
) (*describeManagedOutput, error) {
	var described []shown[managedPrefix]
	for id, name := range prefixLists(call.Region) {
		arn := "arn:aws:ec2:" + call.Region + ":aws:prefix-list/" + id
		described = append(described, shown[managedPrefix]{
			id,
			managedPrefix{id, "IPv4", "create-complete", arn, name, "AWS", []tag{}},
			map[string][]string{"prefix-list-id": {id}, "prefix-list-name": {name}, "owner-id": {"AWS"}},
			nil,
		})
	}
	page, next, err := pick(&in.pageInput, in.IDs, "", described)
	return &describeManagedOutput{page, next}, err
}

type accountAttribute struct {
	Name   string          `query:"attributeName"`
	Values []accountNumber `query:"attributeValueSet"`
}

type accountNumber struct {
	Value string `query:"attributeValue"`
}

type accountAttributesInput struct {
	Names  []string `query:"AttributeName"`
	DryRun bool
}

type accountAttributesOutput struct {
	AccountAttributeSet []accountAttribute `query:"accountAttributeSet"`
}

func (s *Service) describeAccountAttributes(
	_ context.Context, call *wire.Call, in *accountAttributesInput,
) (*accountAttributesOutput, error) {
	known := map[string]string{
		"supported-platforms": "VPC", "default-vpc": "none", "vpc-max-security-groups-per-interface": "5", "max-elastic-ips": "5",
		"vpc-max-elastic-ips": "5", "max-instances": "20",
	}
	var described []shown[accountAttribute]
	for name, value := range known {
		described = append(described, shown[accountAttribute]{name, accountAttribute{name, []accountNumber{{value}}}, nil, nil})
	}
	for _, name := range in.Names {
		if _, ok := known[name]; !ok {
			return nil, wire.Unsupported(call, "the attribute "+strings.ToLower(name))
		}
	}
	page, _, err := pick(&pageInput{DryRun: in.DryRun}, in.Names, "", described)
	return &accountAttributesOutput{page}, err
}

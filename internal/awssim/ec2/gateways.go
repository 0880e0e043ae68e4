package ec2

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

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

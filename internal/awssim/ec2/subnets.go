package ec2

import (
	"context"
	"math"
	"net/netip"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type subnet struct {
	SubnetID                    string `query:"subnetId"`
	SubnetArn                   string `query:"subnetArn"`
	State                       string `query:"state"`
	OwnerID                     string `query:"ownerId"`
	VpcID                       string `query:"vpcId"`
	CidrBlock                   string `query:"cidrBlock"`
	AvailableIPAddressCount     int    `query:"availableIpAddressCount"`
	AvailabilityZone            string `query:"availabilityZone"`
	AvailabilityZoneID          string `query:"availabilityZoneId"`
	DefaultForAz                bool   `query:"defaultForAz"`
	MapPublicIPOnLaunch         bool   `query:"mapPublicIpOnLaunch"`
	AssignIpv6AddressOnCreation bool   `query:"assignIpv6AddressOnCreation"`
	TagSet                      []tag  `query:"tagSet"`
}

func describeSubnet(r *generic.Record) shown[subnet] {
	zone := r.Text("AvailabilityZone")
	described := subnet{
		SubnetID: r.ID, SubnetArn: "arn:aws:ec2:" + r.Region + ":" + r.Account + ":subnet/" + r.ID, State: "available",
		OwnerID: r.Account, VpcID: r.Text("VpcId"), CidrBlock: r.Text("CidrBlock"), AvailabilityZone: zone,
		AvailabilityZoneID: zoneID(r.Region, zone), MapPublicIPOnLaunch: isTrue(r.Properties["MapPublicIpOnLaunch"]),
		AssignIpv6AddressOnCreation: isTrue(r.Properties["AssignIpv6AddressOnCreation"]), TagSet: tagsOf(r),
		AvailableIPAddressCount: usable(r.Text("CidrBlock")),
	}
	return shown[subnet]{r.ID, described, map[string][]string{
		"subnet-id": {r.ID}, "subnet-arn": {described.SubnetArn}, "vpc-id": {described.VpcID}, "state": {"available"},
		"cidr": {described.CidrBlock}, "cidr-block": {described.CidrBlock}, "cidrBlock": {described.CidrBlock},
		"availability-zone": {zone}, "availabilityZone": {zone}, "availability-zone-id": {described.AvailabilityZoneID},
		"owner-id": {r.Account}, "default-for-az": {"false"}, "defaultForAz": {"false"},
		"map-public-ip-on-launch": {strconv.FormatBool(described.MapPublicIPOnLaunch)},
	}, r.Tags}
}

// usable is how many addresses of a block are there to use: AWS keeps five of each. What is taken is not counted.
func usable(block string) int {
	const reserved, bits = 5, 32
	prefix, err := netip.ParsePrefix(block)
	if err != nil {
		return 0
	}
	return int(math.Pow(2, float64(bits-prefix.Bits()))) - reserved
}

type describeSubnetsInput struct {
	pageInput

	SubnetIDs []string `query:"SubnetId"`
}

type describeSubnetsOutput struct {
	SubnetSet []subnet `query:"subnetSet"`
	NextToken string   `query:"nextToken"`
}

func (s *Service) describeSubnets(_ context.Context, call *wire.Call, in *describeSubnetsInput) (*describeSubnetsOutput, error) {
	page, next, err := pick(&in.pageInput, in.SubnetIDs, subnetType, all(s, call, subnetType, describeSubnet))
	return &describeSubnetsOutput{page, next}, err
}

type createSubnetInput struct {
	VpcID             string `query:"VpcId"`
	CidrBlock         string
	AvailabilityZone  string
	TagSpecifications []tagSpecification `query:"TagSpecification"`
	DryRun            bool
}

type subnetOutput struct {
	Subnet subnet `query:"subnet"`
}

func (s *Service) createSubnet(_ context.Context, call *wire.Call, in *createSubnetInput) (*subnetOutput, error) {
	if _, ok := s.records.Record(call.Place(), vpcType, in.VpcID); !ok {
		return nil, missing(vpcType, in.VpcID)
	}
	if _, err := netip.ParsePrefix(in.CidrBlock); err != nil {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. "+
			"This is not a valid CIDR block.", in.CidrBlock)
	}
	properties := resource.Properties{"VpcId": in.VpcID, "CidrBlock": in.CidrBlock, "Tags": tagList(in.TagSpecifications)}
	if in.AvailabilityZone != "" {
		properties["AvailabilityZone"] = in.AvailabilityZone
	}
	made, err := s.make(call, subnetType, properties, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &subnetOutput{describeSubnet(&made).value}, nil
}

type subnetInput struct {
	SubnetID string `query:"SubnetId"`
	DryRun   bool
}

func (s *Service) deleteSubnet(_ context.Context, call *wire.Call, in *subnetInput) (*wire.None, error) {
	return s.remove(call, subnetType, in.SubnetID, in.DryRun)
}

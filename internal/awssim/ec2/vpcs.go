package ec2

import (
	"context"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
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

func describeVpc(r *generic.Record) shown[vpc] {
	tenancy := r.Text("InstanceTenancy")
	if tenancy == "" {
		tenancy = "default"
	}
	described := vpc{
		VpcID: r.ID, OwnerID: r.Account, State: "available", CidrBlock: r.Text("CidrBlock"),
		DhcpOptionsID: "dopt-0" + r.ID[len("vpc-0"):],
		TagSet:        tagsOf(r), InstanceTenancy: tenancy, CidrBlockAssociationSet: []blockAssociation{},
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
	page, next, err := pick(&in.pageInput, in.VpcIDs, vpcType, all(s, call, vpcType, describeVpc))
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

type zone struct {
	ZoneName           string `query:"zoneName"`
	ZoneState          string `query:"zoneState"`
	RegionName         string `query:"regionName"`
	ZoneID             string `query:"zoneId"`
	GroupName          string `query:"groupName"`
	NetworkBorderGroup string `query:"networkBorderGroup"`
	ZoneType           string `query:"zoneType"`
	OptInStatus        string `query:"optInStatus"`
	MessageSet         []tag  `query:"messageSet"`
}

// zoneID makes an id such as use1-az1 of us-east-1 and us-east-1a.
func zoneID(region, name string) string {
	if len(name) <= len(region) {
		return ""
	}
	short := ""
	for i, part := range strings.Split(region, "-") {
		switch {
		case i == 0:
			short = part
		case strings.HasPrefix(part, "north") && len(part) > len("north"), strings.HasPrefix(part, "south") && len(part) > len("south"):
			short += part[:1] + part[len("north"):len("north")+1] // southeast is se
		default:
			short += part[:1]
		}
	}
	return short + "-az" + strconv.Itoa(int(name[len(name)-1]-'a')+1)
}

type describeZonesInput struct {
	pageInput

	ZoneNames            []string `query:"ZoneName"`
	ZoneIDs              []string `query:"ZoneId"`
	AllAvailabilityZones bool     // there are no others
}

type describeZonesOutput struct {
	AvailabilityZoneInfo []zone `query:"availabilityZoneInfo"`
}

func (s *Service) describeAvailabilityZones(
	_ context.Context, call *wire.Call, in *describeZonesInput,
) (*describeZonesOutput, error) {
	var described []shown[zone]
	for _, name := range intrinsic.Zones(call.Region) {
		one := zone{
			ZoneName: name, ZoneState: "available", RegionName: call.Region, ZoneID: zoneID(call.Region, name), GroupName: call.Region,
			NetworkBorderGroup: call.Region, ZoneType: "availability-zone", OptInStatus: "opt-in-not-required", MessageSet: []tag{},
		}
		if len(in.ZoneIDs) > 0 {
			in.Filters = append(in.Filters, filter{"zone-id", in.ZoneIDs})
		}
		described = append(described, shown[zone]{name, one, map[string][]string{
			"zone-name": {name}, "zone-id": {one.ZoneID}, "state": {"available"}, "region-name": {call.Region},
			"zone-type": {one.ZoneType}, "group-name": {call.Region}, "opt-in-status": {one.OptInStatus},
		}, nil})
	}
	for _, name := range in.ZoneNames {
		if len(described) > 0 && !hasZone(described, name) {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid availability zone: [%s]", name)
		}
	}
	page, _, err := pick(&in.pageInput, in.ZoneNames, "", described)
	return &describeZonesOutput{page}, err
}

func hasZone(zones []shown[zone], name string) bool {
	for _, each := range zones {
		if each.id == name {
			return true
		}
	}
	return false
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
	return &vpcOutput{describeVpc(&made).value}, nil
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

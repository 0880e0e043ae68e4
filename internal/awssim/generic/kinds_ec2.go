package generic

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	vpcType    = "AWS::EC2::VPC"
	subnetType = "AWS::EC2::Subnet"
	groupType  = "AWS::EC2::SecurityGroup"
)

// How long EC2 takes, rounded from event logs that people publish.
const (
	vpcCreate        = 12 * time.Second
	subnetCreate     = 5 * time.Second
	gatewayCreate    = 16 * time.Second
	addressCreate    = 15 * time.Second
	natCreate        = 95 * time.Second
	natRemove        = time.Minute
	routeTableCreate = 10 * time.Second
	groupCreate      = 6 * time.Second
	endpointCreate   = time.Minute
	endpointRemove   = time.Minute
)

// ec2Kinds are the types of EC2. What Ref returns: the "Return values" of each type in the template reference.
func ec2Kinds() map[string]kind {
	return map[string]kind{
		vpcType: {
			identify: identifyVPC, create: vpcCreate,
			blocked: "The vpc '%s' has dependencies and cannot be deleted.",
			blockers: map[string]string{
				subnetType: "VpcId", groupType: "VpcId", "AWS::EC2::RouteTable": "VpcId", "AWS::EC2::VPCEndpoint": "VpcId",
				"AWS::EC2::VPCGatewayAttachment": "VpcId",
			},
		},
		subnetType: {
			identify: identifySubnet, check: checkSubnet, create: subnetCreate,
			blocked:  "The subnet '%s' has dependencies and cannot be deleted.",
			blockers: map[string]string{"AWS::EC2::NatGateway": "SubnetId"},
		},
		"AWS::EC2::InternetGateway": {
			identify: numbered("igw", "InternetGatewayId"), create: gatewayCreate,
			blocked:  "The internetGateway '%s' has dependencies and cannot be deleted.",
			blockers: map[string]string{"AWS::EC2::VPCGatewayAttachment": "InternetGatewayId"},
		},
		"AWS::EC2::VPCGatewayAttachment": {identify: identifyAttachment},
		"AWS::EC2::EIP": {
			identify: identifyAddress, create: addressCreate, reference: "AllocationId",
			blocked:  "Address %s is in use.",
			blockers: map[string]string{"AWS::EC2::NatGateway": "AllocationId"},
		},
		"AWS::EC2::NatGateway": {identify: numbered("nat", "NatGatewayId"), create: natCreate, remove: natRemove},
		"AWS::EC2::RouteTable": {
			identify: numbered("rtb", "RouteTableId"), create: routeTableCreate,
			blocked:  "The routeTable '%s' has dependencies and cannot be deleted.",
			blockers: map[string]string{"AWS::EC2::SubnetRouteTableAssociation": "RouteTableId"},
		},
		"AWS::EC2::Route":                       {identify: identifyRoute},
		"AWS::EC2::SubnetRouteTableAssociation": {identify: numbered("rtbassoc", "Id")},
		groupType: {
			identify: identifyGroup, check: checkGroup, create: groupCreate,
			blocked: "resource %s has a dependent object",
			blockers: map[string]string{
				"AWS::EC2::SecurityGroupIngress": "SourceSecurityGroupId", "AWS::EC2::SecurityGroupEgress": "DestinationSecurityGroupId",
			},
		},
		"AWS::EC2::SecurityGroupIngress": {identify: numbered("sgr", "Id")},
		"AWS::EC2::SecurityGroupEgress":  {identify: numbered("sgr", "Id")},
		"AWS::EC2::VPCEndpoint":          {identify: identifyEndpoint, create: endpointCreate, remove: endpointRemove},
	}
}

// numbered identifies resources whose id is a prefix and digits, and that answer it as an attribute too.
func numbered(prefix, attribute string) func(resource.Request) (string, map[string]any) {
	return func(resource.Request) (string, map[string]any) {
		id := ec2(prefix)
		return id, map[string]any{attribute: id}
	}
}

func identifyVPC(resource.Request) (string, map[string]any) {
	id := ec2("vpc")
	return id, map[string]any{
		"VpcId": id, "DefaultNetworkAcl": ec2("acl"), "DefaultSecurityGroup": ec2("sg"),
		"CidrBlockAssociations": []any{ec2("vpc-cidr-assoc")}, "Ipv6CidrBlocks": []any{},
	}
}

func identifySubnet(r resource.Request) (string, map[string]any) {
	id := ec2("subnet")
	zones := intrinsic.Zones(r.Region)
	zone := text(r.Properties["AvailabilityZone"])
	if zone == "" {
		zone = zones[rand.IntN(len(zones))] //nolint:gosec // not a secret
	}
	return id, map[string]any{
		"SubnetId": id, "AvailabilityZone": zone, "NetworkAclAssociationId": ec2("aclassoc"), "Ipv6CidrBlocks": []any{},
	}
}

// checkSubnet refuses blocks that are not in the VPC's or that overlap, as EC2 does. The caller holds p.mu.
func checkSubnet(p *Provider, r resource.Request) error {
	block, err := netip.ParsePrefix(text(r.Properties["CidrBlock"]))
	if err != nil {
		return nil //nolint:nilerr // no block of its own: IPv6 only, or from a pool
	}
	vpc := text(r.Properties["VpcId"])
	invalid := &resource.Failure{Message: fmt.Sprintf("The CIDR '%s' is invalid.", block), HandlerErrorCode: "InvalidRequest"}
	if theirs, ok := p.block(key{Place: r.Place, resourceType: vpcType, id: vpc}); ok {
		if !theirs.Contains(block.Addr()) || block.Bits() < theirs.Bits() {
			return invalid
		}
	}
	for at := range p.users[value{Place: r.Place, text: vpc}] {
		if theirs, ok := p.block(at); ok && at.resourceType == subnetType && theirs.Overlaps(block) {
			return &resource.Failure{
				Message: fmt.Sprintf("The CIDR '%s' conflicts with another subnet", block), HandlerErrorCode: "AlreadyExists",
			}
		}
	}
	return nil
}

// checkGroup refuses a second group of a name in a VPC, in the words of EC2's API (that a stack has them is believed).
// The caller holds p.mu.
func checkGroup(p *Provider, r resource.Request) error {
	vpc, named := text(r.Properties["VpcId"]), text(r.Properties["GroupName"])
	for at := range p.users[value{Place: r.Place, text: vpc}] {
		if named != "" && at.resourceType == groupType && text(p.instances[at].properties["GroupName"]) == named {
			return &resource.Failure{
				Message:          fmt.Sprintf("The security group '%s' already exists for VPC '%s'", named, vpc),
				HandlerErrorCode: "AlreadyExists",
			}
		}
	}
	return nil
}

// block returns the CIDR block of a VPC or subnet. The caller holds p.mu.
func (p *Provider) block(at key) (netip.Prefix, bool) {
	found := p.instances[at]
	if found == nil {
		return netip.Prefix{}, false
	}
	block, err := netip.ParsePrefix(text(found.properties["CidrBlock"]))
	return block, err == nil
}

func identifyAttachment(r resource.Request) (string, map[string]any) {
	kind := "IGW"
	if r.Properties["VpnGatewayId"] != nil {
		kind = "VGW"
	}
	return kind + "|" + text(r.Properties["VpcId"]), map[string]any{"AttachmentType": kind}
}

// identifyAddress makes up a public address of a range that is nobody's: 198.18.0.0/15 (RFC 2544).
func identifyAddress(resource.Request) (string, map[string]any) {
	const second, seconds, octet = 18, 2, 256
	digit := rand.N[int] // not a secret
	address := fmt.Sprintf("198.%d.%d.%d", second+digit(seconds), digit(octet), digit(octet))
	return address, map[string]any{"AllocationId": ec2("eipalloc"), "PublicIp": address}
}

func identifyRoute(r resource.Request) (string, map[string]any) {
	for _, property := range []string{"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"} {
		if destination := text(r.Properties[property]); destination != "" {
			return text(r.Properties["RouteTableId"]) + "|" + destination, map[string]any{"CidrBlock": destination}
		}
	}
	return text(r.Properties["RouteTableId"]) + "|", map[string]any{}
}

func identifyGroup(r resource.Request) (string, map[string]any) {
	id := ec2("sg")
	named := text(r.Properties["GroupName"])
	if named == "" {
		named = name(r, usualNameLength)
	}
	return id, map[string]any{"GroupId": id, "Id": id, "GroupName": named}
}

func identifyEndpoint(resource.Request) (string, map[string]any) {
	id := ec2("vpce")
	return id, map[string]any{
		"Id": id, "CreationTimestamp": time.Now().UTC().Format(time.RFC3339), "DnsEntries": []any{}, "NetworkInterfaceIds": []any{},
	}
}

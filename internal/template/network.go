package template

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/ec2"
)

const anywhere = cfn.S("0.0.0.0/0")

// network is the VPC as the other parts of the template see it.
type network struct {
	vpc cfn.Handle
	// public subnets have addresses of the internet.
	public []cfn.Handle
	// private subnets reach the internet through NAT; there are none without NAT gateways.
	private []cfn.Handle
	// gateway is what everything with a public address must come after, and go before.
	gateway cfn.Handle
	// routes are what makes the subnets reach the internet: a task that starts earlier cannot pull its image.
	routes []cfn.Handle
}

// taskSubnets returns where the tasks run. Without NAT a task in a private subnet could not pull its image, so it
// runs in a public one then; the security groups keep it unreachable all the same.
func (n *network) taskSubnets() []cfn.String {
	if len(n.private) > 0 {
		return refs(n.private)
	}
	return refs(n.public)
}

// needsPublicIP says whether a task reaches the internet only by an address of its own.
func (n *network) needsPublicIP() bool { return len(n.private) == 0 }

func refs(handles []cfn.Handle) []cfn.String {
	var all []cfn.String
	for _, handle := range handles {
		all = append(all, handle.Ref())
	}
	return all
}

func addNetwork(d *cfn.Document, spec v1alpha1.VPCSpec) network {
	vpc := d.Add("VPC", ec2.VPC{
		CidrBlock:          cfn.S(spec.CIDR),
		EnableDnsSupport:   cfn.B(true),
		EnableDnsHostnames: cfn.B(true),
		Tags:               named("vpc"),
	})
	n := network{vpc: vpc}
	n.addPublicSubnets(d, spec)
	if spec.NATGateways != v1alpha1.NATGatewaysNone {
		n.addPrivateSubnets(d, spec)
	}
	return n
}

func (n *network) addPublicSubnets(d *cfn.Document, spec v1alpha1.VPCSpec) {
	internet := d.Add("InternetGateway", ec2.InternetGateway{Tags: named("internet")})
	n.gateway = d.Add("GatewayAttachment", ec2.VPCGatewayAttachment{VpcId: n.vpc.Ref(), InternetGatewayId: internet.Ref()})
	table := d.Add("PublicRouteTable", ec2.RouteTable{VpcId: n.vpc.Ref(), Tags: named("public")})
	route := d.Add("PublicDefaultRoute", ec2.Route{
		RouteTableId:         table.Ref(),
		DestinationCidrBlock: anywhere,
		GatewayId:            internet.Ref(),
	}, cfn.DependsOn(n.gateway))
	n.routes = append(n.routes, route)
	for zone := range int(spec.Zones) {
		n.public = append(n.public, n.addSubnet(d, subnet{
			kind: "Public", zone: zone, cidr: block(netip.MustParsePrefix(spec.CIDR), zone), table: table,
		}))
	}
}

// addPrivateSubnets gives each zone a route table of its own, also with a single NAT gateway: between Single and
// PerZone only the routes' targets change.
func (n *network) addPrivateSubnets(d *cfn.Document, spec v1alpha1.VPCSpec) {
	var nat cfn.Handle
	for zone := range int(spec.Zones) {
		if zone == 0 || spec.NATGateways == v1alpha1.NATGatewaysPerZone {
			nat = n.addNATGateway(d, zone)
		}
		number := zone + 1
		table := d.Add(fmt.Sprintf("PrivateRouteTable%d", number), ec2.RouteTable{
			VpcId: n.vpc.Ref(),
			Tags:  named(fmt.Sprintf("private-%d", number)),
		})
		n.routes = append(n.routes, d.Add(fmt.Sprintf("PrivateDefaultRoute%d", number), ec2.Route{
			RouteTableId:         table.Ref(),
			DestinationCidrBlock: anywhere,
			NatGatewayId:         nat.Ref(),
		}))
		n.private = append(n.private, n.addSubnet(d, subnet{
			kind: "Private", zone: zone, cidr: block(netip.MustParsePrefix(spec.CIDR), firstPrivateBlock+zone), table: table,
		}))
	}
}

func (n *network) addNATGateway(d *cfn.Document, zone int) cfn.Handle {
	id := fmt.Sprintf("NatGateway%d", zone+1)
	name := named(fmt.Sprintf("nat-%d", zone+1))
	address := d.Add(id+"Address", ec2.EIP{Domain: cfn.S("vpc"), Tags: name}, cfn.DependsOn(n.gateway))
	return d.Add(id, ec2.NatGateway{
		SubnetId:     n.public[zone].Ref(),
		AllocationId: address.Attr("AllocationId"),
		Tags:         name,
	})
}

// subnet is a subnet to be added.
type subnet struct {
	kind  string // "Public" or "Private".
	zone  int    // Counted from 0.
	cidr  netip.Prefix
	table cfn.Handle
}

func (n *network) addSubnet(d *cfn.Document, s subnet) cfn.Handle {
	id := fmt.Sprintf("%sSubnet%d", s.kind, s.zone+1)
	added := d.Add(id, ec2.Subnet{
		VpcId:            n.vpc.Ref(),
		CidrBlock:        cfn.S(s.cidr.String()),
		AvailabilityZone: cfn.Zone(s.zone),
		Tags:             named(fmt.Sprintf("%s-%d", strings.ToLower(s.kind), s.zone+1)),
	})
	n.routes = append(n.routes, d.Add(id+"Routes", ec2.SubnetRouteTableAssociation{
		SubnetId:     added.Ref(),
		RouteTableId: s.table.Ref(),
	}))
	return added
}

// named returns the tag that the AWS console shows as a resource's name: the stack's name and a suffix.
func named(suffix string) []cfn.Tag {
	return []cfn.Tag{{Key: cfn.S("Name"), Value: cfn.Concat(cfn.StackName(), cfn.S("-"+suffix))}}
}

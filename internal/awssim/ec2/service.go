// Package ec2 is the part of EC2's API that looks at networks, and makes the cheap parts of them: over the same records
// that templates make, so that there is one truth.
//
// An account has no default VPC unless one is created. Packets are not filtered. Members of route tables and network lists
// are as public recordings have them (tests of localstack); so are the errors of what does not exist. Other texts are
// believed.
package ec2

import (
	"errors"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// The types that the API describes.
const (
	vpcType        = "AWS::EC2::VPC"
	subnetType     = "AWS::EC2::Subnet"
	groupType      = "AWS::EC2::SecurityGroup"
	ingressType    = "AWS::EC2::SecurityGroupIngress"
	egressType     = "AWS::EC2::SecurityGroupEgress"
	tableType      = "AWS::EC2::RouteTable"
	routeType      = "AWS::EC2::Route"
	usedTableType  = "AWS::EC2::SubnetRouteTableAssociation"
	gatewayType    = "AWS::EC2::InternetGateway"
	attachmentType = "AWS::EC2::VPCGatewayAttachment"
	natType        = "AWS::EC2::NatGateway"
	addressType    = "AWS::EC2::EIP"
	endpointType   = "AWS::EC2::VPCEndpoint"
	aclType        = "AWS::EC2::NetworkAcl"
	aclEntryType   = "AWS::EC2::NetworkAclEntry"
	usedACLType    = "AWS::EC2::SubnetNetworkAclAssociation"

	usedOptionsType = "AWS::EC2::VPCDHCPOptionsAssociation"
)

// Records are the resources that templates make: [generic.Provider].
type Records interface {
	Records(place resource.Place, resourceType string) []generic.Record
	Record(place resource.Place, resourceType, id string) (generic.Record, bool)
	Make(r resource.Request) (generic.Record, error)
	Drop(r resource.Request) error
	Edit(place resource.Place, resourceType, id string, changes resource.Properties) error
}

// Service is EC2 in all accounts and regions.
type Service struct{ records Records }

// New returns the API over records.
func New(records Records) *Service { return &Service{records} }

// API returns the operations of EC2.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "ec2", Protocol: wire.EC2, Version: "2016-11-15", Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
		Operations: map[string]wire.Handler{
			"DescribeVpcs":                  wire.Op(s.describeVpcs),
			"DescribeVpcAttribute":          wire.Op(s.describeVpcAttribute),
			"DescribeSubnets":               wire.Op(s.describeSubnets),
			"DescribeSecurityGroups":        wire.Op(s.describeSecurityGroups),
			"DescribeSecurityGroupRules":    wire.Op(s.describeSecurityGroupRules),
			"DescribeRouteTables":           wire.Op(s.describeRouteTables),
			"DescribeNetworkAcls":           wire.Op(s.describeNetworkAcls),
			"DescribeInternetGateways":      wire.Op(s.describeInternetGateways),
			"DescribeNatGateways":           wire.Op(s.describeNatGateways),
			"DescribeAddresses":             wire.Op(s.describeAddresses),
			"DescribeVpcEndpoints":          wire.Op(s.describeVpcEndpoints),
			"DescribeAvailabilityZones":     wire.Op(s.describeAvailabilityZones),
			"DescribeAccountAttributes":     wire.Op(s.describeAccountAttributes),
			"DescribePrefixLists":           wire.Op(s.describePrefixLists),
			"DescribeManagedPrefixLists":    wire.Op(s.describeManagedPrefixLists),
			"DescribeTags":                  wire.Op(s.describeTags),
			"CreateTags":                    wire.Op(s.createTags),
			"DeleteTags":                    wire.Op(s.deleteTags),
			"CreateVpc":                     wire.Op(s.createVpc),
			"DeleteVpc":                     wire.Op(s.deleteVpc),
			"CreateSubnet":                  wire.Op(s.createSubnet),
			"DeleteSubnet":                  wire.Op(s.deleteSubnet),
			"CreateSecurityGroup":           wire.Op(s.createSecurityGroup),
			"DeleteSecurityGroup":           wire.Op(s.deleteSecurityGroup),
			"AuthorizeSecurityGroupIngress": wire.Op(s.authorizeIngress),
			"AuthorizeSecurityGroupEgress":  wire.Op(s.authorizeEgress),
			"RevokeSecurityGroupIngress":    wire.Op(s.revokeIngress),
			"RevokeSecurityGroupEgress":     wire.Op(s.revokeEgress),
		},
	}
}

// missing returns the error for a resource that does not exist.
func missing(resourceType, id string) error {
	switch resourceType {
	case vpcType:
		return wire.Errorf("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", id)
	case subnetType:
		return wire.Errorf("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
	case groupType:
		return wire.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
	case tableType:
		return wire.Errorf("InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", id)
	case aclType:
		return wire.Errorf("InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist", id)
	case gatewayType:
		return wire.Errorf("InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist", id)
	case natType:
		return wire.Errorf("NatGatewayNotFound", "NatGateway %s was not found", id)
	case endpointType:
		return wire.Errorf("InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '%s' does not exist", id)
	case addressType:
		return wire.Errorf("InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist", id)
	default:
		return wire.Errorf("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
	}
}

// refusal words a failure of a record as EC2 does.
func refusal(err error) error {
	failed, ok := errors.AsType[*resource.Failure](err)
	switch {
	case !ok:
		return err
	case strings.Contains(failed.Message, "dependenc") || strings.Contains(failed.Message, "dependent object"):
		return wire.Errorf("DependencyViolation", "%s", failed.Message)
	case strings.HasSuffix(failed.Message, "conflicts with another subnet"):
		return wire.Errorf("InvalidSubnet.Conflict", "%s", failed.Message)
	case strings.HasPrefix(failed.Message, "The CIDR"):
		return wire.Errorf("InvalidSubnet.Range", "%s", failed.Message)
	default:
		return wire.Errorf("InvalidParameterValue", "%s", failed.Message)
	}
}

// isTrue reads a property that is true, or the text of it.
func isTrue(value any) bool { return value == true || value == "true" }

// members returns a property that is a list of objects.
func members(value any) []map[string]any {
	list, _ := value.([]any)
	var found []map[string]any
	for _, each := range list {
		if object, ok := each.(map[string]any); ok {
			found = append(found, object)
		}
	}
	return found
}

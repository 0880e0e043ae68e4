package conformance

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// networked has one of all that is described.
const networked = `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true, Tags: [{Key: Name, Value: main}]}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a, MapPublicIpOnLaunch: true}}
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attachment: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Route: {Type: AWS::EC2::Route, DependsOn: Attachment, Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}}
  Used: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {RouteTableId: !Ref Table, SubnetId: !Ref Subnet}}
  Options: {Type: AWS::EC2::DHCPOptions, Properties: {DomainName: ec2.internal, DomainNameServers: [AmazonProvidedDNS]}}
  Given: {Type: AWS::EC2::VPCDHCPOptionsAssociation, Properties: {VpcId: !Ref Vpc, DhcpOptionsId: !Ref Options}}
  Address: {Type: AWS::EC2::EIP, Properties: {Domain: vpc}}
  Nat: {Type: AWS::EC2::NatGateway, Properties: {AllocationId: !GetAtt Address.AllocationId, SubnetId: !Ref Subnet}}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}]
Outputs:
  Vpc: {Value: !Ref Vpc}
  Subnet: {Value: !Ref Subnet}
  Group: {Value: !Ref Group}
`

func TestNetworksOfTemplatesAreDescribed(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	createStack(t, clientsOf(sim.URL()), "net", networked)
	got := program(t, sim, "python3", "-c", `
import boto3
ec2 = boto3.client("ec2")
vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["ma*"]}])["Vpcs"][0]
inside = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
print(vpc["CidrBlock"], vpc["State"], {t["Key"]: t["Value"] for t in vpc["Tags"]}["aws:cloudformation:logical-id"])
made = boto3.client("cloudformation").describe_stack_resources(StackName="net", LogicalResourceId="Options")["StackResources"][0]
print(vpc["DhcpOptionsId"] == made["PhysicalResourceId"])
print(ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"])
subnet = ec2.describe_subnets(Filters=inside)["Subnets"][0]
print(subnet["AvailabilityZone"], subnet["AvailabilityZoneId"], subnet["MapPublicIpOnLaunch"], subnet["AvailableIpAddressCount"])
groups = ec2.describe_security_groups(Filters=inside)["SecurityGroups"]
print(sorted((g["Description"], len(g["IpPermissions"]), g["IpPermissionsEgress"][0]["IpRanges"][0]["CidrIp"]) for g in groups))
table = ec2.describe_route_tables(Filters=inside + [{"Name": "association.main", "Values": ["false"]}])["RouteTables"][0]
print([(r["DestinationCidrBlock"], r["GatewayId"][:4]) for r in table["Routes"]], table["Associations"][0]["SubnetId"] == subnet["SubnetId"])
gateway = ec2.describe_internet_gateways()["InternetGateways"][0]
print(gateway["Attachments"][0]["VpcId"] == vpc["VpcId"])
nat = ec2.describe_nat_gateways()["NatGateways"][0]
address = ec2.describe_addresses()["Addresses"][0]
print(nat["State"], "here, at" if nat["VpcId"] == vpc["VpcId"] else "elsewhere, at", "the address" if nat["NatGatewayAddresses"][0]["PublicIp"] == address["PublicIp"] else "another")
print([z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]][:2])
print(len(ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["vpc"]}])["Tags"]))
`)
	want := strings.Join([]string{
		"10.0.0.0/16 available Vpc", "True", "True", "us-east-1a use1-az1 True 251",
		"[('default VPC security group', 1, '0.0.0.0/0'), ('web', 1, '0.0.0.0/0')]",
		"[('10.0.0.0/16', 'loca'), ('0.0.0.0/0', 'igw-')] True", "True", "available here, at the address", "['us-east-1a', 'us-east-1b']", "4",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatOthersMadeBlocksTheDeletionOfAStack(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	on := clientsOf(sim.URL())
	vpc := createStack(t, on, "net", networked)["Vpc"]
	group := program(t, sim, "aws", "ec2", "create-security-group", "--group-name", "foreign", "--description", "made by hand",
		"--vpc-id", vpc, "--query", "GroupId", "--output", "text")
	program(t, sim, "aws", "ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", "22",
		"--cidr", "10.0.0.0/8")
	_, problem := attempt(t, sim, "aws", "ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp",
		"--port", "22", "--cidr", "10.0.0.0/8")
	if !strings.Contains(problem, `(InvalidPermission.Duplicate) when calling the AuthorizeSecurityGroupIngress operation: the specified `+
		`rule "peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW" already exists`) {
		t.Error(problem)
	}
	_, problem = attempt(t, sim, "aws", "ec2", "delete-vpc", "--vpc-id", vpc)
	if want := "(DependencyViolation) when calling the DeleteVpc operation: The vpc '" + vpc + "' has dependencies and cannot be deleted."; !strings.Contains(problem, want) {
		t.Error(problem)
	}
	if got := deleteStack(t, on, "net"); got != types.StackStatusDeleteFailed {
		t.Errorf("the stack is %s though its VPC is in use", got)
	}
	program(t, sim, "aws", "ec2", "delete-security-group", "--group-id", group)
	if got := deleteStack(t, on, "net"); got != types.StackStatusDeleteComplete {
		t.Errorf("the stack is %s", got)
	}
}

// deleteStack deletes a stack and returns the status in which it comes to rest.
func deleteStack(t *testing.T, on clients, name string) types.StackStatus {
	t.Helper()
	described, err := on.CloudFormation.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		t.Fatal(err)
	}
	id := described.Stacks[0].StackId
	if _, err := on.CloudFormation.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &name}); err != nil {
		t.Fatal(err)
	}
	for {
		described, err = on.CloudFormation.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: id})
		if err != nil {
			t.Fatal(err)
		}
		if described.Stacks[0].StackStatus != types.StackStatusDeleteInProgress {
			return described.Stacks[0].StackStatus
		}
	}
}

func TestEC2AnswersWhatIsMissingByName(t *testing.T) {
	t.Parallel()
	got := program(t, awssimtest.Start(t), "python3", "-c", `
import boto3, botocore.exceptions
ec2 = boto3.client("ec2")
for call in (
    lambda: ec2.describe_vpcs(VpcIds=["vpc-1"]),
    lambda: ec2.describe_security_groups(GroupIds=["sg-1"]),
    lambda: ec2.describe_subnets(Filters=[{"Name": "colour", "Values": ["red"]}]),
    lambda: ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1),
    lambda: ec2.create_security_group(GroupName="a", Description="b"),
):
    try:
        call()
    except botocore.exceptions.ClientError as e:
        print(e.response["Error"]["Code"] + ": " + e.response["Error"]["Message"])
`)
	want := strings.Join([]string{
		"InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist",
		"InvalidGroup.NotFound: The security group 'sg-1' does not exist",
		"InvalidParameterValue: The filter 'colour' is invalid",
		"InvalidAction: awssim does not implement the operation ec2:RunInstances",
		"VPCIdNotSpecified: No default VPC for this user",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSubnetsGetTheirPartOfAnIPv6Block is the pattern of the public templates: the VPC has the attribute only after
// the association, on which the subnet therefore depends.
func TestSubnetsGetTheirPartOfAnIPv6Block(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	const template = `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Six: {Type: AWS::EC2::VPCCidrBlock, Properties: {VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}
  Subnet:
    Type: AWS::EC2::Subnet
    DependsOn: Six
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.0.0.0/24
      Ipv6CidrBlock: !Select [1, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 2, 64]]
Outputs:
  All: {Value: !Join [' ', !GetAtt Vpc.Ipv6CidrBlocks]}
  Part: {Value: !Join [' ', !GetAtt Subnet.Ipv6CidrBlocks]}
`
	outputs := createStack(t, clientsOf(sim.URL()), "six", template)
	whole, err := netip.ParsePrefix(outputs["All"])
	if err != nil || whole.Bits() != 56 {
		t.Errorf("the VPC has %q", outputs["All"])
	}
	part, err := netip.ParsePrefix(outputs["Part"])
	if err != nil || part.Bits() != 64 || !whole.Contains(part.Addr()) {
		t.Errorf("the subnet has %q of %q", outputs["Part"], outputs["All"])
	}
}

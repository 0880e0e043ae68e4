package ec2

import (
	"context"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

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

	GroupSet              []namedGroup `query:"groupSet"`
	NetworkInterfaceIDSet []string     `query:"networkInterfaceIdSet"` // interfaces are not made
	PolicyDocument        string       `query:"policyDocument"`
	PrivateDNSEnabled     bool         `query:"privateDnsEnabled"`
	RequesterManaged      bool         `query:"requesterManaged"`
	IPAddressType         string       `query:"ipAddressType"`
	DNSOptions            dnsOptions   `query:"dnsOptions"`
}

type namedGroup struct {
	GroupID   string `query:"groupId"`
	GroupName string `query:"groupName"`
}

type dnsOptions struct {
	DNSRecordIPType string `query:"dnsRecordIpType"`
}

// allowing is the policy of endpoints that are given none.
const allowing = `{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*","Principal":"*"}]}`

func (s *Service) describeEndpoint(r *generic.Record) shown[vpcEndpoint] {
	kind := r.Text("VpcEndpointType")
	if kind == "" {
		kind = "Gateway"
	}
	described := vpcEndpoint{
		ID: r.ID, Type: kind, VpcID: r.Text("VpcId"), ServiceName: r.Text("ServiceName"), State: "available", OwnerID: r.Account,
		RouteTableIDSet: texts(r.Properties["RouteTableIds"]), SubnetIDSet: texts(r.Properties["SubnetIds"]),
		CreationTime: r.Text("CreationTimestamp"), TagSet: tagsOf(r), GroupSet: []namedGroup{}, NetworkInterfaceIDSet: []string{},
		PolicyDocument: allowing, PrivateDNSEnabled: isTrue(r.Properties["PrivateDnsEnabled"]), IPAddressType: "ipv4",
		DNSOptions: dnsOptions{"ipv4"},
	}
	if given := props.Document(r.Properties["PolicyDocument"]); given != "" {
		described.PolicyDocument = given
	}
	for _, id := range texts(r.Properties["SecurityGroupIds"]) {
		name := "default"
		if found, ok := s.records.Record(r.Place, groupType, id); ok {
			name = found.Text("GroupName")
		}
		described.GroupSet = append(described.GroupSet, namedGroup{id, name})
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
	page, next, err := pick(&in.pageInput, in.IDs, endpointType, all(s, call, endpointType, s.describeEndpoint))
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

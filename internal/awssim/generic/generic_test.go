package generic_test

import (
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/network"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

func request(resourceType string, properties resource.Properties) resource.Request {
	return resource.Request{
		Place: resource.Place{Account: "123456789012", Region: "us-east-1"}, Type: resourceType, LogicalID: "Thing",
		StackName: "demo", Properties: properties,
	}
}

func TestPhysicalIDsLookLikeThoseOfAWS(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		properties resource.Properties
		id         string
		attribute  string // name=pattern
		pattern    string
	}{
		"AWS::DynamoDB::Table":        {resource.Properties{"TableName": "Orders"}, `^Orders$`, "Arn", `^arn:aws:dynamodb:us-east-1:\d+:table/Orders$`},
		"AWS::DynamoDB::GlobalTable":  {resource.Properties{"StreamSpecification": map[string]any{}}, `-[A-Za-z0-9]{12}$`, "StreamArn", `/stream/20`},
		"AWS::Cognito::UserPoolGroup": {resource.Properties{"UserPoolId": "p", "GroupName": "admins"}, `^admins$`, "", ""},
		"AWS::IAM::User":              {resource.Properties{"Path": "/ci/", "UserName": "bot"}, `^bot$`, "Arn", `^arn:aws:iam::\d+:user/ci/bot$`},
		"AWS::IAM::OIDCProvider": {
			resource.Properties{"Url": "https://id.example.com/a"}, `^arn:aws:iam::\d+:oidc-provider/id.example.com/a$`, "Arn", `/a$`,
		},
		"AWS::Logs::ResourcePolicy":  {resource.Properties{"PolicyName": "events"}, `^events$`, "", ""},
		"AWS::Logs::QueryDefinition": {nil, `^[0-9a-f-]{36}$`, "QueryDefinitionId", `^[0-9a-f-]{36}$`},
		"AWS::WAFv2::IPSet": {
			resource.Properties{"Name": "office", "Scope": "REGIONAL"}, `^office\|[0-9a-f-]{36}\|REGIONAL$`, "Arn", `:regional/ipset/office/`,
		},
		"AWS::ElastiCache::SubnetGroup": {resource.Properties{"CacheSubnetGroupName": "Private"}, `^private$`, "", ""},
		"AWS::ElastiCache::CacheCluster": {
			resource.Properties{"ClusterName": "web", "Engine": "memcached"},
			`^web$`,
			"ConfigurationEndpoint.Address", `^web\.[a-z0-9]{6}\.cfg\.use1\.cache\.amazonaws\.com$`,
		},
		"AWS::ElastiCache::ReplicationGroup": {
			resource.Properties{"ReplicationGroupId": "web", "TransitEncryptionEnabled": true},
			`^web$`,
			"PrimaryEndPoint.Address", `^master\.web\.[a-z0-9]{6}\.use1\.cache\.amazonaws\.com$`,
		},
		"AWS::ElastiCache::ServerlessCache": {
			resource.Properties{"ServerlessCacheName": "web"}, `^web$`, "Endpoint.Address", `^web-[a-z0-9]{6}\.serverless\.use1\.`,
		},
		"AWS::EC2::VPC":                         {nil, `^vpc-0[0-9a-f]{16}$`, "DefaultSecurityGroup", `^sg-0[0-9a-f]{16}$`},
		"AWS::EC2::Subnet":                      {nil, `^subnet-0[0-9a-f]{16}$`, "AvailabilityZone", `^us-east-1[a-f]$`},
		"AWS::EC2::InternetGateway":             {nil, `^igw-0[0-9a-f]{16}$`, "InternetGatewayId", `^igw-`},
		"AWS::EC2::VPCGatewayAttachment":        {resource.Properties{"VpcId": "vpc-1"}, `^IGW\|vpc-1$`, "AttachmentType", `^IGW$`},
		"AWS::EC2::EIP":                         {nil, `^198\.1[89]\.\d+\.\d+$`, "AllocationId", `^eipalloc-0[0-9a-f]{16}$`},
		"AWS::EC2::NatGateway":                  {nil, `^nat-0[0-9a-f]{16}$`, "NatGatewayId", `^nat-`},
		"AWS::EC2::RouteTable":                  {nil, `^rtb-0[0-9a-f]{16}$`, "RouteTableId", `^rtb-`},
		"AWS::EC2::Route":                       {resource.Properties{"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0"}, `^rtb-1\|0\.0\.0\.0/0$`, "CidrBlock", `^0`},
		"AWS::EC2::SubnetRouteTableAssociation": {nil, `^rtbassoc-0[0-9a-f]{16}$`, "Id", `^rtbassoc-`},
		"AWS::EC2::SecurityGroup":               {resource.Properties{"VpcId": "vpc-1"}, `^sg-0[0-9a-f]{16}$`, "VpcId", `^vpc-1$`},
		"AWS::IAM::Role":                        {nil, `^demo-Thing-[A-Za-z0-9]{12}$`, "Arn", `^arn:aws:iam::123456789012:role/demo-Thing-`},
		"AWS::IAM::ManagedPolicy":               {nil, `^arn:aws:iam::123456789012:policy/demo-Thing-[A-Za-z0-9]{12}$`, "PolicyId", `^ANPA`},
		"AWS::KMS::Key":                         {nil, `^[0-9a-f-]{36}$`, "Arn", `^arn:aws:kms:us-east-1:123456789012:key/[0-9a-f-]{36}$`},
		"AWS::EFS::FileSystem":                  {nil, `^fs-0[0-9a-f]{16}$`, "Arn", `^arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-`},
		"AWS::EFS::MountTarget":                 {nil, `^fsmt-0[0-9a-f]{16}$`, "Id", `^fsmt-`},
		"AWS::WAFv2::WebACL":                    {resource.Properties{"Name": "acl", "Scope": "REGIONAL"}, `^acl\|[0-9a-f-]{36}\|REGIONAL$`, "Arn", `^arn:aws:wafv2:us-east-1:123456789012:regional/webacl/acl/[0-9a-f-]{36}$`},
		"AWS::Cognito::UserPool":                {nil, `^us-east-1_[A-Za-z0-9]{9}$`, "ProviderURL", `^https://cognito-idp\.us-east-1\.amazonaws\.com/us-east-1_`},
		"AWS::Cognito::UserPoolClient":          {nil, `^[a-z0-9]{26}$`, "ClientId", `^[a-z0-9]{26}$`},
		"AWS::EC2::NetworkAcl":                  {nil, `^acl-0[0-9a-f]{16}$`, "Id", `^acl-`},
		"AWS::EC2::VPCCidrBlock":                {nil, `^vpc-cidr-assoc-0[0-9a-f]{16}$`, "Id", `^vpc-cidr-assoc-`},
		"AWS::S3::Bucket":                       {nil, `^demo-thing-[a-z0-9]{12}$`, "Arn", `^arn:aws:s3:::demo-thing-`},
		"AWS::SNS::Topic":                       {nil, `^arn:aws:sns:us-east-1:123456789012:demo-Thing-[A-Za-z0-9]{12}$`, "TopicName", `^demo-`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := generic.New(clock.Clock{})
			made, err := provider.Create(t.Context(), request(name, test.properties))
			if err != nil {
				t.Fatal(err)
			}
			if !regexp.MustCompile(test.id).MatchString(made.PhysicalID) {
				t.Errorf("physical id %q", made.PhysicalID)
			}
			if got, _ := made.Attributes[test.attribute].(string); !regexp.MustCompile(test.pattern).MatchString(got) {
				t.Errorf("%s is %q", test.attribute, got)
			}
		})
	}
}

func TestEveryTypeThatNeedNotMoveHasAnID(t *testing.T) {
	t.Parallel()
	provider := generic.New(clock.Clock{})
	for name, serves := range provider.Providers() {
		if _, ok := schema.For(name); !ok {
			t.Errorf("%s has no schema", name)
		}
		made, err := serves.Create(t.Context(), request(name, resource.Properties{"Name": "items.example.org.", "Roles": []any{"r"}}))
		if err != nil || made.PhysicalID == "" {
			t.Errorf("%s: %q, %v", name, made.PhysicalID, err)
		}
	}
}

func TestGeneratedRoleNamesFit(t *testing.T) {
	t.Parallel()
	long := request("AWS::IAM::Role", nil)
	long.StackName = "team-checkout-items-with-a-very-long-name-0123456789abcdef0123456789"
	long.LogicalID = "TaskExecutionRoleWithAVeryLongNameTooOfCourse"
	made, err := generic.New(clock.Clock{}).Create(t.Context(), long)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^team-checkout-items-with-\w*-?\w*-[A-Za-z0-9]{12}$|^team.{58,60}$`).MatchString(made.PhysicalID) || len(made.PhysicalID) > 64 {
		t.Errorf("%q has %d letters", made.PhysicalID, len(made.PhysicalID))
	}
}

func TestADeletionIsBlockedByWhatDependsOnIt(t *testing.T) {
	t.Parallel()
	provider := generic.New(clock.Clock{})
	vpc, err := provider.Create(t.Context(), request("AWS::EC2::VPC", resource.Properties{"CidrBlock": "10.0.0.0/16"}))
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := provider.Create(t.Context(), request("AWS::EC2::Subnet", resource.Properties{"VpcId": vpc.PhysicalID, "CidrBlock": "10.0.1.0/24"}))
	if err != nil {
		t.Fatal(err)
	}
	remove := func(resourceType, id string) error {
		r := request(resourceType, nil)
		r.PhysicalID = id
		return provider.Delete(t.Context(), r)
	}
	want := "The vpc '" + vpc.PhysicalID + "' has dependencies and cannot be deleted."
	if err := remove("AWS::EC2::VPC", vpc.PhysicalID); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := remove("AWS::EC2::Subnet", subnet.PhysicalID); err != nil {
		t.Error(err)
	}
	if err := remove("AWS::EC2::VPC", vpc.PhysicalID); err != nil {
		t.Error(err)
	}
	if err := remove("AWS::EC2::VPC", vpc.PhysicalID); err != nil {
		t.Errorf("deleting what is gone: %v", err)
	}
}

func TestSubnetsMustFitAndNotOverlap(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ block, want string }{
		"inside":      {"10.0.2.0/24", ""},
		"outside":     {"10.1.0.0/24", "The CIDR '10.1.0.0/24' is invalid."},
		"overlapping": {"10.0.1.128/25", "The CIDR '10.0.1.128/25' conflicts with another subnet"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := generic.New(clock.Clock{})
			vpc, err := provider.Create(t.Context(), request("AWS::EC2::VPC", resource.Properties{"CidrBlock": "10.0.0.0/16"}))
			if err != nil {
				t.Fatal(err)
			}
			subnet := func(block string) error {
				_, err := provider.Create(t.Context(), request("AWS::EC2::Subnet", resource.Properties{"VpcId": vpc.PhysicalID, "CidrBlock": block}))
				return err
			}
			if err := subnet("10.0.1.0/24"); err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := subnet(test.block); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestSubnetsCanBeLookedUp(t *testing.T) {
	t.Parallel()
	provider := generic.New(clock.Clock{})
	made, err := provider.Create(t.Context(), request("AWS::EC2::Subnet",
		resource.Properties{"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1b"}))
	if err != nil {
		t.Fatal(err)
	}
	got, ok := provider.Subnet("123456789012", "us-east-1", made.PhysicalID)
	want := network.Subnet{ID: made.PhysicalID, VpcID: "vpc-1", CIDR: "10.0.1.0/24", AvailabilityZone: "us-east-1b"}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(ok, diff)
	}
	if _, ok := provider.Subnet("123456789012", "eu-west-1", made.PhysicalID); ok {
		t.Error("a subnet is found in another region")
	}
}

func TestNamesThatAreTakenAreRefused(t *testing.T) {
	t.Parallel()
	provider := generic.New(clock.Clock{})
	role := request("AWS::IAM::Role", resource.Properties{"RoleName": "deployer"})
	if _, err := provider.Create(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Create(t.Context(), role); err == nil {
		t.Error("two roles have one name")
	}
}

func TestThingsTakeTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := generic.New(clock.Clock{Speed: 10})
		started := time.Now()
		if _, err := provider.Create(t.Context(), request("AWS::EC2::NatGateway", nil)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(started); took != 9500*time.Millisecond {
			t.Errorf("a NAT gateway took %s at speed 10", took)
		}
	})
}

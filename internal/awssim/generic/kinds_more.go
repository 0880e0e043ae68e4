package generic

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// How long these services take, believed.
const (
	fileSystemCreate  = 10 * time.Second
	mountTargetCreate = 90 * time.Second
	keyCreate         = 20 * time.Second
)

// moreKinds are the types around a service: keys, files, users, names, firewalls. Forms of ids are those of each type's
// "Return values" in the template reference.
func moreKinds() map[string]kind {
	return map[string]kind{
		"AWS::CDK::Metadata": {identify: identifyNothing},
		"AWS::KMS::Key":      {identify: identifyKey, create: keyCreate},
		"AWS::EFS::FileSystem": {
			identify: identifyFiles("fs", "FileSystemId", "file-system"), create: fileSystemCreate,
			blocked:  "%s has mount targets; delete them before deleting the file system",
			blockers: map[string]string{"AWS::EFS::MountTarget": "FileSystemId"},
		},
		"AWS::EFS::AccessPoint":               {identify: identifyFiles("fsap", "AccessPointId", "access-point")},
		"AWS::EFS::MountTarget":               {identify: numbered("fsmt", "Id"), create: mountTargetCreate},
		"AWS::WAFv2::WebACL":                  {identify: identifyFirewall},
		"AWS::WAFv2::IPSet":                   {identify: identifyAddresses},
		"AWS::Logs::QueryDefinition":          {identify: identifyByUUID("QueryDefinitionId")},
		"AWS::Route53::HealthCheck":           {identify: identifyByUUID("HealthCheckId")},
		"AWS::Cognito::UserPoolGroup":         {identify: identifyUserGroup},
		"AWS::Cognito::UserPool":              {identify: identifyUserPool},
		"AWS::Cognito::UserPoolClient":        {identify: identifyUserPoolClient},
		"AWS::Cognito::UserPoolDomain":        {identify: identifyUserPoolDomain},
		"AWS::EC2::NetworkAcl":                {identify: numbered("acl", "Id")},
		"AWS::EC2::NetworkAclEntry":           {identify: identifyACLEntry},
		"AWS::EC2::EgressOnlyInternetGateway": {identify: numbered("eigw", "Id")},
		"AWS::EC2::FlowLog":                   {identify: numbered("fl", "Id")},
		"AWS::EC2::DHCPOptions": {
			identify: numbered("dopt", "DhcpOptionsId"),
			blocked:  "The dhcpOptions '%s' has dependencies and cannot be deleted.",
			blockers: map[string]string{"AWS::EC2::VPCDHCPOptionsAssociation": "DhcpOptionsId"},
		},
		subnetBlockType:                         {identify: numbered("subnet-cidr-assoc", "Id")},
		vpcBlockType:                            {identify: identifyBlock},
		"AWS::EC2::SubnetNetworkAclAssociation": {identify: numbered("aclassoc", "AssociationId")},
	}
}

func arnOf(r resource.Request, service, rest string) string {
	return "arn:aws:" + service + ":" + r.Region + ":" + r.Account + ":" + rest
}

// identifyNothing gives an id to what exists in templates alone.
func identifyNothing(resource.Request) (string, map[string]any) {
	return uuid.NewString(), map[string]any{}
}

func identifyKey(r resource.Request) (string, map[string]any) {
	id := uuid.NewString()
	return id, map[string]any{"KeyId": id, "Arn": arnOf(r, "kms", "key/"+id)}
}

func identifyFiles(prefix, attribute, word string) func(resource.Request) (string, map[string]any) {
	return func(r resource.Request) (string, map[string]any) {
		id := ec2(prefix)
		return id, map[string]any{attribute: id, "Arn": arnOf(r, "elasticfilesystem", word+"/"+id)}
	}
}

func identifyByUUID(attribute string) func(resource.Request) (string, map[string]any) {
	return func(resource.Request) (string, map[string]any) {
		id := uuid.NewString()
		return id, map[string]any{attribute: id}
	}
}

// identifyUserGroup answers the group's name alone, though the pool is part of what identifies it.
func identifyUserGroup(r resource.Request) (string, map[string]any) {
	if given := text(r.Properties["GroupName"]); given != "" {
		return given, map[string]any{}
	}
	return name(r, usualNameLength), map[string]any{}
}

// identifyAddresses names a set of addresses of a firewall as Ref does: name, id and scope.
func identifyAddresses(r resource.Request) (string, map[string]any) {
	named, scope := text(r.Properties["Name"]), text(r.Properties["Scope"])
	if named == "" {
		named = name(r, usualNameLength)
	}
	where := "regional"
	if scope == "CLOUDFRONT" {
		where = "global"
	}
	id := uuid.NewString()
	return named + "|" + id + "|" + scope, map[string]any{"Id": id, "Arn": arnOf(r, "wafv2", where+"/ipset/"+named+"/"+id)}
}

// identifyFirewall names a web ACL as Ref does: name, id and scope.
func identifyFirewall(r resource.Request) (string, map[string]any) {
	named, scope := text(r.Properties["Name"]), text(r.Properties["Scope"])
	if named == "" {
		named = name(r, usualNameLength)
	}
	where := "regional"
	if scope == "CLOUDFRONT" {
		where = "global"
	}
	id := uuid.NewString()
	return named + "|" + id + "|" + scope, map[string]any{
		"Id": id, "Arn": arnOf(r, "wafv2", where+"/webacl/"+named+"/"+id), "Capacity": float64(0),
		"LabelNamespace": "awswaf:" + r.Account + ":webacl:" + named + ":",
	}
}

func identifyUserPool(r resource.Request) (string, map[string]any) {
	const letters = 9
	id := r.Region + "_" + random(mixedCase, letters)
	provider := "cognito-idp." + r.Region + ".amazonaws.com/" + id
	return id, map[string]any{
		"UserPoolId": id, "Arn": arnOf(r, "cognito-idp", "userpool/"+id),
		"ProviderName": provider, "ProviderURL": "https://" + provider,
	}
}

func identifyUserPoolClient(r resource.Request) (string, map[string]any) {
	const letters, secret = 26, 52
	lower := strings.ToLower(alphabet)
	id := random(lower, letters)
	named := text(r.Properties["ClientName"])
	if named == "" {
		named = name(r, usualNameLength)
	}
	made := map[string]any{"ClientId": id, "Name": named, "ClientSecret": ""}
	if r.Properties["GenerateSecret"] == true {
		made["ClientSecret"] = random(lower, secret)
	}
	return id, made
}

func identifyUserPoolDomain(r resource.Request) (string, map[string]any) {
	const letters = 13
	domain := text(r.Properties["Domain"])
	if domain == "" {
		domain = strings.ToLower(name(r, usualNameLength))
	}
	return domain, map[string]any{
		"CloudFrontDistribution": "d" + random(strings.ToLower(alphabet), letters) + ".cloudfront.net",
	}
}

func identifyACLEntry(r resource.Request) (string, map[string]any) {
	id := name(r, usualNameLength)
	return id, map[string]any{"Id": id}
}

// usual returns what Fn::GetAtt answers for properties that a template leaves out, where it is not a text without
// letters: what the resource then has.
func usual(resourceType string) map[string]any {
	none := []any{}
	switch resourceType {
	case vpcType:
		return map[string]any{"EnableDnsHostnames": false, "EnableDnsSupport": true, "InstanceTenancy": "default", "Tags": none}
	case subnetType:
		return map[string]any{
			"AssignIpv6AddressOnCreation": false, "EnableDns64": false, "Ipv6Native": false, "MapPublicIpOnLaunch": false, "Tags": none,
			"PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord": false,
			"PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord":    false,
			"PrivateDnsNameOptionsOnLaunch.HostnameType":                    "ip-name",
			"BlockPublicAccessStates.InternetGatewayBlockMode":              "off",
		}
	case "AWS::EC2::SecurityGroup":
		return map[string]any{"SecurityGroupEgress": none, "SecurityGroupIngress": none, "Tags": none}
	case "AWS::EC2::NatGateway":
		return map[string]any{"AutoProvisionZones": "disabled", "AutoScalingIps": "disabled"}
	case vpcBlockType, subnetBlockType:
		return map[string]any{"IpSource": "amazon", "Ipv6AddressAttribute": "public"}
	case "AWS::EFS::MountTarget":
		return map[string]any{"SecurityGroups": none}
	case "AWS::RDS::DBParameterGroup":
		return map[string]any{"Tags": none}
	case "AWS::SNS::Topic":
		return map[string]any{
			"ContentBasedDeduplication": false, "FifoTopic": false, "DeliveryStatusLogging": none, "Subscription": none, "Tags": none,
		}
	default:
		return nil
	}
}

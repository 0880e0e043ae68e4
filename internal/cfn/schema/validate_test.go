package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

func TestValidateSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		typeName, props string
		want            []string
	}{
		"valid properties": {"AWS::EC2::VPC", `{"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true}`, nil},
		"an unknown property": {
			"AWS::EC2::InternetGateway", `{"Colour": "red"}`,
			[]string{"#: extraneous key [Colour] is not permitted"},
		},
		"a missing property": {
			"AWS::EC2::RouteTable", `{}`,
			[]string{"#: required key [VpcId] not found"},
		},
		"a list that should be a string": {
			"AWS::EC2::RouteTable", `{"VpcId": ["vpc-1"]}`,
			[]string{"#/VpcId: expected type: String, found: JSONArray"},
		},
		"a value outside the enumeration": {
			"AWS::EC2::VPC", `{"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "shared"}`,
			[]string{
				"#/InstanceTenancy: #: only 1 subschema matches out of 2",
				"#/InstanceTenancy: failed validation constraint for keyword [enum] (allowed are [dedicated default host])",
			},
		},
		"a nested unknown property": {
			"AWS::ECS::Service", `{"NetworkConfiguration": {"AwsvpcConfiguration": {"Subnet": []}}}`,
			[]string{"#/NetworkConfiguration/AwsvpcConfiguration: extraneous key [Subnet] is not permitted"},
		},
		"neither of two alternatives": {
			"AWS::EC2::VPC", `{}`,
			[]string{"#: required key not found: exactly one of [CidrBlock, Ipv4IpamPoolId]"},
		},
		"both of two alternatives": {
			"AWS::EC2::VPC", `{"CidrBlock": "10.0.0.0/16", "Ipv4IpamPoolId": "p", "Ipv4NetmaskLength": 16}`,
			[]string{"#: 2 subschemas matched instead of one"},
		},
		"a property without its companion": {
			"AWS::EC2::VPC", `{"Ipv4IpamPoolId": "p"}`,
			[]string{"#: property [Ipv4IpamPoolId] is present but [Ipv4NetmaskLength] is missing"},
		},
		"a read-only property": {
			"AWS::EC2::InternetGateway", `{"InternetGatewayId": "igw-1"}`,
			[]string{"#: extraneous key [InternetGatewayId] is not permitted (it is read-only: AWS sets it)"},
		},
		"a string that is too long": {
			"AWS::IAM::Role", `{"AssumeRolePolicyDocument": {}, "Tags": [{"Key": "k", "Value": "` + strings.Repeat("x", 257) + `"}]}`,
			[]string{"#/Tags/0/Value: expected maxLength: 256, actual: 257"},
		},
		"numbers out of bounds": {
			"AWS::ElasticLoadBalancingV2::TargetGroup", `{"HealthCheckIntervalSeconds": 1, "Port": 70000}`,
			[]string{
				"#/HealthCheckIntervalSeconds: failed validation constraint for keyword [minimum] (at least 5)",
				"#/Port: failed validation constraint for keyword [maximum] (at most 65535)",
			},
		},
		"a string of another form": {
			"AWS::RDS::DBSubnetGroup", `{"DBSubnetGroupDescription": "d", "SubnetIds": [], "Tags": [{"Key": ""}]}`,
			[]string{"#/Tags/0/Key: expected minLength: 1, actual: 0"},
		},
		"a string that does not match its pattern": {
			"AWS::ECR::Repository", `{"RepositoryName": "Upper"}`,
			[]string{
				"#/RepositoryName: failed validation constraint for keyword [pattern] (expected a match of " +
					`^(?=.{2,256}$)([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*)$)`,
			},
		},
		"none of several alternatives": {
			"AWS::IAM::Policy", `{"PolicyName": "p", "PolicyDocument": {}}`,
			[]string{"#: required key not found: at least one of [Users, Groups, Roles]"},
		},
		"properties that exclude each other": {
			"AWS::EC2::Subnet", `{"VpcId": "v", "CidrBlock": "c", "AvailabilityZone": "a", "AvailabilityZoneId": "b"}`,
			[]string{
				"#/AvailabilityZone: the property is not permitted together with others that are given",
				"#/AvailabilityZoneId: the property is not permitted together with others that are given",
			},
		},
		"doubled items": {
			"AWS::ECS::ClusterCapacityProviderAssociations",
			`{"Cluster": "c", "CapacityProviders": ["FARGATE", "FARGATE"], "DefaultCapacityProviderStrategy": []}`,
			[]string{"#/CapacityProviders: array items are not unique"},
		},
		"an object that fits no alternative": {
			"AWS::S3::Bucket", `{"LoggingConfiguration": {"TargetObjectKeyFormat": {"Neither": 1}}}`,
			[]string{"#/LoggingConfiguration/TargetObjectKeyFormat: no subschema matched out of the total 2 subschemas"},
		},
		"an intrinsic function that is not resolved": {
			"AWS::EC2::RouteTable", `{"VpcId": {"Ref": "VPC"}}`,
			[]string{"#/VpcId: expected type: String, found: JSONObject"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, problem := range mustFor(t, c.typeName).Validate(decode(t, c.props)) {
				got = append(got, problem.Explain())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidateTakesWhatCloudFormationCoerces(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		typeName, props, want string
	}{
		"a number in a string":       {"AWS::ElasticLoadBalancingV2::TargetGroup", `{"Port": "80"}`, `{"Port": 80}`},
		"a string that is a number":  {"AWS::ECS::TaskDefinition", `{"Cpu": 256}`, `{"Cpu": "256"}`},
		"a boolean in a string":      {"AWS::EC2::Subnet", `{"VpcId": "v", "CidrBlock": "c", "MapPublicIpOnLaunch": "true"}`, `{"VpcId": "v", "CidrBlock": "c", "MapPublicIpOnLaunch": true}`},
		"a string that is a boolean": {"AWS::EC2::RouteTable", `{"VpcId": true}`, `{"VpcId": "true"}`},
		"within lists and definitions": {
			"AWS::ECS::TaskDefinition",
			`{"ContainerDefinitions": [{"Name": "a", "Image": "i", "Essential": "true", "PortMappings": [{"ContainerPort": "8000"}]}]}`,
			`{"ContainerDefinitions": [{"Name": "a", "Image": "i", "Essential": true, "PortMappings": [{"ContainerPort": 8000}]}]}`,
		},
		"in a map of strings": {
			"AWS::ECS::TaskDefinition",
			`{"ContainerDefinitions": [{"Name": "a", "Image": "i", "DockerLabels": {"n": 1}}]}`,
			`{"ContainerDefinitions": [{"Name": "a", "Image": "i", "DockerLabels": {"n": "1"}}]}`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustFor(t, c.typeName)
			given := decode(t, c.props)
			if problems := s.Validate(given); len(problems) > 0 {
				t.Errorf("problems: %v", problems)
			}
			got, err := s.Coerce(given)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decode(t, c.want), got); diff != "" {
				t.Errorf("coerced (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(decode(t, c.props), given); diff != "" {
				t.Errorf("the argument was modified:\n%s", diff)
			}
		})
	}
}

func TestValidateRefusesWhatCannotBeCoerced(t *testing.T) {
	t.Parallel()
	for _, port := range []string{`"http"`, `"80.5"`, `80.5`, `"NaN"`, `"0x50"`, `true`, `""`, `" 80"`, `[80]`} {
		problems := mustFor(t, "AWS::ElasticLoadBalancingV2::TargetGroup").Validate(decode(t, `{"Port": `+port+`}`))
		if len(problems) != 1 || problems[0].Path != "/Port" {
			t.Errorf("Port %s: problems %v, want one at /Port", port, problems)
		}
	}
}

func TestValidateRefusesTextThatOnlyGoTakesForANumber(t *testing.T) {
	t.Parallel()
	for _, threshold := range []string{`"NaN"`, `"inf"`, `"0x1p4"`, `"1_000"`} {
		problems := mustFor(t, "AWS::CloudWatch::Alarm").Validate(decode(t,
			`{"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "m", "Threshold": `+threshold+`}`))
		if len(problems) != 1 || problems[0].Path != "/Threshold" {
			t.Errorf("Threshold %s: problems %v, want one at /Threshold", threshold, problems)
		}
	}
}

func TestValidateTemplateAcceptsIntrinsicFunctionsAnywhere(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		typeName, props string
		want            []string
	}{
		"for a scalar": {"AWS::EC2::RouteTable", `{"VpcId": {"Ref": "VPC"}}`, nil},
		"for an enumeration": {
			"AWS::EC2::VPC", `{"CidrBlock": "10.0.0.0/16", "InstanceTenancy": {"Fn::If": ["A", "default", "host"]}}`, nil,
		},
		"for a list":    {"AWS::ECS::Service", `{"NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": {"Fn::Split": [",", "a"]}}}}`, nil},
		"for an object": {"AWS::ECS::Service", `{"NetworkConfiguration": {"Fn::If": ["A", {}, {"Ref": "AWS::NoValue"}]}}`, nil},
		"for an item":   {"AWS::ECS::Service", `{"LoadBalancers": [{"Fn::If": ["A", {"x": 1}, {"Ref": "AWS::NoValue"}]}]}`, nil},
		"no value is no property": {
			"AWS::EC2::RouteTable", `{"VpcId": {"Ref": "AWS::NoValue"}}`,
			[]string{"#: required key [VpcId] not found"},
		},
		"an object with more than the function is none": {
			"AWS::EC2::RouteTable", `{"VpcId": {"Ref": "VPC", "Other": 1}}`,
			[]string{"#/VpcId: expected type: String, found: JSONObject"},
		},
		"what stands beside a function is still checked": {
			"AWS::EC2::RouteTable", `{"VpcId": {"Ref": "VPC"}, "Colour": {"Ref": "C"}}`,
			[]string{"#: extraneous key [Colour] is not permitted"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, problem := range mustFor(t, c.typeName).ValidateTemplate(decode(t, c.props)) {
				got = append(got, problem.Explain())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAlternativesThatDependOnAFunctionAreLeftOpen(t *testing.T) {
	t.Parallel()
	props := decode(t, `{"LoggingConfiguration": {"TargetObjectKeyFormat": {"SimplePrefix": {"Ref": "Prefix"}}}}`)
	if problems := mustFor(t, "AWS::S3::Bucket").ValidateTemplate(props); len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
}

// Templates come from anywhere: no properties may break the validator, and what is coerced once is coerced.
func FuzzCoerceAndValidate(f *testing.F) {
	f.Add("AWS::ECS::Service", `{"DesiredCount": "2", "LoadBalancers": [{"ContainerPort": {"Ref": "P"}}]}`)
	f.Add("AWS::EC2::SecurityGroup", `{"GroupDescription": 1, "SecurityGroupIngress": [{"IpProtocol": -1, "CidrIp": null}]}`)
	f.Add("AWS::S3::Bucket", `{"Tags": [{"Key": true, "Value": 1e400}], "BucketName": {"Ref": "AWS::NoValue"}}`)
	f.Fuzz(func(t *testing.T, typeName, text string) {
		s, ok := schema.For(typeName)
		var props object
		if !ok || json.Unmarshal([]byte(text), &props) != nil {
			return
		}
		once, err := s.Coerce(props)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := s.Coerce(once)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Errorf("coercing again changes (-once +twice):\n%s", diff)
		}
		if diff := cmp.Diff(s.Validate(props), s.Validate(once)); diff != "" {
			t.Errorf("coerced properties have other problems (-given +coerced):\n%s", diff)
		}
		s.ValidateTemplate(props)
	})
}

func decode(t testing.TB, text string) object {
	t.Helper()
	var value object
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("decoding %s: %v", text, err)
	}
	return value
}

package cfn_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/ec2"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/elbv2"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/iam"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/logs"
)

func TestDocumentRendersResourcesReferencesAndOutputs(t *testing.T) {
	t.Parallel()
	d := cfn.New("A network & more")
	vpc := d.Add("VPC", ec2.VPC{CidrBlock: cfn.S("10.0.0.0/16"), EnableDnsSupport: cfn.B(false)}, cfn.OnDelete(cfn.Delete))
	gateway := d.Add("Gateway", ec2.InternetGateway{}, cfn.OnReplace(cfn.Retain))
	d.Add("Subnet", ec2.Subnet{
		VpcId:            vpc.Ref(),
		CidrBlock:        vpc.Attr("CidrBlock"),
		AvailabilityZone: cfn.Zone(1),
		Tags:             []cfn.Tag{{Key: cfn.S("<a>"), Value: cfn.Concat(cfn.S("${x}-"), cfn.StackName())}},
	}, cfn.DependsOn(vpc, gateway, vpc))
	d.Output("Range", "the range", cfn.Concat(cfn.S("in "), cfn.Region(), cfn.S(": "), vpc.Attr("CidrBlock")))

	want := `{"AWSTemplateFormatVersion":"2010-09-09","Description":"A network & more",` +
		`"Outputs":{"Range":{"Description":"the range","Value":{"Fn::Sub":"in ${AWS::Region}: ${VPC.CidrBlock}"}}},` +
		`"Resources":{"Gateway":{"Properties":{},"Type":"AWS::EC2::InternetGateway","UpdateReplacePolicy":"Retain"},` +
		`"Subnet":{"DependsOn":["Gateway","VPC"],"Properties":{"AvailabilityZone":{"Fn::Select":[1,{"Fn::GetAZs":""}]},` +
		`"CidrBlock":{"Fn::GetAtt":["VPC","CidrBlock"]},` +
		`"Tags":[{"Key":"<a>","Value":{"Fn::Sub":"${!x}-${AWS::StackName}"}}],"VpcId":{"Ref":"VPC"}},"Type":"AWS::EC2::Subnet"},` +
		`"VPC":{"DeletionPolicy":"Delete","Properties":{"CidrBlock":"10.0.0.0/16","EnableDnsSupport":false},"Type":"AWS::EC2::VPC"}}}`
	got := render(t, d)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("template (-want +got):\n%s", diff)
	}
	if err := cfn.Validate(got); err != nil {
		t.Error(err)
	}
}

func TestRenderedKeysAreSorted(t *testing.T) {
	t.Parallel()
	d := cfn.New("sorted")
	d.Add("Role", iam.Role{AssumeRolePolicyDocument: iam.TrustService("ecs-tasks.amazonaws.com")})
	d.Add("Logs", logs.LogGroup{RetentionInDays: cfn.I(7), LogGroupName: cfn.S("/a")})
	d.Add("Targets", elbv2.TargetGroup{Port: cfn.I(80), HealthCheckPath: cfn.S("/?a=1&b=<2>"), HealthCheckEnabled: cfn.B(true)})
	got := render(t, d)
	if diff := cmp.Diff(string(canonical(t, got)), string(got)); diff != "" {
		t.Errorf("the template is not in canonical form (-canonical +got):\n%s", diff)
	}
}

// canonical decodes and encodes JSON, which sorts all keys.
func canonical(t *testing.T, body []byte) []byte {
	t.Helper()
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(out.Bytes())
}

func TestDocumentReportsMistakesWhenItIsRendered(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		make func(*cfn.Document)
		want string
	}{
		"a logical id that is used twice": {func(d *cfn.Document) {
			d.Add("VPC", ec2.VPC{})
			d.Add("VPC", ec2.VPC{})
		}, "resource VPC: the logical id is already taken"},
		"a logical id with other characters": {func(d *cfn.Document) {
			d.Add("my-vpc", ec2.VPC{})
		}, `resource "my-vpc": a logical id consists of 1 to 255 letters and digits`},
		"an attribute that the type does not have": {func(d *cfn.Document) {
			d.Add("VPC", ec2.VPC{}).Attr("DNSName")
		}, `resource VPC: AWS::EC2::VPC has no attribute "DNSName"`},
		"a type without a schema": {func(d *cfn.Document) {
			d.Add("X", unknownResource{})
		}, "resource X: the type AWS::None::Such is unknown"},
		"an output that is used twice": {func(d *cfn.Document) {
			d.Output("URL", "", cfn.S("a"))
			d.Output("URL", "", cfn.S("b"))
		}, "output URL: the name is already taken"},
		"an output with other characters": {func(d *cfn.Document) {
			d.Output("the url", "", cfn.S("a"))
		}, `output "the url": a logical id consists of 1 to 255 letters and digits`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := cfn.New("wrong")
			c.make(d)
			_, err := d.JSON()
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

type unknownResource struct{}

func (unknownResource) ResourceType() string { return "AWS::None::Such" }

func TestAllMistakesAreReportedTogether(t *testing.T) {
	t.Parallel()
	d := cfn.New("wrong")
	d.Add("a-b", ec2.VPC{}).Attr("Nope")
	_, err := d.JSON()
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("error %v, want two lines", err)
	}
}

func TestConcatKeepsLiteralsLiteral(t *testing.T) {
	t.Parallel()
	got := cfn.Concat(cfn.S("${AWS::Region} $"), cfn.S("{x}")).Text
	if want := "${!AWS::Region} ${!x}"; got != want {
		t.Errorf("Concat = %q, want %q", got, want)
	}
}

func render(t testing.TB, d *cfn.Document) []byte {
	t.Helper()
	body, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

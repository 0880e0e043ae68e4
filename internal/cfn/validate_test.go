package cfn_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
)

func TestValidateListsEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body string
		want []string
	}{
		"no JSON":      {`{`, []string{"not a template: unexpected end of JSON input"}},
		"no resources": {`{}`, []string{"it has no resources; CloudFormation wants at least one"}},
		"an unknown type": {
			`{"Resources": {"A": {"Type": "AWS::None::Such"}}}`,
			[]string{`resource A: the type "AWS::None::Such" is unknown`},
		},
		"wrong properties": {
			`{"Resources": {"A": {"Type": "AWS::EC2::RouteTable", "Properties": {"Colour": "red"}}}}`,
			[]string{
				"resource A: #: extraneous key [Colour] is not permitted",
				"resource A: #: required key [VpcId] not found",
			},
		},
		"references to nothing": {
			`{"Resources": {"A": {"Type": "AWS::EC2::RouteTable", "DependsOn": ["B"], "Properties": {"VpcId": {"Ref": "C"},
			  "Tags": [{"Key": "k", "Value": {"Fn::GetAtt": ["D", "X"]}}]}}},
			  "Outputs": {"O": {"Value": {"Fn::Sub": "${E} ${F.X} ${!G} ${AWS::Region}"}}}}`,
			[]string{
				"output O: Fn::GetAtt F.X: there is no such resource",
				"output O: Ref E: there is no such resource or pseudo parameter",
				"resource A: DependsOn B: there is no such resource",
				"resource A: Fn::GetAtt D.X: there is no such resource",
				"resource A: Ref C: there is no such resource or pseudo parameter",
			},
		},
		"an attribute that the type does not have": {
			`{"Resources": {"A": {"Type": "AWS::EC2::InternetGateway"}},
			  "Outputs": {"O": {"Value": {"Fn::GetAtt": ["A", "Name"]}}, "P": {"Value": {"Fn::Sub": "${A.Name}"}}}}`,
			[]string{
				"output O: Fn::GetAtt A.Name: AWS::EC2::InternetGateway has no such attribute",
				"output P: Fn::GetAtt A.Name: AWS::EC2::InternetGateway has no such attribute",
			},
		},
		"functions of a wrong form": {
			`{"Resources": {"A": {"Type": "AWS::EC2::InternetGateway"}},
			  "Outputs": {"O": {"Value": {"Fn::GetAtt": "A"}}, "P": {"Value": {"Fn::Sub": "${A"}}}}`,
			[]string{
				"output O: Fn::GetAtt A: want a logical id and an attribute",
				`output P: Fn::Sub "${A": a ${ is not closed by }`,
			},
		},
		"too long a description": {
			`{"Description": "` + strings.Repeat("x", 1025) + `", "Resources": {"A": {"Type": "AWS::EC2::InternetGateway"}}}`,
			[]string{"it has 1025 bytes of description; CloudFormation takes 1024"},
		},
		"too many bytes": {
			`{"Metadata": "` + strings.Repeat("x", 51200) + `", "Resources": {"A": {"Type": "AWS::EC2::InternetGateway"}}}`,
			[]string{"it has 51275 bytes; CloudFormation takes 51200"},
		},
		"too many resources and outputs": {
			`{"Resources": {` + repeated(501, `"R%d": {"Type": "AWS::EC2::EIP"}`) + `}, "Outputs": {` +
				repeated(201, `"O%d": {"Value": "x"}`) + `}}`,
			[]string{"it has 201 outputs; CloudFormation takes 200", "it has 501 resources; CloudFormation takes 500"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := cfn.Validate([]byte(c.body))
			var invalid *cfn.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("error %v, want an InvalidError", err)
			}
			if diff := cmp.Diff(c.want, invalid.Problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func repeated(n int, format string) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(members, ",")
}

func TestInvalidErrorIsOneSentence(t *testing.T) {
	t.Parallel()
	err := &cfn.InvalidError{Problems: []string{"a is wrong", "b too"}}
	if got, want := err.Error(), "the template is invalid: a is wrong; b too"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func FuzzValidate(f *testing.F) {
	f.Add(`{"Resources": {"A": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Fn::Sub": "${A.B}${!C}"}}}}}`)
	f.Add(`{"Resources": {"A": {"Type": "AWS::EC2::VPC", "DependsOn": ["A"]}}, "Outputs": {"O": {"Value": {"Fn::GetAtt": [1, 2]}}}}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		first, second := cfn.Validate([]byte(body)), cfn.Validate([]byte(body))
		if fmt.Sprint(first) != fmt.Sprint(second) {
			t.Errorf("two validations of %q differ:\n%v\n%v", body, first, second)
		}
	})
}

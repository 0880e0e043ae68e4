package document_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

func TestJSONAndYAMLReadAlike(t *testing.T) {
	t.Parallel()
	fromJSON, err := document.Parse(`{
		"Resources": {
			"A": {"Type": "T::A", "Properties": {"N": 1, "B": true, "S": "x", "L": [{"Ref": "B"}], "G": {"Fn::GetAtt": ["B", "C.D"]}},
				"DependsOn": ["B"], "DeletionPolicy": "Retain", "Metadata": {"m": 1}},
			"B": {"Type": "T::B"}
		},
		"Outputs": {"O": {"Value": {"Fn::Sub": "${A}"}, "Export": {"Name": "e"}, "Description": "d"}}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	fromYAML, err := document.Parse(`
Resources:
  A:
    Type: T::A
    Properties: {N: 1, B: true, S: x, L: [!Ref B], G: !GetAtt B.C.D}
    DependsOn: B
    DeletionPolicy: Retain
    Metadata: {m: 1}
  B: {Type: T::B}
Outputs:
  O: {Value: !Sub "${A}", Export: {Name: e}, Description: d}
`)
	if err != nil {
		t.Fatal(err)
	}
	fromJSON.Body, fromYAML.Body = "", ""
	if diff := cmp.Diff(fromJSON, fromYAML); diff != "" {
		t.Error(diff)
	}
}

func TestDependenciesComeFromEveryKindOfReference(t *testing.T) {
	t.Parallel()
	template, err := document.Parse(`
Parameters: {P: {Type: String, Default: x}}
Resources:
  ByRef: {Type: T}
  ByAttribute: {Type: T}
  BySub: {Type: T}
  BySubAttribute: {Type: T}
  ByMap: {Type: T}
  ByHand: {Type: T}
  Deep: {Type: T}
  Shadowed: {Type: T}
  Subject:
    Type: T
    DependsOn: [ByHand]
    Properties:
      A: [!Ref ByRef, !Ref P, !Ref AWS::Region]
      B: !GetAtt ByAttribute.X
      C: !Sub ["${BySub} ${BySubAttribute.Y} ${!No} ${Shadowed}", {Shadowed: !Ref ByMap}]
      D: {E: [{F: !Join [",", [!Ref Deep]]}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ByAttribute", "ByHand", "ByMap", "ByRef", "BySub", "BySubAttribute", "Deep"}
	if diff := cmp.Diff(want, template.Resources["Subject"].Dependencies); diff != "" {
		t.Error(diff)
	}
}

func TestBodiesThatAreNoTemplateAreRefused(t *testing.T) {
	t.Parallel()
	const first = "Resources: {A: {Type: T}}\n"
	deep := strings.Repeat("[", 500) + strings.Repeat("]", 500)
	tests := map[string]struct{ body, want string }{
		"an alias": {
			"Resources: {A: &a {Type: T}, B: *a}", "Template error: YAML aliases are not allowed in CloudFormation templates",
		},
		"two documents": {first + "---\n" + first, "Template format error: YAML not well-formed. (line 2, column 1)"},
		"deep YAML":     {"Metadata: " + deep + "\n" + first, "Template format error: the template is too deep."},
		"deep JSON":     {`{"Metadata": ` + deep + `}`, "Template format error: the template is too deep."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := document.Parse(test.body); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	for _, seed := range []string{
		`{"Resources": {"A": {"Type": "T", "Properties": {"B": {"Ref": "C"}}}}}`,
		"Resources:\n  A:\n    Type: T\n    Properties:\n      B: !Sub '${C}'\n",
		"a: &a [*a]", "Resources: {A: !GetAtt B}", "? [a]: b", "{", "",
		"Parameters: {P: {Type: Number, MinValue: 1, AllowedPattern: '(', AllowedValues: [1]}}\nResources: {A: {Type: T}}",
		"Conditions: {A: !Not [!Condition A]}\nResources: {A: {Type: T, Condition: A}}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := document.Parse(body); err != nil {
			if _, ok := errors.AsType[*document.Error](err); !ok {
				t.Errorf("not AWS's refusal: %v", err)
			}
		}
	})
}

package intrinsic_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
)

// around puts an expression of YAML into a template that has something of everything.
func around(expression string) string {
	return `
Transform: AWS::LanguageExtensions
Parameters:
  Name: {Type: String, Default: x}
  List: {Type: CommaDelimitedList, Default: "a,b"}
Mappings:
  Sizes: {small: {cpu: "256", zones: [a, b]}}
Conditions:
  Yes: !Equals [!Ref Name, x]
  No: !Not [!Condition Yes]
  Both: !And [!Condition Yes, !Condition No]
  Either: !Or [!Condition Yes, !Condition No]
Resources:
  Subject:
    Type: AWS::SNS::Topic
    Properties:
      Value: ` + expression + `
  Other: {Type: AWS::SNS::Topic}
`
}

func scopeOf(t *testing.T, body string) *intrinsic.Scope {
	t.Helper()
	template, err := document.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return &intrinsic.Scope{
		Template:   template,
		Parameters: map[string]any{"Name": "x", "List": []any{"a", "b"}},
		Pseudo:     map[string]any{"AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012", "AWS::NotificationARNs": []any{}},
		Resource:   func(logicalID string) (string, error) { return "ref-of-" + logicalID, nil },
		Attribute:  func(logicalID, attribute string) (any, error) { return logicalID + "/" + attribute, nil },
		Import: func(export string) (string, error) {
			if export == "missing" {
				return "", errNoExport
			}
			return "import-of-" + export, nil
		},
	}
}

var errNoExport = errors.New("no export named missing")

func TestExpressionsEvaluateAsInCloudFormation(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		expression string
		want       any
	}{
		"a plain value":                 {`{a: [1, true, b]}`, map[string]any{"a": []any{1.0, true, "b"}}},
		"Ref of a parameter":            {`!Ref Name`, "x"},
		"Ref of a list":                 {`!Ref List`, []any{"a", "b"}},
		"Ref of a pseudo parameter":     {`!Ref AWS::AccountId`, "123456789012"},
		"Ref of a resource":             {`!Ref Other`, "ref-of-Other"},
		"Ref in full":                   {`{Ref: Name}`, "x"},
		"GetAtt in short":               {`!GetAtt Other.Endpoint.Address`, "Other/Endpoint.Address"},
		"GetAtt of a list":              {`!GetAtt [Other, Arn]`, "Other/Arn"},
		"GetAtt dotted in full":         {`{"Fn::GetAtt": Other.Endpoint.Port}`, "Other/Endpoint.Port"},
		"GetAtt of a computed name":     {`{"Fn::GetAtt": [Other, !Ref Name]}`, "Other/x"},
		"Sub":                           {`!Sub "${Name}-${AWS::Region}-${Other}-${Other.Arn}"`, "x-eu-west-1-ref-of-Other-Other/Arn"},
		"Sub of literals":               {`!Sub "${!Name} $Name $${Name} ${"`, "${Name} $Name $x ${"},
		"Sub with spaces around names":  {`!Sub ["${ Own }${ Name}", {Own: y}]`, "yx"},
		"Sub with a map":                {`!Sub ["${Own}${Name}", {Own: !Ref AWS::Region}]`, "eu-west-1x"},
		"Join":                          {`!Join ["-", [a, !Ref Name, 1]]`, "a-x-1"},
		"Join of a list parameter":      {`!Join [",", !Ref List]`, "a,b"},
		"Join of nothing":               {`!Join [",", []]`, ""},
		"Select":                        {`!Select [1, !Ref List]`, "b"},
		"Select by text":                {`!Select ["0", [a]]`, "a"},
		"Split":                         {`!Split ["|", "a||b"]`, []any{"a", "", "b"}},
		"Select of Split":               {`!Select [1, !Split ["-", !Sub "${Name}-y"]]`, "y"},
		"FindInMap":                     {`!FindInMap [Sizes, small, cpu]`, "256"},
		"FindInMap of a list":           {`!FindInMap [Sizes, !Sub "small", zones]`, []any{"a", "b"}},
		"If that holds":                 {`!If [Yes, 1, 2]`, 1.0},
		"If that does not":              {`!If [No, 1, !Ref Name]`, "x"},
		"And":                           {`!If [Both, 1, 2]`, 2.0},
		"Or":                            {`!If [Either, 1, 2]`, 1.0},
		"no value in a map":             {`{a: !Ref AWS::NoValue, b: 1}`, map[string]any{"b": 1.0}},
		"no value in a list":            {`[!Ref AWS::NoValue, 1, !If [No, 2, !Ref AWS::NoValue]]`, []any{1.0}},
		"Base64":                        {`!Base64 hello`, "aGVsbG8="},
		"Base64 of a function":          {`{"Fn::Base64": !Sub "${Name}"}`, "eA=="},
		"Cidr":                          {`!Cidr [10.0.0.0/16, 3, 8]`, []any{"10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"}},
		"Cidr by default and text":      {`!Cidr ["192.168.0.0/24", "1"]`, []any{"192.168.0.0/24"}},
		"Cidr of an address in a block": {`!Cidr ["10.0.5.7/16", 1, 12]`, []any{"10.0.0.0/20"}},
		"Cidr of IPv6":                  {`!Cidr ["2001:db8::/56", 2, 64]`, []any{"2001:db8::/64", "2001:db8:0:1::/64"}},
		"GetAZs of the own region":      {`!GetAZs ""`, []any{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
		"GetAZs of another one":         {`!Select [5, !GetAZs us-east-1]`, "us-east-1f"},
		"ImportValue":                   {`!ImportValue shared`, "import-of-shared"},
		"ImportValue of a function":     {`{"Fn::ImportValue": !Sub "${Name}-vpc"}`, "import-of-x-vpc"},
		"ToJsonString":                  {`!ToJsonString {b: [1, !Ref Name], a: true}`, `{"a":true,"b":[1,"x"]}`},
		"Length":                        {`!Length [a, b, c]`, 3.0},
		"Length of a list parameter":    {`!Length {Ref: List}`, 2.0},
		"a date stays text":             {`2012-10-17`, "2012-10-17"},
		"an account id stays text":      {`"012345678901"`, "012345678901"},
		"so it does without quotes":     {`012345678901`, "012345678901"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scope := scopeOf(t, around(test.expression))
			got, err := scope.Value(scope.Template.Resources["Subject"].Properties["Value"])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrongExpressionsAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ expression, want string }{
		"Select beyond the end":    {`!Select [9, !Ref List]`, "Template error: Fn::Select cannot select nonexistent value at index 9"},
		"Select of one reference":  {`!Select [2, [!Ref Name]]`, "Template error: Fn::Select cannot select nonexistent value at index 2"},
		"Select beyond the text":   {`!Select [3, [a]]`, "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"},
		"Select by a word":         {`!Select [first, !Ref List]`, "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"},
		"Select by a named word":   {`!Select [!Ref Name, !Ref List]`, "Template error: Fn::Select requires a list argument with a valid index value as its first element"},
		"Select of no list":        {`!Select [0, a]`, "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"},
		"FindInMap without a hit":  {`!FindInMap [Sizes, large, cpu]`, "Template error: Unable to get mapping for Sizes::large::cpu"},
		"Join of no list":          {`!Join [",", a]`, "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."},
		"Split by nothing":         {`!Split ["", a]`, "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split."},
		"Cidr of too many":         {`!Cidr [10.0.0.0/24, 2, 8]`, "Template error: Every Fn::Cidr object requires three parameters, an ipBlock, a count (1-256) and cidrBits, and the block must be large enough."},
		"Sub of a list":            {`!Sub "${List}"`, "Template error: every variable in an Fn::Sub object must reference a string"},
		"a condition as a value":   {`!Equals [a, b]`, "Template error: Fn::Equals is only supported in the Conditions block"},
		"an import that is absent": {`!ImportValue missing`, "no export named missing"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scope := scopeOf(t, around(test.expression))
			_, err := scope.Value(scope.Template.Resources["Subject"].Properties["Value"])
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestConditionsThatNameEachOtherAreRefused(t *testing.T) {
	t.Parallel()
	scope := scopeOf(t, `
Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}
Resources: {Topic: {Type: AWS::SNS::Topic, Condition: A}}
`)
	if _, err := scope.Active(); err == nil {
		t.Error("a circle of conditions was evaluated")
	}
}

func TestCheckFindsMistakesBesideUnknownValues(t *testing.T) {
	t.Parallel()
	scope := scopeOf(t, around(`[!Ref Other, !FindInMap [Sizes, large, cpu]]`))
	scope.Resource = func(string) (string, error) { return "", intrinsic.ErrUnknown }
	if err := scope.Check(); err == nil || err.Error() != "Template error: Unable to get mapping for Sizes::large::cpu" {
		t.Errorf("got %v", err)
	}
}

func FuzzExpressionsNeverPanic(f *testing.F) {
	for _, seed := range []string{
		`!Sub "${Name}-${!x}"`, `!Cidr [10.0.0.0/16, 3, 8]`, `{"Fn::If": [Yes, {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}, !Ref AWS::NoValue]}`,
		`!Cidr ["2001:db8::/56", 2, 64]`, `!Join [",", !GetAZs ""]`, `!ToJsonString {a: !Length [1]}`, `{"Fn::GetAtt": [Other, {"Ref": "Name"}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		template, err := document.Parse(around(expression))
		if err != nil {
			if _, ok := errors.AsType[*document.Error](err); !ok {
				t.Errorf("not AWS's refusal: %v", err)
			}
			return
		}
		scope := &intrinsic.Scope{
			Template: template, Parameters: map[string]any{"Name": "x", "List": []any{"a"}},
			Pseudo:    map[string]any{"AWS::Region": "eu-west-1"},
			Resource:  func(string) (string, error) { return "id", nil },
			Attribute: func(string, string) (any, error) { return "value", nil },
			Import:    func(string) (string, error) { return "value", nil },
		}
		_ = scope.Check()
		for _, resource := range template.Resources {
			_, _ = scope.Properties(resource.Properties)
		}
	})
}

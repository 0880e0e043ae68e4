package cfn

import "strings"

// String is a string property: a literal S, or an expression that CloudFormation evaluates. Nil is "not given".
type String interface{ isString() }

// Integer is an integer property: a literal I, or an expression. Nil is "not given".
type Integer interface{ isInteger() }

// Number is a number property: a literal I, or an expression. Nil is "not given".
type Number interface{ isNumber() }

// Boolean is a boolean property: a literal B, or an expression. Nil is "not given".
type Boolean interface{ isBoolean() }

// JSON is a property that takes a whole document whose form the schema leaves open, such as an IAM policy.
// A type with fields in alphabetical order says so by implementing it.
type JSON interface{ IsJSON() }

// S is a literal string.
type S string

// I is a literal integer.
type I int64

// B is a literal boolean.
type B bool

func (S) isString()  {}
func (I) isInteger() {}
func (I) isNumber()  {}
func (B) isBoolean() {}

// Strings returns the list as literals, and nil for an empty list.
func Strings(list []string) []String {
	var literals []String
	for _, text := range list {
		literals = append(literals, S(text))
	}
	return literals
}

// expression makes the type that embeds it fit for every scalar property.
type expression struct{}

func (expression) isString()  {}
func (expression) isInteger() {}
func (expression) isNumber()  {}
func (expression) isBoolean() {}

// Ref is what a resource calls itself, most often its physical id, or a pseudo parameter.
// Handle.Ref and the functions below make it.
type Ref struct {
	expression

	Name string `json:"Ref"`
}

// Partition is the group of regions, such as "aws" or "aws-cn".
func Partition() Ref { return Ref{Name: "AWS::Partition"} }

// Region is the region of the stack, such as "us-east-1".
func Region() Ref { return Ref{Name: "AWS::Region"} }

// StackName is the name of the stack.
func StackName() Ref { return Ref{Name: "AWS::StackName"} }

// GetAtt is an attribute of a resource. Handle.Attr makes it.
type GetAtt struct {
	expression

	Path [2]string `json:"Fn::GetAtt"` // Logical id and attribute.
}

// Concatenation is a text with expressions in it. Concat makes it.
type Concatenation struct {
	expression

	Text string `json:"Fn::Sub"`
}

// Part is a piece of a Concatenation: S, Ref or GetAtt.
type Part interface{ isPart() }

func (S) isPart()      {}
func (Ref) isPart()    {}
func (GetAtt) isPart() {}

// Concat joins the parts to one string, by Fn::Sub: Concat(S("http://"), lb.Attr("DNSName")). Literals stay literal,
// whatever is in them.
func Concat(parts ...Part) Concatenation {
	var text, literal strings.Builder
	flush := func() {
		text.WriteString(strings.ReplaceAll(literal.String(), "${", "${!"))
		literal.Reset()
	}
	for _, part := range parts {
		switch part := part.(type) {
		case S: // Neighbours are escaped together: "$" and "{" make a "${".
			literal.WriteString(string(part))
		case Ref:
			flush()
			text.WriteString("${" + part.Name + "}")
		case GetAtt:
			flush()
			text.WriteString("${" + part.Path[0] + "." + part.Path[1] + "}")
		}
	}
	flush()
	return Concatenation{Text: text.String()}
}

// Selection is one item of a list that CloudFormation evaluates. Zone makes it.
type Selection struct {
	expression

	Args [2]any `json:"Fn::Select"` // Index and list.
}

// zones is the list of a region's availability zones; an empty string stands for the stack's region.
type zones struct {
	Region string `json:"Fn::GetAZs"`
}

// Zone is the name of an availability zone of the stack's region, counted from 0.
func Zone(index int) Selection { return Selection{Args: [2]any{index, zones{}}} }

// Tag is a tag of a resource.
type Tag struct {
	Key   String `json:"Key,omitempty"`
	Value String `json:"Value,omitempty"`
}

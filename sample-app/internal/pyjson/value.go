// Package pyjson reads and writes JSON in the dialect of Python's json module: NaN and Infinity are
// words of it, integers have any length, a syntax error names its position in characters, and a float
// with an integral value keeps its ".0". Clients of a FastAPI service see all of these.
package pyjson

// Kind tells the shapes of a Value apart.
type Kind int

// The kinds of values. Python knows two kinds of numbers.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	Array
	Object
)

// Value is one JSON value. The zero Value is null.
type Value struct {
	Kind Kind
	// Truth of a Bool.
	Truth bool
	// Torn is set on a String that held half a surrogate pair; its Text has U+FFFD in that place.
	Torn bool
	// Text of a String, or the digits of an Int as they were written.
	Text string
	// Number of a Float. It can be infinite or not a number.
	Number float64
	// Items of an Array.
	Items []Value
	// Fields of an Object in the order of their first mention. No two have the same Name.
	Fields []Field
}

// Field is one member of an Object.
type Field struct {
	Name  string
	Value Value
}

// Text makes a String.
func Text(text string) Value {
	return Value{Kind: String, Text: text}
}

// Get returns the field of an Object. Other values have no fields.
func (v Value) Get(name string) (Value, bool) {
	for i := range v.Fields {
		if v.Fields[i].Name == name {
			return v.Fields[i].Value, true
		}
	}
	return Value{}, false
}

// Package validation judges requests as FastAPI with pydantic 2 does, in the same words: clients compare them.
package validation

import (
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/pyjson"
)

// Problem is one entry of the "detail" list of a 422 answer.
type Problem struct {
	// Type is pydantic's name of the rule, such as "float_parsing".
	Type string
	// Loc leads to the value: "body" or "path", then names; for malformed JSON the position in characters.
	Loc []pyjson.Value
	// Msg says in English what the value should have been.
	Msg string
	// Input is the value found.
	Input pyjson.Value
	// Ctx has the parameters of the rule, if it has any.
	Ctx []pyjson.Field
}

// Value returns the problem as it stands in the answer.
func (p Problem) Value() pyjson.Value {
	fields := []pyjson.Field{
		{Name: "type", Value: pyjson.Text(p.Type)},
		{Name: "loc", Value: pyjson.Value{Kind: pyjson.Array, Items: p.Loc}},
		{Name: "msg", Value: pyjson.Text(p.Msg)},
		{Name: "input", Value: p.Input},
	}
	if len(p.Ctx) > 0 {
		fields = append(fields, pyjson.Field{Name: "ctx", Value: pyjson.Value{Kind: pyjson.Object, Fields: p.Ctx}})
	}
	return pyjson.Value{Kind: pyjson.Object, Fields: fields}
}

// NotJSON is the problem of a body that breaks the grammar at pos, counted in characters.
func NotJSON(msg string, pos int) Problem {
	return Problem{
		Type:  "json_invalid",
		Loc:   []pyjson.Value{pyjson.Text("body"), {Kind: pyjson.Int, Text: strconv.Itoa(pos)}},
		Msg:   "JSON decode error",
		Input: pyjson.Value{Kind: pyjson.Object},
		Ctx:   []pyjson.Field{{Name: "error", Value: pyjson.Text(msg)}},
	}
}

// NoBody is the problem of a request without the body that it needs.
func NoBody() Problem {
	return missing(pyjson.Value{}, "body")
}

// Unstorable is the problem of a text that the store cannot hold, in the form of an error raised by a validator.
func Unstorable(err *items.UnstorableError) Problem {
	cause := problem("value_error", "Value error, "+err.Why, pyjson.Text(err.Text), "body", err.Field)
	cause.Ctx = []pyjson.Field{{Name: "error", Value: pyjson.Value{Kind: pyjson.Object}}}
	return cause
}

func missing(input pyjson.Value, loc ...string) Problem {
	return problem("missing", "Field required", input, loc...)
}

func problem(kind, msg string, input pyjson.Value, loc ...string) Problem {
	path := make([]pyjson.Value, len(loc))
	for i, name := range loc {
		path[i] = pyjson.Text(name)
	}
	return Problem{Type: kind, Loc: path, Msg: msg, Input: input}
}

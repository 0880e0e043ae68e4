package validation

import (
	"math"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/pyjson"
)

const body = "body"

// Draft reads an item from a body. Fields that an item does not have are ignored.
// The Draft is good only if there are no problems.
func Draft(value pyjson.Value) (items.Draft, []Problem) {
	if value.Kind != pyjson.Object {
		const msg = "Input should be a valid dictionary or object to extract fields from"
		return items.Draft{}, []Problem{problem("model_attributes_type", msg, value, body)}
	}
	var draft items.Draft
	var problems []Problem

	if name, found := value.Get("name"); !found {
		problems = append(problems, missing(value, body, "name"))
	} else {
		problems = append(problems, text(name, &draft.Name, body, "name")...)
	}
	if description, found := value.Get("description"); found && description.Kind != pyjson.Null {
		draft.Description = new(string)
		problems = append(problems, text(description, draft.Description, body, "description")...)
	}
	if price, found := value.Get("price"); !found {
		problems = append(problems, missing(value, body, "price"))
	} else {
		problems = append(problems, amount(price, &draft.Price, body, "price")...)
	}
	return draft, problems
}

// text stores a string in to. Nothing else is turned into a string.
func text(value pyjson.Value, to *string, loc ...string) []Problem {
	switch {
	case value.Kind != pyjson.String:
		return []Problem{problem("string_type", "Input should be a valid string", value, loc...)}
	case value.Torn:
		const msg = "Input should be a valid string, unable to parse raw data as a unicode string"
		return []Problem{problem("string_unicode", msg, value, loc...)}
	default:
		*to = value.Text
		return nil
	}
}

// amount stores a finite number that is not negative in to.
func amount(value pyjson.Value, to *float64, loc ...string) []Problem {
	number, problems := float(value, loc...)
	switch {
	case problems != nil:
		return problems
	case math.IsNaN(number), math.IsInf(number, 0):
		return []Problem{problem("finite_number", "Input should be a finite number", value, loc...)}
	case number < 0:
		negative := problem("greater_than_equal", "Input should be greater than or equal to 0", value, loc...)
		negative.Ctx = []pyjson.Field{{Name: "ge", Value: pyjson.Value{Kind: pyjson.Float}}}
		return []Problem{negative}
	default:
		*to = number
		return nil
	}
}

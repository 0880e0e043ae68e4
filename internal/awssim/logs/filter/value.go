package filter

import (
	"regexp"
	"strconv"
	"strings"
)

// Operators of conditions.
const (
	equal    = "="
	notEqual = "!="
)

// operators in an order in which none is the beginning of a later one.
func operators() []string { return []string{notEqual, "=!", "<=", ">=", "<", ">", equal} }

// comparison is a condition on a value.
type comparison struct {
	operator   string
	text       string
	quoted     bool
	expression *regexp.Regexp // instead of the text, if there is one
}

// comparison reads an operator and what to compare with. Only numbers are larger or smaller.
func (r *reader) comparison() (comparison, error) {
	r.space()
	var made comparison
	for _, each := range operators() {
		if r.take(each) {
			made.operator = each
			break
		}
	}
	if made.operator == "=!" { // as one example of the user guide has it
		made.operator = notEqual
	}
	r.space()
	var err error
	switch {
	case made.operator == "":
		return made, ErrInvalid
	case r.take(`"`):
		made.quoted = true
		made.text, err = r.quoted(`"`)
	case r.take("%"):
		made.expression, err = r.expression()
	default:
		if made.text = r.while(isBare); made.text == "" {
			return made, ErrInvalid
		}
	}
	if err != nil {
		return made, err
	}
	if made.operator != equal && made.operator != notEqual {
		if _, ok := made.number(); !ok {
			return made, ErrInvalid
		}
	}
	return made, nil
}

// number is what the comparison is with, if that is a number: one in quotes is a text.
func (c *comparison) number() (float64, bool) {
	if c.quoted || c.expression != nil {
		return 0, false
	}
	value, err := strconv.ParseFloat(c.text, 64)
	return value, err == nil
}

// holds says whether a value passes, which may be a number.
func (c *comparison) holds(text string, isNumber bool) bool {
	value, err := strconv.ParseFloat(text, 64)
	isNumber = isNumber && err == nil
	wanted, numeric := c.number()
	switch c.operator {
	case "<":
		return isNumber && value < wanted
	case ">":
		return isNumber && value > wanted
	case "<=":
		return isNumber && value <= wanted
	case ">=":
		return isNumber && value >= wanted
	}
	same := c.like(text)
	if isNumber && numeric {
		same = value == wanted
	}
	return same == (c.operator == equal)
}

// like compares texts. An asterisk stands for any text at the beginning and at the end, not within.
func (c *comparison) like(text string) bool {
	if c.expression != nil {
		return c.expression.MatchString(text)
	}
	inner, before := strings.CutPrefix(c.text, "*")
	inner, after := strings.CutSuffix(inner, "*")
	switch {
	case c.text == "*":
		return true
	case before && after:
		return strings.Contains(text, inner)
	case before:
		return strings.HasSuffix(text, inner)
	case after:
		return strings.HasPrefix(text, inner)
	default:
		return text == c.text
	}
}

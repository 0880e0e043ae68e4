package cloudwatch

import (
	"strings"
)

// rule is a composite alarm's rule.
type rule struct {
	holds func(stateOf func(name string) string) bool
	names []string // of the alarms that it asks for
}

// maxRule is how long a rule is at most (PutCompositeAlarm, API reference).
const maxRule = 10_240

// parseRule reads ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c)), TRUE and FALSE.
func parseRule(text string) (*rule, error) {
	p := &ruleParser{rest: text}
	holds, ok := p.either()
	if p.skip(); !ok || p.rest != "" || len(text) > maxRule {
		return nil, errValidation("AlarmRule must not contain leading or trailing whitespace or be null, and must be a valid "+
			"expression: %s", text)
	}
	return &rule{holds: holds, names: p.names}, nil
}

type (
	condition  = func(stateOf func(name string) string) bool
	ruleParser struct {
		rest  string
		depth int
		names []string
	}
)

func (p *ruleParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *ruleParser) word(wanted string) bool {
	p.skip()
	after, ok := strings.CutPrefix(p.rest, wanted)
	if !ok || (after != "" && isWord(after[0])) {
		return false
	}
	p.rest = after
	return true
}

func (p *ruleParser) symbol(wanted string) bool {
	p.skip()
	after, ok := strings.CutPrefix(p.rest, wanted)
	if ok {
		p.rest = after
	}
	return ok
}

func (p *ruleParser) either() (condition, bool) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxExpressionDepth {
		return nil, false
	}
	left, ok := p.both()
	for ok && p.word("OR") {
		first := left
		second, valid := p.both()
		left, ok = func(of func(string) string) bool { return first(of) || second(of) }, valid
	}
	return left, ok
}

func (p *ruleParser) both() (condition, bool) {
	left, ok := p.negated()
	for ok && p.word("AND") {
		first := left
		second, valid := p.negated()
		left, ok = func(of func(string) string) bool { return first(of) && second(of) }, valid
	}
	return left, ok
}

func (p *ruleParser) negated() (condition, bool) {
	if !p.word("NOT") {
		return p.primary()
	}
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxExpressionDepth {
		return nil, false
	}
	inner, ok := p.negated()
	return func(of func(string) string) bool { return !inner(of) }, ok
}

func (p *ruleParser) primary() (condition, bool) {
	switch {
	case p.word("TRUE"):
		return func(func(string) string) bool { return true }, true
	case p.word("FALSE"):
		return func(func(string) string) bool { return false }, true
	case p.symbol("("):
		inner, ok := p.either()
		return inner, ok && p.symbol(")")
	}
	for _, wanted := range []string{stateAlarm, stateOK, stateInsufficient} {
		if p.word(wanted) {
			name, ok := p.argument()
			return func(of func(string) string) bool { return of(name) == wanted }, ok
		}
	}
	return nil, false
}

// argument reads an alarm's name or ARN in parentheses, in quotes or not.
func (p *ruleParser) argument() (string, bool) {
	if !p.symbol("(") {
		return "", false
	}
	p.skip()
	var name string
	if p.symbol(`"`) {
		quoted, after, ok := strings.Cut(p.rest, `"`)
		if !ok {
			return "", false
		}
		name, p.rest = quoted, after
	} else {
		end := strings.IndexByte(p.rest, ')')
		if end < 0 {
			return "", false
		}
		name, p.rest = strings.TrimSpace(p.rest[:end]), p.rest[end:]
	}
	if _, ofARN, ok := strings.Cut(name, ":alarm:"); ok {
		name = ofARN
	}
	p.names = append(p.names, name)
	return name, name != "" && p.symbol(")")
}

package cloudwatch

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// scope is what an expression is evaluated in.
type scope struct {
	lookup  func(id string) value
	metrics []string // ids of the metrics, for METRICS()
	seconds float64  // of a period
}

// node is an expression that was understood.
type node func(in scope) value

// expression is a metric math expression.
type expression struct {
	node node
	refs []string // ids that it names
	all  bool     // whether it takes all metrics
}

// maxExpressionDepth bounds nesting; expressions have at most 2,048 characters.
const maxExpressionDepth = 64

type parser struct {
	rest  string
	depth int
	found expression
}

// syntaxError ends a parse.
type syntaxError string

func (e syntaxError) Error() string { return string(e) }

// parseExpression reads arithmetic, comparisons, AND, OR, IF and the functions that the simulator has. Other functions
// are refused by their name.
func parseExpression(text string) (parsed expression, err error) { //nolint:nonamedreturns // recover sets them
	p := &parser{rest: text}
	defer func() {
		if problem := recover(); problem != nil {
			syntax, ok := problem.(syntaxError)
			if !ok {
				panic(problem)
			}
			err = syntax
		}
	}()
	p.found.node = p.either()
	if p.skip(); p.rest != "" {
		p.failf("unexpected %q", p.rest)
	}
	return p.found, nil
}

func (p *parser) failf(format string, args ...any) { panic(syntaxError(fmt.Sprintf(format, args...))) }

func (p *parser) skip() { p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace) }

// take takes one of the symbols if it comes next; the longer of two that begin alike has to stand first.
func (p *parser) take(symbols ...string) string {
	p.skip()
	for _, symbol := range symbols {
		after, ok := strings.CutPrefix(p.rest, symbol)
		if !ok || (isLetter(symbol[0]) && after != "" && isWord(after[0])) {
			continue
		}
		p.rest = after
		return symbol
	}
	return ""
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isWord(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' || c == '_' }

// chain reads operands that operators of one rank join, from left to right.
func (p *parser) chain(operand func() node, operators map[string]func(x, y float64) float64) node {
	symbols := make([]string, 0, len(operators))
	for symbol := range operators {
		symbols = append(symbols, symbol)
	}
	slices.SortFunc(symbols, func(a, b string) int { return len(b) - len(a) })
	left := operand()
	for symbol := p.take(symbols...); symbol != ""; symbol = p.take(symbols...) {
		first, second, work := left, operand(), operators[symbol]
		left = func(in scope) value { return apply(first(in), second(in), work) }
	}
	return left
}

func (p *parser) either() node {
	p.depth++
	if p.depth > maxExpressionDepth {
		p.failf("it nests too deeply")
	}
	defer func() { p.depth-- }()
	or := func(x, y float64) float64 { return truth(x != 0 || y != 0) }
	return p.chain(p.both, map[string]func(x, y float64) float64{"||": or, "OR": or})
}

func (p *parser) both() node {
	and := func(x, y float64) float64 { return truth(x != 0 && y != 0) }
	return p.chain(p.comparison, map[string]func(x, y float64) float64{"&&": and, "AND": and})
}

func (p *parser) comparison() node {
	return p.chain(p.additive, map[string]func(x, y float64) float64{
		"<": func(x, y float64) float64 { return truth(x < y) }, ">": func(x, y float64) float64 { return truth(x > y) },
		"<=": func(x, y float64) float64 { return truth(x <= y) }, ">=": func(x, y float64) float64 { return truth(x >= y) },
		"==": func(x, y float64) float64 { return truth(x == y) }, "!=": func(x, y float64) float64 { return truth(x != y) },
	})
}

func (p *parser) additive() node {
	return p.chain(p.product, map[string]func(x, y float64) float64{
		"+": func(x, y float64) float64 { return x + y }, "-": func(x, y float64) float64 { return x - y },
	})
}

func (p *parser) product() node {
	return p.chain(p.signed, map[string]func(x, y float64) float64{
		"*": func(x, y float64) float64 { return x * y }, "/": func(x, y float64) float64 { return x / y },
	})
}

func (p *parser) signed() node {
	switch p.take("-", "+") {
	case "-":
		p.depth++
		if p.depth > maxExpressionDepth {
			p.failf("it nests too deeply")
		}
		defer func() { p.depth-- }()
		inner := p.signed()
		return func(in scope) value { return each(inner(in), func(x float64) float64 { return -x }) }
	default:
		return p.chain(p.primary, map[string]func(x, y float64) float64{"^": math.Pow})
	}
}

func (p *parser) primary() node {
	p.skip()
	switch {
	case p.rest == "":
		p.failf("it ends too early")
	case p.take("(") != "":
		inner := p.either()
		p.expect(")")
		return inner
	case p.take("[") != "":
		return listOf(p.arguments("]"))
	case isLetter(p.rest[0]):
		return p.named()
	}
	return p.number()
}

func (p *parser) expect(symbol string) {
	if p.take(symbol) == "" {
		p.failf("%q is missing", symbol)
	}
}

func (p *parser) number() node {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(p.rest)
	}
	n, err := strconv.ParseFloat(p.rest[:end], 64)
	if err != nil {
		p.failf("unexpected %q", p.rest)
	}
	p.rest = p.rest[end:]
	return func(scope) value { return number(n) }
}

func (p *parser) named() node {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return r > unicode.MaxASCII || !isWord(byte(r)) }) //nolint:gosec // ASCII
	if end < 0 {
		end = len(p.rest)
	}
	name := p.rest[:end]
	p.rest = p.rest[end:]
	if p.take("(") != "" {
		return p.call(name)
	}
	if name == "REPEAT" {
		return func(scope) value { return number(math.NaN()) }
	}
	if name[0] < 'a' || name[0] > 'z' {
		p.failf("awssim does not implement %s", name)
	}
	if !slices.Contains(p.found.refs, name) {
		p.found.refs = append(p.found.refs, name)
	}
	return func(in scope) value { return in.lookup(name) }
}

func (p *parser) arguments(end string) []node {
	if p.take(end) != "" {
		return nil
	}
	given := []node{p.either()}
	for p.take(",") != "" {
		given = append(given, p.either())
	}
	p.expect(end)
	return given
}

func listOf(items []node) node {
	return func(in scope) value {
		made := value{list: make([]value, 0, len(items))}
		for _, item := range items {
			made.list = append(made.list, item(in))
		}
		return made
	}
}

// functions by name, with how many arguments they take.
func functions() map[string]struct {
	arity int
	make  func(given []node) node
} {
	type function = struct {
		arity int
		make  func(given []node) node
	}
	pointwise := func(work func(float64) float64) function {
		return function{1, func(given []node) node {
			return func(in scope) value { return each(given[0](in), work) }
		}}
	}
	folding := func(work func([]float64) float64) function {
		return function{1, func(given []node) node {
			return func(in scope) value { return fold(given[0](in), work) }
		}}
	}
	return map[string]function{
		"ABS": pointwise(math.Abs), "CEIL": pointwise(math.Ceil), "FLOOR": pointwise(math.Floor),
		"LOG": pointwise(math.Log), "LOG10": pointwise(math.Log10),
		"SUM": folding(sumOf), "AVG": folding(averageOf), "MIN": folding(minOf), "MAX": folding(maxOf),
		"DIFF": {1, func(given []node) node {
			return func(in scope) value { return differences(given[0](in), 1) }
		}},
		"RATE": {1, func(given []node) node {
			return func(in scope) value { return differences(given[0](in), in.seconds) }
		}},
		"PERIOD": {1, func([]node) node {
			return func(in scope) value { return number(in.seconds) }
		}},
		"FILL": {2, func(given []node) node {
			return func(in scope) value { return fill(given[0](in), given[1](in)) }
		}},
		"IF": {3, func(given []node) node {
			return func(in scope) value { return choose(given[0](in), given[1](in), given[2](in)) }
		}},
	}
}

// choose takes the second value where the first is not zero, and the third elsewhere.
func choose(condition, yes, no value) value {
	length := max(condition.length(), yes.length(), no.length())
	if length == 0 {
		if condition.at(0) != 0 {
			return yes
		}
		return no
	}
	points := make([]float64, length)
	for i := range points {
		switch holds := condition.at(i); {
		case math.IsNaN(holds):
			points[i] = math.NaN()
		case holds != 0:
			points[i] = yes.at(i)
		default:
			points[i] = no.at(i)
		}
	}
	return value{points: points}
}

func (p *parser) call(name string) node {
	given := p.arguments(")")
	if name == "METRICS" {
		if len(given) > 0 {
			p.failf("awssim does not implement arguments of METRICS")
		}
		p.found.all = true
		return func(in scope) value {
			made := value{list: []value{}}
			for _, id := range in.metrics {
				made.list = append(made.list, in.lookup(id))
			}
			return made
		}
	}
	known, ok := functions()[name]
	if !ok {
		p.failf("awssim does not implement the function %s", name)
	}
	if len(given) != known.arity {
		p.failf("%s takes %d arguments", name, known.arity)
	}
	return known.make(given)
}

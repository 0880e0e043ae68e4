package schema

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// explain flattens the validator's tree of failures into problems, without those at tolerated locations.
func explain(failure *jsonschema.ValidationError, tolerated func(location []string) bool) []Problem {
	if tolerated(failure.InstanceLocation) {
		return nil
	}
	switch what := failure.ErrorKind.(type) {
	case *kind.AnyOf:
		return explainAlternatives(failure, "at least one of", tolerated)
	case *kind.OneOf:
		if len(what.Subschemas) == 0 {
			return explainAlternatives(failure, "exactly one of", tolerated)
		}
		return []Problem{problemAt(failure, "%d subschemas matched instead of one", len(what.Subschemas))}
	}
	if len(failure.Causes) == 0 {
		return explainLeaf(failure)
	}
	var problems []Problem
	for _, cause := range failure.Causes {
		problems = append(problems, explain(cause, tolerated)...)
	}
	return problems
}

// explainAlternatives explains why none of several alternatives holds. One that only fails at tolerated
// locations may hold once the template is resolved, so there is no problem then.
func explainAlternatives(failure *jsonschema.ValidationError, words string, tolerated func([]string) bool) []Problem {
	var missing []string
	for _, alternative := range failure.Causes {
		if len(explain(alternative, tolerated)) == 0 {
			return nil
		}
		if required, ok := onlyCause(alternative).(*kind.Required); ok {
			missing = append(missing, required.Missing...)
		}
	}
	if len(missing) == len(failure.Causes) {
		return []Problem{problemAt(failure, "required key not found: %s [%s]", words, strings.Join(missing, ", "))}
	}
	return []Problem{problemAt(failure, "no subschema matched out of the total %d subschemas", len(failure.Causes))}
}

// onlyCause returns the one leaf below a failure, or nil if there are more.
func onlyCause(failure *jsonschema.ValidationError) jsonschema.ErrorKind {
	for len(failure.Causes) == 1 {
		failure = failure.Causes[0]
	}
	if len(failure.Causes) > 1 {
		return nil
	}
	return failure.ErrorKind
}

// explainLeaf words a single failure as CloudFormation's own validator does.
//
// Source: the public aws-cloudformation/cloudformation-resource-schema, on top of everit-org/json-schema. It hides
// what would show a value, which might be a secret: for some keywords it names the keyword only (explainHidden).
func explainLeaf(failure *jsonschema.ValidationError) []Problem {
	at := func(format string, args ...any) []Problem { return []Problem{problemAt(failure, format, args...)} }
	switch what := failure.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return explainEach(failure, what.Properties, "extraneous key [%s] is not permitted")
	case *kind.Required:
		return explainEach(failure, what.Missing, "required key [%s] not found")
	case *kind.DependentRequired:
		return explainEach(failure, what.Missing, "property ["+what.Prop+"] is present but [%s] is missing")
	case *kind.Type:
		return at("expected type: %s, found: %s", typeWords(what.Want), typeWord(what.Got))
	case *kind.MinLength:
		return at("expected minLength: %d, actual: %d", what.Want, what.Got)
	case *kind.MaxLength:
		return at("expected maxLength: %d, actual: %d", what.Want, what.Got)
	case *kind.MinItems:
		return at("expected minimum item count: %d, found: %d", what.Want, what.Got)
	case *kind.MaxItems:
		return at("expected maximum item count: %d, found: %d", what.Want, what.Got)
	case *kind.UniqueItems:
		return at("array items are not unique")
	case *kind.FalseSchema:
		return at("the property is not permitted together with others that are given")
	default:
		return explainHidden(failure)
	}
}

// explainHidden words the failures about which CloudFormation names the keyword only. What was expected goes to
// the detail; what was found does not, as it might be a secret.
func explainHidden(failure *jsonschema.ValidationError) []Problem {
	keyword := strings.Join(failure.ErrorKind.KeywordPath(), "/")
	problem := problemAt(failure, "failed validation constraint for keyword [%s]", keyword)
	switch what := failure.ErrorKind.(type) {
	case *kind.Enum:
		problem.Detail = fmt.Sprintf("allowed are %v", what.Want)
		// CloudFormation's validator sees two schemas, the type's and the enumeration's, and reports that too.
		return []Problem{problemAt(failure, "#: only 1 subschema matches out of 2"), problem}
	case *kind.Const:
		problem.Detail = fmt.Sprintf("allowed is %v", what.Want)
	case *kind.Pattern:
		problem.Detail = "expected a match of " + what.Want
	case *kind.Minimum:
		problem.Detail = "at least " + decimal(what.Want)
	case *kind.Maximum:
		problem.Detail = "at most " + decimal(what.Want)
	}
	return []Problem{problem}
}

func explainEach(failure *jsonschema.ValidationError, names []string, format string) []Problem {
	problems := make([]Problem, 0, len(names))
	for _, name := range slices.Sorted(slices.Values(names)) {
		problems = append(problems, problemAt(failure, format, name))
	}
	return problems
}

func problemAt(failure *jsonschema.ValidationError, format string, args ...any) Problem {
	return Problem{Path: jsonPointer(failure.InstanceLocation), Message: fmt.Sprintf(format, args...)}
}

// jsonPointer writes the names of a path in the form of RFC 6901.
func jsonPointer(tokens []string) string {
	var path strings.Builder
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	for _, token := range tokens {
		path.WriteString("/" + escape.Replace(token))
	}
	return path.String()
}

// typeWord names a JSON Schema type as CloudFormation's validator, which is written in Java, does.
func typeWord(name string) string {
	switch name {
	case "object":
		return "JSONObject"
	case "array":
		return "JSONArray"
	case "":
		return "unknown"
	default:
		return strings.ToUpper(name[:1]) + name[1:]
	}
}

func typeWords(names []string) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = typeWord(name)
	}
	return strings.Join(words, " or ")
}

func decimal(n *big.Rat) string {
	f, _ := n.Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// item returns a list's item by its index in decimal, or nil.
func item(list []any, index string) any {
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(list) {
		return nil
	}
	return list[i]
}

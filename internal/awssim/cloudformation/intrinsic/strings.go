package intrinsic

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// maxText is how many bytes an expression can become: as many as the largest template. Nested functions multiply.
const maxText = 1 << 20

var errTooLong = refuse("the result of an intrinsic function is longer than %d bytes", maxText)

func splitDotted(dotted string) ([]any, bool) {
	logical, attribute, found := strings.Cut(dotted, ".")
	return []any{logical, attribute}, found
}

// sub replaces ${Name}, ${Logical.Attribute} and the names of its own map; ${!Name} stays as ${Name}.
func (s *Scope) sub(argument any) (any, error) {
	template, own, ok := document.Substitution(argument)
	if !ok {
		return nil, refuse("One or more Fn::Sub intrinsic functions don't specify expected arguments. " +
			"Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string")
	}
	var out strings.Builder
	known := make(map[string]string) // what is nested is evaluated once, however often it is named
	for {
		before, after, found := strings.Cut(template, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			out.WriteString("${" + after)
			return out.String(), nil
		}
		replaced, again := known[name]
		if !again {
			var err error
			if replaced, err = s.variable(name, own); err != nil {
				return nil, err
			}
			known[name] = replaced
		}
		if out.WriteString(replaced); out.Len() > maxText {
			return nil, errTooLong
		}
		template = rest
	}
}

func (s *Scope) variable(name string, own map[string]any) (string, error) {
	if literal, ok := strings.CutPrefix(name, "!"); ok {
		return "${" + literal + "}", nil
	}
	name = strings.TrimSpace(name)
	expression, given := own[name]
	if !given {
		expression = map[string]any{"Ref": name}
		if dotted, ok := splitDotted(name); ok {
			expression = map[string]any{"Fn::GetAtt": dotted}
		}
	}
	value, err := s.evaluate(expression)
	if err != nil {
		return "", err
	}
	replaced, err := text(value)
	if err != nil {
		if given {
			return "", refuse("every value of the context object of every Fn::Sub object " +
				"must be a string or a function that returns a string")
		}
		return "", refuse("every variable in an Fn::Sub object must reference a string")
	}
	return replaced, nil
}

func (s *Scope) join(argument any) (any, error) {
	wrong := refuse("every Fn::Join object requires two parameters, (1) a string delimiter and " +
		"(2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.")
	list, ok := argument.([]any)
	if !ok || len(list) != 2 {
		return nil, wrong
	}
	delimiter, ok := list[0].(string)
	if !ok {
		return nil, wrong
	}
	value, err := s.evaluate(list[1])
	if err != nil {
		return nil, err
	}
	items, ok := value.([]any)
	if !ok {
		return nil, wrong
	}
	parts := make([]string, len(items))
	length := len(delimiter) * len(items)
	for i, item := range items {
		if parts[i], err = text(item); err != nil {
			return nil, wrong
		}
		length += len(parts[i])
	}
	if length > maxText {
		return nil, errTooLong
	}
	return strings.Join(parts, delimiter), nil
}

func (s *Scope) split(argument any) (any, error) {
	wrong := refuse("every Fn::Split object requires two parameters, (1) a string delimiter and " +
		"(2) a string to be split or a function that returns a string to be split.")
	list, ok := argument.([]any)
	if !ok || len(list) != 2 {
		return nil, wrong
	}
	delimiter, isText := list[0].(string)
	if !isText || delimiter == "" {
		return nil, wrong
	}
	source, err := s.evaluate(list[1])
	if err != nil {
		return nil, err
	}
	whole, err := text(source)
	if err != nil {
		return nil, wrong
	}
	parts := strings.Split(whole, delimiter)
	values := make([]any, len(parts))
	for i, part := range parts {
		values[i] = part
	}
	return values, nil
}

func (s *Scope) selectOne(argument any) (any, error) {
	wrong := refuse("Fn::Select requires a list argument with two elements: an integer index and a list")
	list, ok := argument.([]any)
	if !ok || len(list) != 2 {
		return nil, wrong
	}
	position, err := s.evaluate(list[0])
	if err != nil {
		return nil, err
	}
	index, err := strconv.Atoi(document.Text(position))
	if err != nil {
		if isLiteral(list[0]) {
			return nil, wrong
		}
		return nil, refuse("Fn::Select requires a list argument with a valid index value as its first element")
	}
	value, err := s.evaluate(list[1])
	if err != nil {
		return nil, err
	}
	items, ok := value.([]any)
	if !ok {
		return nil, wrong
	}
	if index < 0 || index >= len(items) {
		if isLiteral(list[0]) && isLiteral(list[1]) {
			return nil, wrong
		}
		return nil, refuse("Fn::Select cannot select nonexistent value at index %d", index)
	}
	return items[index], nil
}

// isLiteral tells whether an argument is written out: nothing in it has to be evaluated.
func isLiteral(argument any) bool {
	switch value := argument.(type) {
	case map[string]any:
		return false
	case []any:
		for _, item := range value {
			if !isLiteral(item) {
				return false
			}
		}
	}
	return true
}

func (s *Scope) findInMap(argument any) (any, error) {
	wrong := refuse("every Fn::FindInMap object requires three parameters, " +
		"the map name, map key and the attribute for return value")
	list, ok := argument.([]any)
	if !ok || len(list) != 3 {
		return nil, wrong
	}
	var keys [3]string
	for i, expression := range list {
		value, err := s.evaluate(expression)
		if err != nil {
			return nil, err
		}
		if keys[i], err = text(value); err != nil {
			return nil, wrong
		}
	}
	if _, ok := s.Template.Mappings[keys[0]]; !ok {
		return nil, refuse("Mapping named '%s' is not present in the 'Mappings' section of template", keys[0])
	}
	value, ok := s.Template.Mappings[keys[0]][keys[1]][keys[2]]
	if !ok {
		return nil, refuse("Unable to get mapping for %s::%s::%s", keys[0], keys[1], keys[2])
	}
	return value, nil
}

func (s *Scope) base64(argument any) (any, error) {
	value, err := s.evaluate(argument)
	if err != nil {
		return nil, err
	}
	plain, err := text(value)
	if err != nil {
		return nil, refuse("every Fn::Base64 object must have a String-typed value.")
	}
	if base64.StdEncoding.EncodedLen(len(plain)) > maxText {
		return nil, errTooLong
	}
	return base64.StdEncoding.EncodeToString([]byte(plain)), nil
}

func (s *Scope) importValue(argument any) (any, error) {
	value, err := s.evaluate(argument)
	if err != nil {
		return nil, err
	}
	name, err := text(value)
	if err != nil || s.Import == nil {
		return nil, refuse("the attribute in Fn::ImportValue must be a string")
	}
	return s.Import(name)
}

func (s *Scope) toJSONString(argument any) (any, error) {
	value, err := s.evaluate(argument)
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, refuse("Fn::ToJsonString: %v", err)
	}
	return string(encoded), nil
}

func (s *Scope) length(argument any) (any, error) {
	value, err := s.evaluate(argument)
	if err != nil {
		return nil, err
	}
	items, ok := value.([]any)
	if !ok {
		return nil, refuse("Fn::Length expects a list")
	}
	return float64(len(items)), nil
}

package wire

import (
	"encoding"
	"errors"
	"reflect"
	"strconv"
)

func (c *Call) decodeQuery(into any) error {
	root, err := formOf(c.form, c.Protocol == EC2)
	if err != nil {
		return Errorf(c.Protocol.malformed(), "%v", err)
	}
	err = decodeStruct(root, "", reflect.ValueOf(into).Elem())
	if problem, ok := errors.AsType[*formError](err); ok {
		if problem.problem == "" {
			return Unsupported(c, "the parameter "+strconv.Quote(problem.path))
		}
		return Errorf(c.Protocol.malformed(), "%v", problem)
	}
	return err
}

// decodeForm decodes node, found under path, into a settable value.
func decodeForm(node *form, path string, into reflect.Value) error {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		return decodeForm(node, path, into.Elem())
	}
	if text, ok := reflect.TypeAssert[encoding.TextUnmarshaler](into.Addr()); ok {
		return decodeText(node, path, text)
	}
	switch into.Kind() { //nolint:exhaustive // the kinds that an input struct can have
	case reflect.Struct:
		return decodeStruct(node, path, into)
	case reflect.Slice:
		return decodeList(node, path, into, usualItem)
	case reflect.Map:
		return decodeMap(node, path, into)
	default:
		return decodeLeaf(node, path, into)
	}
}

func decodeStruct(node *form, path string, into reflect.Value) error {
	if node.isLeaf && node.value != "" {
		return &formError{path: path, problem: "is a structure, not a value"}
	}
	fields := fieldsOf(into.Type())
	for name, child := range node.children {
		below := join(path, name)
		member, ok := fields.find(name)
		if !ok {
			return &formError{path: firstLeaf(child, below)}
		}
		if err := decodeMember(child, below, into.FieldByIndex(member.index), member.item); err != nil {
			return err
		}
	}
	return nil
}

// decodeMember decodes a member of a structure, whose items are called item if it is a list.
func decodeMember(node *form, path string, into reflect.Value, item string) error {
	if into.Kind() == reflect.Slice {
		return decodeList(node, path, into, item)
	}
	return decodeForm(node, path, into)
}

func decodeList(node *form, path string, into reflect.Value, called string) error {
	items, err := node.items(path, called)
	if err != nil {
		return err
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		if err := decodeForm(item, path+"."+called+"."+strconv.Itoa(i+1), list.Index(i)); err != nil {
			return err
		}
	}
	into.Set(list)
	return nil
}

func decodeMap(node *form, path string, into reflect.Value) error {
	items, err := node.items(path, "entry")
	if err != nil {
		return err
	}
	result := reflect.MakeMapWithSize(into.Type(), len(items))
	for i, item := range items {
		below := path + ".entry." + strconv.Itoa(i+1)
		key := reflect.New(into.Type().Key()).Elem()
		value := reflect.New(into.Type().Elem()).Elem()
		for name, child := range item.children {
			target := value
			switch name {
			case "key", "Name": // the latter in SNS
				target = key
			case "value", "Value":
			default:
				return &formError{path: below + "." + name}
			}
			if err := decodeForm(child, below+"."+name, target); err != nil {
				return err
			}
		}
		result.SetMapIndex(key, value)
	}
	into.Set(result)
	return nil
}

func decodeText(node *form, path string, into encoding.TextUnmarshaler) error {
	if len(node.children) > 0 {
		return &formError{path: firstLeaf(node, path)}
	}
	if err := into.UnmarshalText([]byte(node.value)); err != nil {
		return &formError{path: path, problem: "is wrong: " + err.Error()}
	}
	return nil
}

func decodeLeaf(node *form, path string, into reflect.Value) error {
	if len(node.children) > 0 {
		return &formError{path: firstLeaf(node, path)}
	}
	switch into.Kind() { //nolint:exhaustive // the kinds that an input struct can have
	case reflect.String:
		into.SetString(node.value)
		return nil
	case reflect.Bool:
		return setParsed(node, path, "must be true or false", strconv.ParseBool, into.SetBool)
	case reflect.Int, reflect.Int32, reflect.Int64:
		return setParsed(node, path, "must be an integer", parseInt, into.SetInt)
	case reflect.Float64:
		return setParsed(node, path, "must be a number", parseFloat, into.SetFloat)
	default:
		return &formError{path: path, problem: "has a type that this protocol lacks: " + into.Type().String()}
	}
}

func setParsed[T any](node *form, path, problem string, parse func(string) (T, error), set func(T)) error {
	value, err := parse(node.value)
	if err != nil {
		return &formError{path: path, problem: problem}
	}
	set(value)
	return nil
}

func parseInt(text string) (int64, error) {
	return strconv.ParseInt(text, 10, 32) //nolint:wrapcheck // the caller says which parameter it is
}

func parseFloat(text string) (float64, error) {
	return strconv.ParseFloat(text, 64) //nolint:wrapcheck // the caller says which parameter it is
}

// firstLeaf returns the name of a parameter as the client wrote it, for an error.
func firstLeaf(node *form, path string) string {
	for len(node.children) > 0 && !node.isLeaf {
		first := ""
		for name := range node.children {
			if first == "" || name < first {
				first = name
			}
		}
		node, path = node.children[first], path+"."+first
	}
	return path
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

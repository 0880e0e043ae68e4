package wire

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"sync"
)

// encodeXML writes a Query answer: <OpResponse><OpResult>...</OpResult><ResponseMetadata>...
func encodeXML(out *xmlWriter, call *Call, namespace string, value any) error {
	out.item = ""
	fmt.Fprintf(&out.buffer, `<%sResponse xmlns=%q>`, call.Operation, namespace)
	if _, none := value.(*None); !none {
		if err := out.element(call.Operation+"Result", reflect.ValueOf(value)); err != nil {
			return err
		}
	}
	out.open("ResponseMetadata")
	out.leaf("RequestId", call.RequestID)
	out.close("ResponseMetadata")
	out.close(call.Operation + "Response")
	return nil
}

// writers are used again: long answers grow their buffers.
var writers = sync.Pool{New: func() any { return &xmlWriter{} }} //nolint:gochecknoglobals // a cache of memory, without state

// Encoded is a structure of a Query answer that was written before: what is told again and again need not be written
// each time.
type Encoded []byte

// Encode writes the members of a structure.
func Encode(structure any) (Encoded, error) {
	out := &xmlWriter{}
	if err := out.members(reflect.Indirect(reflect.ValueOf(structure))); err != nil {
		return nil, err
	}
	return bytes.Clone(out.buffer.Bytes()), nil
}

// encodeEC2 writes an answer of EC2: <OpResponse><requestId>...</requestId> and the members.
func encodeEC2(out *xmlWriter, call *Call, namespace string, value any) error {
	out.item = "item"
	fmt.Fprintf(&out.buffer, `<%sResponse xmlns=%q>`, call.Operation, namespace)
	out.leaf("requestId", call.RequestID)
	if _, none := value.(*None); none {
		out.leaf("return", "true")
	} else if err := out.members(reflect.Indirect(reflect.ValueOf(value))); err != nil {
		return err
	}
	out.close(call.Operation + "Response")
	return nil
}

// encodeEC2Error writes the error answer of EC2.
func encodeEC2Error(call *Call, failure *Error) []byte {
	out := &xmlWriter{}
	for _, name := range []string{"Response", "Errors", "Error"} {
		out.open(name)
	}
	out.leaf("Code", failure.Code)
	out.leaf("Message", failure.Message)
	out.close("Error")
	out.close("Errors")
	out.leaf("RequestID", call.RequestID)
	out.close("Response")
	return out.buffer.Bytes()
}

// encodeXMLError writes the error answer of a Query service. Kind is Sender or Receiver: whose fault it is.
func encodeXMLError(call *Call, namespace, kind string, failure *Error) []byte {
	out := &xmlWriter{}
	fmt.Fprintf(&out.buffer, `<ErrorResponse xmlns=%q>`, namespace)
	out.open("Error")
	out.leaf("Type", kind)
	out.leaf("Code", failure.Code)
	out.leaf("Message", failure.Message)
	out.close("Error")
	out.leaf("RequestId", call.RequestID)
	out.close("ErrorResponse")
	return out.buffer.Bytes()
}

// xmlWriter writes values as the Query protocol has them: nil pointers, nil lists, empty strings and zero
// times are left out; empty lists that are not nil stay as empty elements.
type xmlWriter struct {
	buffer bytes.Buffer
	item   string // what members of lists are called; "" leaves it to the field
}

func (w *xmlWriter) open(name string)  { w.tag("<", name) }
func (w *xmlWriter) close(name string) { w.tag("</", name) }

func (w *xmlWriter) tag(start, name string) {
	w.buffer.WriteString(start)
	w.buffer.WriteString(name)
	w.buffer.WriteByte('>')
}

func (w *xmlWriter) leaf(name, text string) {
	w.open(name)
	w.escape(text)
	w.close(name)
}

// escape writes a text as [xml.EscapeText] does, which is slow for the texts that answers mostly have: long ones in ASCII,
// of which nothing or only quotes are escaped.
func (w *xmlWriter) escape(text string) {
	done := 0
	for i := range len(text) {
		switch b := text[i]; {
		case b == '"':
			w.buffer.WriteString(text[done:i])
			w.buffer.WriteString("&#34;")
			done = i + 1
		case b < ' ', b > '~', b == '&', b == '<', b == '>', b == '\'':
			_ = xml.EscapeText(&w.buffer, []byte(text[done:])) // a bytes.Buffer takes everything
			return
		}
	}
	w.buffer.WriteString(text[done:])
}

func (w *xmlWriter) element(name string, value reflect.Value) error {
	if moment, ok := reflect.TypeAssert[Time](value); ok {
		if !moment.IsZero() {
			w.leaf(name, moment.UTC().Format(xmlTime))
		}
		return nil
	}
	if written, ok := reflect.TypeAssert[Encoded](value); ok {
		w.open(name)
		w.buffer.Write(written)
		w.close(name)
		return nil
	}
	switch value.Kind() { //nolint:exhaustive // the kinds that an output struct can have
	case reflect.Pointer:
		if value.IsNil() {
			return nil
		}
		return w.pointer(name, value.Elem())
	case reflect.String:
		if value.Len() > 0 {
			w.leaf(name, value.String())
		}
	case reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64, reflect.Float64:
		w.leaf(name, plain(value))
	case reflect.Struct:
		return w.structure(name, value)
	case reflect.Slice:
		return w.list(name, value, usualItem)
	case reflect.Map:
		return w.entries(name, value)
	default:
		return fmt.Errorf("%s has a type that this protocol lacks: %s", name, value.Type())
	}
	return nil
}

// plain returns the text of a value that has no members; "" for all others.
func plain(value reflect.Value) string {
	switch value.Kind() { //nolint:exhaustive // the others have members
	case reflect.String:
		return value.String()
	case reflect.Bool:
		return strconv.FormatBool(value.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(value.Int(), 10)
	case reflect.Float64:
		return strconv.FormatFloat(value.Float(), 'f', -1, 64)
	case reflect.Pointer:
		if value.IsNil() {
			return ""
		}
		return plain(value.Elem())
	default:
		return ""
	}
}

// pointer writes what a pointer that is set points to, an empty string included.
func (w *xmlWriter) pointer(name string, value reflect.Value) error {
	if value.Kind() == reflect.String {
		w.leaf(name, value.String())
		return nil
	}
	return w.element(name, value)
}

func (w *xmlWriter) structure(name string, value reflect.Value) error {
	w.open(name)
	err := w.members(value)
	w.close(name)
	return err
}

func (w *xmlWriter) members(value reflect.Value) error {
	for _, member := range fieldsOf(value.Type()).list {
		if err := w.member(member, value.FieldByIndex(member.index)); err != nil {
			return err
		}
	}
	return nil
}

func (w *xmlWriter) member(member field, value reflect.Value) error {
	if value.Kind() == reflect.Slice {
		return w.list(member.name, value, member.item)
	}
	return w.element(member.name, value)
}

func (w *xmlWriter) list(name string, value reflect.Value, called string) error {
	if value.IsNil() {
		return nil
	}
	called = cmp.Or(w.item, called)
	w.open(name)
	for i := range value.Len() {
		item := value.Index(i)
		if item.Kind() == reflect.String {
			w.leaf(called, item.String())
			continue
		}
		if err := w.element(called, item); err != nil {
			return err
		}
	}
	w.close(name)
	return nil
}

// entries writes a map of strings or numbers, sorted, so that equal answers are equal bytes.
func (w *xmlWriter) entries(name string, value reflect.Value) error {
	table, ok := reflect.TypeAssert[map[string]string](value)
	if numbers, numeric := reflect.TypeAssert[map[string]float64](value); numeric && numbers != nil {
		table, ok = make(map[string]string, len(numbers)), true
		for key, number := range numbers {
			table[key] = strconv.FormatFloat(number, 'f', -1, 64)
		}
	} else if numeric {
		return nil
	}
	if !ok {
		return fmt.Errorf("%s has a type that this protocol lacks: %s", name, value.Type())
	}
	if table == nil {
		return nil
	}
	w.open(name)
	for _, key := range slices.Sorted(maps.Keys(table)) {
		w.open("entry")
		w.leaf("key", key)
		w.leaf("value", table[key])
		w.close("entry")
	}
	w.close(name)
	return nil
}

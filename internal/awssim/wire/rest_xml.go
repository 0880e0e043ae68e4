package wire

import (
	"bytes"
	"encoding"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
)

// slot is a place for an element: a value of a type, below the wrappers that are still to come.
type slot struct {
	of       reflect.Type
	wrappers []string // of `xml:"Changes>Change"`, when at Changes: [Change]
}

// unknownElement returns the path of an element below the root for which a type has no field, or "".
func unknownElement(body []byte, root reflect.Type) (string, error) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	var open []slot
	var path []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && len(open) == 0 {
			return "", nil
		}
		if err != nil {
			return "", err //nolint:wrapcheck // the caller says what it is
		}
		switch typed := token.(type) {
		case xml.StartElement:
			next, ok := slot{of: root}, true
			if len(open) > 0 {
				path = append(path, typed.Name.Local)
				next, ok = open[len(open)-1].below(typed.Name.Local)
			}
			if !ok {
				return strings.Join(path, "."), nil
			}
			open = append(open, next)
		case xml.EndElement:
			open, path = open[:len(open)-1], path[:max(0, len(path)-1)]
		}
	}
}

// below returns the slot of a child, or false if there is none.
func (s slot) below(name string) (slot, bool) {
	if len(s.wrappers) > 0 {
		return slot{of: s.of, wrappers: s.wrappers[1:]}, s.wrappers[0] == name
	}
	of := s.of
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || reflect.PointerTo(of).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return slot{}, false
	}
	for _, member := range reflect.VisibleFields(of) {
		if names := elementNames(member); member.IsExported() && !member.Anonymous && names[0] == name {
			return slot{of: member.Type, wrappers: names[1:]}, true
		}
	}
	return slot{}, false
}

// elementNames returns the names that encoding/xml takes for a field: of the wrappers and of the element.
func elementNames(member reflect.StructField) []string {
	tag, _, _ := strings.Cut(member.Tag.Get("xml"), ",")
	if tag == "" {
		tag = member.Name
	}
	return strings.Split(tag, ">")
}

// encodeREST writes what an operation answers: headers and the body of a struct that tells them apart by tags, else
// the whole struct as XML.
func (s Service) encodeREST(call *Call, value any, answer *Answer) error {
	if _, none := value.(*None); none {
		return nil
	}
	target := reflect.ValueOf(value).Elem()
	tagged := false
	for _, member := range reflect.VisibleFields(target.Type()) {
		field := target.FieldByIndex(member.Index)
		if name, ok := member.Tag.Lookup(inHeader); ok {
			tagged = true
			setHeader(answer, name, field)
		}
		kind, ok := member.Tag.Lookup(inBody)
		if !ok {
			continue
		}
		tagged = true
		if kind == rawBody {
			answer.Body = field.Bytes()
		} else if err := s.encodeXMLBody(call, field, answer); err != nil {
			return err
		}
	}
	if tagged {
		return nil
	}
	return s.encodeXMLBody(call, target, answer)
}

// setHeader writes a string, a number or a map of headers with a prefix; empty ones are left out.
func setHeader(answer *Answer, name string, field reflect.Value) {
	if table, ok := reflect.TypeAssert[map[string]string](field); ok {
		for suffix, value := range table {
			answer.Header.Set(strings.TrimSuffix(name, "*")+suffix, value)
		}
		return
	}
	if text := plain(field); text != "" {
		answer.Header.Set(name, text)
	}
}

func (s Service) encodeXMLBody(call *Call, value reflect.Value, answer *Answer) error {
	if value.Kind() == reflect.Pointer && value.IsNil() {
		return nil
	}
	root := call.Operation + "Response"
	if named, ok := reflect.Indirect(value).Type().FieldByName("XMLName"); ok {
		root = elementNames(named)[0]
	}
	start := xml.StartElement{Name: xml.Name{Local: root}}
	start.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: s.Namespace}}
	var out bytes.Buffer
	out.WriteString(xml.Header)
	if err := xml.NewEncoder(&out).EncodeElement(value.Interface(), start); err != nil {
		return err //nolint:wrapcheck // the caller names the operation
	}
	answer.Body = out.Bytes()
	answer.Header.Set("Content-Type", "application/xml")
	return nil
}

// encodeBareError writes the error answer of S3, which has no envelope.
func encodeBareError(call *Call, failure *Error) []byte {
	out := &xmlWriter{}
	out.buffer.WriteString(xml.Header)
	out.open("Error")
	out.leaf("Code", failure.Code)
	out.leaf("Message", failure.Message)
	out.leaf("Resource", call.HTTP.URL.Path)
	out.leaf("RequestId", call.RequestID)
	out.close("Error")
	return out.buffer.Bytes()
}

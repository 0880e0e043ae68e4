package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// Where a member of a REST structure is: `path:"Id"`, `param:"maxitems"` (of the query), `header:"Range"` or, with a
// star for a map of all with the prefix, `header:"X-Amz-Meta-*"`; `body:"raw"` ([]byte) or `body:"xml"`.
const (
	inPath   = "path"
	inParam  = "param"
	inHeader = "header"
	inBody   = "body"

	rawBody = "raw"
	xmlBody = "xml"
)

// decodeREST decodes a request into a struct whose fields say by tags where they are.
func (c *Call) decodeREST(into any) error {
	target := reflect.ValueOf(into).Elem()
	known := make(map[string]bool) // "param maxitems"
	wantsBody := false
	for _, member := range reflect.VisibleFields(target.Type()) {
		field := target.FieldByIndex(member.Index)
		for _, place := range []string{inPath, inParam, inHeader} {
			if name, ok := member.Tag.Lookup(place); ok {
				known[place+" "+name] = true
				if err := c.restMember(place, name, field); err != nil {
					return err
				}
			}
		}
		if kind, ok := member.Tag.Lookup(inBody); ok {
			wantsBody = true
			if err := c.restBody(kind, field); err != nil {
				return err
			}
		}
	}
	if len(bytes.TrimSpace(c.Body)) > 0 && !wantsBody {
		return Unsupported(c, "a body")
	}
	return c.nothingElse(known)
}

func (c *Call) restMember(place, name string, field reflect.Value) error {
	switch place {
	case inPath:
		return c.restValue(name, c.labels[name], field)
	case inParam:
		if !c.form.Has(name) {
			return nil
		}
		return c.restValue(name, c.form.Get(name), field)
	}
	if prefix, all := strings.CutSuffix(name, "*"); all {
		field.Set(reflect.ValueOf(withPrefix(c.HTTP.Header, prefix)))
		return nil
	}
	given, ok := c.HTTP.Header[http.CanonicalHeaderKey(name)]
	if !ok {
		return nil
	}
	return c.restValue(name, strings.Join(given, ","), field)
}

func withPrefix(header http.Header, prefix string) map[string]string {
	found := make(map[string]string)
	for name, values := range header {
		if rest, ok := strings.CutPrefix(name, http.CanonicalHeaderKey(prefix)); ok {
			found[strings.ToLower(rest)] = strings.Join(values, ",")
		}
	}
	return found
}

func (c *Call) restValue(name, text string, field reflect.Value) error {
	err := decodeForm(&form{value: text, isLeaf: true}, name, field)
	if problem, ok := errors.AsType[*formError](err); ok {
		return Errorf(c.Protocol.invalidParameter(), "%v", problem)
	}
	return err
}

func (c *Call) restBody(kind string, field reflect.Value) error {
	if kind == rawBody {
		field.SetBytes(c.Body)
		return nil
	}
	if len(bytes.TrimSpace(c.Body)) == 0 {
		return nil
	}
	if unknown, err := unknownElement(c.Body, field.Type()); err != nil {
		return Errorf(c.Protocol.malformed(), "the request is not well-formed XML: %v", err)
	} else if unknown != "" {
		return Unsupported(c, "the element "+strconv.Quote(unknown))
	}
	if err := xml.Unmarshal(c.Body, field.Addr().Interface()); err != nil {
		return Errorf(c.Protocol.malformed(), "the request cannot be read: %v", err)
	}
	return nil
}

// nothingElse refuses parameters of the query and headers that mean something and that no field takes.
func (c *Call) nothingElse(known map[string]bool) error {
	for name := range c.form {
		if !known[inParam+" "+name] && !c.route.selects(name) && !signs(name) && name != "x-id" {
			return Unsupported(c, "the parameter "+strconv.Quote(name))
		}
	}
	for name := range c.HTTP.Header {
		if means(name) && !signs(name) && !knowsHeader(known, name) {
			return Unsupported(c, "the header "+strconv.Quote(name))
		}
	}
	return nil
}

func knowsHeader(known map[string]bool, name string) bool {
	for each := range known {
		wanted, isHeader := strings.CutPrefix(each, inHeader+" ")
		prefix, all := strings.CutSuffix(wanted, "*")
		if isHeader && (strings.EqualFold(wanted, name) || (all && strings.HasPrefix(strings.ToLower(name), strings.ToLower(prefix)))) {
			return true
		}
	}
	return false
}

// means reports whether a header changes what a request does.
func means(name string) bool {
	switch name {
	case "Range", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires":
		return true
	default:
		return strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "If-")
	}
}

// signs reports whether a header or parameter belongs to the signature or tells of the client.
func signs(name string) bool {
	switch strings.ToLower(name) {
	case "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature",
		"x-amz-security-token", "x-amz-content-sha256", "x-amz-user-agent":
		return true
	default:
		return false
	}
}

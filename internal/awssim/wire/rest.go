package wire

import (
	"net/http"
	"net/url"
	"strings"
)

// Route says which requests are calls of an operation of a REST service, as botocore's models write it.
type Route struct {
	Operation string
	Method    string
	// Path such as "/2013-04-01/hostedzone/{Id}/rrset" or "/{Bucket}/{Key+}?tagging": a label takes one segment, one
	// with a plus all that are left. What stands in the query must be in the request's, with that value if it has one.
	Path string
	// Status of success; 0 means 200.
	Status int
}

// match returns the labels of a request's path, or false if it is another operation's.
func (r Route) match(method, path string, query url.Values) (map[string]string, bool) {
	pattern, wanted, _ := strings.Cut(r.Path, "?")
	if method != r.Method || !r.asks(wanted, query) {
		return nil, false
	}
	labels := make(map[string]string)
	rest := strings.TrimPrefix(path, "/")
	for part := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		label, isLabel := strings.CutPrefix(part, "{")
		label, greedy := strings.CutSuffix(strings.TrimSuffix(label, "}"), "+")
		segment, after, _ := strings.Cut(rest, "/")
		if greedy {
			segment, after = rest, ""
		}
		rest = after
		text, err := url.PathUnescape(segment)
		switch {
		case err != nil, isLabel && segment == "", !isLabel && segment != part:
			return nil, false
		case isLabel:
			labels[label] = text
		}
	}
	return labels, rest == ""
}

func (r Route) asks(wanted string, query url.Values) bool {
	for each := range strings.SplitSeq(wanted, "&") {
		name, value, _ := strings.Cut(each, "=")
		if name != "" && (!query.Has(name) || (value != "" && query.Get(name) != value)) {
			return false
		}
	}
	return true
}

// routeREST finds the operation by method and path. The first route that matches is taken.
func (s Service) routeREST(call *Call) error {
	path := call.HTTP.URL.EscapedPath()
	if s.Path != nil {
		path = s.Path(call.HTTP)
	}
	query, err := url.ParseQuery(call.HTTP.URL.RawQuery)
	if err != nil {
		return Errorf(s.Protocol.malformed(), "the request's query is not well-formed: %v", err)
	}
	for _, route := range s.Routes {
		if labels, ok := route.match(call.HTTP.Method, path, query); ok {
			call.Operation, call.route, call.labels, call.form = route.Operation, route, labels, query
			return nil
		}
	}
	call.Operation = call.HTTP.Method + " " + call.HTTP.URL.RequestURI()
	return nil // no operation has this name
}

func (r Route) success() int {
	if r.Status == 0 {
		return http.StatusOK
	}
	return r.Status
}

// selects reports whether the route's query has a parameter, which then is no input.
func (r Route) selects(parameter string) bool {
	_, query, _ := strings.Cut(r.Path, "?")
	for each := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(each, "="); name == parameter {
			return true
		}
	}
	return false
}

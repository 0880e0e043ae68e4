package elb

import (
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Fields of conditions.
const (
	fieldPath   = "path-pattern"
	fieldHost   = "host-header"
	fieldHeader = "http-header"
	fieldMethod = "http-request-method"
	fieldQuery  = "query-string"
	fieldSource = "source-ip"
)

// condition is a rule's condition, as properties and answers write it. All conditions of a rule must hold, and
// of each one value ("Condition types for listener rules", user guide).
type condition struct {
	Field                   string
	Values                  []string
	RegexValues             []string
	HostHeaderConfig        *patterns
	PathPatternConfig       *patterns
	HttpHeaderConfig        *headerCondition //nolint:staticcheck // as the property is called
	HttpRequestMethodConfig *conditionValues //nolint:staticcheck // as the property is called
	QueryStringConfig       *queryCondition
	SourceIpConfig          *conditionValues //nolint:staticcheck // as the property is called
}

type conditionValues struct{ Values []string }

// patterns are values with wildcards, or regular expressions.
type patterns struct{ Values, RegexValues []string }

type headerCondition struct {
	HttpHeaderName string //nolint:staticcheck // as the property is called
	Values         []string
	RegexValues    []string
}

type queryCondition struct{ Values []queryPair }

type queryPair struct{ Key, Value string }

func (c *condition) check() error {
	switch c.Field {
	case fieldPath, fieldHost, fieldMethod:
		if len(c.values()) == 0 && len(c.regexes()) == 0 {
			return invalid("A condition value must be specified")
		}
	case fieldSource:
		for _, value := range c.values() {
			if _, err := netip.ParsePrefix(value); err != nil {
				return invalid("'%s' is not a valid CIDR block", value)
			}
		}
	case fieldHeader:
		if c.HttpHeaderConfig == nil || c.HttpHeaderConfig.HttpHeaderName == "" {
			return invalid("A condition on a header needs an HttpHeaderConfig with an HttpHeaderName")
		}
	case fieldQuery:
		if c.QueryStringConfig == nil {
			return invalid("A condition on the query string needs a QueryStringConfig")
		}
	default:
		return invalid("Condition field '%s' must be one of '[path-pattern, host-header, http-header, "+
			"http-request-method, query-string, source-ip]'", c.Field)
	}
	for _, pattern := range c.regexes() {
		if _, err := regexp.Compile(pattern); err != nil {
			return invalid("The regular expression '%s' is not valid", pattern)
		}
	}
	return nil
}

// values are the values of the conditions that have a list of them, in the old form or the new.
func (c *condition) values() []string {
	switch {
	case c.HostHeaderConfig != nil:
		return c.HostHeaderConfig.Values
	case c.PathPatternConfig != nil:
		return c.PathPatternConfig.Values
	case c.HttpRequestMethodConfig != nil:
		return c.HttpRequestMethodConfig.Values
	case c.SourceIpConfig != nil:
		return c.SourceIpConfig.Values
	}
	return c.Values
}

func (c *condition) regexes() []string {
	switch {
	case c.HostHeaderConfig != nil:
		return c.HostHeaderConfig.RegexValues
	case c.PathPatternConfig != nil:
		return c.PathPatternConfig.RegexValues
	case c.HttpHeaderConfig != nil:
		return c.HttpHeaderConfig.RegexValues
	}
	return c.RegexValues
}

// described is the condition as answers write it: host and path in the old form and the new.
func (c *condition) described() condition {
	shown := *c
	switch c.Field {
	case fieldPath:
		shown.Values, shown.RegexValues = c.values(), c.regexes()
		shown.PathPatternConfig = &patterns{c.values(), c.regexes()}
	case fieldHost:
		shown.Values, shown.RegexValues = c.values(), c.regexes()
		shown.HostHeaderConfig = &patterns{c.values(), c.regexes()}
	case fieldMethod:
		shown.HttpRequestMethodConfig = &conditionValues{c.values()}
	case fieldSource:
		shown.SourceIpConfig = &conditionValues{c.values()}
	}
	return shown
}

func (c *condition) holds(r *http.Request) bool {
	switch c.Field {
	case fieldPath:
		return anyMatches(c.values(), r.URL.Path) || anyExpression(c.regexes(), r.URL.Path)
	case fieldHost:
		host := hostOf(r)
		return anyMatchesFolded(c.values(), host) || anyExpression(c.regexes(), strings.ToLower(host))
	case fieldHeader:
		return slices.ContainsFunc(r.Header.Values(c.HttpHeaderConfig.HttpHeaderName), func(value string) bool {
			return anyMatchesFolded(c.HttpHeaderConfig.Values, value) || anyExpression(c.HttpHeaderConfig.RegexValues, value)
		})
	case fieldMethod:
		return slices.Contains(c.values(), r.Method)
	case fieldQuery:
		return c.queryHolds(r)
	case fieldSource:
		return c.sourceHolds(r)
	default:
		return false // refused when the rule was made
	}
}

// hostOf is the host of a request, without its port.
func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		return r.Host
	}
	return host
}

func anyExpression(expressions []string, text string) bool {
	return slices.ContainsFunc(expressions, func(expression string) bool {
		compiled, err := regexp.Compile(expression)
		return err == nil && compiled.MatchString(text)
	})
}

func (c *condition) queryHolds(r *http.Request) bool {
	for key, values := range r.URL.Query() {
		for _, wanted := range c.QueryStringConfig.Values {
			keyHolds := wanted.Key == "" || matches(strings.ToLower(wanted.Key), strings.ToLower(key))
			if keyHolds && slices.ContainsFunc(values, func(value string) bool {
				return matches(strings.ToLower(wanted.Value), strings.ToLower(value))
			}) {
				return true
			}
		}
	}
	return false
}

func (c *condition) sourceHolds(r *http.Request) bool {
	client, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.values(), func(value string) bool {
		prefix, err := netip.ParsePrefix(value)
		return err == nil && prefix.Contains(client.Addr().Unmap())
	})
}

func anyMatches(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, text) })
}

func anyMatchesFolded(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return matches(strings.ToLower(pattern), strings.ToLower(text))
	})
}

// matches says whether a text is of a pattern, in which * stands for any characters and ? for one.
func matches(pattern, text string) bool {
	star, resume := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0: // let the last star take one character more
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

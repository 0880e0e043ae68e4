package elb

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
)

// condition is a rule's condition, as properties and answers write it. All conditions of a rule must hold, and
// of each one value ("Condition types for listener rules", user guide).
type condition struct {
	Field                   string
	Values                  []string
	HostHeaderConfig        *conditionValues
	PathPatternConfig       *conditionValues
	HttpHeaderConfig        *headerCondition //nolint:staticcheck // as the property is called
	HttpRequestMethodConfig *conditionValues //nolint:staticcheck // as the property is called
	QueryStringConfig       *queryCondition
	SourceIpConfig          *conditionValues //nolint:staticcheck // as the property is called
}

type conditionValues struct{ Values []string }

type headerCondition struct {
	HttpHeaderName string //nolint:staticcheck // as the property is called
	Values         []string
}

type queryCondition struct{ Values []struct{ Key, Value string } }

func (c *condition) check() error {
	switch c.Field {
	case "path-pattern", "host-header", "http-request-method":
		if len(c.values()) == 0 {
			return props.Invalid("A condition value must be specified")
		}
		return nil
	case "source-ip":
		for _, value := range c.values() {
			if _, err := netip.ParsePrefix(value); err != nil {
				return props.Invalid("'%s' is not a valid CIDR block", value)
			}
		}
		return nil
	case "http-header":
		if c.HttpHeaderConfig == nil {
			return props.Invalid("A condition on a header needs an HttpHeaderConfig")
		}
		return nil
	case "query-string":
		if c.QueryStringConfig == nil {
			return props.Invalid("A condition on the query string needs a QueryStringConfig")
		}
		return nil
	default:
		return props.Invalid("Condition field '%s' must be one of '[path-pattern, host-header, http-header, "+
			"http-request-method, query-string, source-ip]'", c.Field)
	}
}

// values are the values of the conditions that have a list of them, in the old form or the new.
func (c *condition) values() []string {
	for _, config := range []*conditionValues{
		c.HostHeaderConfig, c.PathPatternConfig, c.HttpRequestMethodConfig, c.SourceIpConfig,
	} {
		if config != nil {
			return config.Values
		}
	}
	return c.Values
}

func (c *condition) holds(r *http.Request) bool {
	switch c.Field {
	case "path-pattern":
		return anyMatches(c.values(), r.URL.Path)
	case "host-header":
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		return anyMatchesFolded(c.values(), host)
	case "http-header":
		return slices.ContainsFunc(r.Header.Values(c.HttpHeaderConfig.HttpHeaderName), func(value string) bool {
			return anyMatchesFolded(c.HttpHeaderConfig.Values, value)
		})
	case "http-request-method":
		return slices.Contains(c.values(), r.Method)
	case "query-string":
		return c.queryHolds(r)
	case "source-ip":
		return c.sourceHolds(r)
	default:
		return false // refused when the rule was made
	}
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

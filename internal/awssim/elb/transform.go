package elb

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
)

// Types of transforms.
const (
	rewriteHost = "host-header-rewrite"
	rewriteURL  = "url-rewrite"
)

// transform changes a request before its target gets it ("Transforms for listener rules", user guide).
type transform struct {
	Type                    string
	HostHeaderRewriteConfig *rewrites
	UrlRewriteConfig        *rewrites //nolint:staticcheck // as the property is called
}

type rewrites struct{ Rewrites []replacement }

type replacement struct{ Regex, Replace string }

func checkTransforms(transforms []transform) error {
	var seen []string
	for _, each := range transforms {
		if slices.Contains(seen, each.Type) {
			return invalid("A rule can have only one transform of type '%s'", each.Type)
		}
		seen = append(seen, each.Type)
		config := each.config()
		if config == nil || len(config.Rewrites) != 1 {
			return invalid("A transform of type '%s' must have exactly one rewrite", each.Type)
		}
		if _, err := regexp.Compile(config.Rewrites[0].Regex); err != nil {
			return invalid("The regular expression '%s' is not valid", config.Rewrites[0].Regex)
		}
	}
	return nil
}

func (t *transform) config() *rewrites {
	switch t.Type {
	case rewriteHost:
		return t.HostHeaderRewriteConfig
	case rewriteURL:
		return t.UrlRewriteConfig
	default:
		return nil
	}
}

// groupReference is $1 as transforms write it; Go would read $1x as a name.
var groupReference = regexp.MustCompile(`\$(\d)`)

func (r replacement) apply(text string) string {
	expression, err := regexp.Compile(r.Regex)
	if err != nil { // refused when the rule was made
		return text
	}
	at := expression.FindStringSubmatchIndex(text)
	if at == nil {
		return text
	}
	replaced := expression.ExpandString(nil, groupReference.ReplaceAllString(r.Replace, "$${$1}"), text, at)
	return text[:at[0]] + string(replaced) + text[at[1]:]
}

// rewriteRequest applies transforms to what is sent to the target. The first match is replaced, in the path with its
// query (believed: the user guide shows patterns for whole paths).
func rewriteRequest(out *http.Request, transforms []transform) {
	for i := range transforms {
		config := transforms[i].config()
		switch transforms[i].Type {
		case rewriteHost:
			out.Host = config.Rewrites[0].apply(out.Host)
		case rewriteURL:
			changed, err := url.ParseRequestURI(config.Rewrites[0].apply(out.URL.RequestURI()))
			if err != nil {
				continue // a path that is none stays as it was
			}
			out.URL.Path, out.URL.RawPath, out.URL.RawQuery = changed.Path, changed.RawPath, changed.RawQuery
		}
	}
}

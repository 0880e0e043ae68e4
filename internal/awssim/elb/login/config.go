package login

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
)

// What to do with a request of somebody who is not logged in (AuthenticateOidcActionConfig, API reference).
const (
	Authenticate = "authenticate"
	Allow        = "allow"
	Deny         = "deny"
)

// Config is how users log in: the AuthenticateOidcConfig of an action.
type Config struct {
	Issuer                           string
	AuthorizationEndpoint            string
	TokenEndpoint                    string
	UserInfoEndpoint                 string
	ClientId                         string //nolint:staticcheck // as the property is called
	ClientSecret                     string
	SessionCookieName                string
	Scope                            string
	SessionTimeout                   int // seconds
	AuthenticationRequestExtraParams map[string]string
	OnUnauthenticatedRequest         string
	UseExistingClientSecret          bool
}

const (
	defaultCookie  = "AWSELBAuthSessionCookie"
	defaultScope   = "openid"
	defaultTimeout = 604800
	mostExtra      = 10
)

// Complete sets what was left out. Of the configuration that there was before, if any, it takes the client secret if
// that is asked for.
func (c *Config) Complete(before *Config) {
	if c.SessionCookieName == "" {
		c.SessionCookieName = defaultCookie
	}
	if c.Scope == "" {
		c.Scope = defaultScope
	}
	if c.SessionTimeout == 0 {
		c.SessionTimeout = defaultTimeout
	}
	if c.OnUnauthenticatedRequest == "" {
		c.OnUnauthenticatedRequest = Authenticate
	}
	if c.UseExistingClientSecret && c.ClientSecret == "" && before != nil {
		c.ClientSecret = before.ClientSecret
	}
	c.UseExistingClientSecret = false
}

// refusal is a sentence of AWS.
type refusal string

// Error returns the sentence.
func (r refusal) Error() string { return string(r) }

func refusef(format string, values ...any) error { return refusal(fmt.Sprintf(format, values...)) }

var letters = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

// Check refuses a complete configuration with which nobody could log in; the error is a sentence of AWS. That of the
// client id is quoted, the others are believed to be like it.
func (c *Config) Check() error {
	const longest = 1024
	for _, field := range []struct{ name, value string }{{"client id", c.ClientId}, {"client secret", c.ClientSecret}} {
		if len(field.value) < 1 || len(field.value) > longest {
			return refusef("The '%s' field must be between 1 and %d characters in length", field.name, longest)
		}
	}
	for _, field := range []struct{ name, value string }{
		{"issuer", c.Issuer},
		{"authorization endpoint", c.AuthorizationEndpoint},
		{"token endpoint", c.TokenEndpoint},
		{"user info endpoint", c.UserInfoEndpoint},
	} {
		if !isEndpoint(field.value) {
			return refusef("The '%s' field must be a valid HTTPS URL", field.name)
		}
	}
	switch {
	case c.SessionTimeout < 1 || c.SessionTimeout > defaultTimeout:
		return refusef("The 'session timeout' field must be between 1 and %d", defaultTimeout)
	case !slices.Contains([]string{Authenticate, Allow, Deny}, c.OnUnauthenticatedRequest):
		return refusef("The 'on unauthenticated request' field must be one of '%s, %s, %s'", Deny, Allow, Authenticate)
	case len(c.AuthenticationRequestExtraParams) > mostExtra:
		return refusef("The 'authentication request extra params' field cannot have more than %d entries", mostExtra)
	}
	for name := range c.AuthenticationRequestExtraParams {
		if !letters.MatchString(name) {
			return refusef("The authentication request extra param '%s' is not valid", name)
		}
	}
	return nil
}

// isEndpoint says whether a text is the address of an identity provider: with HTTPS, as on AWS, or on the loopback
// interface without it, so that one can be run on a developer's machine.
func isEndpoint(text string) bool {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Hostname() == "" {
		return false
	}
	host := parsed.Hostname()
	loopback := host == "localhost" || net.ParseIP(host).IsLoopback()
	return parsed.Scheme == "https" || (parsed.Scheme == "http" && loopback)
}

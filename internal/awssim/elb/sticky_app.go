package elb

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Application-based stickiness ("Sticky sessions", user guide): the load balancer's cookie follows that of the application. It
// comes in four parts, of which those that are not needed say so (seen in published requests).
const (
	appCookie     = "AWSALBAPP-"
	appParts      = 4
	appUnused     = "_remove_"
	appCookieLife = 7 * 24 * time.Hour
)

// appSticky says how sessions stick to targets by a cookie of the application.
type appSticky struct {
	cookie string // of the application
	stick  time.Duration
	bound  bool // whether the session sticks already
}

func (g *group) appSticky(r *http.Request) *appSticky {
	if !g.sticky() || g.attributes[stickyType] != byApplication {
		return nil
	}
	return &appSticky{g.attributes[appCookieName], lasting(g.attributes, appCookieSeconds), g.appSession(r) != ""}
}

// appSession is the target that the client's two cookies name; empty if one of them is missing or too old.
func (g *group) appSession(r *http.Request) string {
	if _, err := r.Cookie(g.attributes[appCookieName]); err != nil {
		return ""
	}
	target, until, _ := strings.Cut(cookieOf(r, appCookie+"0"), ".")
	seconds, err := strconv.ParseInt(until, 16, 64)
	if err != nil || time.Now().After(time.Unix(seconds, 0)) {
		return ""
	}
	return target
}

var chromium = regexp.MustCompile(`Chrom(?:e|ium)/(\d+)`)

// follow binds the client to a target if the application's answer does, or if it was bound before.
func (a *appSticky) follow(answer *http.Response, target string) {
	begins := slices.ContainsFunc(answer.Cookies(), func(c *http.Cookie) bool { return c.Name == a.cookie })
	if !begins && !a.bound {
		return
	}
	for part := range appParts {
		bound := http.Cookie{ //nolint:gosec // as the load balancer sets it
			Name: appCookie + strconv.Itoa(part), Value: appUnused, Expires: time.Now().Add(appCookieLife), Path: "/",
		}
		if part == 0 {
			const hexadecimal = 16
			bound.Value = target + "." + strconv.FormatInt(time.Now().Add(a.stick).Unix(), hexadecimal)
		}
		if crossesSites(answer.Request.UserAgent()) {
			bound.SameSite, bound.Secure = http.SameSiteNoneMode, true
		}
		answer.Header.Add("Set-Cookie", bound.String())
	}
}

// crossesSites says whether a browser wants to be told that it may send a cookie to another site: since Chromium 80.
func crossesSites(agent string) bool {
	const since = 80
	found := chromium.FindStringSubmatch(agent)
	if found == nil {
		return false
	}
	version, err := strconv.Atoi(found[1])
	return err == nil && version >= since
}

// checkSticky refuses stickiness by a cookie that has no name; the words are believed.
func checkSticky(attributes map[string]string) error {
	if is(attributes, stickyEnabled) && attributes[stickyType] == byApplication && attributes[appCookieName] == "" {
		return misconfigured("A cookie name must be specified for stickiness of type '%s'", byApplication)
	}
	return nil
}

// checkWeighted refuses groups beside each other if sessions stick to one by the application's cookie.
func (s *Service) checkWeighted(groups []weightedGroup) error {
	if len(groups) > 1 && slices.ContainsFunc(groups, func(g weightedGroup) bool {
		found, ok := s.groups[g.TargetGroupArn]
		return ok && found.sticky() && found.attributes[stickyType] == byApplication
	}) {
		return wire.Errorf(codeInvalidAction, "When configuring a rule with multiple target groups, "+
			"none of them can have stickiness of type '%s' enabled.", byApplication)
	}
	return nil
}

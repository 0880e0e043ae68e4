package elb

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
)

// Cookies of sticky sessions ("Sticky sessions", user guide): to a target, and to a target group. Each has a twin for
// requests across origins.
const (
	stickyCookie = "AWSALB"
	groupCookie  = "AWSALBTG"
	corsSuffix   = "CORS"
)

func (g *group) sticky() bool { return is(g.attributes, stickyEnabled) }

// stick is how long a session sticks to its target after each request, by a cookie of the load balancer; 0 if it does not.
func (g *group) stick() time.Duration {
	if !g.sticky() || g.attributes[stickyType] != byBalancer {
		return 0
	}
	return lasting(g.attributes, stickySeconds)
}

// stick is how long a session sticks to one of an action's target groups; 0 if it does not.
func (a *action) stick() time.Duration {
	if a.ForwardConfig == nil || a.ForwardConfig.TargetGroupStickinessConfig == nil ||
		!a.ForwardConfig.TargetGroupStickinessConfig.Enabled {
		return 0
	}
	return seconds(a.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds)
}

// cookie names the target group in the cookie of a sticky session.
func (g *group) cookie() string { return groupCookieOf(g.arn) }

func groupCookieOf(groupARN string) string {
	sum := sha256.Sum256([]byte(groupARN))
	return hex.EncodeToString(sum[:])
}

// chooseGroup returns the target group that the session sticks to, and else one by its weight. One without weight is
// never chosen.
func (a *action) chooseGroup(r *http.Request) string {
	groups := a.groups()
	if a.stick() > 0 {
		bound := cookieOf(r, groupCookie)
		for _, group := range groups {
			if group.weight() > 0 && bound == groupCookieOf(group.TargetGroupArn) {
				return group.TargetGroupArn
			}
		}
	}
	return pick(groups)
}

// session returns what the client's cookie says about its target.
func (g *group) session(r *http.Request) string {
	if g.attributes[stickyType] == byApplication {
		return g.appSession(r)
	}
	return cookieOf(r, stickyCookie)
}

func cookieOf(r *http.Request, name string) string {
	for _, each := range []string{name, name + corsSuffix} {
		if cookie, err := r.Cookie(each); err == nil {
			return cookie.Value
		}
	}
	return ""
}

// setSession binds the client to a target or target group, anew with each answer.
func setSession(header http.Header, name, value string, stick time.Duration) {
	bound := http.Cookie{ //nolint:gosec // as the load balancer sets it
		Name: name, Value: value, Expires: time.Now().Add(stick), Path: "/",
	}
	header.Add("Set-Cookie", bound.String())
	bound.Name, bound.SameSite, bound.Secure = name+corsSuffix, http.SameSiteNoneMode, true
	header.Add("Set-Cookie", bound.String())
}

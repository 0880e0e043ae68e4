package elb

import (
	"net/http"
	"strconv"
	"time"
)

// Cookies of sticky sessions ("Sticky sessions", user guide): the second is for requests across origins.
const (
	stickyCookie     = "AWSALB"
	stickyCORSCookie = "AWSALBCORS"
)

func (g *group) sticky() bool { return g.attributes[stickyEnabled] == "true" }

// stick is how long a session sticks to its target after each request; 0 if it does not.
func (g *group) stick() time.Duration {
	count, err := strconv.Atoi(g.attributes[stickySeconds])
	if err != nil || !g.sticky() {
		return 0
	}
	return seconds(count)
}

// session returns what the client's cookie says about its target.
func session(r *http.Request) string {
	for _, name := range []string{stickyCookie, stickyCORSCookie} {
		if cookie, err := r.Cookie(name); err == nil {
			return cookie.Value
		}
	}
	return ""
}

// setSession binds the client to a target, anew with each answer.
func setSession(header http.Header, value string, stick time.Duration) {
	bound := http.Cookie{ //nolint:gosec // as the load balancer sets it
		Name: stickyCookie, Value: value, Expires: time.Now().Add(stick), Path: "/",
	}
	header.Add("Set-Cookie", bound.String())
	bound.Name, bound.SameSite, bound.Secure = stickyCORSCookie, http.SameSiteNoneMode, true
	header.Add("Set-Cookie", bound.String())
}

package elb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb/login"
)

// serverName is how a load balancer signs the answers that are its own.
const serverName = "awselb/2.0"

// answerError answers with a load balancer's own error page.
func answerError(w http.ResponseWriter, status int) { answerPage(w, status, pageTitle(status)) }

func answerPage(w http.ResponseWriter, status int, text string) {
	title := fmt.Sprintf("%d %s", status, text)
	page := "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
		"</h1></center>\r\n</body>\r\n</html>\r\n"
	location := w.Header().Get("Location")
	answer(w, status, "text/html", page, location)
}

// pageTitle is what the error pages call a status; some differ from HTTP's own words.
func pageTitle(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "Authorization Required"
	case login.Status561:
		return "Authentication Error"
	case http.StatusServiceUnavailable:
		return "Service Temporarily Unavailable"
	case http.StatusGatewayTimeout:
		return "Gateway Time-out"
	default:
		return http.StatusText(status)
	}
}

func answer(w http.ResponseWriter, status int, contentType, body, location string) {
	header := w.Header()
	cookies := header.Values("Set-Cookie")
	clear(header)
	for _, cookie := range cookies { // of a login
		header.Add("Set-Cookie", cookie)
	}
	if location != "" {
		header.Set("Location", location)
	}
	header.Set("Server", serverName)
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func answerFixed(w http.ResponseWriter, fixed *fixedResponse) {
	status, err := strconv.Atoi(fixed.StatusCode)
	if err != nil { // refused when the rule was made
		status = http.StatusInternalServerError
	}
	contentType := fixed.ContentType
	if contentType == "" && fixed.MessageBody != "" {
		contentType = "text/plain; charset=utf-8"
	}
	answer(w, status, contentType, fixed.MessageBody, "")
}

func redirectStatus(code string) int {
	switch code {
	case "HTTP_301":
		return http.StatusMovedPermanently
	case "HTTP_302":
		return http.StatusFound
	default:
		return 0
	}
}

// redirect answers with the location that the action's placeholders make of the request's. A client that knows where
// the load balancer really is gets the real ports of its other listeners.
func (f *frontend) redirect(w http.ResponseWriter, r *http.Request, decided decision) {
	to := decided.action.RedirectConfig
	host := hostOf(r)
	fill := strings.NewReplacer(
		"#{protocol}", strings.ToLower(decided.listener.Protocol), "#{host}", host, "#{port}", decided.port,
		"#{path}", strings.TrimPrefix(r.URL.EscapedPath(), "/"), "#{query}", r.URL.RawQuery,
	).Replace
	protocol, toHost := strings.ToLower(fill(otherwise(to.Protocol, "#{protocol}"))), fill(otherwise(to.Host, "#{host}"))
	port := fill(otherwise(to.Port, "#{port}"))
	if decided.knows && toHost == host {
		port = f.portFor(port)
	}
	location := protocol + "://" + toHost + ":" + port + fill(otherwise(to.Path, "/#{path}"))
	if query := fill(otherwise(to.Query, "#{query}")); query != "" {
		location += "?" + query
	}
	w.Header().Set("Location", location)
	answerPage(w, redirectStatus(to.StatusCode), http.StatusText(redirectStatus(to.StatusCode)))
}

func (f *frontend) portFor(port string) string {
	f.service.mu.Lock()
	defer f.service.mu.Unlock()
	return f.service.seenPort(f.balancer, port)
}

func otherwise(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

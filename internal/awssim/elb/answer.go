package elb

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// serverName is how a load balancer signs the answers that are its own.
const serverName = "awselb/2.0"

// answerError answers with a load balancer's own error page.
func answerError(w http.ResponseWriter, status int) {
	title := fmt.Sprintf("%d %s", status, pageTitle(status))
	page := "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
		"</h1></center>\r\n</body>\r\n</html>\r\n"
	answer(w, status, "text/html", page)
}

// pageTitle is what the error pages call a status; two differ from HTTP's own words.
func pageTitle(status int) string {
	switch status {
	case http.StatusServiceUnavailable:
		return "Service Temporarily Unavailable"
	case http.StatusGatewayTimeout:
		return "Gateway Time-out"
	default:
		return http.StatusText(status)
	}
}

func answer(w http.ResponseWriter, status int, contentType, body string) {
	header := w.Header()
	clear(header)
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
	answer(w, status, contentType, fixed.MessageBody)
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

// redirect answers with the location that the action's placeholders make of the request's.
func redirect(w http.ResponseWriter, r *http.Request, to *redirectConfig) {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = r.Host, "80"
	}
	fill := strings.NewReplacer(
		"#{protocol}", "http", "#{host}", host, "#{port}", port,
		"#{path}", strings.TrimPrefix(r.URL.EscapedPath(), "/"), "#{query}", r.URL.RawQuery,
	).Replace
	location := strings.ToLower(fill(otherwise(to.Protocol, "#{protocol}"))) + "://" +
		fill(otherwise(to.Host, "#{host}")) + ":" + fill(otherwise(to.Port, "#{port}")) + fill(otherwise(to.Path, "/#{path}"))
	if query := fill(otherwise(to.Query, "#{query}")); query != "" {
		location += "?" + query
	}
	w.Header().Set("Location", location)
	w.Header().Set("Server", serverName)
	w.WriteHeader(redirectStatus(to.StatusCode))
}

func otherwise(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

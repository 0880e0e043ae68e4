package config

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/logging"
)

const defaultDatabasePort = 5432

// environment reads variables and remembers what is wrong with them.
type environment struct {
	getenv   func(string) string
	problems []error
}

func (e *environment) wrongf(name, format string, args ...any) {
	e.problems = append(e.problems, fmt.Errorf("reading "+name+": "+format, args...))
}

func (e *environment) text(name, otherwise string) string {
	if text := e.getenv(name); text != "" {
		return text
	}
	return otherwise
}

func (e *environment) port(name string, otherwise uint16) uint16 {
	text := e.getenv(name)
	if text == "" {
		return otherwise
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		e.wrongf(name, "%q is not a port number", text)
	}
	return uint16(port)
}

func (e *environment) duration(name string, otherwise time.Duration) time.Duration {
	text := e.getenv(name)
	if text == "" {
		return otherwise
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration < 0 {
		e.wrongf(name, "%q is not a duration such as 30s", text)
		return otherwise
	}
	return duration
}

func (e *environment) logFormat(name string) logging.Format {
	format := logging.Format(e.text(name, string(logging.Text)))
	if format != logging.Text && format != logging.JSON {
		e.wrongf(name, "%q is neither text nor json", format)
	}
	return format
}

// databaseURL returns the URL as it is set, or makes it of the pieces that ECS injects: plain variables, and the
// password from a secret. A password stays out of the problems.
func (e *environment) databaseURL() string {
	if whole := e.getenv("DATABASE_URL"); whole != "" {
		return whole
	}
	required := []string{"DB_HOST", "DB_NAME", "DB_USER", "DB_PASSWORD"}
	var missing []string
	for _, name := range required {
		if e.getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	port := e.port("DB_PORT", defaultDatabasePort)
	switch {
	case len(missing) == len(required) && e.getenv("DB_PORT") == "":
		return ""
	case len(missing) > 0:
		e.wrongf(strings.Join(missing, ", "), "not set, but other DB_* variables are; set all of %s, or DATABASE_URL",
			strings.Join(required, ", "))
		return ""
	}
	address := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(e.getenv("DB_USER"), e.getenv("DB_PASSWORD")),
		Host:   net.JoinHostPort(e.getenv("DB_HOST"), strconv.Itoa(int(port))),
		Path:   "/" + e.getenv("DB_NAME"),
	}
	return address.String()
}

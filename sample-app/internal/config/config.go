// Package config reads the settings of the items API from environment variables.
package config

import (
	"fmt"
	"net"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/logging"
)

// Config is everything that can be set.
type Config struct {
	// Host is the address to listen on. HOST, all addresses by default.
	Host string
	// Port is the TCP port to listen on, 0 for any free one. PORT, 8000 by default.
	Port uint16
	// Service is the name in the health answer. SERVICE_NAME.
	Service string
	// Version is shown at the root. APP_VERSION; empty means that of the build.
	Version string
	// LogFormat is that of the log lines. LOG_FORMAT, "text" by default.
	LogFormat logging.Format
}

const (
	defaultHost    = "0.0.0.0"
	defaultPort    = 8000
	defaultService = "fastapi-ecs-demo"
)

// FromEnv reads the settings through getenv, which is os.Getenv in production. The error names the variable.
func FromEnv(getenv func(string) string) (Config, error) {
	config := Config{
		Host:      or(getenv("HOST"), defaultHost),
		Port:      defaultPort,
		Service:   or(getenv("SERVICE_NAME"), defaultService),
		Version:   getenv("APP_VERSION"),
		LogFormat: logging.Format(or(getenv("LOG_FORMAT"), string(logging.Text))),
	}
	if text := getenv("PORT"); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return Config{}, fmt.Errorf("reading PORT: %q is not a port number: %w", text, err)
		}
		config.Port = uint16(port)
	}
	if config.LogFormat != logging.Text && config.LogFormat != logging.JSON {
		return Config{}, fmt.Errorf("reading LOG_FORMAT: %q is neither text nor json", config.LogFormat)
	}
	return config, nil
}

// Address is what to listen on.
func (c Config) Address() string {
	return net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
}

// LocalURL is where a process on the same machine reaches the service.
func (c Config) LocalURL() string {
	host := c.Host
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.To4() == nil {
			host = "::1"
		}
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(int(c.Port)))
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

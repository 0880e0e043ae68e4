// Package config reads the settings of the items API from environment variables.
package config

import (
	"errors"
	"net"
	"strconv"
	"time"

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
	// DatabaseURL is the address of the PostgreSQL database that keeps the items. Empty means that they live in memory.
	// DATABASE_URL, or else made of DB_HOST, DB_PORT (5432 by default), DB_NAME, DB_USER and DB_PASSWORD.
	DatabaseURL string
	// DatabaseWait is how long a start waits for the database. DATABASE_WAIT, 30 s by default.
	DatabaseWait time.Duration
	// DrainPause is how long the service says that it is not ready, and serves on, before it stops taking connections.
	// DRAIN_PAUSE, 1 s by default. ECS takes a task out of the load balancer before it stops it and needs no more;
	// where load balancers poll /readyz, it should be longer than two of their intervals.
	DrainPause time.Duration
	// StopTimeout is the time between SIGTERM and SIGKILL. STOP_TIMEOUT, 30 s by default, as that of ECS.
	StopTimeout time.Duration
}

const (
	defaultHost         = "0.0.0.0"
	defaultPort         = 8000
	defaultService      = "fastapi-ecs-demo"
	defaultDatabaseWait = 30 * time.Second
	defaultDrainPause   = time.Second
	defaultStopTimeout  = 30 * time.Second
)

// FromEnv reads the settings through getenv, which is os.Getenv in production. The error names each variable that is
// wrong.
func FromEnv(getenv func(string) string) (Config, error) {
	env := environment{getenv: getenv}
	config := Config{
		Host:         env.text("HOST", defaultHost),
		Port:         env.port("PORT", defaultPort),
		Service:      env.text("SERVICE_NAME", defaultService),
		Version:      env.text("APP_VERSION", ""),
		LogFormat:    env.logFormat("LOG_FORMAT"),
		DatabaseURL:  env.databaseURL(),
		DatabaseWait: env.duration("DATABASE_WAIT", defaultDatabaseWait),
		DrainPause:   env.duration("DRAIN_PAUSE", defaultDrainPause),
		StopTimeout:  env.duration("STOP_TIMEOUT", defaultStopTimeout),
	}
	if config.DrainPause > config.StopTimeout/2 {
		env.wrongf("DRAIN_PAUSE", "%s is more than half of STOP_TIMEOUT, %s", config.DrainPause, config.StopTimeout)
	}
	if len(env.problems) > 0 {
		return Config{}, errors.Join(env.problems...)
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

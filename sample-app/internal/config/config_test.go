package config_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/config"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/logging"
)

// from makes an environment.
func from(environment map[string]string) func(string) string {
	return func(name string) string { return environment[name] }
}

func TestSettingsComeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environment map[string]string
		want        config.Config
	}{
		"an empty environment gives the defaults": {
			nil, config.Config{
				Host: "0.0.0.0", Port: 8000, Service: "fastapi-ecs-demo", LogFormat: logging.Text,
				DatabaseWait: 30 * time.Second, DrainPause: time.Second, StopTimeout: 30 * time.Second,
			},
		},
		"everything can be set": {
			map[string]string{
				"HOST": "127.0.0.1", "PORT": "0", "SERVICE_NAME": "items", "APP_VERSION": "2.0.0", "LOG_FORMAT": "json",
				"DATABASE_URL": "postgres://db/items", "DATABASE_WAIT": "1m", "DRAIN_PAUSE": "0s", "STOP_TIMEOUT": "2m",
			},
			config.Config{
				Host: "127.0.0.1", Port: 0, Service: "items", Version: "2.0.0", LogFormat: logging.JSON,
				DatabaseURL: "postgres://db/items", DatabaseWait: time.Minute, DrainPause: 0, StopTimeout: 2 * time.Minute,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.FromEnv(from(test.environment))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAWrongSettingIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, value string }{
		"a port that is no number":  {"PORT", "http"},
		"a port beyond the last":    {"PORT", "65536"},
		"a format that is not made": {"LOG_FORMAT", "xml"},
		"a time without a unit":     {"DATABASE_WAIT", "30"},
		"a time before now":         {"STOP_TIMEOUT", "-30s"},
		"a pause that is too long":  {"DRAIN_PAUSE", "15.001s"},
		"a port of a database":      {"DB_PORT", "postgresql"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.FromEnv(from(map[string]string{test.name: test.value}))
			if err == nil || !strings.Contains(err.Error(), test.name) || !strings.Contains(err.Error(), test.value) {
				t.Errorf("error = %v, want %s and %s named", err, test.name, test.value)
			}
		})
	}
}

func TestTheDatabaseIsSetWholeOrInPieces(t *testing.T) {
	t.Parallel()
	pieces := map[string]string{
		"DB_HOST": "db.internal", "DB_NAME": "shop", "DB_USER": "items", "DB_PASSWORD": "p@ss/w?rd",
	}
	tests := map[string]struct {
		environment map[string]string
		want        string
	}{
		"nothing means memory":     {nil, ""},
		"pieces make a URL":        {pieces, "postgres://items:p%40ss%2Fw%3Frd@db.internal:5432/shop"},
		"the port may be another":  {with(pieces, "DB_PORT", "6432"), "postgres://items:p%40ss%2Fw%3Frd@db.internal:6432/shop"},
		"addresses may be of IPv6": {with(pieces, "DB_HOST", "fd00::1"), "postgres://items:p%40ss%2Fw%3Frd@[fd00::1]:5432/shop"},
		"the whole beats pieces":   {with(pieces, "DATABASE_URL", "postgres://other/db"), "postgres://other/db"},
		"the whole may be keywords": {
			map[string]string{"DATABASE_URL": "host=db dbname=shop"}, "host=db dbname=shop",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.FromEnv(from(test.environment))
			if err != nil || got.DatabaseURL != test.want {
				t.Errorf("DatabaseURL = %q, %v; want %q", got.DatabaseURL, err, test.want)
			}
		})
	}
}

// with copies an environment and sets one more variable.
func with(environment map[string]string, name, value string) map[string]string {
	more := maps.Clone(environment)
	more[name] = value
	return more
}

func TestAHalfSetDatabaseSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	all := []string{"DB_HOST", "DB_NAME", "DB_USER", "DB_PASSWORD"}
	for _, left := range all {
		environment := map[string]string{}
		for _, name := range all {
			if name != left {
				environment[name] = "secret"
			}
		}
		_, err := config.FromEnv(from(environment))
		if err == nil || !strings.Contains(err.Error(), "reading "+left+": not set") || strings.Contains(err.Error(), "secret") {
			t.Errorf("without %s: %v", left, err)
		}
	}
	if _, err := config.FromEnv(from(map[string]string{"DB_PORT": "5432"})); err == nil {
		t.Error("a port alone is taken for a database")
	}
}

func TestAllWrongSettingsAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.FromEnv(from(map[string]string{"PORT": "http", "LOG_FORMAT": "xml", "DB_HOST": "db", "STOP_TIMEOUT": "soon"}))
	want := `reading PORT: "http" is not a port number
reading LOG_FORMAT: "xml" is neither text nor json
reading DB_NAME, DB_USER, DB_PASSWORD: not set, but other DB_* variables are; ` +
		`set all of DB_HOST, DB_NAME, DB_USER, DB_PASSWORD, or DATABASE_URL
reading STOP_TIMEOUT: "soon" is not a duration such as 30s`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ host, address, url string }{
		"all IPv4 addresses are reached on loopback": {"0.0.0.0", "0.0.0.0:8000", "http://127.0.0.1:8000"},
		"all IPv6 addresses are reached on loopback": {"::", "[::]:8000", "http://[::1]:8000"},
		"one address is reached where it is":         {"10.0.0.7", "10.0.0.7:8000", "http://10.0.0.7:8000"},
		"a name is reached by it":                    {"localhost", "localhost:8000", "http://localhost:8000"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := config.Config{Host: test.host, Port: 8000}
			if got := settings.Address(); got != test.address {
				t.Errorf("Address = %q, want %q", got, test.address)
			}
			if got := settings.LocalURL(); got != test.url {
				t.Errorf("LocalURL = %q, want %q", got, test.url)
			}
		})
	}
}

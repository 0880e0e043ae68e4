package config_test

import (
	"strings"
	"testing"

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
			nil, config.Config{Host: "0.0.0.0", Port: 8000, Service: "fastapi-ecs-demo", LogFormat: logging.Text},
		},
		"everything can be set": {
			map[string]string{
				"HOST": "127.0.0.1", "PORT": "0", "SERVICE_NAME": "items", "APP_VERSION": "2.0.0", "LOG_FORMAT": "json",
			},
			config.Config{Host: "127.0.0.1", Port: 0, Service: "items", Version: "2.0.0", LogFormat: logging.JSON},
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

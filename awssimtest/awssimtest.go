// Package awssimtest gives Go tests an AWS of their own: CloudFormation, ECS and what goes with them on loopback,
// without an account, a network or a container engine.
//
//	func TestDeploy(t *testing.T) {
//		sim := awssimtest.Start(t)
//		command := exec.Command("./deploy.sh")
//		command.Env = append(os.Environ(), sim.Env()...)
//		...
//	}
//
// Every client of AWS can be pointed at [Simulator.URL], or use [Simulator.HTTPClient] without a network; region and
// credentials are the constants below, though any others will do. Stacks go through the same states and events as on AWS,
// and tasks of ECS are real processes behind load balancers that answer. By default the waits of AWS are left out, so that
// a stack is there in milliseconds.
//
// What the simulator does not implement it refuses with an error that names it. docs/simulator.md says what it
// implements and in what it differs from AWS.
package awssimtest

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
)

const (
	// Account is the only account of the simulator.
	Account = awssim.Account
	// Region is the region of [Simulator.Env]. Each region has stacks and clusters of its own; the image registry
	// keeps its images in this one.
	Region = awssim.DefaultRegion
	// AccessKey is an access key id. Any other will do.
	AccessKey = "test"
	// SecretKey is its secret. Signatures are not verified.
	SecretKey = "test"
)

// Simulator is a simulated AWS. It is safe for concurrent use.
type Simulator struct {
	server *awssim.Server

	mu    sync.Mutex
	front *httptest.Server // nil until somebody asks for its address
}

// Option changes how a simulator behaves.
type Option func(*awssim.Options)

// Speed lets that many seconds of AWS pass in one second: 1 is as slow as AWS. Without it nothing waits.
func Speed(times float64) Option {
	return func(options *awssim.Options) { options.Speed = times }
}

// PlaceholderImages runs a web server that answers 200 on every path in the place of images whose registry cannot be
// reached. Without it their pull fails, as it does on AWS.
func PlaceholderImages() Option {
	return func(options *awssim.Options) { options.PlaceholderImages = true }
}

// RateLimits throttles calls as AWS does by default. Without it nothing is throttled unless a fault says so.
func RateLimits() Option {
	return func(options *awssim.Options) { options.RateLimits = true }
}

// Log writes each call to the test's output, which "go test -v" shows.
func Log(t testing.TB) Option {
	t.Helper()
	return func(options *awssim.Options) { options.Logger = slog.New(slog.NewTextHandler(t.Output(), nil)) }
}

// Start starts a simulator with nothing in it. It ends with the test, and with it all that it runs.
func Start(t testing.TB, options ...Option) *Simulator {
	t.Helper()
	sim := New(options...)
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

// New is [Start] where there is no test, as in TestMain. Close the simulator at the end.
func New(options ...Option) *Simulator {
	var chosen awssim.Options
	for _, option := range options {
		option(&chosen)
	}
	return &Simulator{server: awssim.New(chosen)}
}

// Close ends a simulator that [New] started, and all that it runs.
func (s *Simulator) Close() error {
	s.mu.Lock()
	if s.front != nil {
		s.front.CloseClientConnections()
		s.front.Close()
	}
	s.mu.Unlock()
	if err := s.server.Close(); err != nil {
		return fmt.Errorf("ending the simulated AWS: %w", err)
	}
	return nil
}

// URL is the endpoint of all services, such as "http://127.0.0.1:40123". Nothing listens before it is asked for.
func (s *Simulator) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.front == nil {
		s.front = httptest.NewServer(s.server)
	}
	return s.front.URL
}

// Registry is where images are pushed to, such as "127.0.0.1:40123": the image REGISTRY/NAME:TAG is known to task
// definitions as Account.dkr.ecr.Region.amazonaws.com/NAME:TAG. Its ECR repository has to exist.
func (s *Simulator) Registry() string { return strings.TrimPrefix(s.URL(), "http://") }

// Env returns the environment that points the AWS SDKs and the aws command line at the simulator, as "NAME=value".
func (s *Simulator) Env() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + s.URL(),
		"AWS_REGION=" + Region,
		"AWS_DEFAULT_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=" + AccessKey,
		"AWS_SECRET_ACCESS_KEY=" + SecretKey,
		"AWS_DISABLE_HOST_PREFIX_INJECTION=true", // of names such as data-127.0.0.1, which nobody resolves
	}
}

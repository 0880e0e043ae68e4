package cloudformation_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// stage is a CloudFormation without a network, for a real SDK client, whose resources fail on demand.
type stage struct {
	t      *testing.T
	client *cfn.Client
	inner  resource.Provider
	told   bus

	objects   cloudformation.Objects // of templates that are given by URL; nil without any
	service   *cloudformation.Service
	providers map[string]resource.Provider

	mu       sync.Mutex
	failures map[string]string // "Create Topic" -> message
	alarms   map[string]string // states by ARN
	kept     map[string]string // secrets and parameters by service and key; SecureString ones by ssm-secure
	once     map[string]bool   // the failures that happen a single time
	log      []string          // what the provider was asked for
	made     map[string]bool   // physical ids of what lives
}

// play runs a story in a bubble with virtual time.
func play(t *testing.T, story func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		story(newStage(t))
	})
}

func newStage(t *testing.T) *stage {
	t.Helper()
	realTime := clock.Clock{Speed: 1}
	plain := generic.New(realTime)
	s := &stage{t: t, inner: plain, failures: make(map[string]string), alarms: make(map[string]string), kept: make(map[string]string), once: make(map[string]bool), made: make(map[string]bool)}
	s.providers = make(map[string]resource.Provider)
	for name := range plain.Providers() {
		s.providers[name] = s
	}
	s.open()
	t.Cleanup(func() {
		if err := s.service.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// open starts the service, without stacks.
func (s *stage) open() {
	s.openWith(cloudformation.Config{
		Clock: clock.Clock{Speed: 1}, Providers: s.providers, Events: &s.told, Alarms: s, References: s, Objects: s.objects,
	})
}

func (s *stage) openWith(config cloudformation.Config) {
	s.service = cloudformation.New(config)
	s.client = cfn.New(cfn.Options{
		Region: "us-east-1", HTTPClient: inProcess{s.service.API()}, BaseEndpoint: aws.String("http://awssim"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// restart ends the service where it is, and starts another one with what it kept.
func (s *stage) restart() {
	s.t.Helper()
	if err := s.service.Close(); err != nil {
		s.t.Fatal(err)
	}
	kept, err := s.service.Keep()
	if err != nil {
		s.t.Fatal(err)
	}
	s.open()
	if err := s.service.Restore(kept); err != nil {
		s.t.Fatal(err)
	}
}

// inProcess carries requests of the SDK to a service without a network.
type inProcess struct{ service wire.Service }

func (p inProcess) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	call := &wire.Call{
		Service: "cloudformation", Account: "123456789012", Region: "us-east-1", RequestID: uuid.NewString(), HTTP: r, Body: body,
	}
	answer := p.service.Serve(r.Context(), call)
	return &http.Response{
		StatusCode: answer.Status, Header: answer.Header, Body: io.NopCloser(bytes.NewReader(answer.Body)), Request: r,
	}, nil
}

// AlarmState tells the state that ring gave an alarm.
func (s *stage) AlarmState(_ resource.Place, arn string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, ok := s.alarms[arn]
	return state, ok
}

// keep gives a secret ("secretsmanager"), a parameter ("ssm") or a secure one ("ssm-secure") a value.
func (s *stage) keep(service, key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[service+":"+key] = value
}

// Parameter finds what keep gave.
func (s *stage) Parameter(_ resource.Place, name string) (string, string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, ok := s.kept["ssm:"+name]; ok {
		return value, "String", true
	}
	value, ok := s.kept["ssm-secure:"+name]
	return value, "SecureString", ok
}

// Resolve finds what keep gave.
func (s *stage) Resolve(_ resource.Place, service, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.kept[service+":"+key]
	if !ok {
		return "", fmt.Errorf("Parameters: [%s:%s] cannot be found.", service, key) //nolint:revive // AWS's words
	}
	return value, nil
}

// ring puts errorsAlarm into a state.
func (s *stage) ring(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alarms[errorsAlarm] = state
}

// fail makes the provider refuse a deed ("Create", "Update", "Delete") on a resource; "" ends that.
func (s *stage) fail(deed, logicalID, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[deed+" "+logicalID] = message
}

// failOnce is fail for the next deed only.
func (s *stage) failOnce(deed, logicalID, message string) {
	s.fail(deed, logicalID, message)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.once[deed+" "+logicalID] = true
}

func (s *stage) asked(deed string, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, deed+" "+r.LogicalID)
	key := deed + " " + r.LogicalID
	if message := s.failures[key]; message != "" {
		if s.once[key] {
			delete(s.failures, key)
		}
		return &resource.Failure{Message: message, HandlerErrorCode: "GeneralServiceException"}
	}
	return nil
}

func (s *stage) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	if err := s.asked("Create", r); err != nil {
		return resource.Result{}, err
	}
	initiated := r.Initiated
	r.Initiated = func(physicalID string) {
		s.mu.Lock()
		s.made[physicalID] = true
		s.mu.Unlock()
		initiated(physicalID)
	}
	result, err := s.inner.Create(ctx, r)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.made[result.PhysicalID] = true
	}
	return result, err
}

func (s *stage) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	if err := s.asked("Update", r); err != nil {
		return resource.Result{}, err
	}
	return s.inner.Update(ctx, r)
}

func (s *stage) Read(r resource.Request) (resource.Properties, bool) {
	reader, ok := s.inner.(resource.Reader)
	if !ok {
		return nil, false
	}
	return reader.Read(r)
}

func (s *stage) Delete(ctx context.Context, r resource.Request) error {
	if err := s.asked("Delete", r); err != nil {
		return err
	}
	err := s.inner.Delete(ctx, r)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.made, r.PhysicalID)
	}
	return err
}

// create starts a stack named "demo" and returns its id.
func (s *stage) create(template string, change ...func(*cfn.CreateStackInput)) string {
	s.t.Helper()
	in := &cfn.CreateStackInput{
		StackName: aws.String("demo"), TemplateBody: aws.String(template), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}
	for _, each := range change {
		each(in)
	}
	out, err := s.client.CreateStack(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	return aws.ToString(out.StackId)
}

func (s *stage) update(template string, change ...func(*cfn.UpdateStackInput)) {
	s.t.Helper()
	in := &cfn.UpdateStackInput{
		StackName: aws.String("demo"), TemplateBody: aws.String(template), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}
	for _, each := range change {
		each(in)
	}
	if _, err := s.client.UpdateStack(s.t.Context(), in); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) delete(change ...func(*cfn.DeleteStackInput)) {
	s.t.Helper()
	in := &cfn.DeleteStackInput{StackName: aws.String("demo")}
	for _, each := range change {
		each(in)
	}
	if _, err := s.client.DeleteStack(s.t.Context(), in); err != nil {
		s.t.Fatal(err)
	}
}

// settle lets virtual time pass until the stack rests, and returns its description.
func (s *stage) settle(nameOrID string) types.Stack {
	s.t.Helper()
	const patience = 1000
	for range patience {
		synctest.Wait()
		described := s.describe(nameOrID)
		if !strings.HasSuffix(string(described.StackStatus), "_IN_PROGRESS") {
			return described
		}
		time.Sleep(time.Second)
	}
	s.t.Fatalf("%s does not come to rest", nameOrID)
	return types.Stack{}
}

func (s *stage) describe(nameOrID string) types.Stack {
	s.t.Helper()
	out, err := s.client.DescribeStacks(s.t.Context(), &cfn.DescribeStacksInput{StackName: aws.String(nameOrID)})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.Stacks[0]
}

var (
	requestToken = regexp.MustCompile(`RequestToken: [0-9a-f-]+`)
	stackARN     = regexp.MustCompile(`arn:aws:cloudformation:[^ ]*`)
)

// story returns the events so far, oldest first, without what differs from run to run.
func (s *stage) story(nameOrID string) string {
	s.t.Helper()
	var lines []string
	pages := cfn.NewDescribeStackEventsPaginator(s.client, &cfn.DescribeStackEventsInput{StackName: aws.String(nameOrID)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range page.StackEvents {
			line := aws.ToString(e.LogicalResourceId) + " " + string(e.ResourceStatus)
			if reason := aws.ToString(e.ResourceStatusReason); reason != "" {
				line += " | " + requestToken.ReplaceAllString(reason, "RequestToken: T")
			}
			lines = append([]string{stackARN.ReplaceAllString(line, "ARN")}, lines...)
		}
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

// living returns the physical ids of what was made and not deleted, sorted.
func (s *stage) living() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.made))
}

// Package cloudwatch is CloudWatch: metrics, alarms that really watch them, and dashboards.
//
// Timestamps are those of the wall clock, and so are the periods that a request for data asks for. An alarm's period is
// a wait of AWS and is scaled: at speed 60 an alarm looks at seconds where it says minutes. At speed 0 nothing waits:
// periods are real ones, the one that has just begun counts, and alarms look whenever data comes.
//
// Behaviour and texts follow the user guide ("Using Amazon CloudWatch alarms"), the API reference of 2010-08-01 and
// recordings of the service in localstack's tests.
package cloudwatch

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("the metrics service is closed")

// Topics is where alarms publish: [sns.Service].
type Topics interface {
	Publish(place resource.Place, topicARN, subject, message string) error
}

// Source has metrics that nobody sends: it is asked for them before anybody looks, and at the end of each minute of AWS
// that an alarm watches, with a moment that is still in it.
type Source interface{ Collect(now time.Time) }

// Policies runs scaling policies, which alarms have as actions: [autoscaling.Service].
type Policies interface {
	RunPolicy(place resource.Place, policyARN, alarmName string) error
}

// Deps are what the service works with.
type Deps struct {
	Clock clock.Clock
	// Topics may be nil: then actions on topics fail.
	Topics Topics
}

// Service is the metrics and alarms of all accounts and regions.
type Service struct {
	clock  clock.Clock
	topics Topics
	life   context.Context //nolint:containedctx // ends with Close, not with a request
	end    context.CancelFunc
	work   sync.WaitGroup // watchers of alarms

	gathering sync.Mutex // guards gathered and the calls of sources
	gathered  time.Time
	sources   []Source

	mu         sync.Mutex
	policies   Policies
	series     map[seriesKey]*series
	alarms     map[alarmKey]*alarm
	history    map[alarmKey][]historyItem // newest last; kept when the alarm is deleted
	dashboards map[dashboardKey]*dashboard
}

type alarmKey struct {
	resource.Place

	name string
}

// New returns a service without metrics.
func New(deps Deps) *Service {
	life, end := context.WithCancel(context.Background())
	return &Service{
		clock: deps.Clock, topics: deps.Topics, life: life, end: end,
		series: make(map[seriesKey]*series), alarms: make(map[alarmKey]*alarm),
		history: make(map[alarmKey][]historyItem), dashboards: make(map[dashboardKey]*dashboard),
	}
}

// AddSource adds a source of metrics. Add all of them before the service is used.
func (s *Service) AddSource(source Source) {
	s.gathering.Lock()
	defer s.gathering.Unlock()
	s.sources = append(s.sources, source)
}

// RunPoliciesWith says who runs the scaling policies that alarms have as actions.
func (s *Service) RunPoliciesWith(policies Policies) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies = policies
}

// Close ends the watching of alarms.
func (s *Service) Close() error {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.work.Wait()
	return nil
}

// API returns the operations of CloudWatch.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "monitoring", Protocol: wire.Query, Also: []wire.Protocol{wire.CBOR, wire.JSON10}, Version: "2010-08-01",
		TargetPrefix: "GraniteServiceVersion20100801", Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
		ErrorTypes: map[string]string{
			codeInvalidValue: "InvalidParameterValueException", codeMissing: "MissingRequiredParameterException",
			codeCombination: "InvalidParameterCombinationException", codeDashboard: "DashboardInvalidInputError",
		},
		Operations: map[string]wire.Handler{
			"PutMetricData":           wire.Op(s.putMetricData),
			"GetMetricData":           wire.Op(s.getMetricData),
			"GetMetricStatistics":     wire.Op(s.getMetricStatistics),
			"ListMetrics":             wire.Op(s.listMetrics),
			"PutMetricAlarm":          wire.Op(s.putMetricAlarm),
			"PutCompositeAlarm":       wire.Op(s.putCompositeAlarm),
			"DescribeAlarms":          wire.Op(s.describeAlarms),
			"DescribeAlarmsForMetric": wire.Op(s.describeAlarmsForMetric),
			"DescribeAlarmHistory":    wire.Op(s.describeAlarmHistory),
			"SetAlarmState":           wire.Op(s.setAlarmState),
			"EnableAlarmActions":      wire.Op(s.enableAlarmActions),
			"DisableAlarmActions":     wire.Op(s.disableAlarmActions),
			"DeleteAlarms":            wire.Op(s.deleteAlarms),
			"PutDashboard":            wire.Op(s.putDashboard),
			"GetDashboard":            wire.Op(s.getDashboard),
			"ListDashboards":          wire.Op(s.listDashboards),
			"DeleteDashboards":        wire.Op(s.deleteDashboards),
			"TagResource":             wire.Op(s.tagResource),
			"UntagResource":           wire.Op(s.untagResource),
			"ListTagsForResource":     wire.Op(s.listTagsForResource),
		},
	}
}

// Codes of errors.
const (
	codeInvalidValue = "InvalidParameterValue"
	codeMissing      = "MissingParameter"
	codeCombination  = "InvalidParameterCombination"
	codeDashboard    = "InvalidParameterInput"
	codeValidation   = "ValidationError"
)

func errValue(format string, args ...any) error {
	return wire.Errorf(codeInvalidValue, format, args...)
}

func errValidation(format string, args ...any) error {
	return wire.Errorf(codeValidation, format, args...)
}

// unsupported is the error for what the simulator knows but does not act on.
func unsupported(what string) error { return errValidation("awssim does not implement %s", what) }

func errNull(member string) error {
	return errValidation("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null",
		member)
}

// errMember words a constraint that a member does not meet.
func errMember(member string, value any, constraint string) error {
	return errValidation("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s",
		value, member, constraint)
}

func arnOf(place resource.Place, rest string) string {
	return "arn:aws:cloudwatch:" + place.Region + ":" + place.Account + ":" + rest
}

// collect asks the sources for what happened until now, if that was not done since a moment.
func (s *Service) collect(since time.Time) {
	s.gathering.Lock()
	defer s.gathering.Unlock()
	if !since.IsZero() && !s.gathered.Before(since) {
		return
	}
	now := s.clock.Now()
	s.gathered = now
	if !since.IsZero() {
		now = since.Add(-time.Nanosecond)
	}
	for _, source := range s.sources {
		source.Collect(now)
	}
}

// AlarmState returns the state of an alarm: OK, ALARM or INSUFFICIENT_DATA. It is named by its name or ARN. Nothing is looked at:
// who asks may hold locks that looking needs.
func (s *Service) AlarmState(place resource.Place, name string) (string, bool) {
	if _, ofARN, ok := strings.Cut(name, ":alarm:"); ok {
		name = ofARN
	}
	key := alarmKey{place, name}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.alarms[key]
	if !ok {
		return "", false
	}
	return found.state.value, true
}

// Package logs is CloudWatch Logs: groups, streams and events in memory.
//
// Texts of errors are those of the service as public recordings of it have them; limits are those of the
// API reference (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/).
package logs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxKept is how many events a stream keeps: a simulator that runs for days must not fill the machine's memory. When
// there are more, the oldest tenth goes.
const maxKept = 100_000

// standardClass is the class of a log group that was created without one.
const standardClass = "STANDARD"

// Service is the log store of all accounts and regions. The zero value is not usable: use New.
type Service struct {
	recorder Recorder // of what metric filters count; may be nil

	mu     sync.Mutex
	groups map[groupKey]*group
	last   int64 // the number of the event that came last
}

type groupKey struct {
	resource.Place

	name string
}

type group struct {
	key       groupKey
	created   time.Time
	retention int // days; 0 is for ever
	class     string
	tags      map[string]string
	kmsKeyID  string
	declared  props.Declared
	streams   map[string]*stream
	filters   map[string]*metricFilter // by name; nil if there is none
}

type stream struct {
	name     string
	created  time.Time
	ingested time.Time
	bytes    int64
	events   []event // by timestamp, then by arrival
}

type event struct {
	id       int64
	stream   string
	at       int64 // milliseconds since 1970, as given by the writer
	ingested int64 // milliseconds since 1970
	message  string
}

// New returns an empty log store.
func New(options ...Option) *Service {
	made := &Service{groups: make(map[groupKey]*group)}
	for _, option := range options {
		option(made)
	}
	return made
}

// API returns the operations of CloudWatch Logs.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "logs", Protocol: wire.JSON11, TargetPrefix: "Logs_20140328",
		Operations: map[string]wire.Handler{
			"CreateLogGroup":        wire.Op(s.createLogGroup),
			"DeleteLogGroup":        wire.Op(s.deleteLogGroup),
			"DescribeLogGroups":     wire.Op(s.describeLogGroups),
			"PutRetentionPolicy":    wire.Op(s.putRetentionPolicy),
			"DeleteRetentionPolicy": wire.Op(s.deleteRetentionPolicy),
			"CreateLogStream":       wire.Op(s.createLogStream),
			"DeleteLogStream":       wire.Op(s.deleteLogStream),
			"DescribeLogStreams":    wire.Op(s.describeLogStreams),
			"PutLogEvents":          wire.Op(s.putLogEvents),
			"GetLogEvents":          wire.Op(s.getLogEvents),
			"FilterLogEvents":       wire.Op(s.filterLogEvents),
			"PutMetricFilter":       wire.Op(s.putMetricFilter),
			"DeleteMetricFilter":    wire.Op(s.deleteMetricFilter),
			"DescribeMetricFilters": wire.Op(s.describeMetricFilters),
			"TestMetricFilter":      wire.Op(s.testMetricFilter),
			"ListTagsForResource":   wire.Op(s.listTagsForResource),
			"TagResource":           wire.Op(s.tagResource),
			"UntagResource":         wire.Op(s.untagResource),
			"ListTagsLogGroup":      wire.Op(s.listTagsLogGroup),
			"TagLogGroup":           wire.Op(s.tagLogGroup),
			"UntagLogGroup":         wire.Op(s.untagLogGroup),
		},
	}
}

// Errors of the service.
func errNoGroup() error {
	return wire.Errorf("ResourceNotFoundException", "The specified log group does not exist.")
}

func errNoStream() error {
	return wire.Errorf("ResourceNotFoundException", "The specified log stream does not exist.")
}

func errGroupExists() error {
	return wire.Errorf("ResourceAlreadyExistsException", "The specified log group already exists")
}

func errInvalid(member string, value any, constraint string) error {
	return wire.Errorf("InvalidParameterException",
		"1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, member, constraint)
}

func errTooLong() error {
	return wire.Errorf("InvalidParameterException", "Invalid LogGroup or LogStream, both must have length less than or equal to %d.",
		maxName)
}

// maxName is how many characters the names of groups and streams may have.
const maxName = 512

// groupName is what a log group may be called (CreateLogGroup, API reference).
var groupName = regexp.MustCompile(`^[\.\-_/#A-Za-z0-9]+$`)

// retentions are the days that a retention policy may say (PutRetentionPolicy, API reference).
func retentions() []int {
	return []int{
		1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
		1096, 1827, 2192, 2557, 2922, 3288, 3653,
	}
}

// CreateStream makes a stream in an existing group; a stream that exists is no error.
func (s *Service) CreateStream(place resource.Place, groupName, streamName string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	group, ok := s.groups[groupKey{place, groupName}]
	if !ok {
		return errNoGroup()
	}
	if _, exists := group.streams[streamName]; !exists {
		group.streams[streamName] = &stream{name: streamName, created: time.Now().UTC()}
	}
	return nil
}

// CreateGroup makes a log group if it is not there, as log routers do. One that cannot be called so is not made.
func (s *Service) CreateGroup(place resource.Place, name string) {
	_ = s.create(groupKey{place, name}, 0, nil) // CreateStream tells what is missing
}

// Append adds a line to a stream now. A stream that was deleted meanwhile takes none.
func (s *Service) Append(place resource.Place, groupName, streamName, message string) {
	s.record(s.append(groupKey{place, groupName}, streamName, message))
}

func (s *Service) append(key groupKey, streamName, message string) []measure {
	s.mu.Lock()
	defer s.mu.Unlock()
	group, ok := s.groups[key]
	if !ok {
		return nil
	}
	stream, ok := group.streams[streamName]
	if !ok {
		return nil
	}
	now := time.Now().UTC()
	return s.add(group, stream, now.UnixMilli(), message, now)
}

// add stores an event, and returns what the group's filters find in it, to be recorded.
func (s *Service) add(of *group, into *stream, at int64, message string, now time.Time) []measure {
	s.last++
	added := event{id: s.last, stream: into.name, at: at, ingested: now.UnixMilli(), message: message}
	index, _ := slices.BinarySearchFunc(into.events, added, compareEvents)
	into.events = slices.Insert(into.events, index, added)
	if len(into.events) > maxKept {
		into.forget(maxKept / 10)
	}
	into.ingested = now
	into.bytes += int64(len(message)) + eventOverhead
	return s.count(of, message, now)
}

func (s *stream) forget(count int) {
	for _, gone := range s.events[:count] {
		s.bytes -= int64(len(gone.message)) + eventOverhead
	}
	s.events = slices.Clone(s.events[count:])
}

func compareEvents(a, b event) int {
	switch {
	case a.at != b.at:
		return int(min(max(a.at-b.at, -1), 1))
	default:
		return int(min(max(a.id-b.id, -1), 1))
	}
}

// arn is the group's ARN without the ":*" that older answers add.
func (g *group) arn() string {
	return fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s", g.key.Region, g.key.Account, g.key.name)
}

// find returns the group that a request names by name or, in newer parameters, by ARN. Call it locked.
func (s *Service) find(call *wire.Call, name, identifier string) (*group, error) {
	if _, fromARN, ok := strings.Cut(identifier, ":log-group:"); ok {
		identifier = strings.TrimSuffix(fromARN, ":*")
	}
	if name != "" && identifier != "" {
		return nil, wire.Errorf("ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	}
	if name == "" {
		name = identifier
	}
	if name == "" {
		return nil, wire.Errorf("InvalidParameterException", "Either logGroupName or logGroupIdentifier must be specified")
	}
	if found, ok := s.groups[groupKey{call.Place(), name}]; ok {
		return found, nil
	}
	return nil, errNoGroup()
}

type createLogGroupInput struct {
	LogGroupName  string            `json:"logGroupName"`
	LogGroupClass string            `json:"logGroupClass"`
	Tags          map[string]string `json:"tags"`
}

func (s *Service) createLogGroup(_ context.Context, call *wire.Call, in *createLogGroupInput) (*wire.None, error) {
	if in.LogGroupClass != "" && in.LogGroupClass != standardClass {
		return nil, wire.Unsupported(call, "logGroupClass "+in.LogGroupClass)
	}
	return &wire.None{}, s.create(groupKey{call.Place(), in.LogGroupName}, 0, in.Tags)
}

func (s *Service) create(key groupKey, retention int, tags map[string]string) error {
	if len(key.name) > maxName {
		return errTooLong()
	}
	if !groupName.MatchString(key.name) {
		return errInvalid("logGroupName", key.name, `Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+`)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.groups[key]; exists {
		return errGroupExists()
	}
	s.groups[key] = &group{
		key: key, created: time.Now().UTC(), retention: retention, class: standardClass,
		tags: maps.Clone(tags), streams: make(map[string]*stream),
	}
	return nil
}

type groupInput struct {
	LogGroupName string `json:"logGroupName"`
}

func (s *Service) deleteLogGroup(_ context.Context, call *wire.Call, in *groupInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	delete(s.groups, found.key)
	return &wire.None{}, nil
}

func limitOf(given *int, most int) (int, error) {
	switch {
	case given == nil:
		return most, nil
	case *given < 1:
		return 0, errInvalid("limit", *given, "Member must have value greater than or equal to 1")
	case *given > most:
		return 0, errInvalid("limit", *given, fmt.Sprintf("Member must have value less than or equal to %d", most))
	default:
		return *given, nil
	}
}

func badToken(err error) error {
	if errors.Is(err, paging.ErrToken) {
		return wire.Errorf("InvalidParameterException", "The specified nextToken is invalid.")
	}
	return err
}

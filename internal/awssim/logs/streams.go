package logs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Limits of PutLogEvents (API reference).
const (
	eventOverhead = 26 // bytes that each event counts on top of its message
	maxBatchBytes = 1 << 20
	maxBatch      = 10_000
	oldest        = 14 * 24 * time.Hour
	newest        = 2 * time.Hour
)

type streamInput struct {
	LogGroupName  string `json:"logGroupName"`
	LogStreamName string `json:"logStreamName"`
}

func (s *Service) createLogStream(_ context.Context, call *wire.Call, in *streamInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	if len(in.LogStreamName) > maxName {
		return nil, errTooLong()
	}
	if in.LogStreamName == "" || strings.ContainsAny(in.LogStreamName, ":*") {
		return nil, errInvalid("logStreamName", in.LogStreamName, "Member must satisfy regular expression pattern: [^:*]*")
	}
	if _, exists := found.streams[in.LogStreamName]; exists {
		return nil, wire.Errorf("ResourceAlreadyExistsException", "The specified log stream already exists")
	}
	found.streams[in.LogStreamName] = &stream{name: in.LogStreamName, created: time.Now().UTC()}
	return &wire.None{}, nil
}

func (s *Service) deleteLogStream(_ context.Context, call *wire.Call, in *streamInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	if _, exists := found.streams[in.LogStreamName]; !exists {
		return nil, errNoStream()
	}
	delete(found.streams, in.LogStreamName)
	return &wire.None{}, nil
}

type describeLogStreamsInput struct {
	LogGroupName        string `json:"logGroupName"`
	LogGroupIdentifier  string `json:"logGroupIdentifier"`
	LogStreamNamePrefix string `json:"logStreamNamePrefix"`
	OrderBy             string `json:"orderBy"`
	Descending          bool   `json:"descending"`
	NextToken           string `json:"nextToken"`
	Limit               *int   `json:"limit"`
}

type logStream struct {
	LogStreamName       string `json:"logStreamName"`
	CreationTime        int64  `json:"creationTime"`
	FirstEventTimestamp int64  `json:"firstEventTimestamp,omitempty"`
	LastEventTimestamp  int64  `json:"lastEventTimestamp,omitempty"`
	LastIngestionTime   int64  `json:"lastIngestionTime,omitempty"`
	UploadSequenceToken string `json:"uploadSequenceToken,omitempty"` // only once something was written
	Arn                 string `json:"arn"`
	StoredBytes         int64  `json:"storedBytes"`

	order string
}

type describeLogStreamsOutput struct {
	LogStreams []logStream `json:"logStreams"`
	NextToken  string      `json:"nextToken,omitempty"`
}

// How DescribeLogStreams sorts.
const (
	byName      = "LogStreamName"
	byLastEvent = "LastEventTime"
)

func (s *Service) describeLogStreams(
	_ context.Context, call *wire.Call, in *describeLogStreamsInput,
) (*describeLogStreamsOutput, error) {
	limit, err := limitOf(in.Limit, maxDescribed)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	described := []logStream{}
	for name, stream := range found.streams {
		if strings.HasPrefix(name, in.LogStreamNamePrefix) {
			described = append(described, stream.describe(found, in))
		}
	}
	slices.SortFunc(described, func(a, b logStream) int { return strings.Compare(a.order, b.order) })
	page, next, err := paging.Page(described, in.NextToken, limit, func(s logStream) string { return s.order })
	if err != nil {
		return nil, badToken(err)
	}
	return &describeLogStreamsOutput{LogStreams: page, NextToken: next}, nil
}

func (in *describeLogStreamsInput) check() error {
	switch in.OrderBy {
	case "", byName:
		return nil
	case byLastEvent:
		if in.LogStreamNamePrefix != "" {
			return wire.Errorf("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
		}
		return nil
	default:
		return errInvalid("orderBy", in.OrderBy, "Member must satisfy enum value set: [LogStreamName, LastEventTime]")
	}
}

func (s *stream) describe(in *group, request *describeLogStreamsInput) logStream {
	described := logStream{
		LogStreamName: s.name, CreationTime: s.created.UnixMilli(), StoredBytes: s.bytes,
		Arn: in.arn() + ":log-stream:" + s.name,
	}
	if len(s.events) > 0 {
		described.FirstEventTimestamp = s.events[0].at
		described.LastEventTimestamp = s.events[len(s.events)-1].at
		described.LastIngestionTime = s.ingested.UnixMilli()
		described.UploadSequenceToken = fmt.Sprintf("%056d", len(s.events)+1)
	}
	described.order = s.name
	if request.OrderBy == byLastEvent {
		described.order = fmt.Sprintf("%020d %s", described.LastEventTimestamp, s.name)
	}
	if request.Descending {
		described.order = paging.Inverted(described.order)
	}
	return described
}

type inputEvent struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

type putLogEventsInput struct {
	LogGroupName  string       `json:"logGroupName"`
	LogStreamName string       `json:"logStreamName"`
	LogEvents     []inputEvent `json:"logEvents"`
	// SequenceToken is accepted and ignored by the service itself since 2023.
	SequenceToken string `json:"sequenceToken"`
}

type rejected struct {
	TooNewLogEventStartIndex *int `json:"tooNewLogEventStartIndex,omitempty"`
	TooOldLogEventEndIndex   *int `json:"tooOldLogEventEndIndex,omitempty"`
}

type putLogEventsOutput struct {
	NextSequenceToken     string    `json:"nextSequenceToken"`
	RejectedLogEventsInfo *rejected `json:"rejectedLogEventsInfo,omitempty"`
}

func (s *Service) putLogEvents(_ context.Context, call *wire.Call, in *putLogEventsInput) (*putLogEventsOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	out, counted, err := s.put(call, in)
	s.record(counted)
	return out, err
}

func (s *Service) put(call *wire.Call, in *putLogEventsInput) (*putLogEventsOutput, []measure, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.LogGroupName, "")
	if err != nil {
		return nil, nil, err
	}
	into, ok := found.streams[in.LogStreamName]
	if !ok {
		return nil, nil, errNoStream()
	}
	now := time.Now().UTC()
	out := &putLogEventsOutput{}
	var counted []measure
	for i, given := range in.LogEvents {
		switch at := time.UnixMilli(given.Timestamp); {
		case at.Before(now.Add(-oldest)):
			out.reject().TooOldLogEventEndIndex = new(i + 1)
		case at.After(now.Add(newest)):
			if out.reject().TooNewLogEventStartIndex == nil {
				out.reject().TooNewLogEventStartIndex = new(i)
			}
		default:
			counted = append(counted, s.add(found, into, given.Timestamp, given.Message, now)...)
		}
	}
	out.NextSequenceToken = fmt.Sprintf("%056d", s.last+1)
	return out, counted, nil
}

func (out *putLogEventsOutput) reject() *rejected {
	if out.RejectedLogEventsInfo == nil {
		out.RejectedLogEventsInfo = &rejected{}
	}
	return out.RejectedLogEventsInfo
}

func (in *putLogEventsInput) check() error {
	if len(in.LogEvents) == 0 || len(in.LogEvents) > maxBatch {
		return errInvalid("logEvents", len(in.LogEvents), "Member must have length between 1 and 10000")
	}
	bytes := 0
	for i, event := range in.LogEvents {
		bytes += len(event.Message) + eventOverhead
		if event.Message == "" {
			return errInvalid(fmt.Sprintf("logEvents.%d.member.message", i+1), "",
				"Member must have length greater than or equal to 1")
		}
		if i > 0 && event.Timestamp < in.LogEvents[i-1].Timestamp {
			return wire.Errorf("InvalidParameterException",
				"Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if bytes > maxBatchBytes {
		return wire.Errorf("InvalidParameterException", "Upload too large: %d bytes exceeds limit of %d", bytes, maxBatchBytes)
	}
	return nil
}

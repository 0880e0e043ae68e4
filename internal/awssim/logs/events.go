package logs

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/logs/filter"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxEvents is the size of a page of events unless a limit is given.
const maxEvents = 10_000

type filterLogEventsInput struct {
	LogGroupName        string   `json:"logGroupName"`
	LogGroupIdentifier  string   `json:"logGroupIdentifier"`
	LogStreamNames      []string `json:"logStreamNames"`
	LogStreamNamePrefix string   `json:"logStreamNamePrefix"`
	StartTime           *int64   `json:"startTime"`
	EndTime             *int64   `json:"endTime"`
	FilterPattern       string   `json:"filterPattern"`
	NextToken           string   `json:"nextToken"`
	Limit               *int     `json:"limit"`
	// Interleaved is ignored by the service itself: events of all streams always come in order of time.
	Interleaved bool `json:"interleaved"`
}

type filteredEvent struct {
	LogStreamName string `json:"logStreamName"`
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
	EventID       string `json:"eventId"`
}

type filterLogEventsOutput struct {
	Events             []filteredEvent `json:"events"`
	SearchedLogStreams []struct{}      `json:"searchedLogStreams"` // always empty, as the service answers today
	NextToken          string          `json:"nextToken,omitempty"`
}

func (s *Service) filterLogEvents(
	_ context.Context, call *wire.Call, in *filterLogEventsInput,
) (*filterLogEventsOutput, error) {
	limit, err := limitOf(in.Limit, maxEvents)
	if err != nil {
		return nil, err
	}
	wanted, err := filter.Parse(in.FilterPattern)
	if err != nil {
		return nil, wire.Errorf("InvalidParameterException", "Invalid filter pattern")
	}
	events, err := s.collect(call, in, wanted)
	if err != nil {
		return nil, err
	}
	if in.NextToken != "" && !paging.Given(in.NextToken, eventKey) {
		return nil, badToken(paging.ErrToken)
	}
	page, next, err := paging.Page(events, in.NextToken, limit, event.key)
	if err != nil {
		return nil, badToken(err)
	}
	out := &filterLogEventsOutput{Events: make([]filteredEvent, 0, len(page)), SearchedLogStreams: []struct{}{}, NextToken: next}
	for _, found := range page {
		out.Events = append(out.Events, filteredEvent{
			LogStreamName: found.stream, Timestamp: found.at, Message: found.message,
			IngestionTime: found.ingested, EventID: fmt.Sprintf("%056d", found.id),
		})
	}
	return out, nil
}

// eventKey is what a key looks like.
var eventKey = regexp.MustCompile(`^\d{20} \d{20}$`)

// key sorts events by time, then by arrival.
func (e event) key() string { return fmt.Sprintf("%020d %020d", e.at, e.id) }

func (s *Service) collect(call *wire.Call, in *filterLogEventsInput, wanted filter.Pattern) ([]event, error) {
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != "" {
		return nil, wire.Errorf("InvalidParameterException",
			"Can not specify both logStreamNames and logStreamNamePrefix.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	for _, name := range in.LogStreamNames {
		if _, ok := found.streams[name]; !ok {
			return nil, errNoStream()
		}
	}
	var events []event
	for name, stream := range found.streams {
		if len(in.LogStreamNames) > 0 && !slices.Contains(in.LogStreamNames, name) ||
			!strings.HasPrefix(name, in.LogStreamNamePrefix) {
			continue
		}
		for _, candidate := range stream.between(in.StartTime, in.EndTime) {
			if _, ok := wanted.Match(candidate.message); ok {
				events = append(events, candidate)
			}
		}
	}
	slices.SortFunc(events, compareEvents)
	return events, nil
}

// between returns the events from start, included, to end, excluded; nil is open.
func (s *stream) between(start, end *int64) []event {
	first, last := 0, len(s.events)
	if start != nil {
		first = sort.Search(len(s.events), func(i int) bool { return s.events[i].at >= *start })
	}
	if end != nil {
		last = sort.Search(len(s.events), func(i int) bool { return s.events[i].at >= *end })
	}
	return s.events[first:max(first, last)]
}

type getLogEventsInput struct {
	LogGroupName       string `json:"logGroupName"`
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	LogStreamName      string `json:"logStreamName"`
	StartTime          *int64 `json:"startTime"`
	EndTime            *int64 `json:"endTime"`
	NextToken          string `json:"nextToken"`
	Limit              *int   `json:"limit"`
	StartFromHead      bool   `json:"startFromHead"`
}

type outputEvent struct {
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
}

type getLogEventsOutput struct {
	Events            []outputEvent `json:"events"`
	NextForwardToken  string        `json:"nextForwardToken"`
	NextBackwardToken string        `json:"nextBackwardToken"`
}

func (s *Service) getLogEvents(_ context.Context, call *wire.Call, in *getLogEventsInput) (*getLogEventsOutput, error) {
	limit, err := limitOf(in.Limit, maxEvents)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	group, err := s.find(call, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	stream, ok := group.streams[in.LogStreamName]
	if !ok {
		return nil, errNoStream()
	}
	events := stream.between(in.StartTime, in.EndTime)
	first, last, err := window(in, len(events), limit)
	if err != nil {
		return nil, err
	}
	out := &getLogEventsOutput{
		Events:           make([]outputEvent, 0, last-first),
		NextForwardToken: streamToken("f/", last), NextBackwardToken: streamToken("b/", first),
	}
	for _, found := range events[first:last] {
		out.Events = append(out.Events, outputEvent{Timestamp: found.at, Message: found.message, IngestionTime: found.ingested})
	}
	return out, nil
}

// window says which of count events to return. Forward tokens hold where the next page begins, backward
// tokens where it ends; at either end the token stays the same, which is how clients see the end.
func window(in *getLogEventsInput, count, limit int) (int, int, error) {
	if in.NextToken == "" {
		if in.StartFromHead {
			return 0, min(limit, count), nil
		}
		return max(0, count-limit), count, nil
	}
	direction, number := in.NextToken[:min(2, len(in.NextToken))], in.NextToken[min(2, len(in.NextToken)):]
	position, err := strconv.Atoi(number)
	if err != nil || (direction != "f/" && direction != "b/") {
		return 0, 0, badToken(paging.ErrToken)
	}
	position = min(position, count)
	if direction == "f/" {
		return position, min(position+limit, count), nil
	}
	return max(0, position-limit), position, nil
}

func streamToken(direction string, position int) string {
	return fmt.Sprintf("%s%056d", direction, position)
}

package eventbridge

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/pattern"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sqs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

var _ event.Sink = (*Service)(nil)

// envelope is an event as targets get it: the order of its members is AWS's.
type envelope struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// Put sends an event of AWS to the targets of the rules that it matches.
func (s *Service) Put(place resource.Place, e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.listening(place)) == 0 {
		return // the usual case should cost nothing
	}
	detail := encode(e.Detail)
	s.route(place, envelopeOf(place, e.Source, e.DetailType, detail, e.Resources, e.Time))
}

func envelopeOf(place resource.Place, source, kind, detail string, resources []string, at time.Time) *envelope {
	if at.IsZero() {
		at = time.Now()
	}
	if resources == nil {
		resources = []string{}
	}
	return &envelope{
		Version: "0", ID: uuid.NewString(), DetailType: kind, Source: source, Account: place.Account, Region: place.Region,
		Time: at.UTC().Format(time.RFC3339), Resources: resources, Detail: json.RawMessage(detail),
	}
}

// listening returns the rules that wait for events, by name. Call it locked.
func (s *Service) listening(place resource.Place) []*rule {
	var found []*rule
	for at, each := range s.rules {
		if at.Place == place && each.matches != nil && each.state == enabled {
			found = append(found, each)
		}
	}
	slices.SortFunc(found, func(a, b *rule) int { return cmp.Compare(a.name, b.name) })
	return found
}

// route sends an event to all whose pattern it matches. Call it locked.
func (s *Service) route(place resource.Place, e *envelope) {
	whole := encode(e)
	members := make(map[string]any)
	if json.Unmarshal([]byte(whole), &members) != nil {
		return // not with our own envelope
	}
	for _, each := range s.listening(place) {
		if each.matches.Match(members) {
			s.send(each, members, whole)
		}
	}
}

// send delivers an event to a rule's targets. Call it locked.
func (s *Service) send(by *rule, members map[string]any, whole string) {
	for i := range by.targets {
		target := &by.targets[i]
		text := target.input(by, members, whole)
		err := s.deliver(by, target, text)
		if err == nil {
			continue
		}
		s.Logger.Warn("an event is not delivered", "rule", by.arn(), "target", target.Arn, "error", err)
		if target.DeadLetterConfig == nil {
			continue
		}
		attribute := func(value string) sqs.Attribute { return sqs.Attribute{DataType: "String", StringValue: value} }
		if err := s.Queues.Deliver(target.DeadLetterConfig.Arn, sqs.Delivery{
			Service: principal, Source: by.arn(), Body: text, Attributes: map[string]sqs.Attribute{
				"RULE_ARN": attribute(by.arn()), "TARGET_ARN": attribute(target.Arn), "ERROR_CODE": attribute("NO_PERMISSIONS"),
				"ERROR_MESSAGE": attribute(err.Error()),
			},
		}); err != nil {
			s.Logger.Warn("nor to its dead-letter queue", "queue", target.DeadLetterConfig.Arn, "error", err)
		}
	}
}

func (s *Service) deliver(by *rule, target *Target, text string) error {
	if target.isCluster() {
		return s.start(by, target, text)
	}
	if strings.HasPrefix(target.Arn, "arn:aws:sns:") {
		return s.Topics.Deliver(target.Arn, principal, by.arn(), text)
	}
	delivery := sqs.Delivery{Service: principal, Source: by.arn(), Body: text}
	if target.SqsParameters != nil {
		delivery.Group = target.SqsParameters.MessageGroupID
	}
	return s.Queues.Deliver(target.Arn, delivery)
}

type putEventsInput struct {
	EndpointID string `json:"EndpointId"`
	Entries    []putEntry
}

type putEntry struct {
	Time         wire.Time
	Source       string
	Resources    []string
	DetailType   string
	Detail       string
	EventBusName string
	TraceHeader  string
}

func errLength(value, wanted string) error {
	return errInvalid("1 validation error detected: Value '%s' at 'entries' failed to satisfy constraint: "+
		"Member must have length %s", value, wanted)
}

// written is the list of entries as the service's errors write it. How it writes times is believed.
func (in *putEventsInput) written() string {
	all := make([]string, 0, len(in.Entries))
	for i := range in.Entries {
		one := &in.Entries[i]
		moment, resources := "", ""
		if !one.Time.IsZero() {
			moment = one.Time.UTC().Format("Mon Jan 02 15:04:05 UTC 2006")
		}
		if one.Resources != nil {
			resources = "[" + strings.Join(one.Resources, ", ") + "]"
		}
		all = append(all, fmt.Sprintf("PutEventsRequestEntry(time=%s, source=%s, resources=%s, detailType=%s, detail=%s, "+
			"eventBusName=%s, traceHeader=%s, kmsKeyIdentifier=null, internalMetadata=null)", orNull(moment), orNull(one.Source),
			orNull(resources), orNull(one.DetailType), orNull(one.Detail), orNull(one.EventBusName), orNull(one.TraceHeader)))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func orNull(text string) string { return cmp.Or(text, "null") }

type putEventsEntry struct {
	EventID      string `json:"EventId,omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

type putEventsOutput struct {
	FailedEntryCount int
	Entries          []putEventsEntry
}

func (s *Service) putEvents(_ context.Context, call *wire.Call, in *putEventsInput) (*putEventsOutput, error) {
	const most = 10
	switch {
	case in.EndpointID != "":
		return nil, wire.Unsupported(call, "the parameter EndpointId")
	case len(in.Entries) == 0:
		return nil, errLength("[]", "greater than or equal to 1")
	case len(in.Entries) > most:
		return nil, errLength(in.written(), "less than or equal to 10")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &putEventsOutput{}
	place := call.Place()
	for _, each := range in.Entries {
		code, message := checkEntry(each.Source, each.DetailType, each.Detail, each.EventBusName)
		if each.TraceHeader != "" {
			code, message = "InvalidArgument", "awssim does not implement the parameter TraceHeader."
		}
		if code != "" {
			out.FailedEntryCount++
			out.Entries = append(out.Entries, putEventsEntry{ErrorCode: code, ErrorMessage: message})
			continue
		}
		made := envelopeOf(place, each.Source, each.DetailType, each.Detail, each.Resources, each.Time.Time)
		out.Entries = append(out.Entries, putEventsEntry{EventID: made.ID})
		s.route(place, made)
	}
	return out, nil
}

// checkEntry returns the code and message of what is wrong with an entry of PutEvents (recorded).
func checkEntry(source, kind, detail, bus string) (string, string) {
	var object map[string]any
	switch {
	case source == "":
		return "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."
	case kind == "":
		return "InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is a required argument."
	case detail == "":
		return "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."
	case json.Unmarshal([]byte(detail), &object) != nil:
		return "MalformedDetail", "Detail is malformed."
	case strings.HasPrefix(source, "aws."):
		return "NotAuthorizedForSourceException", "Not authorized for the source."
	case checkBus(bus) != nil:
		return "ResourceNotFoundException", "Event bus " + bus + " does not exist."
	default:
		return "", ""
	}
}

type testPatternInput struct{ EventPattern, Event string }

type testPatternOutput struct{ Result bool }

func (s *Service) testEventPattern(_ context.Context, _ *wire.Call, in *testPatternInput) (*testPatternOutput, error) {
	read, err := pattern.Read(in.EventPattern)
	if err != nil {
		return nil, wire.Errorf("InvalidEventPatternException", "%v", err)
	}
	var members map[string]any
	if json.Unmarshal([]byte(in.Event), &members) != nil {
		return nil, errInvalid("Parameter Event is not valid.")
	}
	for _, name := range []string{"id", "account", "source", "time", "region", "resources", "detail-type"} {
		if _, ok := members[name]; !ok {
			return nil, errInvalid("Parameter Event is not valid. Reason: %s is a required argument", name)
		}
	}
	return &testPatternOutput{read.Match(members)}, nil
}

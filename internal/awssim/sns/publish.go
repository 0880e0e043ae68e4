package sns

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/policy"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	maxMessage = 256 << 10 // bytes
	maxSubject = 100
	maxEntries = 10
)

// Why another service's message is not published.
var (
	ErrNoTopic = errors.New("the topic does not exist")
	ErrDenied  = errors.New("the topic's policy does not allow it")
)

// blob is a value that is sent as base64.
type blob []byte

// UnmarshalText reads base64.
func (b *blob) UnmarshalText(text []byte) error {
	decoded, err := base64.StdEncoding.DecodeString(string(text))
	*b = decoded
	return err //nolint:wrapcheck // the caller says which parameter it is
}

type attribute struct {
	DataType, StringValue string
	BinaryValue           blob
}

// text is the value as messages show it.
func (a attribute) text() string {
	if a.StringValue == "" {
		return base64.StdEncoding.EncodeToString(a.BinaryValue)
	}
	return a.StringValue
}

// message is what is published.
type message struct {
	Message, Subject, MessageStructure string
	MessageAttributes                  map[string]attribute
	MessageDeduplicationID             string `query:"MessageDeduplicationId"`
	MessageGroupID                     string `query:"MessageGroupId"`

	id, sequence string
	at           time.Time
	by           map[string]string // texts by protocol, of the structure json
}

// textFor returns the text for a protocol.
func (m *message) textFor(protocol string) string {
	if m.by == nil {
		return m.Message
	}
	if text, ok := m.by[protocol]; ok {
		return text
	}
	return m.by["default"]
}

var plainSubject = regexp.MustCompile(`^[!-~][ -~]*$`)

// check refuses messages that a topic does not take, and reads the structure.
func (m *message) check(to *topic) error {
	switch {
	case m.Message == "":
		return errParameter("Empty message")
	case len(m.Message) > maxMessage:
		return errParameter("Message too long")
	case m.Subject != "" && (len(m.Subject) > maxSubject || !plainSubject.MatchString(m.Subject)):
		return errParameter("Subject")
	case m.MessageStructure != "" && m.MessageStructure != "json":
		return errParameter("MessageStructure")
	case to.fifo() && m.MessageGroupID == "":
		return errParameter("The MessageGroupId parameter is required for FIFO topics")
	case to.fifo() && m.MessageDeduplicationID == "" && to.attributes["ContentBasedDeduplication"] != "true":
		return errParameter("The topic should either have ContentBasedDeduplication enabled or " +
			"MessageDeduplicationId provided explicitly")
	case !to.fifo() && m.MessageDeduplicationID != "":
		return errParameter("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not " +
			"valid for this topic type")
	}
	if m.MessageStructure != "json" {
		return nil
	}
	if json.Unmarshal([]byte(m.Message), &m.by) != nil {
		return errParameter("Message Structure - JSON message body failed to parse")
	}
	if _, ok := m.by["default"]; !ok {
		return errParameter("Message Structure - No default entry in JSON message body")
	}
	return nil
}

// put hands a message on to the subscriptions. Call it locked.
func (s *Service) put(to *topic, m *message) error {
	if err := m.check(to); err != nil {
		return err
	}
	m.id, m.at = uuid.NewString(), time.Now().UTC()
	if to.fifo() {
		s.last++
		m.sequence = fmt.Sprintf("1%019d", s.last)
		if m.MessageDeduplicationID == "" {
			m.MessageDeduplicationID = fmt.Sprintf("%x", sha256.Sum256([]byte(m.Message)))
		}
	}
	for _, each := range to.subscriptions {
		if each.token == "" && each.wants(m) {
			s.deliver(to, each, m)
		}
	}
	return nil
}

// wants reports whether a message passes the subscription's filter.
func (s *subscription) wants(m *message) bool {
	if s.filter == nil {
		return true
	}
	members := make(map[string]any)
	if s.attributes["FilterPolicyScope"] == "MessageBody" {
		return json.Unmarshal([]byte(m.textFor(s.protocol)), &members) == nil && s.filter.Match(members)
	}
	for name, each := range m.MessageAttributes {
		switch each.DataType {
		case "Number":
			number, _ := strconv.ParseFloat(each.StringValue, 64)
			members[name] = number
		case "String.Array":
			var list []any
			_ = json.Unmarshal([]byte(each.StringValue), &list) // what is no list has no members
			members[name] = list
		default:
			members[name] = each.text()
		}
	}
	return s.filter.Match(members)
}

type publishInput struct {
	message

	TopicArn               *string
	TargetArn, PhoneNumber string
}

type published struct {
	MessageID      string `query:"MessageId"`
	SequenceNumber string
}

func (s *Service) publish(_ context.Context, call *wire.Call, in *publishInput) (*published, error) {
	arn := in.TargetArn
	switch {
	case in.PhoneNumber != "":
		return nil, wire.Unsupported(call, "the parameter PhoneNumber")
	case in.TopicArn != nil: // which may be empty
		arn = *in.TopicArn
	case arn == "":
		return nil, errParameter("TopicArn or TargetArn Reason: no value for required parameter")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to, err := s.find(arn)
	if err != nil {
		return nil, err
	}
	if err := s.put(to, &in.message); err != nil {
		return nil, err
	}
	return &published{in.id, in.sequence}, nil
}

type batchEntry struct {
	message

	ID string `query:"Id"`
}

type publishBatchInput struct {
	TopicArn                   string
	PublishBatchRequestEntries []batchEntry
}

type publishedEntry struct {
	published

	ID string `query:"Id"`
}

type refusedEntry struct {
	ID            string `query:"Id"`
	Code, Message string
	SenderFault   bool
}

type publishBatchOutput struct {
	Successful []publishedEntry
	Failed     []refusedEntry
}

func (s *Service) publishBatch(_ context.Context, _ *wire.Call, in *publishBatchInput) (*publishBatchOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to, err := s.find(in.TopicArn)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	out := &publishBatchOutput{Successful: []publishedEntry{}, Failed: []refusedEntry{}}
	for i := range in.PublishBatchRequestEntries {
		each := &in.PublishBatchRequestEntries[i]
		err := s.put(to, &each.message)
		if refused, ok := errors.AsType[*wire.Error](err); ok {
			out.Failed = append(out.Failed, refusedEntry{each.ID, refused.Code, refused.Message, true})
			continue
		}
		out.Successful = append(out.Successful, publishedEntry{published{each.id, each.sequence}, each.ID})
	}
	return out, nil
}

// check refuses a batch as a whole.
func (in *publishBatchInput) check() error {
	entries := in.PublishBatchRequestEntries
	switch {
	case len(entries) == 0:
		return wire.Errorf("EmptyBatchRequest", "The batch request doesn't contain any entries.")
	case len(entries) > maxEntries:
		return wire.Errorf("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
	}
	seen := make(map[string]bool)
	for i := range entries {
		if seen[entries[i].ID] {
			return wire.Errorf("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
		}
		seen[entries[i].ID] = true
	}
	return nil
}

// Publish publishes as the account itself does: for CloudFormation's notifications and for alarms.
func (s *Service) Publish(_ resource.Place, topicARN, subject, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.topics[topicARN]
	if to == nil {
		return fmt.Errorf("publishing to %s: %w", topicARN, ErrNoTopic)
	}
	return s.put(to, &message{Message: text, Subject: subject, MessageGroupID: groupOf(to)})
}

// Deliver publishes for another service of AWS, such as "events.amazonaws.com", on behalf of a source, if the topic's
// policy allows it. The policy that topics have at first does not.
func (s *Service) Deliver(topicARN, service, source, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.topics[topicARN]
	if to == nil {
		return ErrNoTopic
	}
	wanted := policy.Request{Service: service, Action: "sns:Publish", Resource: topicARN, Source: source, Account: to.Account}
	if to.attributes["Policy"] == "" || !policy.Allows(to.policy(), wanted) {
		return ErrDenied
	}
	return s.put(to, &message{Message: text, MessageGroupID: groupOf(to)})
}

// groupOf is the group of messages that come without one.
func groupOf(to *topic) string {
	if to.fifo() {
		return strings.TrimSuffix(to.name, ".fifo")
	}
	return ""
}

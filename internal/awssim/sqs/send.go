package sqs

import (
	"context"
	"crypto/md5" //nolint:gosec // what the service answers and its clients check
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// dedupInterval is how long a FIFO queue remembers what was sent ("Exactly-once processing", developer guide).
const dedupInterval = 5 * time.Minute

// Attribute is an attribute of a message.
type Attribute struct {
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

// message is a message in a queue.
type message struct {
	id, body            string
	attributes          map[string]Attribute
	trace               string // the system attribute AWSTraceHeader
	group, dedup        string
	sequence            string
	source              string // the ARN of the queue that it was dead in
	sent, first         time.Time
	visible             time.Time
	receives            int
	sumBody, sumAttribs string
}

type outgoing struct {
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]Attribute
	MessageSystemAttributes map[string]Attribute
	MessageDeduplicationID  string `json:"MessageDeduplicationId"`
	MessageGroupID          string `json:"MessageGroupId"`
}

type sendMessageInput struct {
	outgoing

	QueueURL string `json:"QueueUrl"`
}

type sent struct {
	MessageID                    string `json:"MessageId"`
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
	SequenceNumber               string `json:",omitempty"`
}

func (s *Service) sendMessage(_ context.Context, call *wire.Call, in *sendMessageInput) (*sent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	return s.put(found, &in.outgoing)
}

// put adds a message to a queue. Call it locked.
func (s *Service) put(into *queue, out *outgoing) (*sent, error) {
	if err := into.accepts(out); err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	added := &message{
		id: uuid.NewString(), body: out.MessageBody, attributes: out.MessageAttributes, sent: now,
		trace: out.MessageSystemAttributes["AWSTraceHeader"].StringValue, group: out.MessageGroupID, dedup: out.MessageDeduplicationID,
		sumBody: sum([]byte(out.MessageBody)), sumAttribs: sumOf(out.MessageAttributes),
		visible: now.Add(into.seconds("DelaySeconds")),
	}
	if out.DelaySeconds != nil {
		added.visible = now.Add(time.Duration(*out.DelaySeconds) * time.Second)
	}
	if into.fifo() {
		if added.dedup == "" {
			added.dedup = fmt.Sprintf("%x", sha256.Sum256([]byte(added.body)))
		}
		if before := into.before(added, now); before != nil {
			return before.receipt(out), nil
		}
		s.last++
		added.sequence = fmt.Sprintf("188%017d", s.last)
	}
	into.messages = append(into.messages, added)
	into.wake()
	return added.receipt(out), nil
}

// before returns the message that a FIFO queue takes another one for. It forgets those that are too old.
func (q *queue) before(added *message, now time.Time) *message {
	maps.DeleteFunc(q.sent, func(_ string, old *message) bool { return now.Sub(old.sent) >= dedupInterval })
	scope := added.dedup
	if q.attributes["DeduplicationScope"] == "messageGroup" {
		scope = added.group + "\x00" + scope
	}
	if found := q.sent[scope]; found != nil {
		return found
	}
	q.sent[scope] = added
	return nil
}

func (m *message) receipt(out *outgoing) *sent {
	return &sent{
		MessageID: m.id, MD5OfMessageBody: m.sumBody, MD5OfMessageAttributes: m.sumAttribs,
		MD5OfMessageSystemAttributes: sumOf(out.MessageSystemAttributes), SequenceNumber: m.sequence,
	}
}

// accepts refuses messages that the queue does not take.
func (q *queue) accepts(out *outgoing) error {
	size := len(out.MessageBody)
	for name, each := range out.MessageAttributes {
		size += len(name) + len(each.DataType) + len(each.StringValue) + len(each.BinaryValue)
		if err := each.check(name); err != nil {
			return err
		}
	}
	for name := range out.MessageSystemAttributes {
		if name != "AWSTraceHeader" {
			return wire.Errorf(codeParameter, "Message system attribute name '%s' is invalid.", name)
		}
	}
	switch {
	case out.MessageBody == "":
		return errMissing("MessageBody")
	case size > q.number("MaximumMessageSize"):
		return wire.Errorf(codeParameter, "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.",
			q.number("MaximumMessageSize"))
	case out.DelaySeconds != nil && (*out.DelaySeconds < 0 || *out.DelaySeconds > maxDelay):
		return errParameter(*out.DelaySeconds, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
	case !q.fifo():
		if out.MessageDeduplicationID != "" {
			return errParameter(out.MessageDeduplicationID, "MessageDeduplicationId",
				"The request includes a parameter that is not valid for this queue type.")
		}
		return nil
	case out.MessageGroupID == "":
		return errMissing("MessageGroupId")
	case out.DelaySeconds != nil && *out.DelaySeconds > 0:
		return errParameter(*out.DelaySeconds, "DelaySeconds", "The request include parameter that is not valid for this queue type.")
	case out.MessageDeduplicationID == "" && q.attributes["ContentBasedDeduplication"] != "true":
		return wire.Errorf(codeParameter,
			"The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	default:
		return nil
	}
}

func (a Attribute) check(name string) error {
	kind, _, _ := strings.Cut(a.DataType, ".")
	switch {
	case !slices.Contains([]string{"String", "Number", "Binary"}, kind):
		return wire.Errorf(codeParameter, "The type of message (user) attribute '%s' is invalid. You must use only the "+
			"following supported type prefixes: Binary, Number, String.", name)
	case kind == "Binary" && len(a.BinaryValue) == 0, kind != "Binary" && a.StringValue == "":
		return wire.Errorf(codeParameter, "Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, kind)
	default:
		return nil
	}
}

func sum(data []byte) string {
	digest := md5.Sum(data) //nolint:gosec // what the service answers and its clients check
	return hex.EncodeToString(digest[:])
}

// sumOf is the MD5 of attributes ("Calculating the MD5 message digest for message attributes", developer guide).
func sumOf(attributes map[string]Attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	const isText, isBinary = 1, 2
	var data []byte
	part := func(text string) {
		data = binary.BigEndian.AppendUint32(data, uint32(len(text))) //nolint:gosec // shorter than a request
		data = append(data, text...)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		each := attributes[name]
		part(name)
		part(each.DataType)
		if strings.HasPrefix(each.DataType, "Binary") {
			data = append(data, isBinary)
			part(string(each.BinaryValue))
			continue
		}
		data = append(data, isText)
		part(each.StringValue)
	}
	return sum(data)
}

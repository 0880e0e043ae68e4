package sqs

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxReceived is how many messages a receive returns at most.
const maxReceived = 10

type receiveMessageInput struct {
	QueueURL                    string `json:"QueueUrl"`
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	ReceiveRequestAttemptID     string `json:"ReceiveRequestAttemptId"` // of a retry, whose messages are visible again by then
}

type received struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	MD5OfBody              string
	Body                   string
	Attributes             map[string]string    `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
	MessageAttributes      map[string]Attribute `json:",omitempty"`
}

type receiveMessageOutput struct {
	Messages []received `json:",omitempty"`
}

func (in *receiveMessageInput) check() error {
	switch {
	case in.MaxNumberOfMessages != nil && (*in.MaxNumberOfMessages < 1 || *in.MaxNumberOfMessages > maxReceived):
		return errParameter(*in.MaxNumberOfMessages, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
	case in.WaitTimeSeconds != nil && (*in.WaitTimeSeconds < 0 || *in.WaitTimeSeconds > maxWait):
		return errParameter(*in.WaitTimeSeconds, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
	case in.VisibilityTimeout != nil:
		return checkVisibility(*in.VisibilityTimeout)
	default:
		return nil
	}
}

func checkVisibility(given int) error {
	if given < 0 || given > maxVisibility {
		return errParameter(given, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200")
	}
	return nil
}

// receiveMessage waits until there is a message, the wait is over or the client has gone.
func (s *Service) receiveMessage(ctx context.Context, call *wire.Call, in *receiveMessageInput) (*receiveMessageOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	var deadline time.Time
	for {
		s.mu.Lock()
		found, err := s.find(call.Place(), in.QueueURL)
		if err != nil {
			s.mu.Unlock()
			return nil, err
		}
		now := time.Now().UTC()
		if deadline.IsZero() {
			deadline = now.Add(in.wait(found))
		}
		messages, soonest := s.take(found, in, now)
		changed := found.changed
		s.mu.Unlock()
		if len(messages) > 0 || !now.Before(deadline) {
			return &receiveMessageOutput{messages}, nil
		}
		if soonest.IsZero() || soonest.After(deadline) {
			soonest = deadline
		}
		timer := time.NewTimer(soonest.Sub(now))
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return &receiveMessageOutput{}, nil
		}
		timer.Stop()
	}
}

func (in *receiveMessageInput) wait(from *queue) time.Duration {
	if in.WaitTimeSeconds != nil {
		return time.Duration(*in.WaitTimeSeconds) * time.Second
	}
	return from.seconds("ReceiveMessageWaitTimeSeconds")
}

// take hands out visible messages, and tells when the next one becomes visible. Call it locked.
func (s *Service) take(from *queue, in *receiveMessageInput, now time.Time) ([]received, time.Time) {
	most, hidden := 1, from.seconds("VisibilityTimeout")
	if in.MaxNumberOfMessages != nil {
		most = *in.MaxNumberOfMessages
	}
	if in.VisibilityTimeout != nil {
		hidden = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	from.messages = slices.DeleteFunc(from.messages, func(m *message) bool {
		return now.Sub(m.sent) >= from.seconds("MessageRetentionPeriod") || (!m.visible.After(now) && s.bury(from, m, now))
	})
	var taken []received
	var soonest time.Time
	busy := make(map[string]bool) // groups of a FIFO queue with a message that is being worked on
	for _, each := range from.messages {
		if each.visible.After(now) {
			busy[each.group] = true
			if soonest.IsZero() || each.visible.Before(soonest) {
				soonest = each.visible
			}
			continue
		}
		if len(taken) == most || (from.fifo() && busy[each.group]) {
			continue
		}
		each.receives++
		if each.first.IsZero() {
			each.first = now
		}
		each.visible = now.Add(hidden)
		taken = append(taken, each.describe(from, in))
	}
	return taken, soonest
}

// bury moves a message to the dead-letter queue once it was received too often. Call it locked.
func (s *Service) bury(from *queue, m *message, now time.Time) bool {
	read, most, ok := readRedrive(from.attributes["RedrivePolicy"])
	if !ok || m.receives < most {
		return false
	}
	grave := s.byARN(read.Target)
	if grave == nil || grave == from {
		return false
	}
	moved := *m
	moved.source, moved.receives, moved.first, moved.visible = from.arn(), 0, time.Time{}, now
	grave.messages = append(grave.messages, &moved)
	grave.wake()
	return true
}

func (m *message) describe(in *queue, asked *receiveMessageInput) received {
	shown := received{
		MessageID: m.id, Body: m.body, MD5OfBody: m.sumBody, ReceiptHandle: handle(in, m),
		Attributes: m.system(slices.Concat(asked.AttributeNames, asked.MessageSystemAttributeNames), in.Account),
	}
	for name, each := range m.attributes {
		if !wants(asked.MessageAttributeNames, name) {
			continue
		}
		if shown.MessageAttributes == nil {
			shown.MessageAttributes = make(map[string]Attribute)
		}
		shown.MessageAttributes[name] = each
	}
	shown.MD5OfMessageAttributes = sumOf(shown.MessageAttributes)
	return shown
}

// wants reports whether an attribute is asked for: by name, by a prefix with ".*", or with all.
func wants(asked []string, name string) bool {
	return slices.ContainsFunc(asked, func(pattern string) bool {
		prefix, cut := strings.CutSuffix(pattern, ".*")
		return pattern == "All" || pattern == "*" || pattern == name || (cut && strings.HasPrefix(name, prefix))
	})
}

// system returns the attributes that the queue gives to a message.
func (m *message) system(asked []string, account string) map[string]string {
	millis := func(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }
	all := map[string]string{
		"SenderId": account, "SentTimestamp": millis(m.sent), "ApproximateReceiveCount": strconv.Itoa(m.receives),
		"ApproximateFirstReceiveTimestamp": millis(m.first), "SequenceNumber": m.sequence, "MessageDeduplicationId": m.dedup,
		"MessageGroupId": m.group, "AWSTraceHeader": m.trace, "DeadLetterQueueSourceArn": m.source,
	}
	chosen := make(map[string]string)
	for name, value := range all {
		if value != "" && (slices.Contains(asked, "All") || slices.Contains(asked, name)) {
			chosen[name] = value
		}
	}
	return chosen
}

// handle returns a receipt handle. It names the message and when it was received.
func handle(in *queue, m *message) string {
	plain := fmt.Sprintf("%s %s %s %d", uuid.NewString(), in.arn(), m.id, m.receives)
	return base64.StdEncoding.EncodeToString([]byte(plain))
}

// held returns the message of a receipt handle, or nil if it is gone. Call it locked.
func (s *Service) held(place resource.Place, url, receipt string) (*queue, *message, error) {
	found, err := s.find(place, url)
	if err != nil {
		return nil, nil, err
	}
	const parts = 4
	plain, err := base64.StdEncoding.DecodeString(receipt)
	split := strings.Split(string(plain), " ")
	if err != nil || len(split) != parts || split[1] != found.arn() {
		return nil, nil, wire.Errorf(codeHandle, "The input receipt handle %q is not a valid receipt handle.", receipt)
	}
	at := slices.IndexFunc(found.messages, func(m *message) bool { return m.id == split[2] })
	if at < 0 {
		return found, nil, nil
	}
	return found, found.messages[at], nil
}

type deleteMessageInput struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

func (s *Service) deleteMessage(_ context.Context, call *wire.Call, in *deleteMessageInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &wire.None{}, s.discard(call.Place(), in.QueueURL, in.ReceiptHandle)
}

func (s *Service) discard(place resource.Place, url, receipt string) error {
	from, doomed, err := s.held(place, url, receipt)
	if err != nil || doomed == nil { // deleting what is gone is no error
		return err
	}
	from.messages = slices.DeleteFunc(from.messages, func(m *message) bool { return m == doomed })
	if from.fifo() {
		from.wake() // the next of its group can be received
	}
	return nil
}

type changeVisibilityInput struct {
	QueueURL          string `json:"QueueUrl"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

func (s *Service) changeMessageVisibility(_ context.Context, call *wire.Call, in *changeVisibilityInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &wire.None{}, s.hide(call.Place(), in.QueueURL, in.ReceiptHandle, in.VisibilityTimeout)
}

func (s *Service) hide(place resource.Place, url, receipt string, given *int) error {
	if given == nil {
		return errMissing("VisibilityTimeout")
	}
	if err := checkVisibility(*given); err != nil {
		return err
	}
	from, held, err := s.held(place, url, receipt)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	if held == nil || !held.visible.After(now) {
		return errParameter(receipt, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
	}
	held.visible = now.Add(time.Duration(*given) * time.Second)
	from.wake()
	return nil
}

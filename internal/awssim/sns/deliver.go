package sns

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	awsevent "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sqs"
)

const (
	// ConfirmPath is where SubscribeURL leads: a server confirms by a GET without credentials.
	ConfirmPath = "/_awssim/sns/confirm"

	// serverPatience is how long a server may take ("Amazon SNS message delivery retries", developer guide).
	serverPatience = 15 * time.Second
	// A server that fails is asked again, as the default delivery policy has it.
	retries    = 3
	retryAfter = 20 * time.Second

	// noSignature stands where AWS signs: messages of the simulator are not signed.
	noSignature = "U2ltdWxhdGVk"
)

// envelope is a message as queues and servers get it, unless they want it raw. The order of its members is AWS's.
type envelope struct {
	Type             string
	MessageID        string `json:"MessageId"`
	SequenceNumber   string `json:",omitempty"`
	Token            string `json:",omitempty"`
	TopicArn         string
	Subject          string `json:",omitempty"`
	Message          string
	SubscribeURL     string `json:",omitempty"`
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
	UnsubscribeURL   string                    `json:",omitempty"`
	MessageAttribs   map[string]shownAttribute `json:"MessageAttributes,omitempty"`
}

type shownAttribute struct{ Type, Value string }

// redrivePolicy says where messages go that a queue does not take.
type redrivePolicy struct {
	Target string `json:"deadLetterTargetArn"`
}

// deliver hands a message to a subscription. Call it locked.
func (s *Service) deliver(to *topic, each *subscription, m *message) {
	text := m.textFor(each.protocol)
	if !each.raw() {
		text = s.wrap(to, each, m)
	}
	switch each.protocol {
	case "sqs":
		s.enqueue(to, each, m, text)
	case "http", "https":
		header := http.Header{"X-Amz-Sns-Message-Type": {"Notification"}, "X-Amz-Sns-Message-Id": {m.id}}
		if each.raw() {
			header.Set("X-Amz-Sns-Rawdelivery", "true")
		}
		s.post(to, each, header, text)
	}
}

func (s *Service) enqueue(to *topic, each *subscription, m *message, text string) {
	delivery := sqs.Delivery{
		Service: principal, Source: to.arn, Body: text,
		Group: m.MessageGroupID, Dedup: m.MessageDeduplicationID,
	}
	if each.raw() && len(m.MessageAttributes) > 0 {
		delivery.Attributes = make(map[string]sqs.Attribute)
		for name, value := range m.MessageAttributes {
			delivery.Attributes[name] = sqs.Attribute{
				DataType: value.DataType, StringValue: value.StringValue, BinaryValue: value.BinaryValue,
			}
		}
	}
	err := s.Queues.Deliver(each.endpoint, delivery)
	if err == nil {
		return
	}
	s.Logger.Warn("a message is not delivered", "subscription", each.arn, "queue", each.endpoint, "error", err)
	var redrive redrivePolicy
	if json.Unmarshal([]byte(each.attributes["RedrivePolicy"]), &redrive) != nil || redrive.Target == "" {
		return
	}
	if err := s.Queues.Deliver(redrive.Target, delivery); err != nil {
		s.Logger.Warn("nor to its dead-letter queue", "queue", redrive.Target, "error", err)
	}
}

func (s *Service) wrap(to *topic, each *subscription, m *message) string {
	wrapped := envelope{
		Type: "Notification", MessageID: m.id, SequenceNumber: m.sequence, TopicArn: to.arn, Subject: m.Subject,
		Message: m.textFor(each.protocol), Timestamp: m.at.Format(awsevent.TimeLayout),
		UnsubscribeURL: s.Base() + "/?Action=Unsubscribe&SubscriptionArn=" + each.arn,
	}
	for name, value := range m.MessageAttributes {
		if wrapped.MessageAttribs == nil {
			wrapped.MessageAttribs = make(map[string]shownAttribute)
		}
		wrapped.MessageAttribs[name] = shownAttribute{value.DataType, value.text()}
	}
	return s.seal(&wrapped, to)
}

// seal adds what stands for a signature, and writes the message.
func (s *Service) seal(wrapped *envelope, to *topic) string {
	wrapped.SignatureVersion, wrapped.Signature = "1", noSignature
	if to.attributes["SignatureVersion"] != "" {
		wrapped.SignatureVersion = to.attributes["SignatureVersion"]
	}
	wrapped.SigningCertURL = "https://sns." + to.Region + ".amazonaws.com/SimpleNotificationService-awssim.pem"
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(wrapped) //nolint:errchkjson,musttag // our own type, whose fields are named as AWS names them
	return strings.TrimSuffix(out.String(), "\n")
}

// askToConfirm sends a server the token that confirms its subscription. Call it locked.
func (s *Service) askToConfirm(to *topic, each *subscription) {
	confirm := s.Base() + ConfirmPath + "?" + url.Values{"TopicArn": {to.arn}, "Token": {each.token}}.Encode()
	text := s.seal(&envelope{
		Type: "SubscriptionConfirmation", MessageID: each.arn[strings.LastIndex(each.arn, ":")+1:], Token: each.token, TopicArn: to.arn,
		Message: fmt.Sprintf("You have chosen to subscribe to the topic %s.\nTo confirm the subscription, visit the SubscribeURL "+
			"included in this message.", to.arn),
		SubscribeURL: confirm, Timestamp: time.Now().UTC().Format(awsevent.TimeLayout),
	}, to)
	s.post(to, each, http.Header{"X-Amz-Sns-Message-Type": {"SubscriptionConfirmation"}}, text)
}

// post sends a text to a server, and again where that fails. Call it locked.
func (s *Service) post(to *topic, each *subscription, header http.Header, text string) {
	if s.life.Err() != nil {
		return
	}
	header.Set("Content-Type", "text/plain; charset=UTF-8")
	header.Set("X-Amz-Sns-Topic-Arn", to.arn)
	header.Set("X-Amz-Sns-Subscription-Arn", each.arn)
	header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	endpoint := each.endpoint
	s.work.Go(func() {
		for try := range retries + 1 {
			if try > 0 && s.Clock.Sleep(s.life, retryAfter) != nil {
				return
			}
			err := s.send(s.life, endpoint, header, text)
			if err == nil {
				return
			}
			s.Logger.Warn("a server does not take a message", "endpoint", endpoint, "error", err)
		}
	})
}

func (s *Service) send(ctx context.Context, endpoint string, header http.Header, text string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader([]byte(text)))
	if err != nil {
		return fmt.Errorf("asking %s: %w", endpoint, err)
	}
	request.Header = header
	answer, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", endpoint, err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, answer.Body) // so that the connection can be used again
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s answers %s", endpoint, answer.Status)
	}
	return nil
}

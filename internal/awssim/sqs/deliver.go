package sqs

import (
	"errors"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/policy"
)

// Why a delivery of another service does not arrive.
var (
	ErrNoQueue = errors.New("the queue does not exist")
	ErrDenied  = errors.New("the queue's policy does not allow it")
)

// Delivery is a message that another service of AWS sends.
type Delivery struct {
	Service string // its principal, such as "events.amazonaws.com"
	Source  string // the ARN of what sends: a rule, a topic
	Body    string
	// Attributes of the message; Group and Dedup are for FIFO queues.
	Attributes   map[string]Attribute
	Group, Dedup string
}

// Deliver puts a message into a queue if its policy allows it; a queue without a policy takes nothing of others, as
// on AWS.
func (s *Service) Deliver(queueARN string, d Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	into := s.byARN(queueARN)
	if into == nil {
		return ErrNoQueue
	}
	if !policy.Allows(into.attributes["Policy"], policy.Request{
		Service: d.Service, Action: "sqs:SendMessage", Resource: queueARN, Source: d.Source, Account: into.Account,
	}) {
		return ErrDenied
	}
	_, err := s.put(into, &outgoing{
		MessageBody: d.Body, MessageAttributes: d.Attributes, MessageGroupID: d.Group, MessageDeduplicationID: d.Dedup,
	})
	return err
}

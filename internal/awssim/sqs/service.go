// Package sqs is the Simple Queue Service: standard and FIFO queues in memory, which EventBridge and SNS feed where the
// queue's policy lets them.
//
// Visibility timeouts, delays, long polling and retention are between a queue and its consumers, which live in real
// time: the simulator's speed does not divide them. Limits are those of the API reference; texts of errors are believed.
package sqs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Service is the queues of all accounts and regions.
type Service struct {
	clock clock.Clock
	base  func() string

	mu      sync.Mutex
	queues  map[key]*queue
	deleted map[key]time.Time // when names can be used again
	last    int64             // sequence number

	policies map[string]policyProperties // of templates, by physical id
}

type key struct {
	resource.Place

	name string
}

// arn is the queue's ARN.
func (k key) arn() string { return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", k.Region, k.Account, k.name) }

// New returns a service without queues. Base is the URL at which clients reach the simulator, with which the URLs of
// queues of templates begin.
func New(pace clock.Clock, base func() string) *Service {
	return &Service{
		clock: pace, base: base, queues: make(map[key]*queue), deleted: make(map[key]time.Time),
		policies: make(map[string]policyProperties),
	}
}

// API returns the operations of SQS.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "sqs", Protocol: wire.JSON10, Also: []wire.Protocol{wire.JSON10}, TargetPrefix: "AmazonSQS",
		ErrorTypes: map[string]string{
			codeNoQueue: shape("QueueDoesNotExist"), codeExists: shape("QueueNameExists"),
			codeRecently: shape("QueueDeletedRecently"), codePurging: shape("PurgeQueueInProgress"),
			codeEmpty: shape("EmptyBatchRequest"), codeMany: shape("TooManyEntriesInBatchRequest"),
			codeTwice: shape("BatchEntryIdsNotDistinct"), codeEntryID: shape("InvalidBatchEntryId"),
			codeLong: shape("BatchRequestTooLong"), codeHandle: shape(codeHandle), codeAttribute: shape(codeAttribute),
			codeValue: shape(codeValue), codeUnsupported: shape("UnsupportedOperation"), codeNotInflight: shape("MessageNotInflight"),
			codeParameter: "com.amazon.coral.service#InvalidParameterValueException",
			codeMissing:   "com.amazon.coral.service#MissingRequiredParameterException",
		},
		Operations: map[string]wire.Handler{
			"CreateQueue":                  wire.Op(s.createQueue),
			"GetQueueUrl":                  wire.Op(s.getQueueURL),
			"GetQueueAttributes":           wire.Op(s.getQueueAttributes),
			"SetQueueAttributes":           wire.Op(s.setQueueAttributes),
			"ListQueues":                   wire.Op(s.listQueues),
			"ListDeadLetterSourceQueues":   wire.Op(s.listDeadLetterSourceQueues),
			"DeleteQueue":                  wire.Op(s.deleteQueue),
			"PurgeQueue":                   wire.Op(s.purgeQueue),
			"SendMessage":                  wire.Op(s.sendMessage),
			"SendMessageBatch":             wire.Op(s.sendMessageBatch),
			"ReceiveMessage":               wire.Op(s.receiveMessage),
			"DeleteMessage":                wire.Op(s.deleteMessage),
			"DeleteMessageBatch":           wire.Op(s.deleteMessageBatch),
			"ChangeMessageVisibility":      wire.Op(s.changeMessageVisibility),
			"ChangeMessageVisibilityBatch": wire.Op(s.changeMessageVisibilityBatch),
			"TagQueue":                     wire.Op(s.tagQueue),
			"UntagQueue":                   wire.Op(s.untagQueue),
			"ListQueueTags":                wire.Op(s.listQueueTags),
		},
	}
}

// Codes of errors, as clients of the Query protocol knew them and as those of JSON find in a header.
const (
	codeNoQueue     = "AWS.SimpleQueueService.NonExistentQueue"
	codeExists      = "QueueAlreadyExists"
	codeRecently    = "AWS.SimpleQueueService.QueueDeletedRecently"
	codePurging     = "AWS.SimpleQueueService.PurgeQueueInProgress"
	codeEmpty       = "AWS.SimpleQueueService.EmptyBatchRequest"
	codeMany        = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
	codeTwice       = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"
	codeEntryID     = "AWS.SimpleQueueService.InvalidBatchEntryId"
	codeLong        = "AWS.SimpleQueueService.BatchRequestTooLong"
	codeUnsupported = "AWS.SimpleQueueService.UnsupportedOperation"
	codeNotInflight = "AWS.SimpleQueueService.MessageNotInflight"
	codeHandle      = "ReceiptHandleIsInvalid"
	codeAttribute   = "InvalidAttributeName"
	codeValue       = "InvalidAttributeValue"
	codeParameter   = "InvalidParameterValue"
	codeMissing     = "MissingParameter"
)

func shape(name string) string { return "com.amazonaws.sqs#" + name }

func errNoQueue() error { return wire.Errorf(codeNoQueue, "The specified queue does not exist.") }

func errParameter(value any, name, reason string) error {
	return wire.Errorf(codeParameter, "Value %v for parameter %s is invalid. Reason: %s", value, name, reason)
}

func errMissing(name string) error {
	return wire.Errorf(codeMissing, "The request must contain the parameter %s.", name)
}

// queue is one queue. Its fields are the Service's, under its lock.
type queue struct {
	key

	url               string
	attributes        map[string]string // those that can be set and were
	tags              map[string]string
	created, modified time.Time
	purged            time.Time
	messages          []*message // oldest first
	sent              map[string]*message
	changed           chan struct{} // closed, and replaced, when a message may have become visible
}

func (q *queue) fifo() bool { return q.attributes["FifoQueue"] == "true" }

// wake lets waiting consumers look again.
func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// find returns the queue of a URL, whatever its host. Call it locked.
func (s *Service) find(place resource.Place, url string) (*queue, error) {
	if url == "" {
		return nil, errMissing("QueueUrl")
	}
	if found := s.queues[key{place, url[strings.LastIndex(url, "/")+1:]}]; found != nil {
		return found, nil
	}
	return nil, errNoQueue()
}

// byARN returns the queue with an ARN, or nil. Call it locked.
func (s *Service) byARN(arn string) *queue {
	const parts = 6 // arn:aws:sqs:REGION:ACCOUNT:NAME
	split := strings.Split(arn, ":")
	if len(split) != parts {
		return nil
	}
	return s.queues[key{resource.Place{Account: split[4], Region: split[3]}, split[5]}]
}

// in returns the queues of a place, by name. Call it locked.
func (s *Service) in(place resource.Place) []*queue {
	var found []*queue
	for _, each := range s.queues {
		if each.Place == place {
			found = append(found, each)
		}
	}
	slices.SortFunc(found, func(a, b *queue) int { return cmp.Compare(a.name, b.name) })
	return found
}

package sqs

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/policy"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// span is what a number may be, and what it is unless it is set.
type span struct{ least, most, otherwise int }

// Largest sizes and longest times (SetQueueAttributes, API reference; a mebibyte since August 2025).
const (
	maxSize       = 1 << 20
	maxVisibility = 43_200
	maxDelay      = 900
	maxWait       = 20
	day           = 86_400
)

// spans are the attributes that are numbers.
func spans() map[string]span {
	const (
		leastSize, visibility                 = 1024, 30
		leastRetention, mostRetention, retain = 60, 14 * day, 4 * day
		reuseLeast, reuse                     = 60, 300
	)
	return map[string]span{
		"VisibilityTimeout":             {0, maxVisibility, visibility},
		"MaximumMessageSize":            {leastSize, maxSize, maxSize},
		"MessageRetentionPeriod":        {leastRetention, mostRetention, retain},
		"DelaySeconds":                  {0, maxDelay, 0},
		"ReceiveMessageWaitTimeSeconds": {0, maxWait, 0},
		"KmsDataKeyReusePeriodSeconds":  {reuseLeast, day, reuse},
	}
}

// choices are the attributes that are one of several words.
func choices() map[string][]string {
	boolean := []string{"true", "false"}
	return map[string][]string{
		"FifoQueue":                 boolean,
		"ContentBasedDeduplication": boolean,
		"SqsManagedSseEnabled":      boolean,
		"DeduplicationScope":        {"messageGroup", "queue"},
		"FifoThroughputLimit":       {"perQueue", "perMessageGroupId"},
	}
}

// told are the attributes that cannot be set.
func told() []string {
	return []string{
		"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
		"CreatedTimestamp", "LastModifiedTimestamp", "QueueArn",
	}
}

// check refuses attributes that a queue cannot have.
func check(attributes map[string]string, fifo bool) error {
	if attributes["KmsMasterKeyId"] != "" && attributes["SqsManagedSseEnabled"] == "true" {
		return wire.Errorf(codeAttribute, "You can use one type of server-side encryption (SSE) at one time. You can either enable "+
			"KMS SSE or SQS SSE.")
	}
	numbers, words := spans(), choices()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		given := attributes[name]
		wrong := wire.Errorf(codeValue, "Invalid value for the parameter %s.", name)
		switch {
		case given == "" && name != "FifoQueue": // an empty text unsets
		case numbers[name] != span{}:
			number, err := strconv.Atoi(given)
			if err != nil || number < numbers[name].least || number > numbers[name].most {
				return wrong
			}
		case words[name] != nil:
			if !slices.Contains(words[name], given) {
				return wrong
			}
			if !fifo && name != "SqsManagedSseEnabled" {
				return wire.Errorf(codeAttribute, "Unknown Attribute %s.", name)
			}
		case name == "Policy":
			if !policy.Valid(given) {
				return wrong
			}
		case name == "RedrivePolicy" || name == "RedriveAllowPolicy":
			if !json.Valid([]byte(given)) {
				return wrong
			}
		case name == "KmsMasterKeyId": // pure description: nothing is encrypted
		default:
			return wire.Errorf(codeAttribute, "Unknown Attribute %s.", name)
		}
	}
	return nil
}

// redrive is where messages go that nobody deletes.
type redrive struct {
	Target string      `json:"deadLetterTargetArn"`
	Most   json.Number `json:"maxReceiveCount"` // written as a number or as text
}

// checkRedrive refuses a redrive policy whose queue does not exist. Call it locked.
func (s *Service) checkRedrive(q key, given string) error {
	if given == "" {
		return nil
	}
	read, most, ok := readRedrive(given)
	refuse := func(reason string) error {
		return wire.Errorf(codeParameter, "Value %s for parameter RedrivePolicy is invalid. Reason: %s", given, reason)
	}
	const mostReceives = 1000
	switch {
	case !ok:
		return refuse("Redrive policy is not a valid JSON map.")
	case read.Target == "":
		return refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	case read.Most == "":
		return refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
	case most < 1 || most > mostReceives:
		return refuse("Invalid value for maxReceiveCount: " + read.Most.String() + ", valid values are from 1 to 1000 both inclusive.")
	case !strings.HasPrefix(read.Target, "arn:aws:sqs:"):
		return refuse("Invalid value for deadLetterTargetArn.")
	case s.byARN(read.Target) == nil && read.Target != q.arn():
		return refuse("Dead letter target does not exist.")
	default:
		return nil
	}
}

func readRedrive(given string) (redrive, int, bool) {
	var read redrive
	if json.Unmarshal([]byte(given), &read) != nil {
		return read, 0, false
	}
	most, _ := strconv.Atoi(read.Most.String())
	return read, most, true
}

// number returns a numeric attribute.
func (q *queue) number(name string) int {
	if number, err := strconv.Atoi(q.attributes[name]); err == nil {
		return number
	}
	return spans()[name].otherwise
}

func (q *queue) seconds(name string) time.Duration {
	return time.Duration(q.number(name)) * time.Second
}

// describe returns all attributes. Call it locked.
func (q *queue) describe(now time.Time) map[string]string {
	all := make(map[string]string)
	for name := range spans() {
		if name != "KmsDataKeyReusePeriodSeconds" {
			all[name] = strconv.Itoa(q.number(name))
		}
	}
	all["SqsManagedSseEnabled"] = strconv.FormatBool(q.attributes["KmsMasterKeyId"] == "")
	if q.fifo() {
		all["ContentBasedDeduplication"], all["DeduplicationScope"], all["FifoThroughputLimit"] = "false", "queue", "perQueue"
	}
	for name, value := range q.attributes {
		if value != "" {
			all[name] = value
		}
	}
	var visible, hidden, delayed int
	for _, each := range q.messages {
		switch {
		case !each.visible.After(now):
			visible++
		case each.receives == 0:
			delayed++
		default:
			hidden++
		}
	}
	all["ApproximateNumberOfMessages"] = strconv.Itoa(visible)
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(hidden)
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(delayed)
	all["CreatedTimestamp"] = strconv.FormatInt(q.created.Unix(), 10)
	all["LastModifiedTimestamp"] = strconv.FormatInt(q.modified.Unix(), 10)
	all["QueueArn"] = q.arn()
	return all
}

// known reports whether an attribute can be asked for.
func known(name string) bool {
	_, number := spans()[name]
	_, word := choices()[name]
	return number || word || slices.Contains(told(), name) ||
		slices.Contains([]string{"All", "Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"}, name)
}

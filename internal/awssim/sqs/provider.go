package sqs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	queueType = "AWS::SQS::Queue"
	// settle is how long a queue takes until it is consistent (CreateQueue: "at least one second"), and how long
	// CloudFormation waits after a deletion; rounded from event logs that people publish.
	settle = 60 * time.Second
	// longest is the longest name of a queue.
	longest = 80
)

// Providers makes queues and their policies real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{queueType: &queueProvider{s}, "AWS::SQS::QueuePolicy": &policyProvider{s}}
}

type queueProvider struct{ *Service }

// queueProperties are the properties of AWS::SQS::Queue.
type queueProperties struct {
	QueueName                     string
	FifoQueue                     *bool
	ContentBasedDeduplication     *bool
	DeduplicationScope            string
	FifoThroughputLimit           string
	DelaySeconds                  *int
	MaximumMessageSize            *int
	MessageRetentionPeriod        *int
	ReceiveMessageWaitTimeSeconds *int
	VisibilityTimeout             *int
	KmsMasterKeyID                string
	KmsDataKeyReusePeriodSeconds  *int
	SqsManagedSseEnabled          *bool
	RedrivePolicy                 any
	RedriveAllowPolicy            any
	Tags                          []props.Tag
}

// unsetSize is what handlers set when a template no longer says a queue's MaximumMessageSize: the default of before
// August 2025, as it was recorded in December 2025.
const unsetSize = "262144"

// attributes are those that the properties set; the others are unset.
func (p *queueProperties) attributes() map[string]string {
	set := map[string]string{
		"DeduplicationScope": p.DeduplicationScope, "FifoThroughputLimit": p.FifoThroughputLimit, "KmsMasterKeyId": p.KmsMasterKeyID,
		"RedrivePolicy": props.Document(p.RedrivePolicy), "RedriveAllowPolicy": props.Document(p.RedriveAllowPolicy),
	}
	for name, value := range map[string]*bool{
		"FifoQueue": p.FifoQueue, "ContentBasedDeduplication": p.ContentBasedDeduplication,
		"SqsManagedSseEnabled": p.SqsManagedSseEnabled,
	} {
		switch {
		case value != nil:
			set[name] = strconv.FormatBool(*value)
		case name != "FifoQueue": // which cannot be unset
			set[name] = ""
		}
	}
	for name, value := range map[string]*int{
		"DelaySeconds": p.DelaySeconds, "MaximumMessageSize": p.MaximumMessageSize, "MessageRetentionPeriod": p.MessageRetentionPeriod,
		"ReceiveMessageWaitTimeSeconds": p.ReceiveMessageWaitTimeSeconds, "VisibilityTimeout": p.VisibilityTimeout,
		"KmsDataKeyReusePeriodSeconds": p.KmsDataKeyReusePeriodSeconds,
	} {
		set[name] = ""
		if value != nil {
			set[name] = strconv.Itoa(*value)
		}
	}
	return set
}

func (p *queueProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := read(r)
	if err != nil {
		return resource.Result{}, err
	}
	made, err := p.create(r, wanted)
	if err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	if r.Initiated != nil {
		r.Initiated(made.PhysicalID)
	}
	if err := p.clock.Sleep(ctx, settle); err != nil {
		return resource.Result{}, fmt.Errorf("creating %s: %w", made.PhysicalID, err)
	}
	return made, nil
}

func (p *queueProvider) create(r resource.Request, wanted queueProperties) (resource.Result, error) {
	named := wanted.QueueName
	if named == "" {
		suffix := ""
		if wanted.FifoQueue != nil && *wanted.FifoQueue {
			suffix = fifoSuffix
		}
		named = props.NameWithin(longest, r, suffix)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := key{r.Place, named}
	if p.queues[at] != nil {
		return resource.Result{}, props.AlreadyExists(queueType, named)
	}
	made, err := p.make(at, wanted.attributes(), props.MergeTags(r.Tags, wanted.Tags))
	if err != nil {
		return resource.Result{}, err
	}
	return made.result(), nil
}

func (q *queue) result() resource.Result {
	return resource.Result{PhysicalID: q.url, Attributes: map[string]any{
		"Arn": q.arn(), "QueueName": q.name, "QueueUrl": q.url,
	}}
}

func read(r resource.Request) (queueProperties, error) {
	var wanted queueProperties
	return wanted, props.Decode(r.Properties, &wanted)
}

func (p *queueProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := read(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.find(r.Place, r.PhysicalID)
	if err != nil {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	changed := wanted.attributes()
	if changed["MaximumMessageSize"] == "" && r.Previous["MaximumMessageSize"] != nil {
		changed["MaximumMessageSize"] = unsetSize
	}
	if err := p.set(found, changed); err != nil {
		return resource.Result{}, props.Refusal(err, nil)
	}
	found.tags = props.MergeTags(r.Tags, wanted.Tags)
	return found.result(), nil
}

func (p *queueProvider) Delete(ctx context.Context, r resource.Request) error {
	p.mu.Lock()
	found, err := p.find(r.Place, r.PhysicalID)
	if err == nil {
		p.remove(found)
	}
	p.mu.Unlock()
	if err != nil {
		return nil //nolint:nilerr // it is gone
	}
	if err := p.clock.Sleep(ctx, settle); err != nil {
		return fmt.Errorf("deleting %s: %w", r.PhysicalID, err)
	}
	return nil
}

// Read returns the properties that the queue has.
func (p *queueProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.find(r.Place, r.PhysicalID)
	if err != nil {
		return nil, false
	}
	all := resource.Properties{"QueueName": found.name}
	numbers := spans()
	for name, value := range found.describe(time.Now()) {
		switch {
		case slices.Contains(told(), name) || name == "Policy":
		case numbers[name] != span{}:
			number, _ := strconv.Atoi(value)
			all[name] = float64(number)
		case value == "true" || value == "false":
			all[name] = value == "true"
		case strings.HasPrefix(name, "Redrive"):
			var object any
			if json.Unmarshal([]byte(value), &object) == nil {
				all[name] = object
			}
		default:
			all[name] = value
		}
	}
	props.SetTags(all, r, found.tags)
	return all, true
}

// policyProvider gives queues their policies.
type policyProvider struct{ *Service }

type policyProperties struct {
	PolicyDocument any
	Queues         []string
}

func (p *policyProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	id := props.GeneratedName(r.StackName, r.LogicalID)
	return p.apply(r, id)
}

func (p *policyProvider) apply(r resource.Request, id string) (resource.Result, error) {
	var wanted policyProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, url := range wanted.Queues {
		found, err := p.find(r.Place, url)
		if err == nil {
			err = p.set(found, map[string]string{"Policy": props.Document(wanted.PolicyDocument)})
		}
		if err != nil {
			return resource.Result{}, props.Refusal(err, nil)
		}
	}
	p.policies[id] = wanted
	return resource.Result{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

func (p *policyProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	p.withdraw(r.Place, r.Previous)
	return p.apply(r, r.PhysicalID)
}

func (p *policyProvider) Delete(_ context.Context, r resource.Request) error {
	p.withdraw(r.Place, r.Properties)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.policies, r.PhysicalID)
	return nil
}

// withdraw takes the policy from queues that have it.
func (p *policyProvider) withdraw(place resource.Place, from resource.Properties) {
	var had policyProperties
	if props.Decode(from, &had) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, url := range had.Queues {
		if found, err := p.find(place, url); err == nil && found.attributes["Policy"] == props.Document(had.PolicyDocument) {
			found.attributes["Policy"] = ""
		}
	}
}

// Read returns the policy that the queues have.
func (p *policyProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, url := range p.policies[r.PhysicalID].Queues {
		found, err := p.find(r.Place, url)
		var has any
		if err != nil || json.Unmarshal([]byte(found.attributes["Policy"]), &has) != nil {
			continue
		}
		queues := []any{}
		for _, each := range p.policies[r.PhysicalID].Queues {
			queues = append(queues, each)
		}
		return resource.Properties{"PolicyDocument": has, "Queues": queues}, true
	}
	return nil, false
}

package sqs

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	fifoSuffix = ".fifo"
	// reuse is how long the name of a deleted queue is taken, and how far apart purges have to be, in time of AWS.
	reuse     = 60 * time.Second
	maxListed = 1000
)

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	fifoName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,75}\.fifo$`)
)

type createQueueInput struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

type queueURL struct {
	QueueURL string `json:"QueueUrl"`
}

func (s *Service) createQueue(_ context.Context, call *wire.Call, in *createQueueInput) (*queueURL, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := key{call.Place(), in.QueueName}
	url := "http://" + call.HTTP.Host + "/" + at.Account + "/" + at.name
	if found := s.queues[at]; found != nil {
		return &queueURL{url}, found.same(in.Attributes)
	}
	made, err := s.make(at, in.Attributes, in.Tags)
	if err != nil {
		return nil, err
	}
	made.url = url
	return &queueURL{url}, nil
}

// same refuses attributes that a queue has otherwise. Call it locked.
func (q *queue) same(attributes map[string]string) error {
	has := q.describe(time.Now())
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if has[name] != attributes[name] {
			return wire.Errorf(codeExists, "A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

// make makes a queue. Call it locked.
func (s *Service) make(at key, attributes, tags map[string]string) (*queue, error) {
	fifo := attributes["FifoQueue"] == "true"
	switch {
	case at.name == "":
		return nil, errMissing("QueueName")
	case fifo && !fifoName.MatchString(at.name):
		return nil, wire.Errorf(codeParameter, "The name of a FIFO queue can only include alphanumeric characters, "+
			"hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	case !fifo && !plainName.MatchString(at.name):
		return nil, wire.Errorf(codeParameter, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	if err := check(attributes, fifo); err != nil {
		return nil, err
	}
	if err := s.checkRedrive(at, attributes["RedrivePolicy"]); err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	if now.Before(s.deleted[at]) {
		return nil, wire.Errorf(codeRecently, "You must wait 60 seconds after deleting a queue "+
			"before you can create another with the same name.")
	}
	made := &queue{
		key: at, attributes: make(map[string]string), tags: make(map[string]string), created: now, modified: now,
		sent: make(map[string]*message), changed: make(chan struct{}), url: s.base() + "/" + at.Account + "/" + at.name,
	}
	maps.Copy(made.attributes, attributes)
	maps.Copy(made.tags, tags)
	s.queues[at] = made
	delete(s.deleted, at)
	return made, nil
}

type getQueueURLInput struct {
	QueueName              string
	QueueOwnerAWSAccountID string `json:"QueueOwnerAWSAccountId"`
}

func (s *Service) getQueueURL(_ context.Context, call *wire.Call, in *getQueueURLInput) (*queueURL, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := key{call.Place(), in.QueueName}
	if in.QueueOwnerAWSAccountID != "" {
		at.Account = in.QueueOwnerAWSAccountID
	}
	if s.queues[at] == nil {
		return nil, errNoQueue()
	}
	return &queueURL{"http://" + call.HTTP.Host + "/" + at.Account + "/" + at.name}, nil
}

type listQueuesInput struct {
	QueueNamePrefix string
	NextToken       string
	MaxResults      *int
}

type listQueuesOutput struct {
	QueueURLs []string `json:"QueueUrls,omitempty"`
	NextToken string   `json:",omitempty"`
}

func (s *Service) listQueues(_ context.Context, call *wire.Call, in *listQueuesInput) (*listQueuesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var urls []string
	for _, each := range s.in(call.Place()) {
		if strings.HasPrefix(each.name, in.QueueNamePrefix) {
			urls = append(urls, "http://"+call.HTTP.Host+"/"+each.Account+"/"+each.name)
		}
	}
	page, next, err := pageOf(urls, in.NextToken, in.MaxResults)
	return &listQueuesOutput{page, next}, err
}

// pageOf cuts a listing; only who says how many gets a token (ListQueues, API reference).
func pageOf(urls []string, token string, most *int) ([]string, string, error) {
	limit := maxListed
	if most != nil {
		if limit = *most; limit < 1 || limit > maxListed {
			return nil, "", errParameter(limit, "MaxResults", "Value must be in range (0, 1000]")
		}
	}
	page, next, err := paging.Page(urls, token, limit, func(url string) string { return url })
	if errors.Is(err, paging.ErrToken) {
		return nil, "", wire.Errorf(codeParameter, "Invalid or expired next token.")
	}
	if most == nil {
		next = ""
	}
	return page, next, err
}

type listSourcesInput struct {
	QueueURL   string `json:"QueueUrl"`
	NextToken  string
	MaxResults *int
}

type listSourcesOutput struct {
	QueueURLs []string `json:"queueUrls"`
	NextToken string   `json:",omitempty"`
}

func (s *Service) listDeadLetterSourceQueues(
	_ context.Context, call *wire.Call, in *listSourcesInput,
) (*listSourcesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	target, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	urls := []string{}
	for _, each := range s.in(target.Place) {
		if read, _, ok := readRedrive(each.attributes["RedrivePolicy"]); ok && read.Target == target.arn() {
			urls = append(urls, "http://"+call.HTTP.Host+"/"+each.Account+"/"+each.name)
		}
	}
	page, next, err := pageOf(urls, in.NextToken, in.MaxResults)
	return &listSourcesOutput{page, next}, err
}

func (s *Service) deleteQueue(_ context.Context, call *wire.Call, in *queueURL) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	s.remove(found)
	return &wire.None{}, nil
}

// remove deletes a queue. Call it locked.
func (s *Service) remove(q *queue) {
	delete(s.queues, q.key)
	s.deleted[q.key] = time.Now().Add(s.clock.Scale(reuse))
	q.wake()
}

func (s *Service) purgeQueue(_ context.Context, call *wire.Call, in *queueURL) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if now.Before(found.purged.Add(s.clock.Scale(reuse))) {
		return nil, wire.Errorf(codePurging, "Only one PurgeQueue operation on %s is allowed every 60 seconds.", found.name)
	}
	found.purged, found.messages = now, nil
	return &wire.None{}, nil
}

type getAttributesInput struct {
	QueueURL       string `json:"QueueUrl"`
	AttributeNames []string
}

type attributesOutput struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) getQueueAttributes(_ context.Context, call *wire.Call, in *getAttributesInput) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	all, chosen := found.describe(time.Now()), make(map[string]string)
	for _, name := range in.AttributeNames {
		if !known(name) {
			return nil, wire.Errorf(codeAttribute, "Unknown Attribute %s.", name)
		}
		if name == "All" {
			return &attributesOutput{all}, nil
		}
		if value, ok := all[name]; ok {
			chosen[name] = value
		}
	}
	return &attributesOutput{chosen}, nil
}

type setAttributesInput struct {
	QueueURL   string `json:"QueueUrl"`
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(_ context.Context, call *wire.Call, in *setAttributesInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	given, ok := in.Attributes["FifoQueue"]
	switch {
	case ok && !found.fifo():
		return nil, wire.Errorf(codeAttribute, "Unknown Attribute FifoQueue.")
	case ok && given != "true":
		return nil, wire.Errorf(codeValue, "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
	}
	return &wire.None{}, s.set(found, in.Attributes)
}

// encrypt takes back the kind of encryption that the given attributes replace: a queue has one.
func (q *queue) encrypt(attributes map[string]string) {
	switch {
	case attributes["SqsManagedSseEnabled"] == "true":
		q.attributes["KmsMasterKeyId"], q.attributes["KmsDataKeyReusePeriodSeconds"] = "", ""
	case attributes["KmsMasterKeyId"] != "":
		q.attributes["SqsManagedSseEnabled"] = ""
	}
}

// set changes attributes. Call it locked.
func (s *Service) set(q *queue, attributes map[string]string) error {
	if err := check(attributes, q.fifo()); err != nil {
		return err
	}
	if err := s.checkRedrive(q.key, attributes["RedrivePolicy"]); err != nil {
		return err
	}
	q.encrypt(attributes)
	maps.Copy(q.attributes, attributes)
	q.modified = time.Now().UTC()
	return nil
}

package sns

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/policy"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// pageSize is how many topics or subscriptions a listing returns (ListTopics, API reference).
const pageSize = 100

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	fifoName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,251}\.fifo$`)
)

// Tag is a topic's tag.
type Tag struct{ Key, Value string }

type createTopicInput struct {
	Name       string
	Attributes map[string]string
	Tags       []Tag
}

type topicArn struct{ TopicArn string }

func (s *Service) createTopic(_ context.Context, call *wire.Call, in *createTopicInput) (*topicArn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags := make(map[string]string)
	for _, tag := range in.Tags {
		tags[tag.Key] = tag.Value
	}
	place := call.Place()
	if found := s.topics[arnOf(place, in.Name)]; found != nil {
		return &topicArn{found.arn}, found.same(in.Attributes, tags)
	}
	made, err := s.make(place, in.Name, in.Attributes, tags)
	if err != nil {
		return nil, err
	}
	return &topicArn{made.arn}, nil
}

// same refuses what a topic has otherwise. Call it locked.
func (t *topic) same(attributes, tags map[string]string) error {
	has := t.describe()
	for name, value := range attributes {
		if has[name] != value {
			return errParameter("Attributes Reason: Topic already exists with different attributes")
		}
	}
	if len(tags) > 0 && !maps.Equal(tags, t.tags) {
		return errParameter("Tags Reason: Topic already exists with different tags")
	}
	return nil
}

// make makes a topic. Call it locked.
func (s *Service) make(place resource.Place, name string, attributes, tags map[string]string) (*topic, error) {
	fifo := attributes["FifoTopic"] == "true"
	switch {
	case fifo && !fifoName.MatchString(name):
		return nil, errParameter("Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase " +
			"ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.")
	case !fifo && !plainName.MatchString(name):
		return nil, errParameter("Topic Name")
	}
	made := &topic{
		Place: place, arn: arnOf(place, name), name: name, attributes: make(map[string]string), tags: make(map[string]string),
	}
	for key, value := range attributes {
		if err := checkAttribute(key, value, fifo); err != nil {
			return nil, err
		}
	}
	maps.Copy(made.attributes, attributes)
	maps.Copy(made.tags, tags)
	s.topics[made.arn] = made
	return made, nil
}

// checkAttribute refuses attributes that are not known. Those that change only how AWS works inside are kept.
func checkAttribute(name, value string, fifo bool) error {
	switch name {
	case "DisplayName", "KmsMasterKeyId", "DeliveryPolicy", "SignatureVersion", "TracingConfig", "FifoTopic":
		return nil
	case "ContentBasedDeduplication", "FifoThroughputScope":
		if fifo {
			return nil
		}
	case "Policy":
		if value == "" || policy.Valid(value) {
			return nil
		}
		return errParameter("Policy Error: null")
	}
	return errParameter("AttributeName")
}

// describe returns all attributes. Call it locked.
func (t *topic) describe() map[string]string {
	confirmed, pending := 0, 0
	for _, each := range t.subscriptions {
		if each.token == "" {
			confirmed++
		} else {
			pending++
		}
	}
	all := map[string]string{
		"TopicArn": t.arn, "Owner": t.Account, "DisplayName": "", "Policy": t.policy(),
		"SubscriptionsConfirmed": strconv.Itoa(confirmed), "SubscriptionsPending": strconv.Itoa(pending),
		"SubscriptionsDeleted": strconv.Itoa(t.deleted),
		"EffectiveDeliveryPolicy": `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,` +
			`"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},` +
			`"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}`,
	}
	if t.fifo() {
		all["ContentBasedDeduplication"] = "false"
	}
	for name, value := range t.attributes {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

// policy is the topic's policy: at first everything for its owner, and nothing for services of AWS.
func (t *topic) policy() string {
	if given := t.attributes["Policy"]; given != "" {
		return given
	}
	return fmt.Sprintf(`{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID",`+
		`"Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes",`+
		`"SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic",`+
		`"SNS:Publish"],"Resource":%q,"Condition":{"StringEquals":{"AWS:SourceOwner":%q}}}]}`, t.arn, t.Account)
}

func (s *Service) deleteTopic(_ context.Context, _ *wire.Call, in *topicArn) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.find(in.TopicArn)
	if refused, ok := errors.AsType[*wire.Error](err); ok && refused.Code != "NotFound" { // deleting what is gone is no error
		return nil, err
	}
	delete(s.topics, in.TopicArn)
	return &wire.None{}, nil
}

type listTopicsInput struct{ NextToken string }

type listTopicsOutput struct {
	Topics    []topicArn
	NextToken string
}

func (s *Service) listTopics(_ context.Context, call *wire.Call, in *listTopicsInput) (*listTopicsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	topics := []topicArn{}
	for _, each := range s.in(call.Place()) {
		topics = append(topics, topicArn{each.arn})
	}
	page, next, err := pageOf(topics, in.NextToken, func(t topicArn) string { return t.TopicArn })
	return &listTopicsOutput{page, next}, err
}

func pageOf[T any](items []T, token string, by func(T) string) ([]T, string, error) {
	page, next, err := paging.Page(items, token, pageSize, by)
	if errors.Is(err, paging.ErrToken) {
		return nil, "", errParameter("NextToken")
	}
	return page, next, err
}

type attributesOutput struct{ Attributes map[string]string }

func (s *Service) getTopicAttributes(_ context.Context, _ *wire.Call, in *topicArn) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(in.TopicArn)
	if err != nil {
		return nil, err
	}
	return &attributesOutput{found.describe()}, nil
}

type setTopicInput struct{ TopicArn, AttributeName, AttributeValue string }

func (s *Service) setTopicAttributes(_ context.Context, _ *wire.Call, in *setTopicInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(in.TopicArn)
	if err != nil {
		return nil, err
	}
	if in.AttributeName == "FifoTopic" {
		return nil, errParameter("AttributeName")
	}
	if err := checkAttribute(in.AttributeName, in.AttributeValue, found.fifo()); err != nil {
		return nil, err
	}
	found.attributes[in.AttributeName] = in.AttributeValue
	return &wire.None{}, nil
}

type arnInput struct{ ResourceArn string }

type tagsOutput struct{ Tags []Tag }

// tagged returns a topic whose tags are asked for. Call it locked.
func (s *Service) tagged(arn string) (*topic, error) {
	if found := s.topics[arn]; found != nil {
		return found, nil
	}
	failure := errNotFound("Resource")
	failure.Code = "ResourceNotFound"
	return nil, failure
}

func (s *Service) listTagsForResource(_ context.Context, _ *wire.Call, in *arnInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := &tagsOutput{Tags: []Tag{}}
	for _, name := range slices.Sorted(maps.Keys(found.tags)) {
		if !strings.HasPrefix(name, "aws:") { // recorded: CloudFormation's are not told
			out.Tags = append(out.Tags, Tag{name, found.tags[name]})
		}
	}
	return out, nil
}

type tagInput struct {
	ResourceArn string
	Tags        []Tag
}

func (s *Service) tagResource(_ context.Context, _ *wire.Call, in *tagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	given := make(map[string]string)
	for _, tag := range in.Tags {
		if _, twice := given[tag.Key]; twice {
			return nil, errParameter("Duplicated keys are not allowed.")
		}
		given[tag.Key] = tag.Value
	}
	maps.Copy(found.tags, given)
	return &struct{}{}, nil
}

type untagInput struct {
	ResourceArn string
	TagKeys     []string
}

func (s *Service) untagResource(_ context.Context, _ *wire.Call, in *untagInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, name := range in.TagKeys {
		delete(found.tags, name)
	}
	return &struct{}{}, nil
}

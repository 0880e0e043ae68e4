package eventbridge

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxTargets is how many targets a rule has at most ("EventBridge quotas", user guide).
const maxTargets = 5

// Target is where a rule sends events.
type Target struct {
	ID               string `json:"Id"`
	Arn              string
	RoleArn          string           `json:",omitempty"` // of targets that are reached with one; queues and topics are not
	Input            string           `json:",omitempty"`
	InputPath        string           `json:",omitempty"`
	InputTransformer *Transformer     `json:",omitempty"`
	SqsParameters    *SQSParameters   `json:",omitempty"`
	EcsParameters    *ECSParameters   `json:",omitempty"`
	DeadLetterConfig *DeadLetter      `json:",omitempty"`
	RetryPolicy      *RetryParameters `json:",omitempty"`
}

// SQSParameters are for FIFO queues.
type SQSParameters struct {
	MessageGroupID string `json:"MessageGroupId"`
}

// DeadLetter is the queue for what cannot be delivered.
type DeadLetter struct{ Arn string }

// RetryParameters say how long AWS tries. Here deliveries succeed at once, or never.
type RetryParameters struct {
	MaximumRetryAttempts     *int `json:",omitempty"`
	MaximumEventAgeInSeconds *int `json:",omitempty"`
}

const longestID = 64

var targetID = regexp.MustCompile(`^[\.\-_A-Za-z0-9]+$`)

// check refuses a target that the simulator does not serve: the one with this number, from 1 on, of a request.
func (t *Target) check(number int) error {
	given := 0
	for _, has := range []bool{t.Input != "", t.InputPath != "", t.InputTransformer != nil} {
		if has {
			given++
		}
	}
	switch {
	case t.ID == "":
		return errInvalid("1 validation error detected: Value '' at 'targets.%d.member.id' failed to satisfy constraint: "+
			"Member must have length greater than or equal to 1", number)
	case !targetID.MatchString(t.ID):
		return errInvalid("1 validation error detected: Value '%s' at 'targets.%d.member.id' failed to satisfy constraint: "+
			`Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`, t.ID, number)
	case len(t.ID) > longestID:
		return errInvalid("1 validation error detected: Value '%s' at 'targets.%d.member.id' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", t.ID, number, longestID)
	case !strings.HasPrefix(t.Arn, "arn:aws:sqs:") && !strings.HasPrefix(t.Arn, "arn:aws:sns:") && !t.isCluster():
		return errInvalid("awssim does not implement the target %s of rules: it knows queues, topics and clusters of ECS", t.Arn)
	case given > 1:
		return errInvalid("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", t.ID)
	case strings.HasSuffix(t.Arn, ".fifo") && strings.HasPrefix(t.Arn, "arn:aws:sqs:") && t.SqsParameters == nil:
		return errInvalid("Parameter(s) SqsParameters must be specified for target: %s.", t.ID)
	default:
		return t.checkTasks()
	}
}

type putTargetsInput struct {
	Rule, EventBusName string
	Targets            []Target
}

type failedTargets struct {
	FailedEntryCount int
	FailedEntries    []struct{}
}

func (s *Service) putTargets(_ context.Context, call *wire.Call, in *putTargetsInput) (*failedTargets, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.Rule, in.EventBusName)
	if err != nil {
		return nil, err
	}
	if err := found.aim(in.Targets); err != nil {
		return nil, err
	}
	return &failedTargets{FailedEntries: []struct{}{}}, nil
}

// aim adds targets, or replaces those of the same id.
func (r *rule) aim(targets []Target) error {
	merged := slices.Clone(r.targets)
	for i := range targets {
		if err := targets[i].check(i + 1); err != nil {
			return err
		}
		at := slices.IndexFunc(merged, func(t Target) bool { return t.ID == targets[i].ID })
		if at < 0 {
			merged = append(merged, targets[i])
			continue
		}
		merged[at] = targets[i]
	}
	if len(merged) > maxTargets {
		return wire.Errorf("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
	}
	r.targets = merged
	return nil
}

type removeTargetsInput struct {
	Rule, EventBusName string
	IDs                []string `json:"Ids"`
	Force              bool     // for rules that services of AWS manage, of which there are none
}

func (s *Service) removeTargets(_ context.Context, call *wire.Call, in *removeTargetsInput) (*failedTargets, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.Rule, in.EventBusName)
	if err != nil {
		return nil, err
	}
	found.targets = slices.DeleteFunc(slices.Clone(found.targets), func(t Target) bool { return slices.Contains(in.IDs, t.ID) })
	return &failedTargets{FailedEntries: []struct{}{}}, nil
}

type listTargetsInput struct {
	pageInput

	Rule string
}

type listTargetsOutput struct {
	Targets   []Target
	NextToken string `json:",omitempty"`
}

func (s *Service) listTargetsByRule(_ context.Context, call *wire.Call, in *listTargetsInput) (*listTargetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.Rule, in.EventBusName)
	if err != nil {
		return nil, err
	}
	targets := slices.Clone(found.targets)
	if targets == nil {
		targets = []Target{}
	}
	page, next, err := pageOf(&in.pageInput, targets, func(t Target) string { return t.ID })
	return &listTargetsOutput{page, next}, err
}

type listNamesInput struct {
	pageInput

	TargetArn string
}

type listNamesOutput struct {
	RuleNames []string
	NextToken string `json:",omitempty"`
}

func (s *Service) listRuleNamesByTarget(_ context.Context, call *wire.Call, in *listNamesInput) (*listNamesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := []string{}
	for at, each := range s.rules {
		if at.Place == call.Place() && slices.ContainsFunc(each.targets, func(t Target) bool { return t.Arn == in.TargetArn }) {
			names = append(names, at.name)
		}
	}
	page, next, err := pageOf(&in.pageInput, names, func(name string) string { return name })
	return &listNamesOutput{page, next}, err
}

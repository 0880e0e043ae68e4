package eventbridge

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/pattern"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	maxListed = 100
	maxName   = 64
)

var ruleName = regexp.MustCompile(`^[\.\-_A-Za-z0-9]{1,64}$`)

// Tag is a rule's tag.
type Tag struct{ Key, Value string }

type putRuleInput struct {
	Name, ScheduleExpression, EventPattern, State, Description, RoleArn, EventBusName string
	Tags                                                                              []Tag
}

type ruleArn struct{ RuleArn string }

func (s *Service) putRule(_ context.Context, call *wire.Call, in *putRuleInput) (*ruleArn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := key{call.Place(), in.Name}
	err := s.put(at, in) //nolint:contextcheck // a schedule outlives the call
	return &ruleArn{at.arn()}, err
}

// put makes or changes a rule. Tags are those of a new one only (PutRule, API reference). Call it locked.
func (s *Service) put(at key, in *putRuleInput) error {
	if err := checkBus(in.EventBusName); err != nil {
		return err
	}
	state := cmp.Or(in.State, enabled)
	switch {
	case !ruleName.MatchString(at.name):
		return errInvalid(`1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: `+
			`Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`, at.name)
	case state != enabled && state != disabled:
		return errInvalid("awssim does not implement the state %s of rules", state)
	case in.EventPattern == "" && in.ScheduleExpression == "":
		return errInvalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	}
	made := &rule{
		key: at, description: in.Description, role: in.RoleArn, state: state, pattern: in.EventPattern, schedule: in.ScheduleExpression,
		tags: make(map[string]string),
	}
	if in.EventPattern != "" {
		read, err := pattern.Read(in.EventPattern)
		if err != nil {
			return wire.Errorf("InvalidEventPatternException", "%v", err)
		}
		made.matches = read
	}
	if _, err := readSchedule(in.ScheduleExpression); in.ScheduleExpression != "" && err != nil {
		return errInvalid("Parameter ScheduleExpression is not valid.")
	}
	for _, tag := range in.Tags {
		made.tags[tag.Key] = tag.Value
	}
	if old := s.rules[at]; old != nil {
		old.rest()
		made.targets, made.tags = old.targets, old.tags
	}
	s.rules[at] = made
	s.begin(made)
	return nil
}

type ruleInput struct {
	Name, EventBusName string
	Force              bool // for rules that services of AWS manage, of which there are none
}

func (s *Service) deleteRule(_ context.Context, call *wire.Call, in *ruleInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := checkBus(in.EventBusName); err != nil {
		return nil, err
	}
	found := s.rules[key{call.Place(), in.Name}]
	if found == nil {
		return &wire.None{}, nil // deleting what is gone is no error (recorded)
	}
	if len(found.targets) > 0 {
		return nil, errInvalid("Rule can't be deleted since it has targets.")
	}
	s.remove(found)
	return &wire.None{}, nil
}

// remove deletes a rule. Call it locked.
func (s *Service) remove(r *rule) {
	r.rest()
	delete(s.rules, r.key)
}

type switchInput struct{ Name, EventBusName string }

func (s *Service) enableRule(_ context.Context, call *wire.Call, in *switchInput) (*wire.None, error) {
	return s.turn(call, in, enabled) //nolint:contextcheck // a schedule outlives the call
}

func (s *Service) disableRule(_ context.Context, call *wire.Call, in *switchInput) (*wire.None, error) {
	return s.turn(call, in, disabled) //nolint:contextcheck // a schedule outlives the call
}

func (s *Service) turn(call *wire.Call, in *switchInput, state string) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.Name, in.EventBusName)
	if err != nil {
		return nil, err
	}
	found.rest()
	found.state = state
	s.begin(found)
	return &wire.None{}, nil
}

type describedRule struct {
	Name               string
	Arn                string
	EventPattern       string `json:",omitempty"`
	State              string
	Description        string `json:",omitempty"`
	ScheduleExpression string `json:",omitempty"`
	RoleArn            string `json:",omitempty"`
	EventBusName       string
	CreatedBy          string `json:",omitempty"`
}

func (r *rule) describe() describedRule {
	return describedRule{
		Name: r.name, Arn: r.arn(), EventPattern: r.pattern, State: r.state, Description: r.description,
		ScheduleExpression: r.schedule, RoleArn: r.role, EventBusName: defaultBus,
	}
}

func (s *Service) describeRule(_ context.Context, call *wire.Call, in *switchInput) (*describedRule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call, in.Name, in.EventBusName)
	if err != nil {
		return nil, err
	}
	described := found.describe()
	described.CreatedBy = found.Account
	return &described, nil
}

// pageInput is what all listings take.
type pageInput struct {
	EventBusName, NextToken string
	Limit                   *int
}

// pageOf cuts a listing into pages.
func pageOf[T any](in *pageInput, items []T, by func(T) string) ([]T, string, error) {
	limit := maxListed
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 || limit > maxListed {
			return nil, "", errInvalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: "+
				"Member must be between 1 and 100", limit)
		}
	}
	if err := checkBus(in.EventBusName); err != nil {
		return nil, "", err
	}
	slices.SortFunc(items, func(a, b T) int { return cmp.Compare(by(a), by(b)) })
	page, next, err := paging.Page(items, in.NextToken, limit, by)
	if errors.Is(err, paging.ErrToken) {
		return nil, "", errInvalid("Token is invalid.")
	}
	return page, next, err
}

type listRulesInput struct {
	pageInput

	NamePrefix string
}

type listRulesOutput struct {
	Rules     []describedRule
	NextToken string `json:",omitempty"`
}

func (s *Service) listRules(_ context.Context, call *wire.Call, in *listRulesInput) (*listRulesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []describedRule{}
	for at, each := range s.rules {
		if at.Place == call.Place() && strings.HasPrefix(at.name, in.NamePrefix) {
			found = append(found, each.describe())
		}
	}
	page, next, err := pageOf(&in.pageInput, found, func(r describedRule) string { return r.Name })
	return &listRulesOutput{page, next}, err
}

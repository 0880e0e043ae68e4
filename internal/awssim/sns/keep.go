package sns

import (
	"encoding/json"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

type keptSubscription struct {
	Arn, Protocol, Endpoint, Token string
	Attributes                     map[string]string
}

// keptTopic is a topic as a state file has it.
type keptTopic struct {
	resource.Place

	Name             string
	Attributes, Tags map[string]string
	Subscriptions    []keptSubscription
	Deleted          int
}

type kept struct {
	Topics   []keptTopic
	Policies map[string]policyProperties
}

// Keep returns all topics.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := kept{Policies: s.policies}
	for _, each := range s.topics {
		one := keptTopic{Place: each.Place, Name: each.name, Attributes: each.attributes, Tags: each.tags, Deleted: each.deleted}
		for _, member := range each.subscriptions {
			one.Subscriptions = append(one.Subscriptions,
				keptSubscription{member.arn, member.protocol, member.endpoint, member.token, member.attributes})
		}
		all.Topics = append(all.Topics, one)
	}
	return state.Write(all)
}

// Restore takes up the topics that Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	all := kept{Policies: make(map[string]policyProperties)}
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies = all.Policies
	for _, each := range all.Topics {
		made := &topic{
			Place: each.Place, arn: arnOf(each.Place, each.Name), name: each.Name, attributes: each.Attributes, tags: each.Tags,
			deleted: each.Deleted,
		}
		for _, member := range each.Subscriptions {
			one := &subscription{
				arn: member.Arn, protocol: member.Protocol, endpoint: member.Endpoint, token: member.Token, attributes: member.Attributes,
			}
			if err := one.narrow(member.Attributes["FilterPolicy"]); err != nil {
				return err
			}
			made.subscriptions = append(made.subscriptions, one)
		}
		s.topics[made.arn] = made
	}
	return nil
}

package eventbridge

import (
	"encoding/json"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// keptRule is a rule as a state file has it.
type keptRule struct {
	resource.Place

	Name, Description, Role, State, Pattern, Schedule string
	Targets                                           []Target
	Tags                                              map[string]string
}

// Keep returns all rules.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []keptRule{}
	for _, each := range s.rules {
		all = append(all, keptRule{
			each.Place, each.name, each.description, each.role, each.state, each.pattern, each.schedule, each.targets, each.tags,
		})
	}
	return state.Write(all)
}

// Restore takes up the rules that Keep returned; schedules begin anew.
func (s *Service) Restore(content json.RawMessage) error {
	var all []keptRule
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, each := range all {
		at := key{each.Place, each.Name}
		if err := s.put(at, &putRuleInput{
			Name: each.Name, ScheduleExpression: each.Schedule, EventPattern: each.Pattern, State: each.State,
			Description: each.Description, RoleArn: each.Role,
		}); err != nil {
			return err
		}
		s.rules[at].targets, s.rules[at].tags = each.Targets, each.Tags
		if each.Tags == nil {
			s.rules[at].tags = make(map[string]string)
		}
	}
	return nil
}

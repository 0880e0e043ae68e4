package elb

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb/login"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// kept is the service as a state file has it. Of targets it has those on the loopback interface: tasks register again.
type kept struct {
	Login     *login.Kept
	Balancers []keptBalancer
	Groups    []keptGroup
	Listeners []keptListener
}

type keptBalancer struct {
	balancerSpec
	resource.Place

	ARN, FullName, VPC string
	Created            time.Time
	Active             bool
	Attributes, Tags   map[string]string
	Address            string
}

type keptGroup struct {
	groupSpec
	resource.Place

	ARN, FullName    string
	Attributes, Tags map[string]string
	Targets          []targetID
}

type keptListener struct {
	listenerSpec
	resource.Place

	ARN              string
	Additional       []string
	Default          keptRule
	Rules            []keptRule
	Attributes, Tags map[string]string
	Address          string
}

type keptRule struct {
	ruleSpec

	ARN  string
	Tags map[string]string
}

// Keep returns load balancers, target groups, listeners and rules.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all kept
	var err error
	if all.Login, err = s.gate.Keep(); err != nil {
		return nil, fmt.Errorf("keeping logins: %w", err)
	}
	for _, b := range s.balancers {
		all.Balancers = append(all.Balancers, keptBalancer{
			b.balancerSpec, b.place, b.arn, b.fullName, b.vpcID, b.created, b.active, b.attributes, b.tags, b.front.address,
		})
	}
	for _, g := range s.groups {
		all.Groups = append(all.Groups, keptGroup{
			g.groupSpec, g.place, g.arn, g.fullName, g.attributes, g.tags, g.loopbackTargets(),
		})
	}
	for _, l := range s.listeners {
		listener := keptListener{
			listenerSpec: l.listenerSpec, Place: l.place, ARN: l.arn, Additional: l.additional, Default: keepRule(l.defaults),
			Attributes: l.attributes, Tags: l.tags, Address: l.own.address,
		}
		for _, r := range l.rules {
			listener.Rules = append(listener.Rules, keepRule(r))
		}
		all.Listeners = append(all.Listeners, listener)
	}
	return state.Write(all)
}

func (g *group) loopbackTargets() []targetID {
	var found []targetID
	for _, each := range g.targets {
		if address, err := netip.ParseAddr(each.ID); err == nil && address.IsLoopback() && each.health.State != Draining {
			found = append(found, targetID{Id: each.ID, Port: each.Port, AvailabilityZone: each.AvailabilityZone})
		}
	}
	return found
}

func keepRule(r *rule) keptRule { return keptRule{r.ruleSpec, r.arn, r.tags} }

// Restore takes up what Keep returned. Load balancers listen again where they did: their addresses are in outputs of
// stacks. It fails if another program took one of them.
func (s *Service) Restore(content json.RawMessage) error {
	var all kept
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.gate.Restore(all.Login); err != nil {
		return fmt.Errorf("restoring logins: %w", err)
	}
	for _, each := range all.Groups {
		if err := s.restoreGroup(each); err != nil {
			return fmt.Errorf("the target group %s: %w", each.Name, err)
		}
	}
	for _, each := range all.Balancers {
		made := &balancer{
			balancerSpec: each.balancerSpec, arn: each.ARN, fullName: each.FullName, place: each.Place, vpcID: each.VPC,
			created: each.Created, active: each.Active, attributes: each.Attributes, tags: each.Tags,
		}
		var err error
		if made.front, err = s.listen(made, nil, each.Address); err != nil {
			return err
		}
		s.balancers[made.arn] = made
	}
	for _, each := range all.Listeners {
		if err := s.restoreListener(each); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) restoreGroup(from keptGroup) error {
	made := &group{
		groupSpec: from.groupSpec, arn: from.ARN, fullName: from.FullName, place: from.Place, attributes: from.Attributes,
		tags: from.Tags,
	}
	var err error
	if made.check, err = from.healthCheck(); err != nil {
		return err
	}
	s.groups[made.arn] = made
	return s.registerAll(made, from.Targets)
}

func (s *Service) restoreListener(from keptListener) error {
	made := &listener{
		listenerSpec: from.listenerSpec, arn: from.ARN, place: from.Place, additional: from.Additional,
		attributes: from.Attributes, tags: from.Tags,
	}
	owner := s.balancers[from.LoadBalancerArn]
	if owner == nil {
		return fmt.Errorf("the listener %s has no load balancer", from.ARN)
	}
	var err error
	if made.own, err = s.listen(owner, made, from.Address); err != nil {
		return err
	}
	made.defaults = s.restoreRule(made, from.Default)
	for _, each := range from.Rules {
		made.rules = append(made.rules, s.restoreRule(made, each))
	}
	slices.SortFunc(made.rules, func(a, b *rule) int { return cmp.Compare(a.Priority, b.Priority) })
	s.listeners[made.arn] = made
	return nil
}

func (s *Service) restoreRule(of *listener, from keptRule) *rule {
	made := &rule{ruleSpec: from.ruleSpec, arn: from.ARN, listener: of, tags: from.Tags}
	s.rules[made.arn] = made
	return made
}

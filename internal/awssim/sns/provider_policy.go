package sns

import (
	"context"
	"encoding/json"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// policyProvider gives topics their policies.
type policyProvider struct{ *Service }

type policyProperties struct {
	PolicyDocument any
	Topics         []string
}

func (p *policyProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	return p.apply(r, props.GeneratedName(r.StackName, r.LogicalID))
}

func (p *policyProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	p.withdraw(r.PhysicalID)
	return p.apply(r, r.PhysicalID)
}

func (p *policyProvider) apply(r resource.Request, id string) (resource.Result, error) {
	var wanted policyProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, arn := range wanted.Topics {
		found, err := p.find(arn)
		if err == nil {
			err = checkAttribute("Policy", props.Document(wanted.PolicyDocument), found.fifo())
		}
		if err != nil {
			return resource.Result{}, props.Refusal(err, nil)
		}
		found.attributes["Policy"] = props.Document(wanted.PolicyDocument)
	}
	p.policies[id] = wanted
	return resource.Result{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

func (p *policyProvider) Delete(_ context.Context, r resource.Request) error {
	p.withdraw(r.PhysicalID)
	return nil
}

// withdraw gives topics the policy back that they had at first.
func (p *policyProvider) withdraw(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, arn := range p.policies[id].Topics {
		if found := p.topics[arn]; found != nil {
			delete(found.attributes, "Policy")
		}
	}
	delete(p.policies, id)
}

// Read returns the policy that the topics have.
func (p *policyProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	given, ok := p.policies[r.PhysicalID]
	if !ok {
		return nil, false
	}
	topics := []any{}
	for _, arn := range given.Topics {
		topics = append(topics, arn)
	}
	for _, arn := range given.Topics {
		var has any
		if found := p.topics[arn]; found != nil && json.Unmarshal([]byte(found.policy()), &has) == nil {
			return resource.Properties{"PolicyDocument": has, "Topics": topics}, true
		}
	}
	return nil, false
}

package secretsmanager

import (
	"context"
	"encoding/json"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type tagInput struct {
	SecretID string `json:"SecretId"`
	Tags     []tag  `json:"Tags"`
}

func (s *Service) tagResource(_ context.Context, call *wire.Call, in *tagInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	found.tag(in.Tags)
	return &wire.None{}, nil
}

// tag adds tags to a secret.
func (s *secret) tag(tags []tag) {
	if s.tags == nil && len(tags) > 0 {
		s.tags = make(map[string]string)
	}
	for _, given := range tags {
		s.tags[given.Key] = given.Value
	}
}

type untagInput struct {
	SecretID string   `json:"SecretId"`
	TagKeys  []string `json:"TagKeys"`
}

func (s *Service) untagResource(_ context.Context, call *wire.Call, in *untagInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(found.tags, key)
	}
	return &wire.None{}, nil
}

type putResourcePolicyInput struct {
	SecretID       string `json:"SecretId"`
	ResourcePolicy string `json:"ResourcePolicy"`
	// BlockPublicPolicy asks for a check of permissions, which the simulator does not have.
	BlockPublicPolicy bool `json:"BlockPublicPolicy"`
}

type policyOutput struct {
	ARN            string `json:"ARN"`
	Name           string `json:"Name"`
	ResourcePolicy string `json:"ResourcePolicy,omitempty"`
}

// putResourcePolicy stores a policy. As all permissions here, it grants and forbids nothing.
func (s *Service) putResourcePolicy(_ context.Context, call *wire.Call, in *putResourcePolicyInput) (*policyOutput, error) {
	if in.BlockPublicPolicy {
		return nil, wire.Unsupported(call, "BlockPublicPolicy")
	}
	if !json.Valid([]byte(in.ResourcePolicy)) {
		return nil, wire.Errorf("MalformedPolicyDocumentException", "This resource policy contains a syntax error.")
	}
	return s.policy(call, in.SecretID, func(found *secret) { found.policy = in.ResourcePolicy })
}

func (s *Service) getResourcePolicy(_ context.Context, call *wire.Call, in *idInput) (*policyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	return &policyOutput{ARN: found.arn(), Name: found.key.name, ResourcePolicy: found.policy}, nil
}

func (s *Service) deleteResourcePolicy(_ context.Context, call *wire.Call, in *idInput) (*policyOutput, error) {
	return s.policy(call, in.SecretID, func(found *secret) { found.policy = "" })
}

// policy changes the policy of a secret.
func (s *Service) policy(call *wire.Call, id string, change func(*secret)) (*policyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(call.Place(), id)
	if err != nil {
		return nil, err
	}
	change(found)
	return &policyOutput{ARN: found.arn(), Name: found.key.name}, nil
}

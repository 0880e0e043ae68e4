package secretsmanager

import (
	"context"
	"regexp"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Limits (API reference).
const (
	longestValue  = 65_536 // bytes
	longestName   = 512
	shortestToken = 32
	longestToken  = 64
)

// secretName is what a secret may be called (CreateSecret, API reference).
var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]+$`)

type tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

// secretContent is the value in a request; text and bytes exclude each other.
type secretContent struct {
	SecretString *string `json:"SecretString"`
	SecretBinary []byte  `json:"SecretBinary"`
}

func (c secretContent) value() (value, error) {
	if c.SecretString != nil && c.SecretBinary != nil {
		return value{}, errParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	if c.SecretString != nil && len(*c.SecretString) > longestValue || len(c.SecretBinary) > longestValue {
		return value{}, errValidation("<hidden>", "secretString", "Member must have length less than or equal to 65536")
	}
	return value{text: c.SecretString, binary: c.SecretBinary}, nil
}

func checkToken(token string) error {
	switch {
	case token == "":
		return nil
	case len(token) < shortestToken:
		return errValidation(token, "clientRequestToken", "Member must have length greater than or equal to 32")
	case len(token) > longestToken:
		return errValidation(token, "clientRequestToken", "Member must have length less than or equal to 64")
	}
	return nil
}

func checkName(name string) error {
	if name == "" || len(name) > longestName || !secretName.MatchString(name) {
		return wire.Errorf("ValidationException",
			"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	return nil
}

type createSecretInput struct {
	secretContent

	Name               string `json:"Name"`
	ClientRequestToken string `json:"ClientRequestToken"`
	Description        string `json:"Description"`
	KmsKeyID           string `json:"KmsKeyId"`
	Tags               []tag  `json:"Tags"`
}

// secretOutput names a secret and, where an operation made one, a version.
type secretOutput struct {
	ARN           string    `json:"ARN"`
	Name          string    `json:"Name"`
	VersionID     string    `json:"VersionId,omitempty"`
	VersionStages []string  `json:"VersionStages,omitempty"`
	DeletionDate  wire.Time `json:"DeletionDate,omitzero"`
}

func (s *secret) output() *secretOutput { return &secretOutput{ARN: s.arn(), Name: s.key.name} }

func (s *Service) createSecret(_ context.Context, call *wire.Call, in *createSecretInput) (*secretOutput, error) {
	content, err := in.value()
	if err != nil {
		return nil, err
	}
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := secretKey{call.Place(), in.Name}
	if made, ok := s.retried(key, in.ClientRequestToken, content); ok {
		out := made.output()
		out.VersionID = in.ClientRequestToken
		return out, nil
	}
	made, err := s.add(key)
	if err != nil {
		return nil, err
	}
	made.description, made.kmsKeyID = in.Description, in.KmsKeyID
	made.tag(in.Tags)
	out := made.output()
	if content.isEmpty() {
		return out, nil
	}
	first, err := made.put(in.ClientRequestToken, content, nil, made.created)
	if err != nil {
		return nil, err
	}
	out.VersionID = first.id
	return out, nil
}

// retried finds the secret that a request with the same token made before. Call it locked.
func (s *Service) retried(key secretKey, token string, content value) (*secret, bool) {
	found, ok := s.alive(key)
	if !ok || token == "" || !found.deletion.IsZero() {
		return nil, false
	}
	made, ok := found.version(token)
	return found, ok && made.equal(content)
}

type updateSecretInput struct {
	secretContent

	SecretID           string  `json:"SecretId"`
	ClientRequestToken string  `json:"ClientRequestToken"`
	Description        *string `json:"Description"`
	KmsKeyID           *string `json:"KmsKeyId"`
}

func (s *Service) updateSecret(_ context.Context, call *wire.Call, in *updateSecretInput) (*secretOutput, error) {
	content, err := in.value()
	if err != nil {
		return nil, err
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	out := found.output()
	if !content.isEmpty() {
		made, err := found.put(in.ClientRequestToken, content, nil, s.clock.Now())
		if err != nil {
			return nil, err
		}
		out.VersionID = made.id
	}
	if in.Description != nil {
		found.description = *in.Description
	}
	if in.KmsKeyID != nil {
		found.kmsKeyID = *in.KmsKeyID
	}
	found.changed = s.clock.Now()
	return out, nil
}

type putSecretValueInput struct {
	secretContent

	SecretID           string   `json:"SecretId"`
	ClientRequestToken string   `json:"ClientRequestToken"`
	VersionStages      []string `json:"VersionStages"`
}

func (s *Service) putSecretValue(_ context.Context, call *wire.Call, in *putSecretValueInput) (*secretOutput, error) {
	content, err := in.value()
	if err != nil {
		return nil, err
	}
	if content.isEmpty() {
		return nil, errRequest("You must provide either SecretString or SecretBinary.") // believed
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	made, err := found.put(in.ClientRequestToken, content, in.VersionStages, s.clock.Now())
	if err != nil {
		return nil, err
	}
	out := found.output()
	out.VersionID, out.VersionStages = made.id, slices.Clone(made.stages)
	return out, nil
}

type updateSecretVersionStageInput struct {
	SecretID            string `json:"SecretId"`
	VersionStage        string `json:"VersionStage"`
	RemoveFromVersionID string `json:"RemoveFromVersionId"`
	MoveToVersionID     string `json:"MoveToVersionId"`
}

func (s *Service) updateSecretVersionStage(
	_ context.Context, call *wire.Call, in *updateSecretVersionStageInput,
) (*secretOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	from, attached := found.staged(in.VersionStage)
	if attached && in.MoveToVersionID != from.id && in.RemoveFromVersionID != from.id {
		return nil, errParameter("The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to "+
			"version %s, so you must explicitly reference that version in RemoveFromVersionId.", in.VersionStage, from.id)
	}
	if in.MoveToVersionID == "" {
		if attached && in.VersionStage == current {
			return nil, errParameter("You can't remove the AWSCURRENT staging label without moving it to another version.") // believed
		}
		if attached {
			from.unlabel(in.VersionStage)
		}
		return found.output(), nil
	}
	to, ok := found.version(in.MoveToVersionID)
	if !ok {
		return nil, errNoVersion("VersionId: " + in.MoveToVersionID)
	}
	found.move(in.VersionStage, to)
	return found.output(), nil
}

package secretsmanager

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Why a value in a secret's JSON cannot be had.
var (
	// ErrNoKey means that the JSON object does not have the key.
	ErrNoKey = errors.New("the secret's JSON object does not have the key")
	// ErrNotJSON means that the secret is no JSON object.
	ErrNotJSON = errors.New("the secret is no JSON object")
)

// Text returns the text of a secret's version: of the id, of the label, or AWSCURRENT if both are empty. Errors of the
// client are *wire.Error, as GetSecretValue has them.
func (s *Service) Text(place resource.Place, id, stage, versionID string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(place, id)
	if err != nil {
		return "", err
	}
	picked, err := found.pick(versionID, stage)
	if err != nil {
		return "", err
	}
	read := s.read(found, picked)
	if read.SecretString == nil {
		return "", ErrNotJSON
	}
	return *read.SecretString, nil
}

// Field returns the value of a key in a secret that is a JSON object; what is not a string as JSON. Without a key it
// returns the whole text.
func (s *Service) Field(place resource.Place, id, key, stage, versionID string) (string, error) {
	text, err := s.Text(place, id, stage, versionID)
	if err != nil || key == "" {
		return text, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return "", ErrNotJSON
	}
	raw, ok := members[key]
	if !ok {
		return "", ErrNoKey
	}
	var plain string
	if json.Unmarshal(raw, &plain) == nil {
		return plain, nil
	}
	return string(raw), nil
}

// CreateFor makes a secret that another service of AWS manages, and returns its ARN.
func (s *Service) CreateFor(owner string, place resource.Place, name, text string, tags map[string]string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.add(secretKey{place, name})
	if err != nil {
		return "", err
	}
	made.owner, made.tags = owner, maps.Clone(tags)
	if made.tags == nil {
		made.tags = make(map[string]string)
	}
	if _, err := made.put("", value{text: &text}, nil, made.created); err != nil {
		return "", err
	}
	return made.arn(), nil
}

// Remove deletes a secret at once. One that is gone is no error.
func (s *Service) Remove(place resource.Place, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, err := s.named(place, id); err == nil {
		delete(s.secrets, found.key)
	}
}

// Edit makes a new version of a secret that is a JSON object, with what change did to its members. A secret without a
// value becomes an object.
func (s *Service) Edit(place resource.Place, id string, change func(members map[string]any)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(place, id)
	if err != nil {
		return err
	}
	members := make(map[string]any)
	if now, ok := found.staged(current); ok && now.text != nil {
		if err := json.Unmarshal([]byte(*now.text), &members); err != nil {
			return ErrNotJSON
		}
	}
	change(members)
	text, err := json.Marshal(members)
	if err != nil {
		return fmt.Errorf("writing the secret %s: %w", found.key.name, err)
	}
	_, err = found.put("", value{text: new(string(text))}, nil, s.clock.Now())
	return err
}

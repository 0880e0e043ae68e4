package rds

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/secretsmanager"
)

// unsafe are the characters that a password of RDS cannot have, and some that annoy people in URLs and shells.
const unsafe = "/@\" '\\"

// masterPassword returns the first password of the master user: the given one, or one that is kept in a secret.
func (s *Service) masterPassword(of *instance) (string, error) {
	if !isSet(of.ManageMasterUserPassword) {
		return of.MasterUserPassword, nil
	}
	if of.secretARN != "" {
		return of.generated, nil
	}
	password, err := newPassword()
	if err != nil {
		return "", err
	}
	content, err := json.Marshal(map[string]string{"username": of.MasterUsername, "password": password})
	if err != nil {
		return "", fmt.Errorf("writing the secret: %w", err)
	}
	name, owner := "rds!db-", "aws:rds:primaryDBInstanceArn"
	if of.kind == clusterKind {
		name, owner = "rds!cluster-", "aws:rds:primaryDBClusterArn"
	}
	arn, err := s.Secrets.CreateFor("rds", of.key.Place, name+uuid.NewString(), string(content), map[string]string{
		owner: of.arn(), "aws:secretsmanager:owningService": "rds",
	})
	if err != nil {
		return "", fmt.Errorf("keeping the password: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	of.secretARN, of.generated = arn, password
	return password, nil
}

func newPassword() (string, error) { return secretsmanager.RandomPassword(managedLength, unsafe) }

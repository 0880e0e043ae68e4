// Package secretsmanager is AWS Secrets Manager: secrets, their versions and staging labels, in memory. Nothing is
// encrypted, and nothing is written to disk.
//
// Texts of errors and the movements of staging labels are those that public recordings of the service have; limits
// are those of the API reference (https://docs.aws.amazon.com/secretsmanager/latest/apireference/).
package secretsmanager

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// suffixLength is how many random characters end a secret's ARN.
const suffixLength = 6

// Service is the secrets of all accounts and regions.
type Service struct {
	clock clock.Clock

	mu      sync.Mutex
	secrets map[secretKey]*secret
}

type secretKey struct {
	resource.Place

	name string
}

type secret struct {
	key         secretKey
	suffix      string // the random end of the ARN
	description string
	kmsKeyID    string
	owner       string // the service that manages the secret, such as "rds"; empty for the user's own
	policy      string // JSON
	tags        map[string]string
	versions    []*version // in the order of their creation
	declared    props.Declared

	created, changed, accessed time.Time

	deletion time.Time // when it is to be deleted, as AWS counts; zero if it is not
	gone     time.Time // the same on this simulator's clock
}

// New returns a service without secrets. The clock says how fast recovery windows pass.
func New(clock clock.Clock) *Service {
	return &Service{clock: clock, secrets: make(map[secretKey]*secret)}
}

// API returns the operations of Secrets Manager.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "secretsmanager", Protocol: wire.JSON11, TargetPrefix: "secretsmanager",
		// the errors that the service's model has; ValidationException is none of them
		Capitals: []string{
			"InvalidNextTokenException", "InvalidParameterException", "InvalidRequestException", "MalformedPolicyDocumentException",
			"ResourceExistsException", "ResourceNotFoundException",
		},
		Operations: map[string]wire.Handler{
			"CreateSecret":             wire.Op(s.createSecret),
			"UpdateSecret":             wire.Op(s.updateSecret),
			"PutSecretValue":           wire.Op(s.putSecretValue),
			"UpdateSecretVersionStage": wire.Op(s.updateSecretVersionStage),
			"DeleteSecret":             wire.Op(s.deleteSecret),
			"RestoreSecret":            wire.Op(s.restoreSecret),
			"GetSecretValue":           wire.Op(s.getSecretValue),
			"BatchGetSecretValue":      wire.Op(s.batchGetSecretValue),
			"DescribeSecret":           wire.Op(s.describeSecret),
			"ListSecrets":              wire.Op(s.listSecrets),
			"ListSecretVersionIds":     wire.Op(s.listSecretVersionIDs),
			"GetRandomPassword":        wire.Op(s.getRandomPassword),
			"TagResource":              wire.Op(s.tagResource),
			"UntagResource":            wire.Op(s.untagResource),
			"PutResourcePolicy":        wire.Op(s.putResourcePolicy),
			"GetResourcePolicy":        wire.Op(s.getResourcePolicy),
			"DeleteResourcePolicy":     wire.Op(s.deleteResourcePolicy),
		},
	}
}

func arnPrefix(place resource.Place) string {
	return fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:", place.Region, place.Account)
}

func (s *secret) arn() string { return arnPrefix(s.key.Place) + s.key.name + "-" + s.suffix }

// Errors of the service.
func errNotFound() *wire.Error {
	return wire.Errorf("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

func errExists(name string) *wire.Error {
	return wire.Errorf("ResourceExistsException", "The operation failed because the secret %s already exists.", name)
}

func errMarked() *wire.Error {
	return errRequest("You can't perform this operation on the secret because it was marked for deletion.")
}

func errRequest(message string) *wire.Error {
	return wire.Errorf("InvalidRequestException", "%s", message)
}

func errParameter(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidParameterException", format, args...)
}

func errValidation(value any, member, constraint string) *wire.Error {
	return wire.Errorf("ValidationException",
		"1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, member, constraint)
}

// named returns the secret of a name, a complete ARN, or an ARN without its random end, even if it is marked for
// deletion. Call it locked.
func (s *Service) named(place resource.Place, id string) (*secret, error) {
	if !strings.HasPrefix(id, "arn:") {
		if err := checkName(id); err != nil {
			return nil, err
		}
	}
	name, isARN := strings.CutPrefix(id, arnPrefix(place))
	if found, ok := s.alive(secretKey{place, name}); ok {
		return found, nil
	}
	if isARN && len(name) > suffixLength+1 {
		at := len(name) - suffixLength
		found, ok := s.alive(secretKey{place, name[:at-1]})
		if ok && name[at-1] == '-' && found.suffix == name[at:] {
			return found, nil
		}
	}
	return nil, errNotFound()
}

// usable returns the secret of an id unless it is marked for deletion. Call it locked.
func (s *Service) usable(place resource.Place, id string) (*secret, error) {
	found, err := s.named(place, id)
	if err != nil {
		return nil, err
	}
	if !found.deletion.IsZero() {
		return nil, errMarked()
	}
	return found, nil
}

// alive returns a secret, which is forgotten once its recovery window has passed. Call it locked.
func (s *Service) alive(key secretKey) (*secret, bool) {
	found, ok := s.secrets[key]
	if ok && !found.gone.IsZero() && !s.clock.Now().Before(found.gone) {
		delete(s.secrets, key)
		return nil, false
	}
	return found, ok
}

// add makes a secret without a value. Call it locked.
func (s *Service) add(key secretKey) (*secret, error) {
	if found, exists := s.alive(key); exists {
		if found.deletion.IsZero() {
			return nil, errExists(key.name)
		}
		return nil, errRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	now := s.clock.Now()
	made := &secret{
		key: key, suffix: props.RandomID(suffixLength), created: now, changed: now,
	}
	s.secrets[key] = made
	return made, nil
}

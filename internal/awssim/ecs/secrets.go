package ecs

import (
	"errors"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Secrets is where the values of secrets come from: Secrets Manager and the Parameter Store.
type Secrets interface {
	// SecretValue returns the value that a task definition's valueFrom names. Its error reads as ECS's:
	// "ResourceInitializationError: ...".
	SecretValue(place resource.Place, valueFrom string) (string, error)
}

// SecretRef is an environment variable whose value is kept elsewhere: in a secret (its ARN, perhaps followed by
// :json-key:version-stage:version-id) or in a parameter (its name or ARN).
type SecretRef struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

// RepositoryCredentials name the secret that a private registry asks for. The registries that can be reached here ask
// for none.
type RepositoryCredentials struct {
	CredentialsParameter string `json:"credentialsParameter"`
}

// errNoSecrets is what a simulator that is put together without them answers.
var errNoSecrets = errors.New("this service was made without secrets")

func (c *ContainerSpec) checkSecrets(task *TaskSpec) error {
	if len(c.Secrets) > 0 && task.ExecutionRoleArn == "" {
		return errClient("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
	}
	names := make([]string, 0, len(c.Environment)+len(c.Secrets))
	for _, variable := range c.Environment {
		names = append(names, variable.Name)
	}
	for _, secret := range c.Secrets {
		if slices.Contains(names, secret.Name) {
			return errClient("The secret name must be unique and not shared with any new or existing environment variables set on "+
				"the container, such as '%s'.", secret.Name)
		}
		names = append(names, secret.Name)
	}
	return nil
}

// fetchSecrets gets the values of all containers' secrets before anything is pulled. They are kept with the task alone.
func (s *Service) fetchSecrets(t *task) error {
	for _, one := range t.containers {
		for _, secret := range one.spec.Secrets {
			if s.Secrets == nil {
				return errNoSecrets
			}
			value, err := s.Secrets.SecretValue(t.fleet.place, secret.ValueFrom)
			if err != nil {
				return err
			}
			one.secrets = append(one.secrets, KeyValue{Name: secret.Name, Value: value})
		}
	}
	return nil
}

// started is what is started: the definition with its files and the values of its secrets in the environment. What the
// definition says itself wins over its files.
func (c *container) started() *ContainerSpec {
	if len(c.secrets)+len(c.variables) == 0 {
		return c.spec
	}
	filled := *c.spec
	filled.Environment = slices.Concat(c.variables, c.spec.Environment, c.secrets)
	return &filled
}

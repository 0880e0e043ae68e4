package ecs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Objects is where files of environment variables are: [s3.Service].
type Objects interface {
	// Object returns an object's content.
	Object(bucket, key string) ([]byte, error)
}

// EnvironmentFile is a file of environment variables in S3.
type EnvironmentFile struct {
	Value string `json:"value"` // the object's ARN
	Type  string `json:"type"`
}

// mostEnvironmentFiles is how many a container has at most ("Pass environment variables", developer guide).
const mostEnvironmentFiles = 10

// checkFiles refuses files that cannot be fetched (EnvironmentFile, API reference; the texts are believed).
func (c *ContainerSpec) checkFiles(task *TaskSpec) error {
	switch {
	case len(c.EnvironmentFiles) == 0:
		return nil
	case len(c.EnvironmentFiles) > mostEnvironmentFiles:
		return errClient("A maximum of %d environment files is allowed for each container.", mostEnvironmentFiles)
	case task.ExecutionRoleArn == "":
		return errClient("When you are specifying environmentFiles, you must also specify a value for 'executionRoleArn'.")
	}
	for _, each := range c.EnvironmentFiles {
		if _, _, ok := each.object(); !ok {
			return errClient("Invalid 'value' setting for the environment file: %s. It must be the ARN of an object in S3 that ends "+
				"with .env.", each.Value)
		}
		if each.Type != "s3" {
			return errClient("Invalid 'type' setting for the environment file: %s.", each.Type)
		}
	}
	return nil
}

// object splits the ARN of a file.
func (f EnvironmentFile) object() (string, string, bool) {
	path, isARN := strings.CutPrefix(f.Value, "arn:aws:s3:::")
	bucket, key, ok := strings.Cut(path, "/")
	return bucket, key, ok && isARN && bucket != "" && strings.HasSuffix(key, ".env")
}

// fetchFiles reads the files of all containers before anything is pulled. The words of what fails are quoted in public
// issues; those of a missing object are the SDK's.
func (s *Service) fetchFiles(t *task) error {
	for _, one := range t.containers {
		for _, each := range one.spec.EnvironmentFiles {
			if s.Objects == nil {
				return errors.New("this service was made without S3")
			}
			bucket, key, _ := each.object()
			content, err := s.Objects.Object(bucket, key)
			if err != nil {
				return fmt.Errorf("ResourceInitializationError: failed to download env files: service call has been retried 1 time(s): "+
					"operation error S3: HeadObject, https response error StatusCode: 404, RequestID: %s, HostID: , api error NotFound: "+
					"Not Found", uuid.NewString())
			}
			one.variables = addVariables(one.variables, content)
		}
	}
	return nil
}

// addVariables reads lines of the form NAME=VALUE. Of several with one name the first stands, and what is given in quotes
// keeps them ("Pass environment variables", developer guide).
func addVariables(known []KeyValue, content []byte) []KeyValue {
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || strings.HasPrefix(line, "#") ||
			slices.ContainsFunc(known, func(v KeyValue) bool { return v.Name == name }) {
			continue
		}
		known = append(known, KeyValue{Name: name, Value: value})
	}
	return known
}
